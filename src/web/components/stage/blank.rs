//! The stage without a picture: what the task does.

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo};
use crate::{
    components::{
        icon::{Glyph, Icon},
        queue_position::{QueuePosition, queue_position, status_words},
        words::state_label,
    },
    live::use_live,
};
use proto::{
    ids::TaskId,
    task::{Task, TaskState},
};

/// In place of the picture: an icon and one line.
#[component]
pub(super) fn Blank(task: TaskId) -> impl IntoView {
    let live = use_live();
    let state = memo(move || live.with_task(task, |task| task.state));
    let words = memo(move || {
        live.with_progress(task, |task| words(task, queue_position(live, task.id), live.preferences().previews))
            .unwrap_or_else(|| "Looking it up…".into())
    });
    view! {
        <div class="stage-center blank" data-state=memo(move || state.get().map(state_label).unwrap_or_default())>
            <Icon glyph=Signal::derive(move || glyph(state.get())) />
            <p>{words}</p>
        </div>
    }
    .erased()
}

fn glyph(state: Option<TaskState>) -> Glyph {
    match state {
        Some(TaskState::Failed) => Glyph::Alert,
        Some(TaskState::Cancelled) => Glyph::Minus,
        Some(TaskState::Running | TaskState::Completed) => Glyph::Picture,
        _ => Glyph::Clock,
    }
}

fn words(task: &Task, position: QueuePosition, previews: bool) -> String {
    match task.state {
        TaskState::Accepted | TaskState::Queued => status_words(task, position),
        TaskState::Running if !previews => "Previews are switched off in the settings. The result appears here.".into(),
        TaskState::Running => "The picture appears here as soon as there is something to see.".into(),
        TaskState::Completed => "Done. This workflow put out nothing that can be shown here.".into(),
        TaskState::Failed => "It failed before there was a picture.".into(),
        TaskState::Cancelled => "Cancelled before there was a picture.".into(),
    }
}
