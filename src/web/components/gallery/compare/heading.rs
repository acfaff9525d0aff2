//! The head of the column of one output: which it is, and what can be done with it.

use leptos::prelude::*;

use super::super::url::gallery_url;
use super::{
    super::{
        glyphs::{STAR, TRASH},
        tile::label,
        url::file_url,
    },
    model::CompareModel,
};
use crate::components::{
    icon::{Glyph, Icon},
    reactive::{Erased, listener, memo, part, truth},
};
use proto::task::OutputKind;

#[component]
pub(super) fn OutputHeading(model: CompareModel, at: usize) -> impl IntoView {
    let (id, kind) = model.shown.with_untracked(|shown| shown.get(at).copied()).unzip();
    let Some(id) = id else { return ().into_any() };
    let number = at + 1;
    let chosen = memo(move || model.chosen.get() == at);
    let name = memo(move || model.of_output(at, |output| label(&output.tile)));
    let starred = memo(move || model.of_output(at, |output| output.tile.star));
    let trashed = memo(move || model.of_output(at, |output| output.deleted_at.is_some()));
    let href = memo(move || model.gallery.query.with(|query| gallery_url(Some(id), query)));
    view! {
        <div class="compare-head" class:chosen=chosen>
            <button
                type="button"
                class="compare-number with-script"
                aria-pressed=truth(move || chosen.get())
                aria-label=format!("Choose {number}")
                on:click=listener(move |_| model.choose(at))
            >
                {number.to_string()}
            </button>
            <span class="compare-number without-script">{number.to_string()}</span>
            <a class="compare-thumb" href=href aria-label=memo(move || format!("Open {number}: {}", name.get()))>
                {if kind.flatten() == Some(OutputKind::Image) {
                    view! { <img src=file_url(id, Some(320)) alt="" width="44" height="44" /> }.erased()
                } else {
                    view! { <Icon glyph=Glyph::File /> }.into_any()
                }}
            </a>
            <button
                type="button"
                class="icon-button with-script"
                aria-pressed=truth(move || starred.get())
                aria-label=format!("Star {number}")
                disabled=model.gallery.busy
                on:click=listener(move |_| model.toggle_star(at))
            >
                <Icon glyph=STAR />
            </button>
            <button
                type="button"
                class="icon-button with-script"
                aria-label=memo(move || if trashed.get() { format!("Restore {number}") } else { format!("Move {number} to the trash") })
                disabled=model.gallery.busy
                on:click=listener(move |_| model.toggle_trash(at))
            >
                {part(move || view! { <Icon glyph=if trashed.get() { Glyph::Again } else { TRASH } /> }.into_any())}
            </button>
        </div>
    }
    .into_any()
}
