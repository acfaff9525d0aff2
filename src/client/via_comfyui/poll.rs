//! Polls ComfyUI over HTTP for the run's state and applies the answer.

use std::time::{Duration, Instant as Clock};

use tokio::time::Instant;

use super::state::{ComfyRun, JobResult, PromptStatus, SendState};
use crate::{ClientError, Progress, tracked::now};
use comfyui::{Absence, ComfyClient, ComfyError};
use proto::{
    ids::PromptId,
    task::{Change, RetryPolicy, TaskState, end_by_history, end_by_socket, removed, retry},
};

/// Delay before the next poll while the state is unclear.
const POLL_RETRY: Duration = Duration::from_millis(400);
/// Minimum time between polls while the queue changes constantly.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

async fn facts(client: &ComfyClient, prompt: &PromptId) -> Result<PromptStatus, ComfyError> {
    // Twice: the prompt may move from the queue to the history between the two requests, and an absent prompt may be sent again.
    for _ in 0..2 {
        let queue = client.queue().await?;
        let items = queue.items();
        if let Some(at) = items.iter().position(|item| item.prompt == *prompt) {
            // A request that was taken for lost came late, after the prompt was sent again: then it is there twice.
            client.delete_twins(&queue, prompt).await?;
            if !items[at].running
                && let Some(entry) = client.history(prompt).await?
            {
                client.delete_pending(prompt).await?;
                return Ok(PromptStatus::Over(Box::new(entry)));
            }
            return Ok(if items[at].running { PromptStatus::Runs } else { PromptStatus::Waits { ahead: at } });
        }
        if let Some(entry) = client.history(prompt).await? {
            return Ok(PromptStatus::Over(Box::new(entry)));
        }
    }
    Ok(PromptStatus::Absent)
}

impl<F: FnMut(Progress)> ComfyRun<F> {
    /// One poll at a time, so that requests to a slow ComfyUI do not pile up.
    pub(super) fn poll(&mut self) {
        self.poll_at = None;
        if self.is_polling {
            self.poll_requested = true;
            return;
        }
        (self.is_polling, self.poll_requested) = (true, false);
        self.watch.driver.poll_started();
        self.polled_at = Instant::now();
        let (client, prompt) = (self.client.clone(), self.prompt());
        self.jobs.spawn(async move { JobResult::Polled(facts(&client, &prompt).await) });
    }

    /// Polls as soon as the rate limit allows.
    pub(super) fn poll_soon(&mut self) {
        let at = (self.polled_at + POLL_INTERVAL).max(Instant::now() + POLL_RETRY);
        self.poll_at = Some(self.poll_at.map_or(at, |sooner| sooner.min(at)));
    }

    pub(super) fn polled(&mut self, polled: Result<PromptStatus, ComfyError>) -> Result<(), ClientError> {
        self.is_polling = false;
        self.watch.driver.http(ComfyError::answer(&polled));
        let again = match polled {
            Ok(facts) => {
                self.record_contact();
                self.trouble = None;
                let (missed, again) = self.apply(facts);
                self.watch.driver.poll_ended(missed);
                again
            }
            Err(ComfyError::Unreadable(error)) if self.contact.is_none() => {
                return Err(ClientError::Unexpected(format!(
                    "There is no ComfyUI at {}: its answer is not readable ({error})",
                    self.options.url()
                )));
            }
            Err(error) => {
                self.not_reached(&error);
                self.watch.driver.poll_ended(false);
                true
            }
        };
        if self.poll_requested {
            self.poll();
        } else if again {
            self.poll_at = Some(Instant::now() + POLL_RETRY);
        }
        Ok(())
    }

    /// Returns whether the socket should have reported this, and whether to poll again soon.
    fn apply(&mut self, facts: PromptStatus) -> (bool, bool) {
        let task = self.tracked.task();
        let id = task.id;
        // The response to its request was lost.
        let arrived = task.state == TaskState::Accepted && matches!(facts, PromptStatus::Runs | PromptStatus::Waits { .. });
        if arrived {
            self.queued();
        }
        let task = self.tracked.task();
        match facts {
            PromptStatus::Runs => {
                let started = (task.state != TaskState::Running).then(|| Change::TaskStarted { task: id, at: now() });
                let news = started.is_some();
                self.presence.saw(id);
                self.tracked.carry_out(started);
                (news, false)
            }
            PromptStatus::Waits { ahead } => {
                self.presence.saw(id);
                self.ahead = Some(ahead);
                (false, false)
            }
            PromptStatus::Over(mut entry) => {
                entry.hide(&self.options.extra_data);
                if self.results.awaits(task, &entry) {
                    return (false, true);
                }
                let unseen = self.results.unseen(task, &entry);
                self.tracked.carry_out(unseen);
                let changes = end_by_history(self.tracked.task(), &entry, now());
                self.tracked.carry_out(changes);
                (true, false)
            }
            PromptStatus::Absent => (false, self.absent()),
        }
    }

    /// Neither in the queue nor in the history. Returns whether to poll again soon.
    fn absent(&mut self) -> bool {
        let task = self.tracked.task();
        let id = task.id;
        if self.sending != SendState::Sent || task.state.is_final() {
            return false;
        }
        let missing = self.presence.missing_for(id, Clock::now());
        if task.verdict.is_some() {
            let late = missing >= self.options.history_lag;
            if late {
                let concluded = end_by_socket(task, now());
                self.tracked.carry_out(concluded);
            }
            return !late;
        }
        if task.state == TaskState::Accepted {
            if missing < self.options.request_lag {
                return true;
            }
            if self.stop.is_some() {
                self.tracked.carry_out([Change::cancelled(id, now())]);
            } else if self.presence.is_unbroken(id) {
                // The prompt did not arrive.
                self.resend();
            } else {
                // The prompt may have arrived and been forgotten after a restart: sending it again counts as another attempt.
                self.lose("Contact to ComfyUI was lost");
            }
            return false;
        }
        match self.presence.judge(id, self.options.history_lag, Clock::now()) {
            Absence::Unclear => return true,
            Absence::Removed => {
                let removed = removed(task, now());
                self.tracked.carry_out(removed);
            }
            Absence::Forgotten => self.lose("ComfyUI no longer knew this run: it restarted"),
        }
        false
    }

    /// Starts the next attempt, or ends the run.
    fn lose(&mut self, why: &str) {
        self.presence.forget(self.id());
        let policy = RetryPolicy { rerun: self.options.rerun, ..RetryPolicy::default() };
        let changes = retry(self.tracked.task(), why, policy, now());
        self.tracked.carry_out(changes);
        let task = self.tracked.task();
        if !task.state.is_final() {
            self.reporter.note(format!("{why}; it is sent again (attempt {})", task.attempt));
            self.resend();
        }
    }

    fn resend(&mut self) {
        self.sending = SendState::NotYet;
        self.ahead = None;
        self.post();
    }
}
