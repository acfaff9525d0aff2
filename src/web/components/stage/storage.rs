//! Notes on outputs that Darkroom has no copy of (yet).

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo, part};
use crate::live::use_live;
use proto::{
    ids::TaskId,
    task::{CopyDelay, NotKeptReason, OutputStorage},
};

/// On the stage, while its output is being copied. `shown`: the output on the stage.
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
        _ => ().into_any(),
    })
}

/// Below the stage, where it stays when the picture cannot be loaded: why an output of the task was not kept.
#[component]
pub(super) fn NotKeptNote(task: TaskId) -> impl IntoView {
    let live = use_live();
    let reason = memo(move || {
        let not_kept = |storage| if let OutputStorage::NotKept { reason } = storage { Some(reason) } else { None };
        live.with_task(task, |task| task.outputs.iter().find_map(|output| not_kept(output.storage))).flatten()
    });
    part(move || match reason.get() {
        Some(reason) => view! { <p class="note not-kept">{"Not kept: "}{NotKeptReason::words(reason)}</p> }.erased(),
        None => ().into_any(),
    })
}

/// Below a picture of which only a part was painted new: whether the rest is as it was. `chosen`: the result that a person chose.
#[component]
pub(super) fn OutsideNote(task: TaskId, chosen: RwSignal<Option<u32>>) -> impl IntoView {
    let live = use_live();
    let check = memo(move || {
        let chosen = chosen.get();
        live.with_task(task, |task| {
            task.pictures().find(|output| chosen.is_none_or(|id| output.id == id)).and_then(|output| output.outside)
        })
        .flatten()
    });
    part(move || match check.get() {
        Some(check) => {
            let state = if check.changed == 0 { "unchanged" } else { "changed" };
            view! { <p class="note outside" data-outside=state>{check.words()}</p> }.erased()
        }
        None => ().into_any(),
    })
}

fn badge(state: &'static str, word: &'static str, why: &'static str) -> AnyView {
    view! { <p class="stage-badge" data-storage=state>{word}{why}</p> }.erased()
}
