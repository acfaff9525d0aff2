//! What ends a run from this side: whoever called, and the clock.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{ClientError, Options, error::CancelledBy};
use proto::ids::TaskId;

/// Why a run is to be stopped.
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
    /// The clock runs from now on.
    pub(super) fn new(options: &Options) -> Self {
        // A limit beyond what clocks can tell is none.
        let deadline = options.timeout.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
        Self { cancel: options.cancel.clone(), deadline }
    }

    /// Waits until the run is to be stopped.
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

    /// Does something that leaves nothing behind when it is broken off.
    pub(super) async fn during<T>(&self, work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
        tokio::select! {
            done = work => done,
            why = self.stopped() => Err(why.error(None, true)),
        }
    }
}

impl Why {
    /// `stopped`: nothing of it runs on.
    pub(super) fn error(self, task: Option<TaskId>, stopped: bool) -> ClientError {
        match self {
            Self::Caller => ClientError::Cancelled { task, by: CancelledBy::Caller, stopped },
            Self::Timeout(limit) => ClientError::TimedOut { task, limit, stopped },
        }
    }
}
