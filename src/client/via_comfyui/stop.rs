//! Cancels the run, and no other: deletes it if it is queued, interrupts it if it runs.

use std::time::Duration;

use tokio::time::Instant;

use super::state::{ComfyRun, JobResult, SendState, Stop};
use crate::{Progress, guard::Why, tracked::now};
use comfyui::ComfyError;
use proto::task::Change;

/// Delay between cancel requests.
const RETRY_EVERY: Duration = Duration::from_secs(1);

impl<F: FnMut(Progress)> ComfyRun<F> {
    pub(super) fn begin_cancel(&mut self, why: Why) {
        self.stop = Some(Stop { why, since: Instant::now(), is_requesting: false, request_at: Instant::now() });
        if self.sending != SendState::NotYet {
            let cancelling = Change::TaskCancelling { task: self.id() };
            self.tracked.carry_out([cancelling]);
        }
        self.continue_cancel();
    }

    /// Sends a cancel request when it is due. Not while the prompt is being sent: it could arrive after the request.
    pub(super) fn continue_cancel(&mut self) {
        let prompt = self.prompt();
        let Some(stop) = self.stop.as_mut().filter(|stop| !stop.is_requesting && stop.request_at <= Instant::now()) else { return };
        if self.sending == SendState::Sent {
            stop.is_requesting = true;
            let client = self.client.clone();
            self.jobs.spawn(async move {
                let result = async {
                    client.stop(&prompt).await?;
                    client.is_known(&prompt).await
                };
                JobResult::Stopped(result.await)
            });
        }
    }

    pub(super) fn stopped(&mut self, known: Result<bool, ComfyError>) {
        if let Some(stop) = &mut self.stop {
            stop.is_requesting = false;
            stop.request_at = Instant::now() + RETRY_EVERY;
        }
        match known {
            Ok(known) => {
                self.record_contact();
                let task = self.tracked.task();
                let ran = task.started_at.is_some() || task.verdict.is_some();
                // A prompt deleted from the queue leaves no trace (fact 39) and sends no event. A running prompt will report its end.
                if !known && !ran {
                    let cancelled = Change::cancelled(task.id, now());
                    self.tracked.carry_out([cancelled]);
                } else {
                    self.poll_soon();
                }
            }
            Err(error) => self.not_reached(&error),
        }
    }
}
