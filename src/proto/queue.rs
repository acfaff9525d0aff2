//! Darkroom's own queue: which ComfyUI gets the next task, and how a task is moved. Pure: the tracker holds the tasks and applies the results.

use super::{
    ids::TaskId,
    task::{QueueKey, Task, TaskState},
};

/// The distance between two neighbours, so that others fit in between.
pub const STEP: u64 = 1 << 20;

/// A ComfyUI that could take a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// It accepts tasks now.
    pub open: bool,
    /// Our tasks in its queue, including those being sent.
    pub taken: usize,
    /// Prompts of other clients in its queue.
    pub foreign: usize,
}

/// Selects the ComfyUI for a task: among those that fit, are open and have fewer than `limit` of our tasks, the one with the shortest queue.
/// Of equal ones the first.
#[must_use]
pub fn choose(seats: &[Seat], limit: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
    let free = seats.iter().enumerate().filter(|(at, seat)| seat.open && seat.taken < limit && fits(*at));
    free.min_by_key(|(_, seat)| seat.taken + seat.foreign).map(|(at, _)| at)
}

/// The positions that change when `task` is moved before `before` (`None`: to the end). It gets the priority of its new neighbour.
/// `waiting`: all tasks that do not run yet, also those in a ComfyUI's queue, in order. Usually one position changes; if there is no gap
/// between its new neighbours, theirs change, too.
#[must_use]
pub fn moved(waiting: &[(TaskId, QueueKey)], task: TaskId, before: Option<TaskId>) -> Vec<(TaskId, QueueKey)> {
    if before == Some(task) {
        return Vec::new();
    }
    let others: Vec<(TaskId, QueueKey)> = waiting.iter().copied().filter(|(id, _)| *id != task).collect();
    let at = before.and_then(|before| others.iter().position(|(id, _)| *id == before)).unwrap_or(others.len());
    let next = others.get(at).map(|(_, place)| *place);
    let prev = at.checked_sub(1).map(|at| others[at].1);
    let Some(priority) = next.or(prev).map(|place| place.priority) else { return Vec::new() };
    let low = prev.filter(|prev| prev.priority == priority).map_or(0, |prev| prev.order);
    let high = next.map_or(low.saturating_add(2 * STEP), |next| next.order);
    if high.saturating_sub(low) >= 2 {
        return vec![(task, QueueKey { priority, order: low + (high - low) / 2 })];
    }
    // No gap: renumber all tasks of this priority.
    let mut same: Vec<TaskId> = others.iter().filter(|(_, place)| place.priority == priority).map(|(id, _)| *id).collect();
    let before_these = others.iter().take_while(|(_, place)| place.priority > priority).count();
    same.insert(at - before_these, task);
    same.into_iter().zip(1..).map(|(id, nth)| (id, QueueKey { priority, order: nth * STEP })).collect()
}

/// The order of a task that comes after all of these.
#[must_use]
pub fn last_order<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> u64 {
    tasks.into_iter().map(|task| task.place.order).max().unwrap_or(0).saturating_add(STEP)
}

/// A task in a ComfyUI's queue that must be recalled: the queue is paused, or a waiting task comes before it.
#[must_use]
pub fn should_recall(task: &Task, paused: bool, first_waiting: Option<QueueKey>) -> bool {
    let overtaken = first_waiting.is_some_and(|first| first.key() < task.place.key());
    task.state == TaskState::Queued && !task.cancelling && (paused || task.paused || overtaken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> TaskId {
        TaskId(Uuid::from_u128(number))
    }

    fn open(taken: usize, foreign: usize) -> Seat {
        Seat { open: true, taken, foreign }
    }

    #[test]
    fn the_least_loaded_backend_that_fits_gets_the_task() {
        let seats = [open(1, 0), open(0, 3), Seat { open: false, taken: 0, foreign: 0 }, open(2, 0)];
        assert_eq!(choose(&seats, 2, |_| true), Some(0));
        assert_eq!(choose(&seats, 2, |at| at != 0), Some(1), "foreign prompts count as load");
        assert_eq!(choose(&seats, 2, |at| at == 2 || at == 3), None, "closed, and full");
    }

    proptest! {
        /// Moving in the queue is moving in a list, whatever the places were.
        #[test]
        fn moving_a_task_equals_moving_in_a_list(
            places in proptest::collection::vec((-1i8..=1, 0u64..6), 1..12),
            moves in proptest::collection::vec((any::<prop::sample::Index>(), proptest::option::of(any::<prop::sample::Index>())), 1..40),
        ) {
            let mut waiting: Vec<(TaskId, QueueKey)> = places
                .into_iter()
                .enumerate()
                // Distinct orders, crowded together, so that there is often no room.
                .map(|(at, (priority, gap))| (id(at as u128), QueueKey { priority, order: at as u64 + gap / 5 * 1000 }))
                .collect();
            waiting.sort_by_key(|(_, place)| place.key());
            for (task, before) in moves {
                let task = task.get(&waiting).0;
                let before = before.map(|before| before.get(&waiting).0);
                let mut expected: Vec<TaskId> = waiting.iter().map(|(id, _)| *id).collect();
                if before != Some(task) {
                    expected.retain(|id| *id != task);
                    let at = before.and_then(|before| expected.iter().position(|id| *id == before)).unwrap_or(expected.len());
                    expected.insert(at, task);
                }
                for (changed, place) in moved(&waiting, task, before) {
                    waiting.iter_mut().find(|(id, _)| *id == changed).unwrap().1 = place;
                }
                waiting.sort_by_key(|(_, place)| place.key());
                let order: Vec<TaskId> = waiting.iter().map(|(id, _)| *id).collect();
                prop_assert_eq!(order, expected);
            }
        }
    }
}
