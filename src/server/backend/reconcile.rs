//! Bringing our tasks and a ComfyUI's own account of them together: after a reconnect, on start, while polling, and when it falls silent.
//!
//! ComfyUI replays nothing (fact 2) and forgets everything when it restarts (fact 5). Its queue and its history are asked, by our ids.

use std::{collections::HashSet, time::Duration};

use tokio::time::sleep;

use super::{Backend, ComfyError};
use crate::{
    proto::{
        ids::{PromptId, TaskId},
        task::{Change, TaskState, conclude, settle},
    },
    server::clock::now,
};

/// The history is written after the end is told (fact 10), mostly within 5 ms; a busy ComfyUI may need seconds.
const HISTORY_TRIES: [u64; 7] = [0, 20, 100, 300, 600, 1_500, 2_500];

impl Backend {
    /// The run is over: reads its outputs and ends the task.
    pub(super) async fn finish(&self, task: TaskId) {
        for wait in HISTORY_TRIES {
            sleep(Duration::from_millis(wait)).await;
            match self.client.history(&task.into()).await {
                Ok(Some(entry)) => return self.tracker.decide(task, |task| settle(task, &entry, now())),
                Ok(None) => {}
                Err(error) => tracing::warn!(backend = %self.id, %task, %error, "the history cannot be read"),
            }
        }
        self.tracker.decide(task, |task| conclude(task, now()));
    }

    /// Takes on tasks that wait for any ComfyUI, compares all that are here with what this one knows, and does what follows.
    pub(super) async fn reconcile(&self) -> Result<(), ComfyError> {
        self.tracker.claim_unassigned(&self.id);
        let tasks = self.in_flight();
        if tasks.is_empty() {
            return Ok(());
        }
        let queue = self.client.queue().await?;
        let running: HashSet<PromptId> = queue.running().into_iter().collect();
        let pending: HashSet<PromptId> = queue.pending().into_iter().collect();
        for task in tasks {
            let prompt = PromptId::from(task);
            if running.contains(&prompt) || pending.contains(&prompt) {
                self.found(task, running.contains(&prompt));
            } else if let Some(entry) = self.client.history(&prompt).await? {
                self.tracker.decide(task, |task| settle(task, &entry, now()));
            } else {
                self.unknown(task).await?;
            }
        }
        Ok(())
    }

    fn found(&self, task: TaskId, running: bool) {
        self.tracker.decide(task, |task| {
            let queued = (task.state == TaskState::Accepted).then(|| Change::TaskQueued { task: task.id, backend: self.id.clone() });
            let started = (running && task.state != TaskState::Running).then(|| Change::TaskStarted { task: task.id, at: now() });
            queued.into_iter().chain(started).collect()
        });
    }

    /// Neither in the queue nor in the history. Between the two reads it may have moved from one to the other, so the queue is read
    /// again before it is called unknown.
    async fn unknown(&self, id: TaskId) -> Result<(), ComfyError> {
        let prompt = PromptId::from(id);
        let queue = self.client.queue().await?;
        if queue.running().contains(&prompt) || queue.pending().contains(&prompt) {
            return Ok(());
        }
        if let Some(entry) = self.client.history(&prompt).await? {
            self.tracker.decide(id, |task| settle(task, &entry, now()));
            return Ok(());
        }
        let Some(task) = self.tracker.task(id) else { return Ok(()) };
        if task.verdict.is_some() {
            self.tracker.decide(id, |task| conclude(task, now()));
        } else if task.state == TaskState::Accepted {
            self.send_waiting(id).await;
        } else if !task.state.is_final() {
            let attempt = task.attempt + 1;
            let note =
                format!("ComfyUI no longer knew this task (it restarted, or someone removed it); it is sent again (attempt {attempt})");
            self.tracker.change([Change::TaskRestarted { task: id, attempt, note, at: now() }]);
            self.send_waiting(id).await;
        }
        Ok(())
    }

    /// Cancels a task that was sent here: out of the queue if it waits there, interrupted if it runs. Never touches another.
    pub(crate) async fn cancel(&self, task: TaskId) -> Result<(), ComfyError> {
        let prompt = PromptId::from(task);
        self.client.delete_pending(&prompt).await?;
        self.client.interrupt(&prompt).await?;
        let queue = self.client.queue().await?;
        let is_there = queue.running().contains(&prompt) || queue.pending().contains(&prompt);
        // What was deleted while it waited leaves no trace (fact 39), and nothing more will be heard of it.
        if !is_there && self.client.history(&prompt).await?.is_none() {
            self.tracker.change([Change::TaskEnded { task, state: TaskState::Cancelled, at: now(), error: None }]);
        }
        Ok(())
    }
}
