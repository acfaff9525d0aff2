//! A worker of Celery, and whether it was heard of lately.

use serde::{Deserialize, Serialize};

use crate::{limits, time::Timestamp};

/// A worker, by its host name (`gpu@studio-7`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalWorker {
    pub hostname: String,
    pub pid: Option<u64>,
    /// Tasks that it runs, and those that it ran since it started.
    pub active: Option<u64>,
    pub processed: Option<u64>,
    /// Load of its machine over 1, 5 and 15 minutes, in hundredths.
    pub load: Option<[u32; 3]>,
    /// Such as `py-celery 5.7.0`.
    pub software: Option<String>,
    /// Such as `Linux`.
    pub system: Option<String>,
    pub first_seen: Timestamp,
    /// Its last event of any kind.
    pub last_seen: Timestamp,
    /// It said that it stops.
    pub stopped_at: Option<Timestamp>,
    /// The clock of its last event, by which an older one that comes late is recognized.
    pub clock: u64,
}

/// Whether a worker is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WorkerPresence {
    /// It was heard of lately.
    Seen,
    /// Silent for too long. It may be cut off, and its tasks may still run.
    NotSeen,
    /// It said that it stops.
    Stopped,
    /// Nobody has listened long enough to know.
    Unknown,
}

impl ExternalWorker {
    /// `listening_since`: from when on its events would have come. `None`: Redis is not connected.
    #[must_use]
    pub fn presence(&self, now: Timestamp, listening_since: Option<Timestamp>) -> WorkerPresence {
        if self.stopped_at.is_some() {
            return WorkerPresence::Stopped;
        }
        let silence = |since: Timestamp| u128::from(now.since(since)) > limits::EXTERNAL_WORKER_SILENT.as_millis();
        match listening_since {
            _ if !silence(self.last_seen) => WorkerPresence::Seen,
            Some(since) if silence(since) => WorkerPresence::NotSeen,
            _ => WorkerPresence::Unknown,
        }
    }
}
