//! All kept outputs: the files of the media store, and what the database says of them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{sync::Semaphore, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{error::MediaFailure, files::MediaFiles, spool::FrameSpool};
use crate::{
    clock::now,
    config::MediaConfig,
    pool::Pool,
    store::{CopyKey, CopyResult, MediaFile, Store, StoreError},
    tracker::Tracker,
};
use proto::{
    ids::BackendId,
    limits,
    task::{CopyDelay, OutputContent, OutputStorage, Task},
};

pub struct MediaLibrary {
    pub(super) files: Arc<MediaFiles>,
    pub(super) spool: Arc<FrameSpool>,
    pub(super) store: Store,
    pub(super) tracker: Arc<Tracker>,
    pub(super) config: MediaConfig,
    /// How many thumbnails may be made at the same time.
    pub(super) thumbnails: Semaphore,
    /// The memory for files without their metadata, in MiB: a permit is held until the bytes are sent.
    pub(super) plain_memory: Arc<Semaphore>,
}

impl MediaLibrary {
    #[must_use]
    pub fn new(files: Arc<MediaFiles>, spool: Arc<FrameSpool>, store: Store, tracker: Arc<Tracker>, config: MediaConfig) -> Self {
        let thumbnails = Semaphore::new(limits::THUMBNAILS);
        let plain_memory = Arc::new(Semaphore::new(limits::STRIPPED_MEMORY_MIB as usize));
        Self { files, spool, store, tracker, config, thumbnails, plain_memory }
    }

    /// The folder or bucket.
    pub fn files(&self) -> &Arc<MediaFiles> {
        &self.files
    }

    /// Copies outputs, and removes files that are not needed any more, until `stop`.
    pub async fn run(self: Arc<Self>, pool: Arc<Pool>, stop: CancellationToken) {
        let sweeping = tokio::spawn(self.clone().sweep(stop.clone()));
        if self.config.keep {
            tokio::join!(self.watch_database(stop.clone()), self.clone().copy_all(pool, stop));
        } else if let Err(error) = self.store.stop_copying().await {
            tracing::error!(%error, "outputs that waited to be copied still do");
        }
        let _ = sweeping.await;
    }

    /// The file of an output. `None`: it is not kept, or the database cannot be read, which is logged.
    pub async fn file(&self, task: &Task, output: u32) -> Option<MediaFile> {
        let key = CopyKey { task: task.id, attempt: task.attempt, output };
        self.store.kept_file(key).await.unwrap_or_else(|error| {
            tracing::error!(%error, task = %task.id, output, "it cannot be looked up whether an output is kept");
            None
        })
    }

    /// A result that came over the socket, if it is not in the media store yet.
    pub async fn spooled(&self, content: &OutputContent) -> Option<Bytes> {
        let name = content.socket_name()?.to_owned();
        let spool = self.spool.clone();
        let read = tokio::task::spawn_blocking(move || spool.read(&name)).await;
        read.unwrap_or_else(|error| Err(std::io::Error::other(error))).unwrap_or_else(|error| {
            tracing::error!(%error, "a result that came over the socket cannot be read");
            None
        })
    }

    /// Removes results that came over the socket and that no output waits for: of tasks that were removed, or of a process that ended before the
    /// task was on disk.
    pub(super) async fn sweep_spool(&self) -> Result<(), StoreError> {
        let spool = self.spool.clone();
        let names = tokio::task::spawn_blocking(move || spool.on_disk()).await.unwrap_or_default();
        if names.is_empty() {
            return Ok(());
        }
        // In this order: a task is in memory before it is in the database.
        let in_memory = self.tracker.spooled_results();
        let stored = self.store.spooled_results().await?;
        for name in names.iter().filter(|name| !in_memory.contains(*name) && !stored.contains(*name)) {
            self.spool.remove(name).await;
        }
        Ok(())
    }

    /// The bytes of a file, or a range of them. One that is missing, after a restored backup for instance, is copied again.
    ///
    /// # Errors
    /// It is missing, or the media store cannot be used.
    pub async fn read(
        &self,
        file: &MediaFile,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<futures::stream::BoxStream<'static, object_store::Result<Bytes>>, MediaFailure> {
        let read = self.files.read(&file.hash, range).await;
        if let Err(MediaFailure::Missing) = read {
            self.copy_again(&file.hash).await;
        }
        read
    }

    /// A file is not there although it should be.
    pub(super) async fn copy_again(&self, hash: &str) {
        tracing::error!(hash, "a kept file is not in the media store; it is copied again if its ComfyUI still has it");
        match self.store.media_missing(hash.to_owned(), now()).await {
            Ok(keys) => keys.iter().for_each(|key| self.publish(*key, OutputStorage::Copying { delay: None })),
            Err(error) => tracing::error!(%error, "it cannot be recorded that a file is missing"),
        }
    }

    /// Records what came of a try, and tells it. Repeated until it is on disk or the database is closed. Returns whether it is recorded.
    pub(super) async fn record(&self, key: CopyKey, result: CopyResult, storage: OutputStorage) -> bool {
        loop {
            match self.store.copied(key, result.clone(), now()).await {
                Ok(true) => {
                    self.publish(key, storage);
                    return true;
                }
                Ok(false) | Err(StoreError::Closed) => return false,
                Err(error) => {
                    tracing::warn!(%error, "what came of a copy cannot be recorded yet");
                    sleep(limits::STORE_RETRY).await;
                }
            }
        }
    }

    pub(super) fn publish(&self, key: CopyKey, storage: OutputStorage) {
        self.tracker.output_stored(key.task, key.attempt, key.output, storage);
    }

    /// The pause after so many failures before, up to a fifth longer.
    pub(super) fn pause(&self, failures: u32) -> Duration {
        let doubled = self.config.retry_first.saturating_mul(1_u32.checked_shl(failures.min(31)).unwrap_or(u32::MAX));
        doubled.min(self.config.retry_max).mul_f64(1.0 + rand::random_range(0.0..0.2))
    }

    pub(super) async fn set_reachable(&self, backend: &BackendId, is_reachable: bool) -> Result<(), StoreError> {
        self.store.set_copies_reachable(backend.clone(), is_reachable, now()).await?;
        self.tracker.delay_copies(
            |task| task.is_at(backend),
            |delay| match delay {
                None if !is_reachable => Some(CopyDelay::ComfyuiUnreachable),
                Some(CopyDelay::ComfyuiUnreachable) if is_reachable => None,
                delay => delay,
            },
        );
        Ok(())
    }

    /// All copies wait for the media store; `None`: not any more.
    pub(super) async fn set_store_delay(&self, failing: Option<CopyDelay>) {
        self.tracker.meters().set_media_writable(failing.is_none());
        if let Err(error) = self.store.set_media_store_delay(failing, now()).await {
            tracing::warn!(%error, "it cannot be recorded why outputs wait");
        }
        self.tracker.delay_copies(
            |_| true,
            |delay| match delay {
                Some(CopyDelay::ComfyuiUnreachable | CopyDelay::FileUnreadable) => delay,
                _ => failing,
            },
        );
    }
}
