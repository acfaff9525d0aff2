//! Darkroom's own queue, as the owner of the tasks carries it out: who is sent next, who comes back, and what people move.

use std::{collections::HashMap, sync::Arc};

use super::state::{Inner, Job, QUEUE_PAUSED, Tracker};
use crate::clock::now;
use proto::{
    comfy::Catalog,
    ids::{BackendId, TaskId},
    queue::{self, Seat},
    task::{Change, Forecast, QueueKey, Task, TaskState},
};

/// A ComfyUI of the pool, as the queue sees it.
#[derive(Clone)]
pub struct PoolSeat {
    pub id: BackendId,
    /// It takes tasks now.
    pub open: bool,
    pub foreign: usize,
    pub catalog: Arc<Catalog>,
}

/// Why a task cannot be moved or held, in words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    #[error("There is no such task.")]
    Unknown,
    #[error("This task already runs; it can only be cancelled.")]
    Runs,
    #[error("This task is over.")]
    Over,
}

impl Tracker {
    /// Watches over a task whose submission is under way: ComfyUI may speak of it before it has answered (fact 8). It comes last in the
    /// queue. When nothing else waits and a seat is free it has that seat at once; says which, and how the task is now.
    pub fn begin(&self, mut task: Task, job: Job, seats: &[PoolSeat], limit: usize) -> Task {
        let mut inner = self.inner.lock();
        let unfinished = inner.snapshot.tasks.iter().chain(&inner.pending.tasks).filter(|task| !task.state.is_final());
        task.place.order = queue::last_order(unfinished);
        let goes_first = !inner.snapshot.queue_paused && inner.snapshot.waiting().iter().all(|task| task.paused);
        if goes_first {
            task.backend = inner.seat_for(&job, seats, limit).map(|at| seats[at].id.clone());
        }
        inner.forecasts.insert(task.id, Forecast::new(&job.workflow));
        inner.jobs.insert(task.id, job);
        inner.pending.tasks.push(task.clone());
        task
    }

    /// Gives the next task that can be sent its seat.
    pub fn assign_next(&self, seats: &[PoolSeat], limit: usize) -> Option<(TaskId, BackendId)> {
        let mut inner = self.inner.lock();
        if inner.snapshot.queue_paused {
            return None;
        }
        let next = inner.snapshot.waiting().into_iter().filter(|task| is_ready(task)).find_map(|task| {
            let at = inner.seat_for(inner.jobs.get(&task.id)?, seats, limit)?;
            Some((task.clone(), seats[at].id.clone()))
        });
        let (task, backend) = next?;
        let id = task.id;
        // Pages may have only its summary.
        self.publish(&mut inner, Change::TaskAdded(Box::new(task)));
        self.publish(&mut inner, Change::TaskAssigned { task: id, backend: Some(backend.clone()) });
        Some((id, backend))
    }

    /// Tasks in the queues of ComfyUIs that should be taken back: held by a person, or overtaken by one that fits there too.
    #[must_use]
    pub fn to_recall(&self, seats: &[PoolSeat]) -> Vec<(TaskId, BackendId)> {
        let inner = self.inner.lock();
        let waiting = inner.snapshot.waiting();
        let first_for = |seat: &PoolSeat| {
            let fits = |task: &&&Task| is_ready(task) && inner.jobs.get(&task.id).is_some_and(|job| job.needs.met_by(&seat.catalog));
            waiting.iter().find(fits).map(|task| task.place)
        };
        let mut recall = Vec::new();
        for seat in seats.iter().filter(|seat| seat.open) {
            let queued = || inner.snapshot.tasks.iter().filter(|task| task.state == TaskState::Queued && task.is_at(&seat.id));
            if queued().next().is_none() {
                continue;
            }
            let first = first_for(seat);
            let back = queued().filter(|task| queue::should_come_back(task, inner.snapshot.queue_paused, first));
            recall.extend(back.map(|task| (task.id, seat.id.clone())));
        }
        recall
    }

    /// Where the tasks stand that do not run yet: 1 is the next to run.
    #[must_use]
    pub fn positions(&self) -> HashMap<TaskId, usize> {
        self.inner.lock().queued().into_iter().map(|(id, _)| id).zip(1..).collect()
    }

    /// Where one of them stands.
    #[must_use]
    pub fn position(&self, task: TaskId) -> Option<usize> {
        let inner = self.inner.lock();
        let place = inner.snapshot.task(task).filter(|task| !task.state.has_begun())?.place.key();
        let waits = |other: &&Task| !other.state.has_begun() && other.place.key() < place;
        Some(inner.snapshot.tasks.iter().filter(waits).count() + 1)
    }

    /// Whether the queue is paused, and all that are not over: those that run, oldest first, then those that wait, in order.
    #[must_use]
    pub fn in_order(&self) -> (bool, Vec<Task>) {
        let inner = self.inner.lock();
        let mut tasks: Vec<&Task> = inner.snapshot.tasks.iter().filter(|task| !task.state.is_final()).collect();
        tasks.sort_by_key(|task| (!task.state.has_begun()).then(|| task.place.key()));
        (inner.snapshot.queue_paused, tasks.into_iter().cloned().collect())
    }

    /// How many tasks wait for a ComfyUI.
    #[must_use]
    pub fn waiting_count(&self) -> usize {
        self.inner.lock().snapshot.tasks.iter().filter(|task| task.is_waiting()).count()
    }

    /// Puts a task before another, or at the end.
    ///
    /// # Errors
    /// It runs, is over, or is not there.
    pub fn move_before(&self, task: TaskId, before: Option<TaskId>) -> Result<(), QueueError> {
        let mut inner = self.inner.lock();
        inner.movable(task)?;
        // Before one that runs is before all that do not.
        let queued = inner.queued();
        let before = match before {
            Some(before) if queued.iter().any(|(id, _)| *id == before) => Some(before),
            Some(_) => queued.first().map(|(id, _)| *id),
            None => None,
        };
        for (task, place) in queue::moved(&queued, task, before) {
            self.publish(&mut inner, Change::TaskPlaced { task, place });
        }
        Ok(())
    }

    /// Puts a task last of those with this priority.
    ///
    /// # Errors
    /// It runs, is over, or is not there.
    pub fn prioritize(&self, task: TaskId, priority: i8) -> Result<(), QueueError> {
        let mut inner = self.inner.lock();
        inner.movable(task)?;
        let unfinished = inner.snapshot.tasks.iter().filter(|other| !other.state.is_final() && other.id != task);
        let place = QueueKey { priority, order: queue::last_order(unfinished) };
        self.publish(&mut inner, Change::TaskPlaced { task, place });
        Ok(())
    }

    /// Holds a task back, or lets it go.
    ///
    /// # Errors
    /// It runs, is over, or is not there.
    pub fn pause(&self, task: TaskId, paused: bool) -> Result<(), QueueError> {
        let mut inner = self.inner.lock();
        inner.movable(task)?;
        self.publish(&mut inner, Change::TaskPaused { task, paused });
        Ok(())
    }

    pub fn pause_queue(&self, paused: bool) {
        let mut inner = self.inner.lock();
        if inner.snapshot.queue_paused != paused {
            self.publish(&mut inner, Change::QueuePaused { paused });
            self.store.set_meta(QUEUE_PAUSED, if paused { "1" } else { "" });
        }
    }

    /// Cancels a task that is at no ComfyUI; one that may be at a ComfyUI is marked, and `Some` says which. `None`: nothing is left to do.
    pub fn cancel(&self, id: TaskId) -> Option<BackendId> {
        let mut inner = self.inner.lock();
        let task = inner.find(id).filter(|task| !task.state.is_final())?;
        let (backend, cancelling) = (task.backend.clone(), task.cancelling);
        let change = match &backend {
            None => Some(Change::cancelled(id, now())),
            Some(_) if cancelling => None,
            Some(_) => Some(Change::TaskCancelling { task: id }),
        };
        if let Some(change) = change {
            self.publish(&mut inner, change);
        }
        backend
    }
}

/// It waits for nothing but a seat.
pub(super) fn is_ready(task: &Task) -> bool {
    !task.paused && !task.cancelling
}

impl Inner {
    fn seat_for(&self, job: &Job, seats: &[PoolSeat], limit: usize) -> Option<usize> {
        let taken = |id: &BackendId| {
            let there = |task: &&Task| !task.state.is_final() && task.is_at(id);
            self.snapshot.tasks.iter().chain(&self.pending.tasks).filter(there).count()
        };
        let plain: Vec<Seat> = seats.iter().map(|seat| Seat { open: seat.open, taken: taken(&seat.id), foreign: seat.foreign }).collect();
        queue::choose(&plain, limit, |at| job.needs.met_by(&seats[at].catalog))
    }

    /// All that do not run yet, in order.
    fn queued(&self) -> Vec<(TaskId, QueueKey)> {
        let mut queued: Vec<_> =
            self.snapshot.tasks.iter().filter(|task| !task.state.has_begun()).map(|task| (task.id, task.place)).collect();
        queued.sort_by_key(|(_, place)| place.key());
        queued
    }

    fn movable(&self, id: TaskId) -> Result<(), QueueError> {
        match self.snapshot.task(id).ok_or(QueueError::Unknown)?.state {
            TaskState::Accepted | TaskState::Queued => Ok(()),
            TaskState::Running => Err(QueueError::Runs),
            TaskState::Completed | TaskState::Failed | TaskState::Cancelled => Err(QueueError::Over),
        }
    }
}
