//! Storing what was heard: a few times a second, all that came meanwhile in one transaction.

use tokio::time::sleep;

use super::{programs::ExternalPrograms, status::count};
use crate::store::{ExternalApplied, StoreError};
use proto::limits;

impl ExternalPrograms {
    /// For ever.
    pub(super) async fn keep_writing(&self) {
        loop {
            self.heard.wait().await;
            // What comes at the same time is written at the same time.
            sleep(limits::EXTERNAL_TICK).await;
            if !self.write_portion().await {
                sleep(limits::STORE_RETRY).await;
            }
            if self.heard.take_lost() {
                self.reread.notify_one();
            }
        }
    }

    /// Returns whether it is on disk. If not, it is kept.
    async fn write_portion(&self) -> bool {
        let parts = self.heard.take();
        if parts.is_empty() {
            return true;
        }
        match self.store.apply_external(parts.clone()).await {
            Ok(applied) => {
                self.tell(applied);
                true
            }
            Err(StoreError::Closed) => false,
            Err(error) => {
                tracing::warn!(%error, "reports of other programs wait to be stored");
                self.heard.put_back(parts);
                false
            }
        }
    }

    /// Tells what is told and not stored, and counts what changed nothing.
    fn tell(&self, applied: ExternalApplied) {
        for (project, progress) in applied.progress {
            self.productions.tell_progress(Some(project), progress);
        }
        for project in applied.unknown_projects {
            let unknown = count(&self.counters.unknown_projects);
            // The first ones, and then ever fewer.
            if unknown.is_power_of_two() {
                tracing::warn!(%project, unknown, "messages of Redis are about a project that there is not");
            }
        }
        for why in applied.refused {
            self.refused("events of a project", why);
        }
    }

    /// Everything that was heard until now.
    pub(super) async fn write_all(&self) {
        for _ in 0..=limits::EXTERNAL_HEARD / limits::EXTERNAL_PORTION {
            if !self.write_portion().await {
                return;
            }
        }
    }
}
