//! What must be true after every step of the simulation, and at its end.

use proto::{
    task::{Task, TaskState, Verdict},
    time::Timestamp,
};

use super::{BACKENDS, LIMIT, POLICY, Reply, Simulation};

impl Simulation<'_> {
    /// The invariants after every step.
    pub(in super::super) fn check(&mut self) {
        self.watcher.read(&self.tracker);
        for task in std::mem::take(&mut self.watcher.ended) {
            self.check_end(&task);
            assert!(self.over.insert(task.id), "over twice: {task:?}");
        }
        let inner = self.tracker.state.lock();
        for seat in &self.seats {
            let there = |task: &&Task| !task.state.is_final() && task.is_at(&seat.id);
            let count = inner.snapshot.tasks.iter().chain(&inner.pending.tasks).filter(there).count();
            assert!(count <= LIMIT, "{count} at {}", seat.id);
        }
    }

    /// The task ended as at its ComfyUI, or was cancelled by a person, or failed for a known reason.
    fn check_end(&self, task: &Task) {
        let ended_there = task.backend.as_ref().is_some_and(|id| self.comfys[self.at(id)].ends.contains(&(task.id, task.state)));
        let given_up = task.attempts.iter().filter(|attempt| attempt.started_at.is_some()).count() + 1 >= POLICY.max_attempts as usize;
        let for_a_reason = match task.state {
            TaskState::Completed => false,
            TaskState::Failed => self.refused.contains(&task.id) || (given_up && task.started_at.is_some()),
            _ => self.cancelled.contains(&task.id),
        };
        // The ComfyUI reported the end of the run, and then forgot the run in a restart.
        let was_reported = matches!(
            (task.verdict, task.state),
            (Some(Verdict::Success), TaskState::Completed)
                | (Some(Verdict::Error), TaskState::Failed)
                | (Some(Verdict::Interrupted), TaskState::Cancelled)
        );
        assert!(ended_there || was_reported || for_a_reason, "{task:?}");
        assert!(task.ended_at.is_some_and(|at| at > Timestamp(0)) && !task.cancelling && !task.paused);
    }

    /// Without further disturbances every task ends.
    pub(in super::super) fn settle(&mut self) {
        self.tracker.pause_queue(false);
        for _ in 0..10 * self.tasks.len() + 10 {
            self.check();
            if self.over.len() + self.forgotten.len() >= self.tasks.len() {
                break;
            }
            while !self.sending.is_empty() {
                self.reply(0, Reply::Accepted);
                self.check();
            }
            for backend in 0..BACKENDS {
                self.reconcile(backend);
                self.work(backend, 10_000, 10, false);
                self.reconcile(backend);
                self.check();
            }
            // A task that started before it was recalled is still paused, and can be resumed only when it waits again.
            for task in self.tracker.unfinished(|task| task.paused && task.state != TaskState::Running) {
                self.tracker.pause(task, false).unwrap();
            }
            self.assign();
            self.check();
        }
        let open: Vec<_> = self.watcher.state().tasks.iter().filter(|task| !task.state.is_final()).collect();
        assert!(open.is_empty() && self.tracker.state.lock().pending.tasks.is_empty(), "never over: {open:#?}");
        let inner = self.tracker.state.lock();
        assert!(inner.jobs.is_empty() && inner.forecasts.is_empty(), "kept for tasks that are over");
        let missing: Vec<_> = self.tasks.iter().filter(|(id, _)| !self.over.contains(id) && !self.forgotten.contains(id)).collect();
        assert!(missing.is_empty(), "vanished: {missing:?}");
        drop(inner);
        self.watcher.compare(&self.tracker);
    }
}
