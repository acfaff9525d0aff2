//! A task that another program carries out, as it is known here.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::join::ExternalJoin;
use crate::time::Timestamp;

/// How far a task of another program is, in the words of Celery. The order is the rank: of two reports about one attempt the greater counts.
///
/// Of the ends, too: a worker may finish a task whose revocation was recorded already, and a task that failed with its worker may be delivered to another one.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE", ascii_case_insensitive)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ExternalState {
    /// It was sent, or only its id is known.
    #[default]
    Pending,
    /// A worker has it.
    Received,
    Started,
    /// It told how far it is, or a state of its own ([`ExternalTask::stage`]).
    Progress,
    /// The attempt failed, and there will be another one.
    Retry,
    /// A worker refused it.
    Rejected,
    Revoked,
    Failure,
    Success,
}

impl ExternalState {
    /// Nothing more happens, but for a better end.
    #[must_use]
    pub fn is_final(self) -> bool {
        self >= Self::Rejected
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What a task returned. Celery tells it twice: its events have a text that Python wrote for people, its result backend the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalResult {
    pub format: ResultFormat,
    /// At most [`EXTERNAL_RESULT`](crate::limits::EXTERNAL_RESULT) bytes.
    pub text: String,
    /// The text is only its beginning.
    #[serde(default)]
    pub is_cut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultFormat {
    Json,
    /// As Python's `repr` writes it.
    Python,
}

/// Why a task failed, is tried again, or was revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalError {
    /// The class of the exception, such as `ValueError`.
    #[serde(rename = "type")]
    pub kind: String,
    pub message: String,
    #[serde(default)]
    pub traceback: Option<String>,
}

/// A task of another program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalTask {
    /// Celery's id, or the one that was reported: the same id is the same task, whoever reports it.
    pub id: String,
    /// Who told of it first: `celery`, `redis`, or the source of a CloudEvent.
    pub source: String,
    /// Such as `tasks.render`.
    #[serde(default)]
    pub name: Option<String>,
    pub state: ExternalState,
    /// The task's own word for its state, if it has one (`update_state(state="RENDERING")`).
    #[serde(default)]
    pub stage: Option<String>,
    /// Of the attempt, in thousandths.
    #[serde(default)]
    pub progress: Option<u16>,
    #[serde(default)]
    pub message: Option<String>,
    /// Step `current` of `total`.
    #[serde(default)]
    pub current: Option<u64>,
    #[serde(default)]
    pub total: Option<u64>,
    #[serde(default)]
    pub worker: Option<String>,
    /// Attempts before this one.
    #[serde(default)]
    pub retries: u32,
    #[serde(default)]
    pub result: Option<ExternalResult>,
    #[serde(default)]
    pub error: Option<ExternalError>,
    /// The task that started it.
    #[serde(default)]
    pub parent_id: Option<String>,
    #[serde(default)]
    pub join: ExternalJoin,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// Its worker was not heard of for a while. The task may still run.
    #[serde(default)]
    pub stale: bool,
    /// Something else than a revocation was heard of it. Celery records the revocation of any id, also of one that no task ever had.
    #[serde(default)]
    pub confirmed: bool,
    /// What the reducer needs to put later reports in their place.
    #[serde(default)]
    pub attempt: AttemptMemory,
}

/// What is remembered of the attempts of a task. Not for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttemptMemory {
    /// When the worker received the present attempt, by its clock, in microseconds since 1970.
    pub received_us: Option<u64>,
    /// When the worker ended the attempt before, by its clock.
    pub retried_us: Option<u64>,
    /// Retries that the result backend and the events told of. The nth of the one is the nth of the other.
    pub retry_results: u32,
    pub retry_events: u32,
    /// The greatest progress that was told of this attempt, in thousandths.
    pub reached: Option<u16>,
    /// Its progress without a total is in percent.
    pub in_percent: bool,
    /// The error is the result backend's, which tells more than events do.
    pub error_by_result: bool,
    /// The last that the result backend had, so that its repetition is recognized.
    pub last_result: u64,
}
