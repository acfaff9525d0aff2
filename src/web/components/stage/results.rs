//! The row over the stage to choose from several results.

use leptos::prelude::*;

use super::output::{filename, url};
use crate::components::icon::{Glyph, Icon};
use crate::components::reactive::{Erased, When, listener, memo, rows, truth};
use proto::{
    ids::TaskId,
    task::{Output, OutputKind},
};

/// One button for each result, when there is more than one.
#[component]
pub(super) fn Results(task: TaskId, results: Memo<Vec<Output>>, chosen: RwSignal<Option<u32>>) -> impl IntoView {
    let several = memo(move || results.with(|results| results.len() > 1));
    let shown = memo(move || chosen.get().or_else(|| results.with(|results| results.first().map(|output| output.id))));
    let choice = move |output: Output| {
        let id = output.id;
        let at = move || results.with(|results| results.iter().position(|one| one.id == id).unwrap_or_default() + 1);
        view! {
            <button
                type="button"
                class="results-choice"
                aria-label=memo(move || format!("Show result {}", at()))
                aria-pressed=truth(move || shown.get() == Some(id))
                title=filename(&output)
                on:click=listener(move |_| chosen.set(Some(id)))
            >
                {if output.kind == OutputKind::Image {
                    view! { <img src=format!("{}?thumb=320", url(task, id)) alt="" loading="lazy" /> }.erased()
                } else {
                    view! { <Icon glyph=Glyph::File /> }.erased()
                }}
            </button>
        }
        .erased()
    };
    let keys = memo(move || results.with(|results| results.iter().map(|output| u128::from(output.id)).collect::<Vec<_>>()));
    let row = move |key| {
        let output = results.with_untracked(|results| results.iter().find(|output| u128::from(output.id) == key).cloned());
        output.map(choice).into_any()
    };
    view! {
        <When holds=several>
            <div class="results with-script" role="group" aria-label="Results">
                {rows(keys, row)}
            </div>
        </When>
    }
    .erased()
}
