//! One line about what tasks will run on: the demo engine, nothing that can be reached, or a ComfyUI.

use leptos::prelude::*;

use super::queue_position::QueueCounts;
use crate::components::reactive::{Erased, memo, part};
use crate::live::use_live;
use proto::task::Backend;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    Ready,
    /// Only the built-in engine.
    Demo,
    Unreachable,
    /// Something runs, and its banner was dismissed.
    Dismissed,
}

/// What tasks would run on now.
pub(crate) fn readiness(backends: &[Backend]) -> Readiness {
    if !backends.iter().any(|backend| backend.takes_tasks()) {
        Readiness::Unreachable
    } else if backends.iter().all(|backend| backend.demo) {
        Readiness::Demo
    } else {
        Readiness::Ready
    }
}

/// The line itself.
#[component]
pub(crate) fn BackendNote() -> impl IntoView {
    let live = use_live();
    let readiness = memo(move || match readiness(&live.backends()) {
        Readiness::Ready if live.active_task().is_some() => Readiness::Dismissed,
        // Before the first task, the empty stage describes the demo engine in more detail.
        Readiness::Demo if live.task_ids().is_empty() => Readiness::Ready,
        readiness => readiness,
    });
    part(move || note(readiness.get()))
}

fn note(readiness: Readiness) -> AnyView {
    match readiness {
        Readiness::Ready => view! { <span>"Nothing is running."</span> }.erased(),
        Readiness::Dismissed => {
            let counts = memo(move || use_live().with_all(QueueCounts::of).text());
            view! { <span>{counts}". The banner is put away."</span> }.erased()
        }
        Readiness::Unreachable => view! {
            <strong>"No ComfyUI can be reached. "</strong>
            <span>"Tasks are kept, and sent when one is back."</span>
        }
        .erased(),
        Readiness::Demo => view! {
            <strong>"Demo engine: "</strong>
            <span>"it draws pictures and runs no model. To use your ComfyUI: "</span>
            <code>"darkroom serve --comfyui http://127.0.0.1:8188"</code>
        }
        .erased(),
    }
}
