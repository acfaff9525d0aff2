//! Reconciliation: compares our tasks with ComfyUI's queue and history, after a reconnect, at the start, while polling, and when the socket is
//! silent. Needed because ComfyUI replays no messages (fact 2) and forgets everything when it restarts (fact 5).

use std::{
    iter::repeat,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::handle::{BACKOFF, Backend};
use crate::{clock::now, store::StoredExtra};
use comfyui::{Absence, ComfyError};
use proto::{
    comfy::{HistoryEntry, Queue},
    ids::{PromptId, TaskId},
    link::HttpAnswer,
    task::{Change, LateResults, RunSeen, Task, TaskState, end_by_history, end_by_socket, removed, retry, unseen_results},
    time::Timestamp,
};

/// ComfyUI writes the history entry after it reports the end (fact 10): within 5 ms in the recordings, but a busy ComfyUI may need seconds
/// (fault row 13). Milliseconds before the first tries, and between all later ones.
const HISTORY_TRIES: [u64; 5] = [0, 20, 100, 300, 600];
const HISTORY_INTERVAL: u64 = 1_500;
/// How many prompts that have left the queue are looked up in the history, to see whether a stuck ComfyUI works again.
const MAX_HISTORY_CHECKS: usize = 3;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reconciliation {
    /// How it answered over HTTP.
    pub(super) http: HttpAnswer,
    /// A change was found that the socket had not reported.
    pub(super) missed: bool,
    /// Some task's state could not be determined yet: reconcile again soon.
    pub(super) unsettled: bool,
    /// Its queue is suspicious: look at it again after this time.
    pub(super) look_again: Option<Duration>,
}

/// A reconciliation that failed.
pub(super) struct ReconcileError {
    pub(super) error: ComfyError,
    /// Of the request for the queue, which every ComfyUI answers; the failure of another request proves nothing about the whole server.
    pub(super) http: HttpAnswer,
}

impl From<ComfyError> for ReconcileError {
    fn from(error: ComfyError) -> Self {
        Self { error, http: HttpAnswer::Fine }
    }
}

impl Backend {
    /// Reads version and node classes, unless that was done since the socket opened, and reconciles. Before the first reconciliation the ComfyUI
    /// gets no tasks, because the state of those it had is unknown.
    pub(super) async fn probe_and_reconcile(&self) -> Result<Reconciliation, ReconcileError> {
        let needs_probe = !self.status.read().is_probed;
        if needs_probe {
            self.read_catalog().await;
        }
        let reconciliation = self.reconcile().await?;
        if needs_probe {
            self.status.write().is_probed = true;
            // It may have what waiting tasks need.
            self.tracker.wake_queue();
            self.read_stats().await;
        }
        Ok(reconciliation)
    }

    /// The run of a task ended: reads its outputs from the history and ends the task.
    pub(super) async fn finish(&self, task: TaskId) {
        let deadline = Instant::now() + self.history_lag;
        for wait in HISTORY_TRIES.into_iter().chain(repeat(HISTORY_INTERVAL)) {
            sleep(Duration::from_millis(wait).min(deadline.saturating_duration_since(Instant::now()))).await;
            match self.client.history(&task.into()).await {
                Ok(Some(entry)) => return self.end_by_history(task, entry).await,
                Ok(None) if Instant::now() >= deadline => break,
                Ok(None) => {}
                // The outputs exist, and are read when ComfyUI answers again.
                Err(error) => {
                    tracing::warn!(backend = %self.id, %task, %error, "the history cannot be read");
                    return self.request_reconcile();
                }
            }
        }
        self.end(task, end_by_socket).await;
    }

    /// Ends a task: on disk first, then for everybody.
    async fn end(&self, task: TaskId, decide: impl Fn(&Task, Timestamp) -> Vec<Change>) {
        let at = now();
        self.tracker.keep_end(&self.id, task, |task| decide(task, at)).await;
        self.tracker.decide_at(&self.id, task, |task| decide(task, at));
    }

    async fn end_by_history(&self, task: TaskId, mut entry: HistoryEntry) {
        if let Some(job) = self.tracker.job(task)
            && let StoredExtra::Readable(extra_data) = &*job.extra_data
            && extra_data.has_secrets()
        {
            entry.hide(extra_data);
        }
        if self.tracker.run_seen(task) != RunSeen::Whole {
            self.tracker.decide_at(&self.id, task, |task| unseen_results(task, &entry));
        }
        self.listeners.found_history(task, &entry);
        self.end(task, |task, at| end_by_history(task, &entry, at)).await;
    }

    /// Whether results of a run that is over may still be on their way.
    fn awaits_results(&self, id: TaskId, entry: &HistoryEntry) -> bool {
        let Some(task) = self.tracker.task(id) else { return false };
        let seen = self.tracker.run_seen(id);
        let mut late = self.late_results.lock();
        let (known, results) = late.entry(id).or_insert_with(|| (Instant::now(), LateResults::default()));
        results.awaits(seen, &task, entry, known.elapsed())
    }

    /// Compares all tasks that are assigned to this ComfyUI with its queue and history, and applies the differences.
    async fn reconcile(&self) -> Result<Reconciliation, ReconcileError> {
        let tasks = self.assigned();
        let began = Instant::now();
        let queue = self.client.queue().await;
        let http = ComfyError::answer(&queue);
        let queue = queue.map_err(|error| ReconcileError { error, http: http.clone() })?;
        self.publish_foreign(&queue);
        let mut result = Reconciliation { http, ..Reconciliation::default() };
        if let Some(patience) = self.stuck_after {
            result.look_again = self.look_at_worker(&queue, patience, began).await?;
        }
        for task in tasks {
            if self.permits.is_taken(task) {
                continue;
            }
            let prompt = PromptId::from(task);
            if let Some(entry) = self.finished_twin(&queue, &prompt).await? {
                result.missed = true;
                self.end_by_history(task, entry).await;
            } else if queue.has(&prompt) {
                self.delete_twins(&queue, task).await?;
                result.missed |= self.found(task, queue.runs(&prompt));
                self.recalls.still_queued(task, began);
            } else if let Some(entry) = self.client.history(&prompt).await? {
                if self.awaits_results(task, &entry) {
                    result.unsettled = true;
                    continue;
                }
                result.missed = true;
                self.end_by_history(task, entry).await;
            } else {
                result.unsettled |= self.absent(task).await?;
            }
        }
        result.unsettled |= self.cancel_marked().await;
        self.resolve_strays(&queue).await?;
        let assigned = self.assigned();
        self.presence.lock().retain(|task| assigned.contains(&task));
        self.internal_errors.lock().retain(|task, _| self.tracker.job(*task).is_some());
        self.late_results.lock().retain(|task, _| assigned.contains(task));
        Ok(result)
    }

    /// Finds out whether it begins its prompts. Returns when to look again, if something is suspicious.
    async fn look_at_worker(&self, queue: &Queue, patience: Duration, now: Instant) -> Result<Option<Duration>, ComfyError> {
        let gone = self.stuck.lock().observe(queue, patience, now);
        for prompt in gone.iter().take(MAX_HISTORY_CHECKS) {
            if self.client.history(prompt).await?.is_some() {
                self.stuck.lock().began();
                break;
            }
        }
        self.publish_stuck();
        Ok(self.stuck.lock().next_look(patience))
    }

    /// Cancels the tasks that are marked because ComfyUI could not be reached when they were cancelled. Waiting ones first: else one of them would
    /// start when the running one is interrupted. Returns whether some could not be cancelled yet.
    async fn cancel_marked(&self) -> bool {
        let marked = |running: bool| {
            let is_marked = move |task: &Task| task.cancelling && (task.state == TaskState::Running) == running;
            self.tracker.unfinished(|task| task.is_at(&self.id) && is_marked(task))
        };
        let tasks: Vec<TaskId> = marked(false).into_iter().chain(marked(true)).collect();
        let mut all_cancelled = true;
        for task in tasks {
            all_cancelled &= self.try_cancel(task).await;
        }
        !all_cancelled
    }

    /// The prompt of a task is in ComfyUI's queue. Returns whether it turned out to be running.
    fn found(&self, id: TaskId, running: bool) -> bool {
        if self.may_get_older_requests() {
            self.presence.lock().saw_unsettled(id);
        } else {
            self.presence.lock().saw(id);
        }
        let mut has_started = false;
        self.tracker.decide_at(&self.id, id, |task| {
            let queued = (task.state == TaskState::Accepted).then(|| Change::TaskQueued { task: task.id, backend: self.id.clone() });
            let started = (running && task.state != TaskState::Running).then(|| Change::TaskStarted { task: task.id, at: now() });
            has_started = started.is_some();
            queued.into_iter().chain(started).collect()
        });
        has_started
    }

    /// The prompt of a task is neither in the queue nor in the history. Returns whether the task's state is still unsettled.
    async fn absent(&self, id: TaskId) -> Result<bool, ComfyError> {
        if self.recalls.is_unclear(id) {
            if self.presence.lock().is_unbroken(id) {
                self.finish_recall(id);
                return Ok(false);
            }
            // Contact was lost since then: the task may have started before it was gone.
            self.recalls.end(id);
        }
        let Some(task) = self.tracker.task(id).filter(|task| task.is_at(&self.id) && !task.state.is_final()) else { return Ok(false) };
        if task.verdict.is_some() {
            let is_late = self.presence.lock().missing_for(id, Instant::now()) >= self.history_lag;
            if is_late {
                self.tracker.decide_at(&self.id, id, |task| end_by_socket(task, now()));
            }
            return Ok(!is_late);
        }
        if task.state == TaskState::Accepted {
            return self.unconfirmed(&task).await;
        }
        let absence = self.presence.lock().judge(id, self.history_lag, Instant::now());
        // Checked again right before the task is changed: the queue that was read earlier may be outdated.
        if absence == Absence::Unclear || self.client.is_known(&id.into()).await? {
            return Ok(true);
        }
        match absence {
            Absence::Removed => self.tracker.decide_at(&self.id, id, |task| removed(task, now())),
            Absence::Forgotten | Absence::Unclear => self.end_attempt(id, "ComfyUI no longer knew this task: it restarted"),
        }
        Ok(false)
    }

    /// It is unknown whether the prompt of this task arrived. After [`Config::request_lag`](crate::config::Config::request_lag) without a trace it
    /// counts as not arrived. Returns whether the task's state is still unsettled.
    async fn unconfirmed(&self, task: &Task) -> Result<bool, ComfyError> {
        if task.cancelling {
            self.tracker.decide_at(&self.id, task.id, |task| vec![Change::cancelled(task.id, now())]);
            return Ok(false);
        }
        if self.presence.lock().missing_for(task.id, Instant::now()) < self.request_lag {
            return Ok(true);
        }
        // An earlier owner may have it on its way.
        if self.may_get_older_requests() && self.presence.lock().is_inherited(task.id) {
            return Ok(true);
        }
        if self.client.is_known(&task.id.into()).await? {
            return Ok(true);
        }
        if !self.presence.lock().is_unbroken(task.id) {
            // The prompt may have arrived, and ComfyUI may have forgotten it in a restart: that counts as an attempt.
            self.end_attempt(task.id, "Contact to ComfyUI was lost");
            return Ok(false);
        }
        // The prompt is certainly not there, so the task may go to any ComfyUI. If the request arrives after all, it is stopped as a stray.
        self.back_off(BACKOFF);
        self.unassign(task.id);
        Ok(true)
    }

    /// Whether requests of an earlier owner of the tasks may still arrive here.
    fn may_get_older_requests(&self) -> bool {
        self.older_requests_until.is_some_and(|until| tokio::time::Instant::now() < until)
    }

    /// The attempt failed because this ComfyUI is lost or lost the task: the task waits for the next attempt, or fails.
    pub fn end_attempt(&self, task: TaskId, why: &str) {
        let policy = self.retry_policy;
        // The next attempt starts without the absences of this one.
        self.presence.lock().forget(task);
        self.tracker.decide_at(&self.id, task, |task| retry(task, why, policy, now()));
    }

    /// Stops prompts of ours that should not be here: their task is finished, or went to another ComfyUI while this one was lost. If the task
    /// waits, it is assigned to this ComfyUI instead, where it already is.
    async fn resolve_strays(&self, queue: &Queue) -> Result<(), ComfyError> {
        if self.strays(queue).is_empty() {
            return Ok(());
        }
        // Read again: the prompts may have ended or been recalled since.
        for (prompt, task) in self.strays(&self.client.queue().await?) {
            if task.is_waiting() && !task.paused {
                self.tracker.decide(task.id, |now| {
                    let assigned = Change::TaskAssigned { task: now.id, backend: Some(self.id.clone()) };
                    now.is_waiting().then_some(assigned).into_iter().collect()
                });
                self.request_reconcile();
            } else {
                tracing::info!(backend = %self.id, task = %task.id, "a prompt that is no longer wanted here is stopped");
                self.client.stop(&prompt).await?;
            }
        }
        Ok(())
    }

    /// Prompts of ours in the queue whose task is finished or not assigned to this ComfyUI.
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
