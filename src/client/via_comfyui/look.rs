//! Polls ComfyUI over HTTP for the run's state and applies the answer.

use std::time::{Duration, Instant as Clock};

use tokio::time::Instant;

use super::state::{ComfyRun, JobResult, PromptStatus, SendState};
use crate::{ClientError, Progress, tracked::now};
use comfyui::{Absence, ComfyClient, ComfyError};
use proto::{
    ids::PromptId,
    task::{Change, RetryPolicy, TaskState, conclude, removed, retry, settle},
};

/// Delay before the next poll while the state is unclear.
const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// Minimum time between polls while the queue changes constantly.
const LOOK_EVERY: Duration = Duration::from_secs(1);

async fn facts(client: &ComfyClient, prompt: &PromptId) -> Result<PromptStatus, ComfyError> {
    // Twice: the prompt may move from the queue to the history between the two requests, and an absent prompt may be sent again.
    for _ in 0..2 {
        let queue = client.queue().await?;
        let items = queue.items();
        if let Some(at) = items.iter().position(|item| item.prompt == *prompt) {
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
    pub(super) fn look(&mut self) {
        self.look_at = None;
        if self.looking {
            self.wanted = true;
            return;
        }
        (self.looking, self.wanted) = (true, false);
        self.watch.line.looks();
        self.looked_at = Instant::now();
        let (client, prompt) = (self.client.clone(), self.prompt());
        self.jobs.spawn(async move { JobResult::Looked(facts(&client, &prompt).await) });
    }

    /// Polls as soon as the rate limit allows.
    pub(super) fn look_soon(&mut self) {
        let at = (self.looked_at + LOOK_EVERY).max(Instant::now() + LOOK_AGAIN);
        self.look_at = Some(self.look_at.map_or(at, |sooner| sooner.min(at)));
    }

    pub(super) fn looked(&mut self, looked: Result<PromptStatus, ComfyError>) -> Result<(), ClientError> {
        self.looking = false;
        let again = match looked {
            Ok(facts) => {
                self.heard();
                self.trouble = None;
                let (missed, again) = self.take_in(facts);
                self.watch.line.looked(missed);
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
                self.watch.line.looked(false);
                true
            }
        };
        if self.wanted {
            self.look();
        } else if again {
            self.look_at = Some(Instant::now() + LOOK_AGAIN);
        }
        Ok(())
    }

    /// Returns whether the socket should have reported this, and whether to poll again soon.
    fn take_in(&mut self, facts: PromptStatus) -> (bool, bool) {
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
                let changes = settle(task, &entry, now());
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
                let concluded = conclude(task, now());
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
                self.send_again();
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
            self.send_again();
        }
    }

    fn send_again(&mut self) {
        self.sending = SendState::NotYet;
        self.ahead = None;
        self.post();
    }
}
