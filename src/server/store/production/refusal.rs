//! Why something was not done in a production.

use proto::production::{FieldProblem, conflict_words};
use serde_json::Value;

use crate::store::StoreError;

/// Nothing was changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProductionRefusal {
    /// What there is not, with its article: `project`, `shot` …
    #[error("There is no such {0}, or there is none any more.")]
    Unknown(&'static str),
    /// What is wrong in the request.
    #[error("{0}")]
    Field(#[from] FieldProblem),
    /// Somebody else changed it since it was read. With the object as it is now, and the names of the fields that are different since then; `None`: that is too long
    /// ago to be known.
    #[error("{} It is at version {version} now: `current` has it. Repeat the change with that version.", conflict_words(changed.as_deref()))]
    Conflict { version: u32, current: Box<Value>, changed: Option<Vec<String>> },
    /// It cannot be done as things are. A sentence.
    #[error("{0}")]
    WrongState(String),
    /// A limit is reached. A sentence.
    #[error("{0}")]
    Full(String),
    #[error("What is stored of it cannot be read.")]
    Damaged,
}

/// Why a production was not changed or read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProductionError {
    #[error(transparent)]
    Refused(#[from] ProductionRefusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FieldProblem> for ProductionError {
    fn from(problem: FieldProblem) -> Self {
        Self::Refused(problem.into())
    }
}

/// Within a transaction.
#[derive(Debug)]
pub enum UnitError {
    Refused(ProductionRefusal),
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for UnitError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<ProductionRefusal> for UnitError {
    fn from(refusal: ProductionRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<FieldProblem> for UnitError {
    fn from(problem: FieldProblem) -> Self {
        Self::Refused(problem.into())
    }
}

impl From<serde_json::Error> for UnitError {
    fn from(error: serde_json::Error) -> Self {
        tracing::error!(%error, "what is stored of a production cannot be read");
        Self::Refused(ProductionRefusal::Damaged)
    }
}

impl From<UnitError> for ProductionError {
    fn from(error: UnitError) -> Self {
        match error {
            UnitError::Refused(refusal) => Self::Refused(refusal),
            UnitError::Sql(error) => Self::Store(error.into()),
        }
    }
}
