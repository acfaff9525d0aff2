//! The store's functions for kept outputs.

use std::collections::HashSet;

use super::{
    backfill,
    model::{CopyKey, CopyResult, DueCopy, KeptOutput, MediaFile, MediaTotals},
    read, write,
};
use crate::store::{Store, StoreError};
use proto::{
    ids::{BackendId, TaskId},
    limits,
    task::CopyDelay,
    time::Timestamp,
};

/// Errors of all of these: the database cannot be read or written.
impl Store {
    /// Waits until there may be new outputs to copy.
    pub async fn copies(&self) {
        self.0.shared.copies.notified().await;
    }

    /// At the start, when outputs are kept. `backends`: those that are configured.
    pub async fn begin_copying(&self, backends: Vec<BackendId>) -> Result<(), StoreError> {
        self.write(move |transaction| write::set_configured(transaction, &backends)).await
    }

    /// At the start, when outputs are not kept: nothing waits to be copied.
    pub async fn stop_copying(&self) -> Result<(), StoreError> {
        self.write(|transaction| {
            write::stop_copying(transaction)?;
            backfill::reset(transaction)
        })
        .await
    }

    /// Adds the outputs of some more tasks of an earlier Darkroom. Returns whether there may be more.
    pub async fn backfill(&self) -> Result<bool, StoreError> {
        self.write(|transaction| backfill::portion(transaction, limits::BACKFILL_TASKS)).await
    }

    /// At most `limit` outputs that are to be copied now, the most urgent first. `busy`: not from these ComfyUIs.
    pub async fn copies_due(
        &self,
        now: Timestamp,
        busy: Vec<String>,
        under_way: Vec<CopyKey>,
        limit: usize,
    ) -> Result<Vec<DueCopy>, StoreError> {
        let under_way: Vec<String> = under_way.iter().map(|key| format!("{}/{}", key.task, key.output)).collect();
        self.reading(move |connection| read::due(connection, now, &busy, &under_way, limit)).await
    }

    /// Waits until there may be kept outputs that are not in the gallery.
    pub async fn outputs_kept(&self) {
        self.0.shared.kept_outputs.notified().await;
    }

    /// Waits until there may be files that no output refers to.
    pub async fn unreferenced(&self) {
        self.0.shared.unreferenced.notified().await;
    }

    /// When the next copy after `now` is due, and how many outputs are to be copied in all.
    pub async fn next_copy(&self, now: Timestamp) -> Result<(Option<Timestamp>, u64), StoreError> {
        self.reading(move |connection| read::next_due(connection, now)).await
    }

    /// Records what came of a try. Returns whether the output still waited for it.
    pub async fn copied(&self, key: CopyKey, result: CopyResult, now: Timestamp) -> Result<bool, StoreError> {
        let is_kept = matches!(result, CopyResult::Kept(_));
        let recorded = self.write(move |transaction| write::copied(transaction, key, &result, now)).await?;
        if is_kept && recorded {
            self.0.shared.kept_outputs.notify_one();
        }
        Ok(recorded)
    }

    /// Copies from this ComfyUI have to wait until it can be reached, or can go on.
    pub async fn set_copies_reachable(&self, backend: BackendId, is_reachable: bool, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |transaction| write::set_reachable(transaction, &backend, is_reachable, now)).await
    }

    /// All copies wait for the media store; `None`: they can go on.
    pub async fn set_media_store_delay(&self, failing: Option<CopyDelay>, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |transaction| write::set_store_delay(transaction, failing, now)).await
    }

    /// The file of a kept output.
    pub async fn kept_file(&self, key: CopyKey) -> Result<Option<MediaFile>, StoreError> {
        self.reading(move |connection| read::kept(connection, key)).await
    }

    /// The kept outputs of a task.
    pub async fn kept_outputs(&self, task: TaskId) -> Result<Vec<KeptOutput>, StoreError> {
        self.reading(move |connection| read::kept_of(connection, task)).await
    }

    /// A file that is recorded as kept is not in the media store: its outputs are to be copied again. Returns them.
    pub async fn media_missing(&self, hash: String, now: Timestamp) -> Result<Vec<CopyKey>, StoreError> {
        let keys = self.write(move |transaction| write::missing(transaction, &hash, now)).await?;
        self.0.shared.copies.notify_one();
        Ok(keys)
    }

    /// Gives up the oldest files that are over the limits, as outputs. Returns these outputs.
    pub async fn expire_media(&self, before: Option<Timestamp>, max_bytes: u64) -> Result<Vec<CopyKey>, StoreError> {
        self.write(move |transaction| write::expire(transaction, before, max_bytes, limits::RETENTION_PORTION)).await
    }

    /// Some of the files that are neither an output nor a picture that people gave.
    pub async fn unreferenced_files(&self) -> Result<Vec<String>, StoreError> {
        self.reading(|connection| read::unreferenced(connection, limits::RETENTION_PORTION)).await
    }

    /// Whether this file is an output, or a picture that people gave.
    pub async fn is_file_referenced(&self, hash: String) -> Result<bool, StoreError> {
        self.reading(move |connection| read::is_referenced(connection, &hash)).await
    }

    /// The names of the results that came over the socket and wait to be moved into the media store.
    pub async fn spooled_results(&self) -> Result<HashSet<String>, StoreError> {
        self.reading(read::spooled).await
    }

    /// The bytes of this file were removed.
    pub async fn forget_file(&self, hash: String) -> Result<(), StoreError> {
        self.write(move |transaction| write::forget_file(transaction, &hash)).await
    }

    /// A thumbnail of this file was kept.
    pub async fn add_thumbnail(&self, hash: String, bytes: u64) -> Result<(), StoreError> {
        self.write(move |transaction| write::add_thumbnail(transaction, &hash, bytes)).await
    }

    pub async fn media_totals(&self) -> Result<MediaTotals, StoreError> {
        self.reading(read::totals).await
    }
}
