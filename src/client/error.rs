//! Why a run gave no result.

use std::{io, path::PathBuf, time::Duration};

use proto::{
    ids::TaskId,
    task::{Problem, TaskError},
};

/// Why a workflow did not run to its end, or its results are not available.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// An invalid argument: a URL, a token, or a missing file, node or input. Nothing was sent.
    #[error("{0}")]
    Usage(String),
    /// The server rejected the workflow, and nothing ran. `problems` lists the errors and their places.
    #[error("{message}")]
    Refused { message: String, problems: Vec<Problem> },
    /// The run failed. `error` names the failed node, if any.
    #[error("{}", .error.message)]
    Failed { task: TaskId, error: Box<TaskError> },
    /// The run was cancelled.
    #[error("{}", cancelled(*.by, *.stopped))]
    Cancelled {
        /// `None`: the run had not been sent yet.
        task: Option<TaskId>,
        by: CancelledBy,
        /// False: the server did not confirm the cancellation in time, and the run may continue there.
        stopped: bool,
    },
    /// The run exceeded its time limit.
    #[error("The run took longer than {}{}.", format_limit(*.limit), if *.stopped { ", and was cancelled" } else { ", and could not be cancelled in time" })]
    TimedOut { task: Option<TaskId>, limit: Duration, stopped: bool },
    /// The server is unreachable. `task`: the submitted task, which may continue there.
    #[error("{why}")]
    Unreachable { why: String, task: Option<TaskId> },
    /// The response is not one of a ComfyUI or of a Darkroom of this version.
    #[error("{0}")]
    Unexpected(String),
    /// An output cannot be fetched.
    #[error("{name} cannot be fetched: {why}.")]
    Output { name: String, why: String },
    /// An output cannot be written.
    #[error("{} cannot be written: {error}.", .path.display())]
    Write { path: PathBuf, error: io::Error },
}

impl ClientError {
    pub(super) fn cancelled_elsewhere(task: TaskId) -> Self {
        Self::Cancelled { task: Some(task), by: CancelledBy::SomebodyElse, stopped: true }
    }
}

/// Who cancelled the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelledBy {
    /// The caller: see [`Options::cancel_with`](super::Options::cancel_with).
    Caller,
    /// Another user, on the server.
    SomebodyElse,
}

/// "1h 30m".
fn format_limit(limit: Duration) -> String {
    jiff::SignedDuration::try_from(limit).map_or_else(|_| format!("{limit:?}"), |limit| format!("{limit:#}"))
}

fn cancelled(by: CancelledBy, stopped: bool) -> &'static str {
    match (by, stopped) {
        (CancelledBy::Caller, true) => "Cancelled.",
        (CancelledBy::Caller, false) => "The server could not be told to cancel.",
        (CancelledBy::SomebodyElse, _) => "Somebody else cancelled this run.",
    }
}

/// The innermost cause: `reqwest`'s own message only states that a request failed.
pub(super) fn cause(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
