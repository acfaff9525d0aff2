//! What one message says about a task or a worker, whatever form the message had.

use super::{
    join::ExternalJoin,
    task::{ExternalError, ExternalResult, ExternalState},
};
use crate::time::Timestamp;

/// Who says it. Each tells in its own order, and only within one of them the order means something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FactOrigin {
    /// An event of a Celery worker.
    Event,
    /// Celery's result backend, as it was written.
    Result,
    /// Celery's result backend, as it was read: it is no sign of life.
    StoredResult,
    /// A report in the form of Darkroom or of its story: over Redis or HTTP.
    #[default]
    Report,
}

impl FactOrigin {
    /// Of the result backend.
    pub(super) fn is_result(self) -> bool {
        matches!(self, Self::Result | Self::StoredResult)
    }
}

/// Progress as it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressReading {
    /// Step `current` of `total`, which is not 0.
    Steps { current: u64, total: u64 },
    /// A number in thousandths of its unit, of which nobody said whether it is a share of 1 or of 100: 0.5 is 500.
    Number { thousandths: u64, scale: ProgressScale },
}

/// What a number without a total means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProgressScale {
    /// A share of 1, until a task tells a number above 1: from then on its numbers are percent.
    #[default]
    Auto,
    /// Of 1.
    Fraction,
    /// Of 100.
    Percent,
}

/// What one message says about a task. `None`: it says nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFact {
    pub id: String,
    pub source: String,
    pub origin: FactOrigin,
    pub state: Option<ExternalState>,
    pub stage: Option<String>,
    pub name: Option<String>,
    pub worker: Option<String>,
    pub retries: Option<u32>,
    pub parent_id: Option<String>,
    /// When it happened, by the clock of the worker that sent the event. Microseconds since 1970.
    pub worker_us: Option<u64>,
    /// When the task ended, by the clock of its worker.
    pub done_at: Option<Timestamp>,
    pub progress: Option<ProgressReading>,
    pub message: Option<String>,
    pub result: Option<ExternalResult>,
    pub error: Option<ExternalError>,
    pub join: ExternalJoin,
    /// A hash of the message, if its repetition must be recognized by its content.
    pub content: u64,
}

impl TaskFact {
    /// It tells nothing but progress, which a newer report of the task supersedes.
    #[must_use]
    pub fn is_progress(&self) -> bool {
        self.state == Some(ExternalState::Progress)
    }
}

/// What one event says about a worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerFact {
    pub hostname: String,
    pub pid: Option<u64>,
    pub clock: u64,
    /// It says that it stops.
    pub stops: bool,
    pub active: Option<u64>,
    pub processed: Option<u64>,
    pub load: Option<[u32; 3]>,
    pub software: Option<String>,
    pub system: Option<String>,
}
