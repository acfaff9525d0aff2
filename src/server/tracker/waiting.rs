//! Notes of tasks that wait because of the state of single ComfyUIs, or what these lack. What holds all waiting tasks is not in these notes:
//! [`QueueHold`](proto::task::QueueHold).

use std::collections::HashSet;

use super::{Tracker, job::TaskJob, queue::is_ready, seat::PoolSeat, state::TrackerState};
use proto::{
    ids::TaskId,
    limits,
    task::{Change, NO_BACKEND, NOT_STARTED, Task, TaskState},
};

impl Tracker {
    /// Sets the note of each task that waits at a stuck ComfyUI, or that no ComfyUI can take, whether one is in trouble, away, or lacks something.
    /// Clears the note when the reason is gone. Returns how many waiting tasks were compared with the ComfyUIs.
    pub fn explain_waiting(&self, seats: &[PoolSeat]) -> usize {
        let mut state = self.state.lock();
        let mut explained = std::mem::take(&mut state.explained);
        explained.compare(seats);
        let mut notes: Vec<(TaskId, Option<String>)> = Vec::new();
        let (mut waiting, mut compared) = (0, 0);
        let is_sending = !state.snapshot.queue_paused;
        let stuck: Vec<&PoolSeat> = seats.iter().filter(|seat| seat.stuck).collect();
        let TrackerState { snapshot, jobs, .. } = &mut *state;
        for task in &snapshot.tasks {
            let note = match task.state {
                TaskState::Accepted if task.backend.is_none() => {
                    waiting += 1;
                    let mut job = jobs.get_mut(&task.id);
                    // With time alone, only this reason passes.
                    let is_as_before = task.note.is_none() || job.as_ref().is_none_or(|job| !job.socket_wait_is_over());
                    if is_as_before && explained.notes.get(&task.id) == Some(&task.note) {
                        continue;
                    }
                    compared += 1;
                    if let Some(job) = &mut job {
                        job.observe_sockets(is_sending && is_ready(task), seats);
                    }
                    let note = new_note(task, job.and_then(|job| why_not_sent(job, seats)));
                    explained.notes.insert(task.id, note.clone().unwrap_or_else(|| task.note.clone()));
                    note
                }
                TaskState::Queued => {
                    let stuck = stuck.iter().find(|seat| task.is_at(&seat.id));
                    new_note(task, stuck.map(|seat| format!("{NOT_STARTED}. {}: {}", seat.id, seat.trouble.as_deref().unwrap_or_default())))
                }
                _ => None,
            };
            notes.extend(note.map(|note| (task.id, note)));
        }
        if explained.notes.len() > waiting {
            let waiting: HashSet<TaskId> = state.snapshot.tasks.iter().filter(|task| task.is_waiting()).map(|task| task.id).collect();
            explained.notes.retain(|id, _| waiting.contains(id));
        }
        state.explained = explained;
        for (task, note) in notes {
            self.publish(&mut state, Change::TaskWaiting { task, note });
        }
        compared
    }
}

/// The note that a task should have, if it has another. Notes about something else are left alone, unless there is a reason.
fn new_note(task: &Task, reason: Option<String>) -> Option<Option<String>> {
    let is_ours = task.note.as_ref().is_some_and(|note| note.starts_with(NO_BACKEND) || note.starts_with(NOT_STARTED));
    (reason != task.note && (reason.is_some() || is_ours)).then_some(reason)
}

/// Why no ComfyUI can take a waiting task. `None` also when all are only away.
fn why_not_sent(job: &TaskJob, seats: &[PoolSeat]) -> Option<String> {
    if seats.iter().any(|seat| seat.takes_tasks && job.fits(seat, seats)) {
        return None;
    }
    if !seats.iter().any(|seat| seat.takes_tasks || seat.trouble.is_some()) {
        return None;
    }
    let reasons: Vec<String> = seats.iter().map(|seat| format!("{}: {}", seat.id, why_not(seat, job))).collect();
    let minutes = limits::SOCKET_WAIT.as_secs() / 60;
    let limit = job
        .socket_wait
        .map(|_| format!(". If none opens within {minutes} minutes, the task is sent without, and what it sends there is lost"));
    let text = format!("{NO_BACKEND}. {}{}", reasons.join("; "), limit.unwrap_or_default());
    Some(text.chars().take(limits::MESSAGE_TEXT).collect())
}

fn why_not(seat: &PoolSeat, job: &TaskJob) -> String {
    if let Some(trouble) = &seat.trouble {
        return trouble.clone();
    }
    if !seat.takes_tasks {
        return "it cannot be reached".into();
    }
    let missing = job.needs.missing(&seat.catalog);
    if missing.is_empty() {
        return "its WebSocket is not open yet, over which this workflow sends its results".into();
    }
    let named: Vec<String> = missing.iter().take(limits::MISSING_NAMED).map(|missing| missing.what()).collect();
    let more = missing.len().saturating_sub(named.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("it does not have {}{more}", named.join(", "))
}
