//! Estimates of progress, ends and starts.

use std::{collections::HashMap, sync::Arc};

use super::{Tracker, queue::is_ready, seat::PoolSeat, state::TrackerState};
use crate::clock::now;
use proto::{
    comfy::Catalog,
    ids::{BackendId, TaskId},
    task::{Change, Estimate, Node, Slot, Task, TaskState, Waiting, estimate, starts_in},
    time::Timestamp,
};

/// An estimated end is published again when it moves by at least this much. Milliseconds.
const END_STEP: u64 = 500;
/// An estimated start, which is less certain, when it moves by at least this much (milliseconds), and by this fraction of the time until then.
const START_STEP: u64 = 2_000;
const START_FRACTION: u64 = 10;

impl Tracker {
    /// Advances the estimated progress of tasks whose running node does not report its own. For a node that does, the estimate is made with each
    /// report: between two reports of a slow step nothing is learned, and the estimated end must not move.
    pub fn tick(&self) {
        let mut state = self.state.lock();
        let by_time = |task: &&Task| task.state == TaskState::Running && !task.current_node().is_some_and(Node::has_bar);
        let running: Vec<TaskId> = state.snapshot.tasks.iter().filter(by_time).map(|task| task.id).collect();
        for id in running {
            self.update_estimate(&mut state, id);
        }
    }

    /// Publishes the progress and the estimated end of a running task, if they changed enough.
    pub(super) fn update_estimate(&self, state: &mut TrackerState, id: TaskId) {
        let Some(task) = state.find(id).filter(|task| task.state == TaskState::Running) else { return };
        let Some(forecast) = state.forecasts.get(&id) else { return };
        let estimate = estimate(task, forecast, now());
        let moved = estimate.permille != task.permille;
        let end_moved = match (estimate.ends_at, task.ends_at) {
            (Some(new), Some(old)) => new.0.abs_diff(old.0) >= END_STEP,
            (new, old) => new != old,
        };
        if moved || end_moved {
            let Estimate { permille, ends_at, within_ms } = estimate;
            self.publish(state, Change::TaskProgress { task: id, permille, ends_at, within_ms });
        }
    }

    /// Publishes when waiting and queued tasks will probably start, where that changed enough.
    pub fn estimate_starts(&self, seats: &[PoolSeat]) {
        let mut state = self.state.lock();
        let at = now();
        for (task, starts_at) in state.changed_starts(seats, at) {
            self.publish(&mut state, Change::TaskStartsAt { task, at: starts_at });
        }
    }
}

impl TrackerState {
    /// The tasks whose estimated start differs enough from the published one, with the new estimate.
    fn changed_starts(&self, seats: &[PoolSeat], now: Timestamp) -> Vec<(TaskId, Option<Timestamp>)> {
        let index: HashMap<&BackendId, usize> = seats.iter().enumerate().map(|(at, seat)| (&seat.id, at)).collect();
        let at = |task: &Task| index.get(task.backend.as_ref()?).copied();
        let mut slots = self.slots(seats, at, now);
        let mut changed = Vec::new();
        let mut compare = |task: &Task, starts_in: Option<u64>| {
            let starts_at = starts_in.map(|ms| now.plus_ms(ms));
            if differs(task.starts_at, starts_at, now) {
                changed.push((task.id, starts_at));
            }
        };
        // A task in a ComfyUI's queue starts when that ComfyUI is free.
        let mut queued: Vec<&Task> = self.snapshot.tasks.iter().filter(|task| task.state == TaskState::Queued).collect();
        queued.sort_by_key(|task| task.place.key());
        for task in queued {
            let at = at(task);
            let free = at.and_then(|at| slots[at].free_in_ms);
            compare(task, free);
            if let Some(at) = at {
                slots[at].free_in_ms = free.map(|free| free.saturating_add(task.expected_ms()));
            }
        }
        let (ready, held): (Vec<&Task>, Vec<&Task>) =
            self.snapshot.waiting().into_iter().partition(|task| !self.snapshot.queue_paused && is_ready(task));
        // ComfyUIs with the same files share a catalog.
        let mut catalogs: HashMap<*const Catalog, (&Catalog, Vec<usize>)> = HashMap::new();
        for (at, seat) in seats.iter().enumerate() {
            catalogs.entry(Arc::as_ptr(&seat.catalog)).or_insert_with(|| (&seat.catalog, Vec::new())).1.push(at);
        }
        let fits = |task: &Task| {
            let Some(job) = self.jobs.get(&task.id) else { return Vec::new() };
            catalogs.values().filter(|(catalog, _)| job.needs.met_by(catalog)).flat_map(|(_, seats)| seats.iter().copied()).collect()
        };
        let waiting: Vec<Waiting> = ready.iter().map(|task| Waiting { expected_ms: task.expected_ms(), fits: fits(task) }).collect();
        for (task, starts_in) in ready.into_iter().zip(starts_in(&slots, &waiting)) {
            compare(task, starts_in);
        }
        for task in held {
            compare(task, None);
        }
        changed
    }

    /// How long each ComfyUI is busy with the running task. Unknown while it cannot be reached or has prompts of other programs.
    fn slots(&self, seats: &[PoolSeat], at: impl Fn(&Task) -> Option<usize>, now: Timestamp) -> Vec<Slot> {
        let left = |task: &Task| match task.ends_at {
            Some(ends_at) => ends_at.since(now),
            None => task.expected_ms().saturating_sub(task.started_at.map_or(0, |started| now.since(started))),
        };
        let mut slots: Vec<Slot> = seats.iter().map(|seat| Slot { free_in_ms: (seat.open && seat.foreign == 0).then_some(0) }).collect();
        for task in self.snapshot.tasks.iter().filter(|task| task.state == TaskState::Running) {
            if let Some(busy) = at(task).and_then(|at| slots[at].free_in_ms.as_mut()) {
                *busy = left(task).max(*busy);
            }
        }
        slots
    }
}

fn differs(published: Option<Timestamp>, new: Option<Timestamp>, now: Timestamp) -> bool {
    match (published, new) {
        (Some(published), Some(new)) => published.0.abs_diff(new.0) >= START_STEP.max(new.since(now) / START_FRACTION),
        (published, new) => published != new,
    }
}
