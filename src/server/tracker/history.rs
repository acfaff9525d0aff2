//! The texts of a task's history, as they are stored.

use std::collections::BTreeMap;

use crate::store::EventKind;
use proto::task::{Change, Task, TaskState};

/// How many messages of each type ComfyUI sent, most first.
pub(super) fn message_counts(counts: &BTreeMap<String, u32>) -> String {
    let mut counts: Vec<(&String, &u32)> = counts.iter().collect();
    counts.sort_by(|a, b| b.1.cmp(a.1));
    counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect::<Vec<_>>().join(", ")
}

/// The event for a change that was just applied to `task`; `is_new`: the change added it. `None`: the change is not recorded.
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
