//! Why no take is made.

use proto::production::FieldProblem;

use crate::{
    store::{ProductionError, ProductionRefusal},
    submissions::SubmissionError,
    workflow_library::LibraryError,
};

/// Nothing was stored and nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The project, the node, its shot, or what the request says of them.
    #[error(transparent)]
    Production(#[from] ProductionError),
    /// The saved workflow is not there, or does not take these values.
    #[error(transparent)]
    Workflow(#[from] LibraryError),
    /// The task is not accepted. `is_built_in`: its problems are of parameters of the built-in workflow.
    #[error("{error}")]
    Submission { error: SubmissionError, is_built_in: bool },
}

impl GenerateError {
    pub(super) fn submission(error: SubmissionError, is_built_in: bool) -> Self {
        Self::Submission { error, is_built_in }
    }
}

impl From<ProductionRefusal> for GenerateError {
    fn from(refusal: ProductionRefusal) -> Self {
        Self::Production(refusal.into())
    }
}

impl From<FieldProblem> for GenerateError {
    fn from(problem: FieldProblem) -> Self {
        Self::Production(problem.into())
    }
}
