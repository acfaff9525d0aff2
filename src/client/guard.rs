//! Cancellation by the caller, and the time limit of a run.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{ClientError, Options, error::CancelledBy};
use proto::ids::TaskId;

/// Why the run must stop.
#[derive(Clone, Copy, Debug)]
pub(super) enum Why {
    Caller,
    Timeout(Duration),
}

pub(super) struct Guard {
    cancel: CancellationToken,
    deadline: Option<(Instant, Duration)>,
}

impl Guard {
    /// Starts the time limit.
    pub(super) fn new(options: &Options) -> Self {
        // A limit that overflows the clock counts as no limit.
        let deadline = options.timeout.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
        Self { cancel: options.cancel.clone(), deadline }
    }

    /// Waits until the run must stop.
    pub(super) async fn stopped(&self) -> Why {
        let late = async {
            match self.deadline {
                Some((at, limit)) => {
                    sleep_until(at).await;
                    limit
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.cancel.cancelled() => Why::Caller,
            limit = late => Why::Timeout(limit),
        }
    }

    /// Runs work that can be aborted without cleanup.
    pub(super) async fn during<T>(&self, work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
        tokio::select! {
            done = work => done,
            why = self.stopped() => Err(why.error(None, true)),
        }
    }
}

impl Why {
    /// `stopped`: nothing of the run continues on the server.
    pub(super) fn error(self, task: Option<TaskId>, stopped: bool) -> ClientError {
        match self {
            Self::Caller => ClientError::Cancelled { task, by: CancelledBy::Caller, stopped },
            Self::Timeout(limit) => ClientError::TimedOut { task, limit, stopped },
        }
    }
}
