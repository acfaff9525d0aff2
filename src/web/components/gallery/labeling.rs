//! Giving a tag or an album to what is selected, or taking it.

use leptos::{ev, prelude::*};

use super::{layout::tile_id, model::GalleryModel};
use crate::components::{
    dom,
    reactive::{Erased, listener, memo, part},
};
use proto::gallery::{Facet, GalleryChange};

/// The ids of the field and of what it suggests.
const FIELD: &str = "gallery-label";
const KNOWN: &str = "gallery-labels";

/// What people sort outputs by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LabelKind {
    Tag,
    Album,
}

impl LabelKind {
    fn word(self) -> &'static str {
        match self {
            Self::Tag => "Tag",
            Self::Album => "Album",
        }
    }

    fn facet(self) -> Facet {
        match self {
            Self::Tag => Facet::Tag,
            Self::Album => Facet::Album,
        }
    }

    fn add(self, name: String) -> GalleryChange {
        match self {
            Self::Tag => GalleryChange::AddTag(name),
            Self::Album => GalleryChange::AddToAlbum(name),
        }
    }

    fn remove(self, name: String) -> GalleryChange {
        match self {
            Self::Tag => GalleryChange::RemoveTag(name),
            Self::Album => GalleryChange::RemoveFromAlbum(name),
        }
    }
}

#[component]
pub(super) fn LabelForm(model: GalleryModel, kind: LabelKind, done: Callback<()>) -> impl IntoView {
    let known = memo(move || {
        model.facets.with(|facets| {
            let of_kind = facets.facets.iter().find(|counts| counts.facet == kind.facet());
            of_kind.map(|counts| counts.values.iter().map(|(value, _)| value.clone()).collect::<Vec<_>>()).unwrap_or_default()
        })
    });
    let act = move |change: fn(LabelKind, String) -> GalleryChange| {
        let name = dom::typed(FIELD).unwrap_or_default().trim().to_owned();
        if !name.is_empty() {
            model.change_selected(change(kind, name));
            done.run(());
            // The field that had the focus is gone.
            request_animation_frame(move || dom::focus(&tile_id(model.cursor.get_untracked())));
        }
    };
    // `autofocus` works only in a page that is loaded.
    Effect::new(move |_| request_animation_frame(move || dom::focus(FIELD)));
    view! {
        <form
            class="gallery-tagging field"
            on:submit=listener(move |event: ev::SubmitEvent| {
                event.prevent_default();
                act(LabelKind::add);
            })
        >
            <label for=FIELD>{kind.word()}</label>
            <input id=FIELD maxlength="60" autocomplete="off" list=KNOWN />
            <datalist id=KNOWN>{part(move || known.get().into_iter().map(|name| view! { <option value=name></option> }.erased()).collect_view().into_any())}</datalist>
            <button type="submit" class="button">"Add"</button>
            <button type="button" class="button" on:click=listener(move |_: ev::MouseEvent| act(LabelKind::remove))>"Remove"</button>
        </form>
    }
    .into_any()
}
