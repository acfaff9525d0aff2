//! The way from the list to the page that compares.

use leptos::{ev, prelude::*};

use super::super::{loaded::PART, model::GalleryModel};
use crate::{
    base_path::{use_navigate, use_path, with_base},
    components::{
        dom,
        icon::{Glyph, Icon},
        reactive::{Erased, memo, part},
    },
};
use proto::{
    gallery::{CompareAddress, CompareMode, GalleryId},
    limits,
};

const COMPARE: Glyph = Glyph::Path("M10 3v14M8 5H3.5v10H8M12 5h4.5v10H12");

/// While two to four outputs are selected. The key C presses it.
#[component]
pub(in crate::components::gallery) fn CompareButton(model: GalleryModel) -> impl IntoView {
    let url = memo(move || {
        let ids = selected(model)?;
        let address = CompareAddress { ids, mode: CompareMode::default(), pair: (0, 1) };
        Some(model.query.with(|query| with_base(&address.url(query))))
    });
    let path = use_path();
    let navigate = use_navigate();
    let on_key = move |event: ev::KeyboardEvent| {
        let is_plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        let is_list = path.with_untracked(|path| path.trim_end_matches('/') == "/gallery");
        let is_free = is_plain && is_list && !dom::is_typing() && model.live.preferences_untracked().keys;
        if event.key().eq_ignore_ascii_case("c")
            && is_free
            && let Some(url) = url.get_untracked()
        {
            event.prevent_default();
            navigate(&url, Default::default());
        }
    };
    let keys = window_event_listener(ev::keydown, on_key);
    on_cleanup(move || keys.remove());
    part(move || match url.get() {
        Some(url) => view! { <a class="button" href=url><Icon glyph=COMPARE /><span>"Compare"</span></a> }.erased(),
        None => ().into_any(),
    })
}

/// What is selected, the oldest first, if it can be compared.
fn selected(model: GalleryModel) -> Option<Vec<GalleryId>> {
    let total = model.results().1;
    model.selected.with(|selected| {
        let count = usize::try_from(selected.count(total)).ok().filter(|count| (2..=limits::GALLERY_COMPARED).contains(count))?;
        let mut ids = selected.named().unwrap_or_else(|| {
            model.tiles.with(|tiles| {
                let known = (0..total.min(PART)).filter_map(|index| tiles.get(index)).map(|tile| tile.id);
                known.filter(|id| selected.has(*id)).collect()
            })
        });
        ids.sort_unstable();
        (ids.len() == count).then_some(ids)
    })
}
