//! Bars that move, and the ends and starts that are expected.

use super::{
    PoolSeat,
    state::{Inner, Tracker},
};
use crate::clock::now;
use proto::{
    ids::TaskId,
    task::{Change, Estimate, Node, Slot, Task, TaskState, Waiting, estimate, starts_in},
    time::Timestamp,
};

/// The end must be expected at least this much earlier or later to be told again, in milliseconds.
const END_STEP: u64 = 500;
/// And the start, which is less certain; and of a distant start, this share of the time until then.
const START_STEP: u64 = 2_000;
const START_SHARE: u64 = 10;

impl Tracker {
    /// Moves the bars of tasks whose running node has none of its own. One that has is asked when it ticks: between two ticks of a slow
    /// step nothing new is known, and the expected end must not run away.
    pub fn tick(&self) {
        let mut inner = self.inner.lock();
        let by_time = |task: &&Task| task.state == TaskState::Running && !task.current_node().is_some_and(Node::has_bar);
        let running: Vec<TaskId> = inner.snapshot.tasks.iter().filter(by_time).map(|task| task.id).collect();
        for id in running {
            self.progress(&mut inner, id);
        }
    }

    pub(super) fn progress(&self, inner: &mut Inner, id: TaskId) {
        let Some(task) = inner.find(id).filter(|task| task.state == TaskState::Running) else { return };
        let Some(forecast) = inner.forecasts.get(&id) else { return };
        let estimate = estimate(task, forecast, now());
        let moved = estimate.permille != task.permille;
        let end_moved = match (estimate.ends_at, task.ends_at) {
            (Some(new), Some(old)) => new.0.abs_diff(old.0) >= END_STEP,
            (new, old) => new != old,
        };
        if moved || end_moved {
            let Estimate { permille, ends_at, within_ms } = estimate;
            self.publish(inner, Change::TaskProgress { task: id, permille, ends_at, within_ms });
        }
    }

    /// Says when those that do not run yet will probably begin, where that has changed.
    pub fn expect_starts(&self, seats: &[PoolSeat]) {
        let mut inner = self.inner.lock();
        let at = now();
        for (task, starts_at) in inner.starts(seats, at) {
            self.publish(&mut inner, Change::TaskStartsAt { task, at: starts_at });
        }
    }
}

impl Inner {
    /// The tasks whose start is expected otherwise than was told.
    fn starts(&self, seats: &[PoolSeat], now: Timestamp) -> Vec<(TaskId, Option<Timestamp>)> {
        let mut slots: Vec<Slot> = seats.iter().map(|seat| self.slot(seat, now)).collect();
        let mut told = Vec::new();
        let mut tell = |task: &Task, starts_in: Option<u64>| {
            let starts_at = starts_in.map(|ms| now.plus_ms(ms));
            if is_other(task.starts_at, starts_at, now) {
                told.push((task.id, starts_at));
            }
        };
        // What lies in a ComfyUI's queue begins when that one is free.
        let mut queued: Vec<&Task> = self.snapshot.tasks.iter().filter(|task| task.state == TaskState::Queued).collect();
        queued.sort_by_key(|task| task.place.key());
        for task in queued {
            let at = seats.iter().position(|seat| task.is_at(&seat.id));
            let free = at.and_then(|at| slots[at].free_in_ms);
            tell(task, free);
            if let Some(at) = at {
                slots[at].free_in_ms = free.map(|free| free.saturating_add(task.expected_ms()));
            }
        }
        let (ready, held): (Vec<&Task>, Vec<&Task>) =
            self.snapshot.waiting().into_iter().partition(|task| !self.snapshot.queue_paused && super::queue::is_ready(task));
        let fits = |task: &Task| {
            let needs = self.jobs.get(&task.id).map(|job| &job.needs);
            let fits = |at: &usize| needs.is_some_and(|needs| needs.met_by(&seats[*at].catalog));
            (0..seats.len()).filter(fits).collect()
        };
        let waiting: Vec<Waiting> = ready.iter().map(|task| Waiting { expected_ms: task.expected_ms(), fits: fits(task) }).collect();
        for (task, starts_in) in ready.into_iter().zip(starts_in(&slots, &waiting)) {
            tell(task, starts_in);
        }
        for task in held {
            tell(task, None);
        }
        told
    }

    /// How long a ComfyUI is busy with what runs there. Nobody knows while it cannot be reached, or has other people's prompts.
    fn slot(&self, seat: &PoolSeat, now: Timestamp) -> Slot {
        let runs = |task: &&Task| task.state == TaskState::Running && task.is_at(&seat.id);
        let left = |task: &Task| match task.ends_at {
            Some(ends_at) => ends_at.since(now),
            None => task.expected_ms().saturating_sub(task.started_at.map_or(0, |started| now.since(started))),
        };
        let busy = self.snapshot.tasks.iter().filter(runs).map(left).max().unwrap_or(0);
        Slot { free_in_ms: (seat.open && seat.foreign == 0).then_some(busy) }
    }
}

fn is_other(told: Option<Timestamp>, new: Option<Timestamp>, now: Timestamp) -> bool {
    match (told, new) {
        (Some(told), Some(new)) => told.0.abs_diff(new.0) >= START_STEP.max(new.since(now) / START_SHARE),
        (told, new) => told != new,
    }
}
