//! The lines of a task's history, as they are kept on disk: what happened to it, in words.

use std::collections::BTreeMap;

use crate::store::EventKind;
use proto::task::{Change, Task, TaskState};

/// How many messages of each type came, most first.
pub(super) fn messages(heard: &BTreeMap<String, u32>) -> String {
    let mut heard: Vec<(&String, &u32)> = heard.iter().collect();
    heard.sort_by(|a, b| b.1.cmp(a.1));
    heard.iter().map(|(kind, count)| format!("{kind} {count}")).collect::<Vec<_>>().join(", ")
}

/// The line for a change that was just made to `task`. `None` for what is not worth one. `is_new`: it was not there before.
pub(super) fn line(change: &Change, task: &Task, is_new: bool) -> Option<(EventKind, String)> {
    Some(match change {
        Change::TaskAdded(_) if is_new => (EventKind::Accepted, format!("Accepted as \"{}\"", task.name)),
        Change::TaskQueued { backend, .. } => (EventKind::Sent, format!("Handed to {backend} (attempt {})", task.attempt)),
        Change::TaskStarted { .. } => (EventKind::Started, "Began to run".into()),
        Change::TaskRestarted { attempt, note, .. } => (EventKind::Retried, format!("{note}; to be sent again (attempt {attempt})")),
        Change::TaskRecalled { .. } => (EventKind::Note, "Taken back from ComfyUI's queue".into()),
        Change::TaskPaused { paused: true, .. } => (EventKind::Paused, "Held back".into()),
        Change::TaskPaused { paused: false, .. } => (EventKind::Resumed, "Let go".into()),
        Change::TaskPlaced { place, .. } => (EventKind::Moved, format!("Moved in the queue (priority {})", place.priority)),
        Change::TaskCancelling { .. } => (EventKind::Cancelled, "To be cancelled".into()),
        Change::TaskEnded { state, error, .. } => {
            let word = match state {
                TaskState::Completed => "Completed",
                TaskState::Cancelled => "Cancelled",
                _ => "Failed",
            };
            let why = error.as_ref().map(|error| format!(": {}", error.message)).unwrap_or_default();
            (EventKind::Finished, format!("{word}{why}"))
        }
        _ => return None,
    })
}
