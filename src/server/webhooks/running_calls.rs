//! The calls of webhooks that are under way, as tasks of the runtime.

use std::{collections::HashMap, future::Future};

use tokio::task::{Id, JoinSet};

use super::in_flight::InFlight;
use crate::store::DeliveryTarget;
use proto::time::Timestamp;

#[derive(Default)]
pub(super) struct RunningCalls {
    pub(super) in_flight: InFlight,
    calls: JoinSet<Option<Timestamp>>,
    targets: HashMap<Id, DeliveryTarget>,
}

impl RunningCalls {
    /// `call` returns the time before which the receiver wants no other call, if it named one.
    pub(super) fn start(&mut self, target: DeliveryTarget, call: impl Future<Output = Option<Timestamp>> + Send + 'static) {
        self.in_flight.start(target.clone());
        let id = self.calls.spawn(call).id();
        self.targets.insert(id, target);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Waits for the end of a call; for ever when there is none.
    pub(super) async fn finished(&mut self) {
        let (id, not_before) = match self.calls.join_next_with_id().await {
            Some(Ok(finished)) => finished,
            Some(Err(error)) => {
                tracing::error!(%error, "a webhook's call ended badly");
                (error.id(), None)
            }
            None => return std::future::pending().await,
        };
        if let Some(target) = self.targets.remove(&id) {
            self.in_flight.end(&target);
            if let Some(not_before) = not_before {
                self.in_flight.pause(&target.url, not_before);
            }
        }
    }
}
