//! Removes files from the media store: those over the limits, and those that no task refers to.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{error::MediaFailure, library::MediaLibrary};
use crate::{clock::now, store::StoreError};
use proto::{
    limits,
    task::{NotKeptReason, OutputStorage},
    time::Timestamp,
};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Between two portions.
const SOON: Duration = Duration::from_millis(50);

/// Why it ended early.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Media(#[from] MediaFailure),
}

impl MediaLibrary {
    /// Looks every [`limits::MEDIA_SWEEP`], and after tasks were removed, until `stop`.
    pub(super) async fn sweep(self: Arc<Self>, stop: CancellationToken) {
        if let Err(error) = self.files.clean_up().await {
            tracing::warn!(%error, "temporary objects of the media store stay until the next start");
        }
        while !stop.is_cancelled() {
            let swept = tokio::select! {
                () = stop.cancelled() => return,
                swept = self.sweep_once() => swept,
            };
            let more = swept.unwrap_or_else(|error| {
                if !matches!(error, SweepError::Store(StoreError::Closed)) {
                    tracing::warn!(%error, "files of the media store cannot be removed now");
                }
                false
            });
            let wait = if more { SOON } else { limits::MEDIA_SWEEP };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.store.unreferenced() => {}
                () = sleep(wait) => {}
            }
        }
    }

    /// A portion. Returns whether there may be more.
    async fn sweep_once(&self) -> Result<bool, SweepError> {
        let days = u64::from(self.config.keep_days);
        let before = (days > 0).then(|| Timestamp(now().0.saturating_sub(days * DAY_MS)));
        let mut more = false;
        if before.is_some() || self.config.max_bytes > 0 {
            let expired = self.store.expire_media(before, self.config.max_bytes).await?;
            more |= !expired.is_empty();
            for key in expired {
                self.publish(key, OutputStorage::NotKept { reason: NotKeptReason::Expired });
            }
        }
        let loose = Timestamp(now().0.saturating_sub(u64::try_from(limits::LOOSE_PICTURE.as_millis()).unwrap_or(u64::MAX)));
        more |= self.store.expire_pictures(loose).await?;
        more |= self.store.expire_assets(now()).await?;
        let files = self.store.unreferenced_files().await?;
        more |= files.len() >= limits::RETENTION_PORTION;
        for hash in files {
            let _lock = self.files.lock(&hash).await;
            // It may have got a reference since.
            if !self.store.is_file_referenced(hash.clone()).await? {
                self.files.remove(&hash).await?;
                self.store.forget_file(hash).await?;
            }
        }
        self.sweep_spool().await?;
        let totals = self.store.media_totals().await?;
        self.tracker.meters().set_media_stored(totals.files, totals.bytes);
        Ok(more)
    }
}
