//! A page of a list of jobs, and where the next begins.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proto::{ids::TaskId, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::job_report::JobReport;
use crate::store::Cursor;

/// Jobs, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = V2JobPage)]
pub struct JobPage {
    jobs: Vec<JobReport>,
    /// Whether there are more.
    truncated: bool,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_cursor: Option<String>,
}

impl JobPage {
    pub(super) fn new(jobs: Vec<JobReport>, next: Option<JobCursor>) -> Self {
        Self { jobs, truncated: next.is_some(), next_cursor: next.map(|next| next.to_string()) }
    }
}

/// The last job of a page, as an opaque text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobCursor(pub Cursor);

/// Darkroom never gave this cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongJobCursor;

impl fmt::Display for JobCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.0.created_at.0.to_be_bytes()[..], self.0.task.0.as_bytes()].concat();
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for JobCursor {
    type Err = WrongJobCursor;

    fn from_str(text: &str) -> Result<Self, WrongJobCursor> {
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(WrongJobCursor)?;
        let (mut at, mut task) = ([0; 8], [0; 16]);
        at.copy_from_slice(&bytes[..8]);
        task.copy_from_slice(&bytes[8..]);
        Ok(Self(Cursor { created_at: Timestamp(u64::from_be_bytes(at)), task: TaskId(Uuid::from_bytes(task)) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_given() {
        let cursor = JobCursor(Cursor { created_at: Timestamp(1_795_194_714_015), task: TaskId(Uuid::from_u128(7)) });
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for wrong in ["", "7", "not a cursor", "AAAA"] {
            assert_eq!(wrong.parse::<JobCursor>(), Err(WrongJobCursor), "{wrong}");
        }
    }
}
