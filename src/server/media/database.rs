//! While the database cannot be written, it is not recorded what is to be copied: outputs wait with that reason.

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::library::MediaLibrary;
use proto::{limits, task::CopyDelay};

impl MediaLibrary {
    /// Shows that on the outputs that wait for no other reason, until `stop`.
    pub(super) async fn watch_database(&self, stop: CancellationToken) {
        let mut was_writable = true;
        loop {
            let is_writable = self.store.health().is_writable();
            // Also while that lasts: there may be new outputs.
            if !is_writable || !was_writable {
                self.tracker.delay_copies(
                    |_| true,
                    |delay| match delay {
                        None if !is_writable => Some(CopyDelay::DatabaseUnwritable),
                        Some(CopyDelay::DatabaseUnwritable) if is_writable => None,
                        delay => delay,
                    },
                );
            }
            was_writable = is_writable;
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(limits::COPY_LOOK) => {}
            }
        }
    }
}
