//! Says of the output on the stage that Darkroom has no copy of it (yet).

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo, part};
use crate::live::use_live;
use proto::{
    ids::TaskId,
    task::{CopyDelay, NotKeptReason, OutputStorage},
};

/// Nothing for an output that is kept, or where nothing is kept. `shown`: the output on the stage.
#[component]
pub(super) fn StorageBadge(task: TaskId, shown: Memo<Option<u32>>) -> impl IntoView {
    let live = use_live();
    let storage = memo(move || {
        let shown = shown.get()?;
        live.with_task(task, |task| task.outputs.iter().find(|output| output.id == shown).map(|output| output.storage)).flatten()
    });
    part(move || match storage.get() {
        Some(OutputStorage::Copying { delay: None }) => badge("copying", "Copying", ""),
        Some(OutputStorage::Copying { delay: Some(delay) }) => badge("delayed", "Not copied yet: ", CopyDelay::words(delay)),
        Some(OutputStorage::NotKept { reason }) => badge("not-kept", "Not kept: ", NotKeptReason::words(reason)),
        _ => ().into_any(),
    })
}

fn badge(state: &'static str, word: &'static str, why: &'static str) -> AnyView {
    view! { <p class="stage-badge" data-storage=state>{word}{why}</p> }.erased()
}
