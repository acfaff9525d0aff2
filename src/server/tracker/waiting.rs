//! Tasks that wait because something is wrong with the ComfyUIs: their note says what.

use super::{Tracker, seat::PoolSeat, state::TrackerState};
use proto::{
    ids::TaskId,
    task::{Change, NO_BACKEND, NOT_STARTED, Task, TaskState},
};

impl Tracker {
    /// Sets the note of each task that waits at a stuck ComfyUI, or that only ComfyUIs in trouble could take. Clears it when that is over.
    pub fn explain_waiting(&self, seats: &[PoolSeat]) {
        let mut state = self.state.lock();
        let notes: Vec<(TaskId, Option<String>)> =
            state.snapshot.tasks.iter().filter_map(|task| Some((task.id, state.new_note(task, seats)?))).collect();
        for (task, note) in notes {
            self.publish(&mut state, Change::TaskWaiting { task, note });
        }
    }
}

impl TrackerState {
    /// The note that a task should have, if it has another. Notes about something else are left alone, unless there is trouble.
    fn new_note(&self, task: &Task, seats: &[PoolSeat]) -> Option<Option<String>> {
        let note = match task.state {
            TaskState::Accepted if task.backend.is_none() => self.why_not_sent(task, seats),
            TaskState::Queued => {
                seats.iter().find(|seat| seat.stuck && task.is_at(&seat.id)).map(|seat| format!("{NOT_STARTED}. {}", named(seat)))
            }
            _ => return None,
        };
        let is_ours = task.note.as_ref().is_some_and(|note| note.starts_with(NO_BACKEND) || note.starts_with(NOT_STARTED));
        (note != task.note && (note.is_some() || is_ours)).then_some(note)
    }

    fn why_not_sent(&self, task: &Task, seats: &[PoolSeat]) -> Option<String> {
        let job = self.jobs.get(&task.id)?;
        let fits = |seat: &&PoolSeat| job.needs.met_by(&seat.catalog);
        if seats.iter().filter(fits).any(|seat| seat.open) {
            return None;
        }
        // What a ComfyUI has may never have been learned: so all that are in trouble are named.
        let troubles: Vec<String> = seats.iter().filter(|seat| seat.trouble.is_some()).map(named).collect();
        (!troubles.is_empty()).then(|| format!("{NO_BACKEND}. {}", troubles.join("; ")))
    }
}

/// What is wrong with it.
fn named(seat: &PoolSeat) -> String {
    format!("{}: {}", seat.id, seat.trouble.as_deref().unwrap_or_default())
}
