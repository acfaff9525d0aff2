//! When something happens to the copy in PostgreSQL.

use std::time::Duration;

use proto::limits;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaTimes {
    /// `[store] lease_s`: how long the owner may write without renewing its lease.
    pub lease: Duration,
    /// `[store] checkpoint_mb`, in bytes: of changesets after which the next checkpoint is made.
    pub checkpoint_after: u64,
    /// How long the kernel of an owner tries to deliver a request to a ComfyUI, see [`comfyui::delivery_limit`]. The same for all Darkrooms.
    pub delivery: Duration,
}

impl Default for ReplicaTimes {
    fn default() -> Self {
        Self { lease: limits::REPLICA_LEASE, checkpoint_after: limits::REPLICA_LOG, delivery: comfyui::delivery_limit(limits::REQUEST_LAG) }
    }
}

impl ReplicaTimes {
    /// Three tries before it ends.
    pub(super) fn renew_every(self) -> Duration {
        self.lease / 4
    }

    /// Between two attempts to take the lease.
    pub(super) fn turn(self) -> Duration {
        (self.lease / 10).min(limits::REPLICA_TURN)
    }

    /// How long after a renewal was asked for the owner may count on it.
    pub(super) fn valid_for(self) -> Duration {
        self.lease - self.lease / limits::LEASE_MARGIN
    }

    /// How long after the beginning of a term requests of the one before may arrive at a ComfyUI.
    ///
    /// Each commit of the earlier owner came before this term, and what it allowed was sent within [`limits::SEND_VALIDITY`]. That does not depend on any
    /// clock of two machines.
    pub(super) fn older_requests_for(self) -> Duration {
        limits::SEND_VALIDITY + self.delivery + limits::TAKEOVER_SLACK
    }

    pub(super) fn lease_milliseconds(self) -> f64 {
        self.lease.as_secs_f64() * 1_000.0
    }
}
