//! Bringing our tasks and a ComfyUI's own account of them together: after a reconnect, on start, while polling, and when it falls silent.
//!
//! ComfyUI replays nothing (fact 2) and forgets everything when it restarts (fact 5). Its queue and its history are asked, by our ids.

use std::{
    iter::repeat,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::state::{Backend, REST};
use crate::clock::now;
use comfyui::{Absence, ComfyError};
use proto::{
    comfy::Queue,
    ids::{PromptId, TaskId},
    task::{Change, Task, TaskState, conclude, removed, retry, settle},
};

/// The history is written after the end is told (fact 10): within 5 ms in the recordings. A busy ComfyUI may need seconds
/// (fault row 13). Milliseconds between tries.
const HISTORY_TRIES: [u64; 5] = [0, 20, 100, 300, 600];
const HISTORY_AGAIN: u64 = 1_500;

/// What a look at the queue and the history showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looked {
    /// Something had happened of which the socket did not tell.
    pub(super) missed: bool,
    /// Something is not clear yet: look again soon.
    pub(super) again: bool,
}

impl Backend {
    /// Learns what this ComfyUI is, unless that was done since the link is up, and compares our tasks with what it knows. Only then it
    /// gets tasks: before, nobody could say what became of those it had.
    pub(super) async fn compare(&self) -> Result<Looked, ComfyError> {
        let is_new = !self.known.read().learned;
        if is_new {
            self.read_catalog().await;
        }
        let looked = self.reconcile().await?;
        if is_new {
            self.known.write().learned = true;
            // It may be what waiting tasks need.
            self.tracker.wake_queue();
            self.read_stats().await;
        }
        Ok(looked)
    }

    /// The run is over: reads its outputs and ends the task.
    pub(super) async fn finish(&self, task: TaskId) {
        let late = Instant::now() + self.history_lag;
        for wait in HISTORY_TRIES.into_iter().chain(repeat(HISTORY_AGAIN)) {
            sleep(Duration::from_millis(wait).min(late.saturating_duration_since(Instant::now()))).await;
            match self.client.history(&task.into()).await {
                Ok(Some(entry)) => return self.tracker.decide_at(&self.id, task, |task| settle(task, &entry, now())),
                Ok(None) if Instant::now() >= late => break,
                Ok(None) => {}
                // Its outputs are there, and will be read when it answers again.
                Err(error) => {
                    tracing::warn!(backend = %self.id, %task, %error, "the history cannot be read");
                    return self.look();
                }
            }
        }
        self.tracker.decide_at(&self.id, task, |task| conclude(task, now()));
    }

    /// Compares all tasks that are here, or should be, with what this ComfyUI knows, and does what follows.
    pub(super) async fn reconcile(&self) -> Result<Looked, ComfyError> {
        let tasks = self.in_flight();
        let began = Instant::now();
        let queue = self.client.queue().await?;
        self.show_foreign(&queue);
        let mut looked = Looked::default();
        for task in tasks {
            if self.sending.contains(task) {
                continue;
            }
            let prompt = PromptId::from(task);
            if queue.has(&prompt) {
                looked.missed |= self.found(task, queue.runs(&prompt));
                self.recalls.still_there(task, began);
            } else if let Some(entry) = self.client.history(&prompt).await? {
                looked.missed = true;
                self.tracker.decide_at(&self.id, task, |task| settle(task, &entry, now()));
            } else {
                looked.again |= self.absent(task).await?;
            }
        }
        looked.again |= self.cancel_marked().await;
        self.put_right(&queue).await?;
        let here = self.in_flight();
        self.presence.lock().retain(|task| here.contains(&task));
        self.broken.lock().retain(|task, _| self.tracker.job(*task).is_some());
        Ok(looked)
    }

    /// Cancels what a person wanted cancelled while nobody could be told. Those that wait first: else one of them would begin when the
    /// running one is gone. Says whether to try again soon.
    async fn cancel_marked(&self) -> bool {
        let marked = |running: bool| {
            let is_marked = move |task: &Task| task.cancelling && (task.state == TaskState::Running) == running;
            self.tracker.unfinished(|task| task.is_at(&self.id) && is_marked(task))
        };
        let tasks: Vec<TaskId> = marked(false).into_iter().chain(marked(true)).collect();
        let mut told_all = true;
        for task in tasks {
            told_all &= self.try_cancel(task).await;
        }
        !told_all
    }

    /// It is there. Says whether that it runs is news.
    fn found(&self, id: TaskId, running: bool) -> bool {
        self.presence.lock().saw(id);
        let mut news = false;
        self.tracker.decide_at(&self.id, id, |task| {
            let queued = (task.state == TaskState::Accepted).then(|| Change::TaskQueued { task: task.id, backend: self.id.clone() });
            let started = (running && task.state != TaskState::Running).then(|| Change::TaskStarted { task: task.id, at: now() });
            news = started.is_some();
            queued.into_iter().chain(started).collect()
        });
        news
    }

    /// Neither in the queue nor in the history. Says whether to look again.
    async fn absent(&self, id: TaskId) -> Result<bool, ComfyError> {
        if self.recalls.is_unclear(id) {
            if self.presence.lock().is_unbroken(id) {
                self.recalled(id);
                return Ok(false);
            }
            // Contact was lost since: it may have begun before it was gone.
            self.recalls.end(id);
        }
        let Some(task) = self.tracker.task(id).filter(|task| task.is_at(&self.id) && !task.state.is_final()) else { return Ok(false) };
        if task.verdict.is_some() {
            let late = self.presence.lock().missing_for(id, Instant::now()) >= self.history_lag;
            if late {
                self.tracker.decide_at(&self.id, id, |task| conclude(task, now()));
            }
            return Ok(!late);
        }
        if task.state == TaskState::Accepted {
            return self.not_arrived(&task).await;
        }
        let absence = self.presence.lock().judge(id, self.history_lag, Instant::now());
        // Asked again right before something is done about it: what was read earlier may be old by now.
        if absence == Absence::Unclear || self.client.is_known(&id.into()).await? {
            return Ok(true);
        }
        match absence {
            Absence::Removed => self.tracker.decide_at(&self.id, id, |task| removed(task, now())),
            Absence::Forgotten | Absence::Unclear => self.lose(id, "ComfyUI no longer knew this task: it restarted"),
        }
        Ok(false)
    }

    /// A request of which it is not known whether it arrived. It has not, if it is still not there after a while.
    async fn not_arrived(&self, task: &Task) -> Result<bool, ComfyError> {
        if task.cancelling {
            self.tracker.decide_at(&self.id, task.id, |task| vec![Change::cancelled(task.id, now())]);
            return Ok(false);
        }
        if self.presence.lock().missing_for(task.id, Instant::now()) < self.request_lag {
            return Ok(true);
        }
        if self.client.is_known(&task.id.into()).await? {
            return Ok(true);
        }
        if !self.presence.lock().is_unbroken(task.id) {
            // It may have arrived, and been forgotten: whatever ran then was another attempt.
            self.lose(task.id, "Contact to ComfyUI was lost");
            return Ok(false);
        }
        // It is certainly not there: it may go to any. Should the request arrive after all, it is stopped as a stray.
        self.rest(REST);
        self.set_free(task.id);
        Ok(true)
    }

    /// The task is lost here: on to the next attempt, or its end.
    pub(crate) fn lose(&self, task: TaskId, why: &str) {
        let policy = self.retry_policy;
        // What is known of its absence is not held against the next attempt.
        self.presence.lock().forget(task);
        self.tracker.decide_at(&self.id, task, |task| retry(task, why, policy, now()));
    }

    /// Prompts of ours that should not be here: a task that is over, or that went to another ComfyUI while this one was lost. One that is
    /// free again is taken on as it is.
    async fn put_right(&self, queue: &Queue) -> Result<(), ComfyError> {
        if self.strays(queue).is_empty() {
            return Ok(());
        }
        // They may have ended, or been taken back, since that was read.
        for (prompt, task) in self.strays(&self.client.queue().await?) {
            if task.is_waiting() && !task.paused {
                self.tracker.decide(task.id, |now| {
                    let assigned = Change::TaskAssigned { task: now.id, backend: Some(self.id.clone()) };
                    now.is_waiting().then_some(assigned).into_iter().collect()
                });
                self.look();
            } else {
                tracing::info!(backend = %self.id, task = %task.id, "a prompt that is no longer wanted here is stopped");
                self.client.stop(&prompt).await?;
            }
        }
        Ok(())
    }

    /// Tasks of ours that this ComfyUI has and should not have.
    fn strays(&self, queue: &Queue) -> Vec<(PromptId, Task)> {
        let ours = |prompt: PromptId| Some((prompt.clone(), self.tracker.task(prompt.task()?)?));
        queue
            .items()
            .into_iter()
            .filter_map(|item| ours(item.prompt))
            .filter(|(_, task)| task.state.is_final() || !task.is_at(&self.id))
            .collect()
    }
}
