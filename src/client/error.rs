//! Why there is no result.

use std::{io, path::PathBuf, time::Duration};

use proto::{
    ids::TaskId,
    task::{Problem, TaskError},
};

/// Why a workflow was not run to its end, or its results are not here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// What was asked for cannot be: a url, a token, a file, a node or an input that is not there. Nothing was sent.
    #[error("{0}")]
    Usage(String),
    /// The workflow is not valid there, and nothing ran. `problems` say where and why.
    #[error("{message}")]
    Refused { message: String, problems: Vec<Problem> },
    /// The run failed. `error` names the node, where one failed.
    #[error("{}", .error.message)]
    Failed { task: TaskId, error: Box<TaskError> },
    /// It was cancelled.
    #[error("{}", cancelled(*.by, *.stopped))]
    Cancelled {
        /// `None`: it had not been sent yet.
        task: Option<TaskId>,
        by: CancelledBy,
        /// False: the server could not be told in time, and the run may go on there.
        stopped: bool,
    },
    /// It took longer than it may.
    #[error("The run took longer than {}{}.", words_of(*.limit), if *.stopped { ", and was cancelled" } else { ", and could not be cancelled in time" })]
    TimedOut { task: Option<TaskId>, limit: Duration, stopped: bool },
    /// The server cannot be reached, or not any more. `task`: what was sent, and may go on there.
    #[error("{why}")]
    Unreachable { why: String, task: Option<TaskId> },
    /// The server answered what a ComfyUI, or a Darkroom of this version, would not.
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

/// Who cancelled a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelledBy {
    /// Whoever called: see [`Options::cancel_with`](super::Options::cancel_with).
    Caller,
    /// Somebody else, at the server.
    SomebodyElse,
}

/// "1h 30m".
fn words_of(limit: Duration) -> String {
    jiff::SignedDuration::try_from(limit).map_or_else(|_| format!("{limit:?}"), |limit| format!("{limit:#}"))
}

fn cancelled(by: CancelledBy, stopped: bool) -> &'static str {
    match (by, stopped) {
        (CancelledBy::Caller, true) => "Cancelled.",
        (CancelledBy::Caller, false) => "The server could not be told to cancel.",
        (CancelledBy::SomebodyElse, _) => "Somebody else cancelled this run.",
    }
}

/// The innermost cause: what `reqwest` itself says is only that a request failed.
pub(super) fn cause(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
