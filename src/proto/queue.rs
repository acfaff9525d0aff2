//! Darkroom's own queue: which ComfyUI gets the next task, and how a task is moved. Pure: the tracker holds the tasks and applies the results.

use std::collections::{BTreeSet, HashMap};

use super::{
    ids::{BackendId, TaskId},
    task::{QueueKey, Task, TaskState},
};

/// The distance between two neighbours, so that others fit in between.
pub const STEP: u64 = 1 << 20;

/// A ComfyUI that could take tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat<'a> {
    pub id: &'a BackendId,
    /// It accepts tasks now.
    pub open: bool,
    /// Prompts of other clients in its queue.
    pub foreign: usize,
}

/// Whether a ComfyUI has what a task needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    No,
    Yes,
    /// And it is rather taken than others that have it.
    Best,
}

/// The ComfyUIs that have room for tasks, in the order in which they get some: those with less in their queues first, of equal ones the first.
#[derive(Debug)]
pub struct Room {
    /// What is in its queue, and the index of the ComfyUI.
    free: BTreeSet<(usize, usize)>,
    /// Of each ComfyUI how many more tasks it takes, and what is in its queue.
    seats: Vec<(usize, usize)>,
}

impl Room {
    /// Open ComfyUIs with fewer than `limit` of the unfinished ones of `tasks`, including those being sent. Takes time for each seat and for each task, once.
    #[must_use]
    pub fn of<'a>(seats: &[Seat], limit: usize, tasks: impl IntoIterator<Item = &'a Task>) -> Self {
        let index: HashMap<&BackendId, usize> = seats.iter().enumerate().map(|(at, seat)| (seat.id, at)).collect();
        let mut taken = vec![0; seats.len()];
        for task in tasks.into_iter().filter(|task| !task.state.is_final()) {
            if let Some(at) = task.backend.as_ref().and_then(|backend| index.get(backend)) {
                taken[*at] += 1;
            }
        }
        let of = |(seat, taken): (&Seat, usize)| (if seat.open { limit.saturating_sub(taken) } else { 0 }, taken + seat.foreign);
        let seats: Vec<(usize, usize)> = seats.iter().zip(taken).map(of).collect();
        let free = seats.iter().enumerate().filter(|(_, (room, _))| *room > 0).map(|(at, (_, load))| (*load, at)).collect();
        Self { free, seats }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.free.is_empty()
    }

    /// The ComfyUI for a task; asks of as few as possible whether they fit.
    #[must_use]
    pub fn choose(&self, mut fit: impl FnMut(usize) -> Fit) -> Option<usize> {
        let mut second = None;
        for (_, at) in &self.free {
            match fit(*at) {
                Fit::Best => return Some(*at),
                Fit::Yes => second = second.or(Some(*at)),
                Fit::No => {}
            }
        }
        second
    }

    /// The ComfyUI gets one more task.
    pub fn take(&mut self, at: usize) {
        let Some((room, load)) = self.seats.get_mut(at) else { return };
        if self.free.remove(&(*load, at)) {
            *room -= 1;
            *load += 1;
            if *room > 0 {
                self.free.insert((*load, at));
            }
        }
    }
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
    use crate::{comfy::Catalog, recipe::TextToImage, task::Durations, time::Timestamp};

    fn id(number: u128) -> TaskId {
        TaskId(Uuid::from_u128(number))
    }

    fn task(backend: Option<&BackendId>, state: TaskState) -> Task {
        let workflow = TextToImage::default().workflow();
        let task = Task::new(id(1), "x", &workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
        Task { backend: backend.cloned(), state, ..task }
    }

    #[test]
    fn the_least_loaded_backend_that_fits_gets_the_task() {
        let ids: Vec<BackendId> = ["a", "b", "closed", "full"].map(BackendId::from).into();
        let seat = |at: usize, open, foreign| Seat { id: &ids[at], open, foreign };
        let seats = [seat(0, true, 0), seat(1, true, 3), seat(2, false, 0), seat(3, true, 0)];
        let at = |at: usize| task(Some(&ids[at]), TaskState::Queued);
        let ended = task(Some(&ids[0]), TaskState::Completed);
        let elsewhere = task(Some(&"removed".into()), TaskState::Running);
        let tasks = [at(0), at(3), at(3), ended, elsewhere, task(None, TaskState::Accepted)];
        let room = Room::of(&seats, 2, &tasks);
        let only = |those: &'static [usize]| move |at: usize| if those.contains(&at) { Fit::Yes } else { Fit::No };
        assert_eq!(room.choose(|_| Fit::Yes), Some(0));
        assert_eq!(room.choose(only(&[1, 2, 3])), Some(1), "foreign prompts count as load");
        assert_eq!(room.choose(only(&[2, 3])), None, "closed, and full");
        assert_eq!(room.choose(|at| if at == 1 { Fit::Best } else { Fit::Yes }), Some(1));
        assert!(!room.is_empty() && Room::of(&seats, 0, &tasks).is_empty());
    }

    proptest! {
        /// One after another, each task goes where counting everything anew would send it.
        #[test]
        fn room_that_is_taken_is_counted(
            seats in proptest::collection::vec((any::<bool>(), 0usize..4, 0usize..4), 1..6),
            fits in proptest::collection::vec(proptest::collection::vec(0u8..3, 6), 0..20),
        ) {
            const LIMIT: usize = 3;
            let ids: Vec<BackendId> = (0..seats.len()).map(|at| BackendId::from(format!("gpu {at}").as_str())).collect();
            let known: Vec<Seat> = seats.iter().zip(&ids).map(|((open, foreign, _), id)| Seat { id, open: *open, foreign: *foreign }).collect();
            let mut tasks: Vec<Task> =
                seats.iter().zip(&ids).flat_map(|((.., taken), id)| (0..*taken).map(|_| task(Some(id), TaskState::Queued))).collect();
            let mut room = Room::of(&known, LIMIT, &tasks);
            for fits in fits {
                let fit = |at: usize| [Fit::No, Fit::Yes, Fit::Best][usize::from(fits[at])];
                let taken = |at: usize| tasks.iter().filter(|task| task.is_at(&ids[at])).count();
                let free = |wanted: Fit| {
                    let free = (0..known.len()).filter(|at| known[*at].open && taken(*at) < LIMIT && fit(*at) == wanted);
                    free.min_by_key(|at| taken(*at) + known[*at].foreign)
                };
                let expected = free(Fit::Best).or_else(|| free(Fit::Yes));
                prop_assert_eq!(room.choose(fit), expected);
                if let Some(at) = expected {
                    room.take(at);
                    tasks.push(task(Some(&ids[at]), TaskState::Accepted));
                }
            }
        }

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
