//! Tasks of a worker that is not seen are stale: whether they run is not known.

use std::collections::HashMap;

use proto::{external::WorkerPresence, limits};
use tokio::time::{MissedTickBehavior, interval};

use super::programs::ExternalPrograms;
use crate::store::StoreError;

impl ExternalPrograms {
    /// For ever.
    pub(super) async fn keep_watch(&self) {
        let mut ticks = interval(limits::EXTERNAL_WATCH);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut known = HashMap::new();
        loop {
            ticks.tick().await;
            // Again and again, because a worker that was started meanwhile sends none.
            if self.redis.as_ref().is_some_and(|redis| redis.config.enable_events)
                && let Err(error) = self.enable_events().await
            {
                tracing::debug!(%error, "workers of Celery were not told to send events");
            }
            if let Err(error) = self.look_after_workers(&mut known).await {
                tracing::debug!(%error, "whether workers of Celery are there is looked at later");
            }
        }
    }

    async fn look_after_workers(&self, known: &mut HashMap<String, WorkerPresence>) -> Result<(), StoreError> {
        let presence: HashMap<String, WorkerPresence> =
            self.workers().await?.into_iter().map(|(worker, presence)| (worker.hostname, presence)).collect();
        if presence != *known {
            known.clone_from(&presence);
            self.status.tell();
        }
        let (mut silent, mut heard) = (Vec::new(), Vec::new());
        for (worker, is_stale) in self.store.external_workers_at_work().await? {
            match presence.get(&worker) {
                Some(WorkerPresence::NotSeen | WorkerPresence::Stopped) if !is_stale => silent.push(worker),
                Some(WorkerPresence::Seen) if is_stale => heard.push(worker),
                _ => {}
            }
        }
        if silent.is_empty() && heard.is_empty() {
            return Ok(());
        }
        self.store.mark_external_stale(silent, heard).await
    }
}
