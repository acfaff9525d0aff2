//! When something happens to the copy in PostgreSQL.

use std::time::Duration;

use proto::limits;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaTimes {
    /// `[store] lease_s`: how long the owner may write without renewing its lease.
    pub lease: Duration,
    /// `[store] checkpoint_mb`, in bytes: of changesets after which the next checkpoint is made.
    pub checkpoint_after: u64,
}

impl Default for ReplicaTimes {
    fn default() -> Self {
        Self { lease: limits::REPLICA_LEASE, checkpoint_after: limits::REPLICA_LOG }
    }
}

impl ReplicaTimes {
    /// Three tries before it ends.
    pub(super) fn renew_every(self) -> Duration {
        self.lease / 4
    }

    /// How long after a renewal was asked for the owner may count on it.
    pub(super) fn valid_for(self) -> Duration {
        self.lease - self.lease / limits::LEASE_MARGIN
    }

    pub(super) fn lease_milliseconds(self) -> f64 {
        self.lease.as_secs_f64() * 1_000.0
    }
}
