//! The calls in progress.

use std::collections::HashMap;

use proto::time::Timestamp;
use tokio::task::{Id, JoinSet};

use super::in_flight::InFlight;
use crate::store::DeliveryTarget;

/// ActiveCalls in progress, and their bookkeeping.
#[derive(Default)]
pub(super) struct ActiveCalls {
    pub(super) in_flight: InFlight,
    calls: JoinSet<Option<Timestamp>>,
    lines: HashMap<Id, DeliveryTarget>,
}

impl ActiveCalls {
    pub(super) fn begin(&mut self, line: DeliveryTarget, call: impl Future<Output = Option<Timestamp>> + Send + 'static) {
        self.in_flight.begin(line.clone());
        let id = self.calls.spawn(call).id();
        self.lines.insert(id, line);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Waits for the end of a call; forever when there is none.
    pub(super) async fn ended(&mut self) {
        let (id, held) = match self.calls.join_next_with_id().await {
            Some(Ok(ended)) => ended,
            Some(Err(error)) => {
                tracing::error!(%error, "a webhook's call ended badly");
                (error.id(), None)
            }
            None => return std::future::pending().await,
        };
        if let Some(line) = self.lines.remove(&id) {
            self.in_flight.end(&line);
            if let Some(until) = held {
                self.in_flight.hold(&line.url, until);
            }
        }
    }
}
