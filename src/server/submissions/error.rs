//! Why a submission becomes no task.

use crate::{command_error::CommandError, edits::EditError};
use proto::{comfy::Rejection, submit::Refusal, task::Problem, workflow_file::FileError};
use service::SubmitError;

/// Why there is no new task.
#[derive(Debug, thiserror::Error)]
pub enum SubmissionError {
    /// The workflow or the parameters cannot be run.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// A ComfyUI refused the workflow, in these words.
    #[error("{}", .0.message)]
    Rejected(Refusal, Box<Rejection>),
    /// Nothing was kept and nothing was sent; a later try may succeed.
    #[error("{0}")]
    Unavailable(String),
    /// As many tasks wait as may. Nothing was kept.
    #[error("{0}")]
    QueueFull(String),
    #[error("This Idempotency-Key was used for another request. Use a new one.")]
    KeyReused,
    /// The task to run again is unknown or not finished, or the database cannot be read.
    #[error(transparent)]
    Original(#[from] CommandError),
}

impl SubmissionError {
    pub(super) fn of_file(error: FileError) -> Self {
        match error {
            FileError::NoCatalog => Self::Unavailable(error.to_string()),
            error => Self::Refused(Refusal::new(error.problems())),
        }
    }

    pub(super) fn refused(message: String) -> Self {
        Self::Refused(Refusal::new(vec![Problem { node: None, title: None, input: None, message }]))
    }
}

impl From<EditError> for SubmissionError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Refused(refusal) => Self::Refused(refusal),
            EditError::Unavailable(why) => Self::Unavailable(why),
        }
    }
}

/// For pages, which only distinguish a refusal from a temporary failure.
impl From<SubmissionError> for SubmitError {
    fn from(error: SubmissionError) -> Self {
        match error {
            SubmissionError::Refused(refusal) | SubmissionError::Rejected(refusal, _) => Self::Refused(refusal),
            SubmissionError::Unavailable(why) | SubmissionError::QueueFull(why) => Self::Unavailable(why),
            error @ (SubmissionError::KeyReused | SubmissionError::Original(_)) => {
                Self::Refused(Refusal::new(vec![Problem { node: None, title: None, input: None, message: error.to_string() }]))
            }
        }
    }
}
