//! Searches under a name, beside the results: albums that fill themselves.

use leptos::{ev, prelude::*, task::spawn_local};

use super::{model::GalleryModel, url::gallery_url, words::call_error};
use crate::{
    api::{remove_saved_search, save_search},
    base_path::with_base,
    components::{
        dom,
        icon::{Glyph, Icon},
        reactive::{Erased, When, listener, memo, part},
    },
    live::ToastKind,
};
use proto::gallery::{GalleryQuery, SavedSearch};

/// The id of the field for the name.
const NAME: &str = "search-name";

#[component]
pub(super) fn SavedSearches(model: GalleryModel) -> impl IntoView {
    let text = memo(move || model.query.with(|query| query.text.trim().to_owned()));
    let saved = model.saved;
    let can_save = memo(move || text.with(|text| !text.is_empty() && saved.with(|saved| saved.iter().all(|search| search.text != *text))));
    let is_shown = memo(move || can_save.get() || saved.with(|saved| !saved.is_empty()));
    view! {
        <When holds=is_shown>
            <details open=true class="saved-searches">
                <summary>"Saved searches"</summary>
                <ul>
                    {part(move || {
                        let now = text.get();
                        saved.get().into_iter().map(|search| row(model, search, &now)).collect_view().into_any()
                    })}
                </ul>
                <When holds=can_save>
                    <form
                        class="save-search field"
                        method="post"
                        action=with_base("/gallery/searches")
                        on:submit=listener(move |event: ev::SubmitEvent| {
                            event.prevent_default();
                            save(model, dom::typed(NAME).unwrap_or_default(), text.get_untracked());
                        })
                    >
                        <label class="visually-hidden" for=NAME>"Name of this search"</label>
                        <input type="hidden" name="text" value=text />
                        <input id=NAME name="name" maxlength="60" placeholder="Name this search" autocomplete="off" required />
                        <button type="submit" class="button">"Save"</button>
                    </form>
                </When>
            </details>
        </When>
    }
    .into_any()
}

/// `now`: the search of the page.
fn row(model: GalleryModel, search: SavedSearch, now: &str) -> AnyView {
    let query = GalleryQuery { text: search.text.clone(), ..GalleryQuery::default() };
    let is_current = search.text == now;
    let (id, name, title) = (search.id, search.name.clone(), search.text.clone());
    let search = StoredValue::new(search);
    view! {
        <li class="saved-search">
            <a href=gallery_url(None, &query) aria-current=is_current.then_some("true") title=title>
                <span class="facet-value">{name.clone()}</span>
            </a>
            <form
                method="post"
                action=with_base("/gallery/searches")
                on:submit=listener(move |event: ev::SubmitEvent| {
                    event.prevent_default();
                    remove(model, search.get_value());
                })
            >
                <button class="label-remove" name="remove" value=id.to_string() aria-label=format!("Remove the saved search {name}")>
                    <Icon glyph=Glyph::Cross />
                </button>
            </form>
        </li>
    }
    .erased()
}

fn save(model: GalleryModel, name: String, text: String) {
    spawn_local(async move {
        match save_search(name, text).await {
            Ok(Ok(search)) => _ = model.saved.try_update(|saved| saved.push(search)),
            Ok(Err(why)) => model.live.toast(ToastKind::Bad, "Not saved", why, None),
            Err(error) => model.live.toast(ToastKind::Bad, "Not saved", call_error(error), None),
        }
    });
}

fn remove(model: GalleryModel, search: SavedSearch) {
    spawn_local(async move {
        match remove_saved_search(search.id).await {
            Ok(Ok(())) => {
                let _ = model.saved.try_update(|saved| saved.retain(|other| other.id != search.id));
                let _ = model.removed_search.try_set(Some(search));
            }
            Ok(Err(why)) => model.live.toast(ToastKind::Bad, "Not removed", why, None),
            Err(error) => model.live.toast(ToastKind::Bad, "Not removed", call_error(error), None),
        }
    });
}

/// After one was removed: the way back.
#[component]
pub(super) fn RemovedSearch(model: GalleryModel) -> impl IntoView {
    part(move || {
        let Some(search) = model.removed_search.get() else { return ().into_any() };
        let words = format!("The search {} was removed.", search.name);
        view! {
            <div class="gallery-undo card" role="status">
                <p>{words}</p>
                <button
                    type="button"
                    class="button"
                    on:click=listener(move |_: ev::MouseEvent| {
                        if let Some(search) = model.removed_search.try_update(Option::take).flatten() {
                            save(model, search.name, search.text);
                        }
                    })
                >
                    "Undo"
                </button>
                <button type="button" class="icon-button" aria-label="Dismiss" on:click=listener(move |_: ev::MouseEvent| model.removed_search.set(None))>
                    <Icon glyph=Glyph::Cross />
                </button>
            </div>
        }
        .erased()
    })
}
