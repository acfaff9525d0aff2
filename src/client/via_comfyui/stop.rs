//! Cancelling the run: out of the queue if it waits there, interrupted if it runs, and no other.

use std::time::Duration;

use tokio::time::Instant;

use super::state::{ComfyRun, JobResult, SendState, Stop};
use crate::{Progress, guard::Why, tracked::now};
use comfyui::ComfyError;
use proto::task::Change;

/// Between tries to tell it.
const TELL_AGAIN: Duration = Duration::from_secs(1);

impl<F: FnMut(Progress)> ComfyRun<F> {
    pub(super) fn begin_to_stop(&mut self, why: Why) {
        self.stop = Some(Stop { why, since: Instant::now(), telling: false, tell_at: Instant::now() });
        if self.sending != SendState::NotYet {
            let cancelling = Change::TaskCancelling { task: self.id() };
            self.tracked.carry_out([cancelling]);
        }
        self.go_on_stopping();
    }

    /// Tells ComfyUI when it is time. A prompt that is on its way could arrive after that.
    pub(super) fn go_on_stopping(&mut self) {
        let prompt = self.prompt();
        let Some(stop) = self.stop.as_mut().filter(|stop| !stop.telling && stop.tell_at <= Instant::now()) else { return };
        if self.sending == SendState::Sent {
            stop.telling = true;
            let client = self.client.clone();
            self.jobs.spawn(async move {
                let told = async {
                    client.stop(&prompt).await?;
                    client.is_known(&prompt).await
                };
                JobResult::Stopped(told.await)
            });
        }
    }

    pub(super) fn stopped(&mut self, known: Result<bool, ComfyError>) {
        if let Some(stop) = &mut self.stop {
            stop.telling = false;
            stop.tell_at = Instant::now() + TELL_AGAIN;
        }
        match known {
            Ok(known) => {
                self.heard();
                let task = self.tracked.task();
                let ran = task.started_at.is_some() || task.verdict.is_some();
                // What was deleted while it waited leaves no trace (fact 39), and nothing more will be heard of it. What ran will say its end.
                if !known && !ran {
                    let cancelled = Change::cancelled(task.id, now());
                    self.tracked.carry_out([cancelled]);
                } else {
                    self.look_soon();
                }
            }
            Err(error) => self.not_reached(&error),
        }
    }
}
