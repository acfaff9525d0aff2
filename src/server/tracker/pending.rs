//! Submissions until it is decided whether they become tasks. ComfyUI may send events of a prompt before it has answered the submission (fact 8),
//! so the tracker has to know the task by then.

use super::{TaskJob, Tracker, seat::PoolSeat};
use crate::{clock::now, store::EventKind};
use proto::{
    ids::TaskId,
    queue,
    task::{Change, Forecast, Task},
};

impl Tracker {
    /// Registers a task whose submission is under way, at the end of the queue. If nothing else waits and a seat is free, the task is assigned to
    /// it at once. Returns the task with its place and its ComfyUI.
    pub fn register_pending(&self, mut task: Task, mut job: TaskJob, seats: &[PoolSeat], prompts_at_once: usize) -> Task {
        job.needs_socket &= self.keeps_outputs;
        let mut state = self.state.lock();
        let unfinished = state.snapshot.tasks.iter().chain(&state.pending.tasks).filter(|task| !task.state.is_final());
        task.place.order = queue::last_order(unfinished);
        let goes_first = !state.snapshot.queue_paused && state.snapshot.waiting().iter().all(|task| task.paused);
        if goes_first {
            task.backend = state.seat_for(&job, seats, prompts_at_once).map(|at| seats[at].id.clone());
        }
        state.forecasts.insert(task.id, Forecast::new(&job.workflow));
        state.jobs.insert(task.id, job);
        state.pending.tasks.push(task.clone());
        task
    }

    /// The submission was accepted by ComfyUI, or is kept until it can be sent: publishes the task.
    pub fn accept(&self, id: TaskId) {
        let mut state = self.state.lock();
        if let Some(at) = state.pending.tasks.iter().position(|task| task.id == id) {
            let task = state.pending.tasks.swap_remove(at);
            self.meters.task_accepted();
            let has_begun = task.state.has_begun();
            self.publish(&mut state, Change::TaskAdded(Box::new(task)));
            if has_begun {
                // The task started before ComfyUI answered the submission; changes of pending tasks make no history.
                self.store.event(id, now(), EventKind::Started, "Began to run");
            }
        }
        self.decided.notify_waiters();
    }

    /// The submission was refused: the task never existed.
    pub fn forget_pending(&self, id: TaskId) {
        let mut state = self.state.lock();
        state.pending.tasks.retain(|task| task.id != id);
        state.jobs.remove(&id);
        state.forecasts.remove(&id);
        // Its seat is free.
        self.changed.notify_one();
        self.decided.notify_waiters();
    }

    /// Waits while the submission of this task is undecided.
    pub async fn decided(&self, id: TaskId) {
        loop {
            let decided = self.decided.notified();
            if self.state.lock().pending.task(id).is_none() {
                return;
            }
            decided.await;
        }
    }

    /// Whether the submission of this task is undecided: the task may never come to exist.
    #[must_use]
    pub fn is_pending(&self, id: TaskId) -> bool {
        self.state.lock().pending.task(id).is_some()
    }
}
