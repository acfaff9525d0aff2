//! What can be done with what is selected, and how many results there are.

use leptos::{ev, prelude::*};

use super::{
    compare::CompareButton,
    glyphs::{HASH, STAR, TRASH},
    model::{Found, GalleryModel},
    selection::Selected,
    words::{number, outputs},
};
use crate::components::{
    icon::{Glyph, Icon},
    reactive::{Erased, When, listener, memo, part},
};
use proto::gallery::GalleryChange;

/// The id of the field for a tag.
const TAG: &str = "gallery-tag";

/// One line that says how many there are, or how many are selected.
#[component]
pub(super) fn Toolbar(model: GalleryModel) -> impl IntoView {
    let total = memo(move || model.results().1);
    let selected = memo(move || model.selected.with(|selected| selected.count(total.get())));
    let some = memo(move || selected.get() > 0);
    let in_trash = memo(move || model.query.with(|query| query.text.split_whitespace().any(|term| term.eq_ignore_ascii_case("in:trash"))));
    let can_select_all = memo(move || total.get() > 0 && selected.get() < total.get());
    let words = memo(move || match model.found.get() {
        Found::Searching => "Searching…".to_owned(),
        Found::Failed(_) => String::new(),
        Found::Results { total, .. } => outputs(total),
    });
    let newer = memo(move || model.newer.get());
    let tagging = RwSignal::new(false);
    let act = move |change: GalleryChange| model.change_selected(change);
    let button = move |glyph: Glyph, word: &'static str, change: GalleryChange| {
        let change = StoredValue::new(change);
        view! {
            <button type="button" class="button" disabled=model.busy on:click=listener(move |_| act(change.get_value()))>
                <Icon glyph /><span>{word}</span>
            </button>
        }
        .erased()
    };
    view! {
        <div class="gallery-toolbar" class:has-selection=some>
            <p class="gallery-count" role="status">
                {memo(move || if some.get() { format!("{} selected", number(selected.get())) } else { words.get() })}
            </p>
            <When holds=memo(move || newer.get() > 0)>
                <button type="button" class="button accent" on:click=listener(move |_| model.find(model.query.get_untracked()))>
                    <Icon glyph=Glyph::Top />
                    {memo(move || format!("{} new", number(newer.get())))}
                </button>
            </When>
            <div class="gallery-actions with-script">
                <When holds=can_select_all>
                    <button type="button" class="button" on:click=listener(move |_| model.selected.set(Selected::all()))>
                        {memo(move || format!("Select all {}", number(total.get())))}
                    </button>
                </When>
                <When holds=some>
                    <CompareButton model />
                    {button(STAR, "Star", GalleryChange::Star(true))}
                    <button type="button" class="button" aria-expanded=memo(move || tagging.get().to_string())
                        on:click=listener(move |_| tagging.update(|open| *open = !*open))>
                        <Icon glyph=HASH /><span>"Tag"</span>
                    </button>
                    {part(move || if in_trash.get() {
                        button(Glyph::Again, "Restore", GalleryChange::Restore)
                    } else {
                        button(TRASH, "Trash", GalleryChange::Trash)
                    })}
                    <button type="button" class="icon-button" aria-label="Select nothing" on:click=listener(move |_| model.selected.set(Selected::default()))>
                        <Icon glyph=Glyph::Cross />
                    </button>
                </When>
            </div>
        </div>
        <When holds=memo(move || some.get() && tagging.get())>
            <form
                class="gallery-tagging field"
                on:submit=listener(move |event: ev::SubmitEvent| {
                    event.prevent_default();
                    let tag = crate::components::dom::typed(TAG).unwrap_or_default().trim().to_owned();
                    if !tag.is_empty() {
                        tagging.set(false);
                        act(GalleryChange::AddTag(tag));
                    }
                })
            >
                <label for=TAG>"Tag"</label>
                <input id=TAG maxlength="60" autocomplete="off" autofocus />
                <button type="submit" class="button">"Add"</button>
                <button
                    type="button"
                    class="button"
                    on:click=listener(move |_| {
                        let tag = crate::components::dom::typed(TAG).unwrap_or_default().trim().to_owned();
                        if !tag.is_empty() {
                            tagging.set(false);
                            act(GalleryChange::RemoveTag(tag));
                        }
                    })
                >
                    "Remove"
                </button>
            </form>
        </When>
        <LastChangeLine model />
    }
    .into_any()
}

/// What was done last, and the way back.
#[component]
fn LastChangeLine(model: GalleryModel) -> impl IntoView {
    part(move || {
        let Some(last) = model.last_change.get() else { return ().into_any() };
        view! {
            <div class="gallery-undo card" role="status">
                <p>{last.words}</p>
                <button type="button" class="button" disabled=model.busy on:click=listener(move |_| model.undo())>"Undo"</button>
                <button type="button" class="icon-button" aria-label="Dismiss" on:click=listener(move |_| model.last_change.set(None))>
                    <Icon glyph=Glyph::Cross />
                </button>
            </div>
        }
        .erased()
    })
}
