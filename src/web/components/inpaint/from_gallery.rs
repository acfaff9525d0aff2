//! Opening the page with an output of the gallery: as the picture (`?gallery=ID`), or as the mask (`?mask=ID`).

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_query_map};

use super::model::InpaintModel;
use crate::{base_path::use_navigate, components::memo, live::Live};
use proto::gallery::GalleryId;

/// The address is that of the page from then on: a reload goes on with what was painted since.
pub(super) fn open_from_gallery(model: InpaintModel, live: Live) {
    let query = use_query_map();
    let navigate = use_navigate();
    let named = move |name: &'static str| memo(move || query.with(|query| query.get_str(name).and_then(|id| id.parse::<GalleryId>().ok())));
    let (picture, mask) = (named("gallery"), named("mask"));
    Effect::new(move |_| {
        let (picture, mask) = (picture.get(), mask.get());
        if picture.is_none() && mask.is_none() {
            return;
        }
        open(model, live, picture, mask);
        untrack(|| navigate("/inpaint", NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() }));
    });
    #[cfg(feature = "hydrate")]
    super::given_mask::take(model, live);
}

fn open(model: InpaintModel, live: Live, picture: Option<GalleryId>, mask: Option<GalleryId>) {
    #[cfg(feature = "hydrate")]
    {
        if let Some(picture) = picture {
            super::upload::choose_output(model, picture);
        }
        if let Some(mask) = mask {
            super::given_mask::fetch(model, live, mask);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, live, picture, mask);
}
