//! The handle to the database, used by the rest of the server.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    thread::{self, JoinHandle},
    time::Instant,
};

use parking_lot::Mutex;
use proto::{
    ids::{Epoch, Seq, TaskId},
    limits,
    task::{Durations, Numbered, Snapshot, Task},
    time::Timestamp,
};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    StoreError,
    gallery::RecentCounts,
    inbox::{Add, InboxHandle, Newest},
    live::{LivePreview, LiveView},
    lock::FolderLock,
    media::overlay,
    model::{Added, CommandRecord, Cursor, Event, EventKind, Filter, Health, Key, Page, Stored},
    read::{self, Kept},
    readers::Readers,
    replica::{Renewal, Replica, Replication, ViewKeeper},
    schema,
    seal::{self, Sealer, StoredExtra},
    writer::{Writer, tell_news},
};
use crate::config::Retention;

/// A handle to the database. Cheap to clone. Dropping the last one waits until everything is on disk.
#[derive(Clone)]
pub struct Store(pub(super) Arc<Handle>);

pub(super) struct Handle {
    pub(super) shared: Arc<InboxHandle>,
    readers: Readers,
    pub(super) gallery_counts: RecentCounts,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Of the lease, where the database is also in PostgreSQL.
    renewal: Mutex<Option<Renewal>>,
    /// Until it runs.
    views: Mutex<Option<ViewKeeper>>,
    sealer: Sealer,
}

/// A database that nothing was read from yet.
struct OpenedDatabase {
    connection: Connection,
    lock: FolderLock,
    key_file: PathBuf,
    replication: Option<Replication>,
    renewal: Option<Renewal>,
}

impl Store {
    /// Opens (or creates) `darkroom.db` in the folder, migrates it to the current schema, and loads the state of the previous process.
    /// Waits for the disk.
    ///
    /// # Errors
    /// Another Darkroom uses the folder; the folder cannot be written; the file is damaged, not a database, or of a newer Darkroom. Each
    /// message is one line that says what to do.
    pub fn open(folder: &Path, retention: Retention) -> Result<(Self, Kept), StoreError> {
        Self::open_with(folder, retention, |_| Ok(()))
    }

    /// `prepare` configures the writing connection.
    pub(super) fn open_with(
        folder: &Path,
        retention: Retention,
        prepare: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(Self, Kept), StoreError> {
        let path = folder.join("darkroom.db");
        let lock = FolderLock::acquire(folder).map_err(|error| failed(&path, error))?;
        let connection = schema::open(&path).map_err(|error| failed(&path, error))?;
        prepare(&connection)?;
        Self::start(
            folder,
            retention,
            OpenedDatabase { connection, lock, key_file: folder.join(seal::FILE), replication: None, renewal: None },
        )
    }

    /// The same for a folder whose database is also in PostgreSQL. `key_file`: of the key that extra data is encrypted with, which all Darkrooms need.
    ///
    /// # Errors
    /// As [`Store::open`]; or PostgreSQL cannot be written.
    pub async fn open_replica(
        folder: &Path,
        retention: Retention,
        replica: Replica,
        key_file: Option<PathBuf>,
    ) -> Result<(Self, Kept), StoreError> {
        let newest_epoch = replica.newest_epoch;
        let (connection, lock, replication, renewal) = replica.open().await?;
        let key_file = key_file.unwrap_or_else(|| folder.join(seal::FILE));
        let views = replication.views.clone();
        let (store, mut kept) = Self::start(
            folder,
            retention,
            OpenedDatabase { connection, lock, key_file, replication: Some(replication), renewal: Some(renewal) },
        )?;
        *store.0.views.lock() = Some(views);
        kept.newest_epoch = newest_epoch;
        Ok((store, kept))
    }

    /// The copy in the folder of a Darkroom that is not the owner: it is read, and every write is refused. `kept` is what it has at the moment.
    ///
    /// # Errors
    /// The copy cannot be read.
    pub fn follow(folder: &Path, key_file: Option<PathBuf>) -> Result<(Self, Kept), StoreError> {
        let path = folder.join("darkroom.db");
        let sealer = Sealer::open(key_file.unwrap_or_else(|| folder.join(seal::FILE)))?;
        let readers = Readers::open(&path).map_err(|error| failed(&path, error))?;
        let kept = readers.read(|connection| read::kept(connection, &sealer))?;
        let shared = Arc::new(InboxHandle::default());
        shared.follow();
        let handle = Handle {
            shared,
            readers,
            gallery_counts: RecentCounts::default(),
            writer: Mutex::default(),
            renewal: Mutex::default(),
            views: Mutex::default(),
            sealer,
        };
        Ok((Self(Arc::new(handle)), kept))
    }

    /// From now on changes are shown by `view`, and by other Darkrooms, when they are committed. `after`: the last one that is shown. `shown`: the state
    /// that is shown, for Darkrooms that are started.
    pub fn begin_live(&self, epoch: Epoch, after: Seq, view: Weak<dyn LiveView>, shown: impl Fn() -> Option<Snapshot> + Send + 'static) {
        self.0.shared.begin_live(epoch, after, view);
        if let Some(views) = self.0.views.lock().take() {
            tokio::spawn(views.run(shown));
        }
    }

    /// Queues a change to be committed and then shown.
    pub fn live(&self, numbered: Numbered) {
        log_refused(self.0.shared.live(numbered));
    }

    /// Queues a preview for other Darkrooms.
    pub fn live_preview(&self, preview: LivePreview) {
        self.0.shared.live_preview(preview);
    }

    /// Since when a change waits to be shown.
    #[must_use]
    pub fn live_due(&self) -> Option<Instant> {
        self.0.shared.live_due()
    }

    /// Wakes programs that follow what happens, after the copy was changed from outside.
    pub(super) async fn tell_news(&self) {
        let shared = self.0.shared.clone();
        let told = self.reading(move |connection| {
            tell_news(connection, &shared);
            Ok(())
        });
        if let Err(error) = told.await {
            tracing::debug!(%error, "the copy cannot be read");
        }
    }

    fn start(folder: &Path, retention: Retention, opened: OpenedDatabase) -> Result<(Self, Kept), StoreError> {
        let OpenedDatabase { connection, lock, key_file, replication, renewal } = opened;
        let path = folder.join("darkroom.db");
        let sealer = Sealer::open(key_file)?;
        let kept = read::kept(&connection, &sealer).map_err(|error| failed(&path, error))?;
        let readers = Readers::open(&path).map_err(|error| failed(&path, error))?;
        let shared = Arc::new(InboxHandle::default());
        let writer = Writer { shared: shared.clone(), connection, retention, replication, lock };
        let writer = thread::Builder::new().name("store".into()).spawn(move || writer.run())?;
        let (writer, renewal) = (Mutex::new(Some(writer)), Mutex::new(renewal));
        let handle = Handle { shared, readers, gallery_counts: RecentCounts::default(), writer, renewal, views: Mutex::default(), sealer };
        Ok((Self(Arc::new(handle)), kept))
    }

    /// Stores a new task. When this returns [`Added::New`], it is on disk. One key creates one task, even for concurrent calls.
    ///
    /// The caller must await the result (in its own task, if the caller may be dropped): otherwise the task may be stored without anybody
    /// knowing, and would run after the next start. An id is never used twice.
    ///
    /// # Errors
    /// Nothing was stored: the task must not be accepted. Most errors are worth a retry later (503); [`StoreError::Twice`] is not.
    pub async fn add(&self, new: Stored, key: Option<Key>) -> Result<Added, StoreError> {
        let (new, sealed) = self.sealed(new).await?;
        let (done, answer) = oneshot::channel();
        self.0.shared.add(Add { new, sealed, key, done })?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// The new task, and its extra data encrypted, if it has some.
    async fn sealed(&self, new: Stored) -> Result<(Stored, Option<Vec<u8>>), StoreError> {
        let StoredExtra::Readable(extra_data) = &new.extra_data else { return Ok((new, None)) };
        if extra_data.is_empty() {
            return Ok((new, None));
        }
        let handle = self.0.clone();
        let sealing = move || {
            let StoredExtra::Readable(extra_data) = &new.extra_data else { return Ok((new, None)) };
            let sealed = handle.sealer.seal(new.task.id, extra_data)?;
            Ok((new, Some(sealed)))
        };
        tokio::task::spawn_blocking(sealing).await.unwrap_or(Err(StoreError::Closed))
    }

    /// Queues a task's current state for writing; retried until it is on disk. Of several states only the newest is written.
    pub fn keep(&self, task: &Task) {
        log_refused(self.0.shared.keep(task, None));
    }

    /// Stores a task's current state. When this returns, it (or a newer one) is on disk. For state that must survive a crash, such as which
    /// ComfyUI is about to get the task.
    ///
    /// # Errors
    /// The state is not on disk (it is retried like any other state, until a newer one replaces it), or there is no such task.
    pub async fn keep_now(&self, task: &Task) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.0.shared.keep(task, Some(done))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Queues the removal of a task that was never accepted or has ended, with all its data. Its key is free again.
    pub fn forget(&self, task: TaskId) {
        log_refused(self.0.shared.forget(task));
    }

    /// Queues an entry of a task's history. Only the newest [`limits::TASK_EVENTS`] of a task are kept.
    pub fn event(&self, task: TaskId, at: Timestamp, kind: EventKind, text: &str) {
        let text = text.chars().take(limits::EVENT_TEXT).collect();
        log_refused(self.0.shared.event(task, Event { at, kind, text }));
    }

    /// Queues the learned durations for writing.
    pub fn keep_durations(&self, durations: &Durations) {
        log_refused(self.0.shared.durations(durations));
    }

    /// Queues a command id, which is kept for [`limits::KEY_LIFE`], so that a repeated command has no effect after a restart.
    pub fn keep_command(&self, command: CommandRecord) {
        log_refused(self.0.shared.command(command));
    }

    /// Queues a small value for writing. [`Kept::meta`] has it after the next start. `durations` and `client_id` are reserved.
    pub fn set_meta(&self, key: &str, value: &str) {
        log_refused(self.0.shared.set_meta(key.to_owned(), value.to_owned()));
    }

    /// A value of [`Store::set_meta`], as stored on disk.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn meta(&self, key: &'static str) -> Result<Option<String>, StoreError> {
        self.reading(move |connection| read::meta(connection, key)).await
    }

    /// Returns when all previously queued writes are on disk.
    ///
    /// # Errors
    /// They are not. Writes that can be retried will be.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.0.shared.flush(done)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Writes everything queued, closes the database and releases the folder, even while other handles exist. Later calls return
    /// [`StoreError::Closed`].
    pub async fn close(&self) {
        let handle = self.0.clone();
        let _ = tokio::task::spawn_blocking(move || handle.close()).await;
        let renewal = self.0.renewal.lock().take();
        if let Some(renewal) = renewal {
            renewal.end().await;
        }
    }

    /// Cheap: does not access the disk.
    #[must_use]
    pub fn health(&self) -> Health {
        self.0.shared.health()
    }

    /// A task of any age, in its newest state.
    ///
    /// # Errors
    /// The database, or this task in it, cannot be read.
    pub async fn read(&self, task: TaskId) -> Result<Option<Stored>, StoreError> {
        // Check the inbox first: a state that has left it is on disk.
        let newest = self.0.shared.newest(task);
        if matches!(newest, Newest::Gone) {
            return Ok(None);
        }
        let handle = self.0.clone();
        self.reading(move |connection| {
            let Some(stored) = read::stored(connection, &handle.sealer, task)? else { return Ok(None) };
            Ok(Some(match newest {
                Newest::Task(newest) => {
                    let mut task = Arc::unwrap_or_clone(newest);
                    overlay(connection, &mut task)?;
                    Stored { task, ..stored }
                }
                _ => stored,
            }))
        })
        .await
    }

    /// Tasks as stored on disk, newest first, at most `limit` and at most [`limits::STORE_PAGE`]. Live tasks may be slightly ahead.
    ///
    /// # Errors
    /// The database cannot be read. An unreadable task is left out.
    pub async fn list(&self, filter: Filter, before: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
        self.reading(move |connection| read::page(connection, &filter, before, limit)).await
    }

    /// A task's history as stored on disk, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn events(&self, task: TaskId) -> Result<Vec<Event>, StoreError> {
        self.reading(move |connection| read::events(connection, task)).await
    }

    /// How many of these run at the same time.
    pub(super) fn readers(&self) -> usize {
        self.0.readers.number()
    }

    pub(super) async fn reading<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let handle = self.0.clone();
        tokio::task::spawn_blocking(move || handle.readers.read(read)).await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Handle {
    fn close(&self) {
        self.shared.close();
        // Close these connections before the writer's: the last one cleans up.
        self.readers.close();
        if let Some(writer) = self.writer.lock().take()
            && writer.join().is_err()
        {
            tracing::error!("the database thread ended badly");
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}

fn failed(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::InUse { .. } => error,
        error => StoreError::Open(path.to_owned(), Box::new(error)),
    }
}

/// For writes without a waiter. They are refused only after closing.
fn log_refused(ordered: Result<(), StoreError>) {
    if let Err(error) = ordered {
        tracing::debug!(%error, "not kept");
    }
}
