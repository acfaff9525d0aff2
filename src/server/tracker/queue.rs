//! Darkroom's own queue: which task is assigned next, which is recalled from a ComfyUI, and what people move or hold back.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use super::{
    TaskJob, Tracker,
    seat::PoolSeat,
    state::{QUEUE_PAUSED, TrackerState},
};
use crate::{clock::now, command_error::CommandError};
use proto::{
    comfy::Catalog,
    ids::{BackendId, TaskId},
    queue::{self, Fit, Room, Seat},
    task::{Change, QueueHold, QueueKey, Task, TaskState},
};

impl Tracker {
    /// Assigns waiting tasks, in order, each to a ComfyUI that has room for it, until none has; at most so many.
    pub fn assign(&self, seats: &[PoolSeat], prompts_at_once: usize, at_most: usize) -> Vec<(TaskId, BackendId)> {
        let mut state = self.state.lock();
        if state.snapshot.queue_paused {
            return Vec::new();
        }
        let mut assigned = Vec::new();
        for (task, at) in state.next_assignments(seats, prompts_at_once, at_most) {
            let (id, backend) = (task.id, seats[at].id.clone());
            // Pages may have only the summary of a waiting task.
            self.publish(&mut state, Change::TaskAdded(Box::new(task)));
            self.publish(&mut state, Change::TaskAssigned { task: id, backend: Some(backend.clone()) });
            assigned.push((id, backend));
        }
        assigned
    }

    /// Tasks to take back out of the queues of ComfyUIs: paused ones, and ones that a waiting task overtook that could run there too.
    #[must_use]
    pub fn to_recall(&self, seats: &[PoolSeat]) -> Vec<(TaskId, BackendId)> {
        let state = self.state.lock();
        let mut queued: HashMap<&BackendId, Vec<&Task>> = HashMap::new();
        for task in state.snapshot.tasks.iter().filter(|task| task.state == TaskState::Queued) {
            if let Some(backend) = &task.backend {
                queued.entry(backend).or_default().push(task);
            }
        }
        if queued.is_empty() {
            return Vec::new();
        }
        let waiting = state.snapshot.waiting();
        let first_for = |seat: &PoolSeat| {
            let fits = |task: &&&Task| is_ready(task) && state.jobs.get(&task.id).is_some_and(|job| job.fits(seat, seats));
            waiting.iter().find(fits).map(|task| task.place)
        };
        let mut recall = Vec::new();
        for seat in seats.iter().filter(|seat| seat.open) {
            let Some(queued) = queued.get(&seat.id) else { continue };
            let first = first_for(seat);
            let back = queued.iter().filter(|task| queue::should_recall(task, state.snapshot.queue_paused, first));
            recall.extend(back.map(|task| (task.id, seat.id.clone())));
        }
        recall
    }

    /// Tasks to take back out of the queues of stuck ComfyUIs, because another can run them. The others stay: one that begins to run shows that the
    /// ComfyUI works again.
    #[must_use]
    pub fn to_move_away(&self, seats: &[PoolSeat]) -> Vec<(TaskId, BackendId)> {
        if !seats.iter().any(|seat| seat.stuck) {
            return Vec::new();
        }
        let state = self.state.lock();
        let is_at_stuck = |task: &&Task| seats.iter().any(|seat| seat.stuck && task.is_at(&seat.id));
        let runs_elsewhere = |task: &&Task| {
            let met = |job: &TaskJob| seats.iter().any(|seat| seat.open && job.fits(seat, seats));
            state.jobs.get(&task.id).is_some_and(met)
        };
        let queued = state.snapshot.tasks.iter().filter(|task| task.state == TaskState::Queued && !task.cancelling);
        queued.filter(is_at_stuck).filter(runs_elsewhere).filter_map(|task| Some((task.id, task.backend.clone()?))).collect()
    }

    /// What stops every waiting task from being sent.
    #[must_use]
    pub fn hold(&self) -> QueueHold {
        QueueHold::of(self.state.lock().shown())
    }

    /// The positions in the queue of all tasks that do not run yet; 1 is the next to run.
    #[must_use]
    pub fn positions(&self) -> HashMap<TaskId, usize> {
        self.state.lock().queued().into_iter().map(|(id, _)| id).zip(1..).collect()
    }

    /// The position of one of them.
    #[must_use]
    pub fn position(&self, task: TaskId) -> Option<usize> {
        let state = self.state.lock();
        let shown = state.shown();
        let place = shown.task(task).filter(|task| !task.state.has_begun())?.place.key();
        let waits = |other: &&Task| !other.state.has_begun() && other.place.key() < place;
        Some(shown.tasks.iter().filter(waits).count() + 1)
    }

    /// Whether the queue is paused, and the unfinished tasks: running ones, oldest first, then the others in the order of the queue.
    #[must_use]
    pub fn in_order(&self) -> (bool, Vec<Task>) {
        let state = self.state.lock();
        let shown = state.shown();
        let mut tasks: Vec<&Task> = shown.tasks.iter().filter(|task| !task.state.is_final()).collect();
        tasks.sort_by_key(|task| (!task.state.has_begun()).then(|| task.place.key()));
        (shown.queue_paused, tasks.into_iter().cloned().collect())
    }

    /// How many tasks are assigned to no ComfyUI.
    #[must_use]
    pub fn waiting_count(&self) -> usize {
        self.state.lock().snapshot.tasks.iter().filter(|task| task.is_waiting()).count()
    }

    /// Moves a task before another, or to the end.
    ///
    /// # Errors
    /// The task runs, is finished, or is unknown.
    pub fn move_before(&self, task: TaskId, before: Option<TaskId>) -> Result<(), CommandError> {
        let mut state = self.state.lock();
        state.movable(task)?;
        // A task cannot move before a running one: then it moves to the front.
        let queued = state.queued();
        let before = match before {
            Some(before) if queued.iter().any(|(id, _)| *id == before) => Some(before),
            Some(_) => queued.first().map(|(id, _)| *id),
            None => None,
        };
        for (task, place) in queue::moved(&queued, task, before) {
            self.publish(&mut state, Change::TaskPlaced { task, place });
        }
        Ok(())
    }

    /// Gives a task this priority; it comes last among the tasks with the same.
    ///
    /// # Errors
    /// The task runs, is finished, or is unknown.
    pub fn prioritize(&self, task: TaskId, priority: i8) -> Result<(), CommandError> {
        let mut state = self.state.lock();
        state.movable(task)?;
        let unfinished = state.snapshot.tasks.iter().filter(|other| !other.state.is_final() && other.id != task);
        let place = QueueKey { priority, order: queue::last_order(unfinished) };
        self.publish(&mut state, Change::TaskPlaced { task, place });
        Ok(())
    }

    /// Pauses or resumes a waiting task.
    ///
    /// # Errors
    /// The task runs, is finished, or is unknown.
    pub fn pause(&self, task: TaskId, paused: bool) -> Result<(), CommandError> {
        let mut state = self.state.lock();
        state.movable(task)?;
        self.publish(&mut state, Change::TaskPaused { task, paused });
        state.explained.notes.remove(&task);
        Ok(())
    }

    pub fn pause_queue(&self, paused: bool) {
        let mut state = self.state.lock();
        if state.snapshot.queue_paused != paused {
            self.publish(&mut state, Change::QueuePaused { paused });
            state.explained.notes.clear();
            self.store.set_meta(QUEUE_PAUSED, if paused { "1" } else { "" });
        }
    }

    /// Cancels a task that is assigned to no ComfyUI. One that is assigned is marked, and its ComfyUI is returned: the caller cancels it there.
    pub fn cancel(&self, id: TaskId) -> Option<BackendId> {
        let mut state = self.state.lock();
        let task = state.find(id).filter(|task| !task.state.is_final())?;
        let (backend, cancelling) = (task.backend.clone(), task.cancelling);
        let change = match &backend {
            None => Some(Change::cancelled(id, now())),
            Some(_) if cancelling => None,
            Some(_) => Some(Change::TaskCancelling { task: id }),
        };
        if let Some(change) = change {
            self.publish(&mut state, change);
        }
        backend
    }
}

/// Which ComfyUIs fit a task: best those that spell the names of its files as the workflow does. ComfyUIs with the same files share a catalog, which is
/// compared once.
fn fitting<'a>(job: &'a TaskJob, seats: &'a [PoolSeat]) -> impl Fn(usize) -> Fit + 'a {
    let compared: RefCell<HashMap<*const Catalog, Fit>> = RefCell::default();
    move |at| {
        let seat = &seats[at];
        if !job.socket_available(seat, seats) {
            return Fit::No;
        }
        *compared.borrow_mut().entry(Arc::as_ptr(&seat.catalog)).or_insert_with(|| {
            if job.needs.spelled_by(&seat.catalog) {
                Fit::Best
            } else if job.needs.met_by(&seat.catalog) {
                Fit::Yes
            } else {
                Fit::No
            }
        })
    }
}

/// Whether a waiting task may be assigned.
pub(super) fn is_ready(task: &Task) -> bool {
    !task.paused && !task.cancelling
}

impl TrackerState {
    /// The waiting tasks to assign, in order, and the index of the ComfyUI for each; at most so many.
    fn next_assignments(&self, seats: &[PoolSeat], prompts_at_once: usize, at_most: usize) -> Vec<(Task, usize)> {
        let mut room = self.room(seats, prompts_at_once);
        let mut next = Vec::new();
        if room.is_empty() {
            return next;
        }
        for task in self.snapshot.waiting().into_iter().filter(|task| is_ready(task)) {
            if next.len() == at_most || room.is_empty() {
                break;
            }
            let job = self.jobs.get(&task.id);
            if let Some(at) = job.and_then(|job| room.choose(fitting(job, seats))) {
                room.take(at);
                next.push((task.clone(), at));
            }
        }
        next
    }

    /// The index of the ComfyUI to assign a task to.
    pub(super) fn seat_for(&self, job: &TaskJob, seats: &[PoolSeat], prompts_at_once: usize) -> Option<usize> {
        self.room(seats, prompts_at_once).choose(fitting(job, seats))
    }

    fn room(&self, seats: &[PoolSeat], prompts_at_once: usize) -> Room {
        let seats: Vec<Seat> = seats.iter().map(|seat| Seat { id: &seat.id, open: seat.open, foreign: seat.foreign }).collect();
        Room::of(&seats, prompts_at_once, self.snapshot.tasks.iter().chain(&self.pending.tasks))
    }

    /// The tasks that do not run yet, in order.
    fn queued(&self) -> Vec<(TaskId, QueueKey)> {
        let mut queued: Vec<_> =
            self.snapshot.tasks.iter().filter(|task| !task.state.has_begun()).map(|task| (task.id, task.place)).collect();
        queued.sort_by_key(|(_, place)| place.key());
        queued
    }

    fn movable(&self, id: TaskId) -> Result<(), CommandError> {
        match self.snapshot.task(id).ok_or(CommandError::UnknownTask)?.state {
            TaskState::Accepted | TaskState::Queued => Ok(()),
            TaskState::Running => Err(CommandError::Running),
            TaskState::Completed | TaskState::Failed | TaskState::Cancelled => Err(CommandError::Finished),
        }
    }
}
