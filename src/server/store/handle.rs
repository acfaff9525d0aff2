//! A handle to the database: what the rest of the server asks of it.

use std::{
    path::Path,
    sync::Arc,
    thread::{self, JoinHandle},
};

use parking_lot::Mutex;
use proto::{
    ids::TaskId,
    limits,
    task::{Durations, Task},
    time::Timestamp,
};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    StoreError,
    inbox::{Add, InboxHandle, Newest},
    lock::FolderLock,
    model::{Added, CommandRecord, Cursor, Event, EventKind, Filter, Health, Key, Page, Stored},
    read::{self, Kept},
    schema,
    writer::Writer,
};
use crate::config::Retention;

/// A handle to the database. Cheap to clone. The last one that goes waits until everything is on disk.
#[derive(Clone)]
pub struct Store(pub(super) Arc<Handle>);

pub(super) struct Handle {
    pub(super) shared: Arc<InboxHandle>,
    reader: Mutex<Option<Connection>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens (or makes) `darkroom.db` in the folder, brings it to the present format, and reads what an earlier life left. Waits for
    /// the disk.
    ///
    /// # Errors
    /// Another Darkroom uses the folder; the folder cannot be written; the file is damaged, no database, or of a newer Darkroom.
    /// Each is one line that says what to do.
    pub fn open(folder: &Path, retention: Retention) -> Result<(Self, Kept), StoreError> {
        Self::open_with(folder, retention, |_| Ok(()))
    }

    /// `prepare` sets up the connection that writes.
    pub(super) fn open_with(
        folder: &Path,
        retention: Retention,
        prepare: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(Self, Kept), StoreError> {
        let path = folder.join("darkroom.db");
        let failed = |error| match error {
            StoreError::InUse { .. } => error,
            error => StoreError::Open(path.clone(), Box::new(error)),
        };
        let lock = FolderLock::take(folder).map_err(failed)?;
        let connection = schema::open(&path).map_err(failed)?;
        prepare(&connection)?;
        let kept = read::kept(&connection).map_err(failed)?;
        let reader = schema::open_reader(&path).map_err(failed)?;
        let shared = Arc::new(InboxHandle::default());
        let writer = Writer { shared: shared.clone(), connection, retention, lock };
        let writer = thread::Builder::new().name("store".into()).spawn(move || writer.run())?;
        Ok((Self(Arc::new(Handle { shared, reader: Mutex::new(Some(reader)), writer: Mutex::new(Some(writer)) })), kept))
    }

    /// Keeps a new task. When this returns [`Added::New`], it is on disk. One key makes one task, whoever comes at the same time.
    ///
    /// Whoever calls this must wait for the answer (in a task of its own, if the caller may go away): otherwise the task may be kept
    /// without anybody knowing, and would run after the next start. An id is never used twice.
    ///
    /// # Errors
    /// Nothing was kept: the task must not be accepted. Most are worth another try later (503); [`StoreError::Twice`] is not.
    pub async fn add(&self, new: Stored, key: Option<Key>) -> Result<Added, StoreError> {
        let (done, answer) = oneshot::channel();
        self.0.shared.add(Add { new, key, done })?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Keeps the present state of a task, soon; tried again until it is on disk. Of several states only the newest is written.
    pub fn keep(&self, task: &Task) {
        said(self.0.shared.keep(task, None));
    }

    /// Keeps the present state of a task. When this returns, it (or a newer one) is on disk. For what must not be forgotten by a
    /// crash, such as which ComfyUI is about to get the task.
    ///
    /// # Errors
    /// It is not on disk (yet: it is tried again like any other state, until a newer one takes its place), or there is no such task.
    pub async fn keep_now(&self, task: &Task) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.0.shared.keep(task, Some(done))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Removes a task that was never accepted, or that is over, soon, with everything about it. Its key is free again.
    pub fn forget(&self, task: TaskId) {
        said(self.0.shared.forget(task));
    }

    /// Adds a line to the history of a task, soon. Only the newest [`limits::TASK_EVENTS`] of a task stay.
    pub fn event(&self, task: TaskId, at: Timestamp, kind: EventKind, text: &str) {
        let text = text.chars().take(limits::EVENT_TEXT).collect();
        said(self.0.shared.event(task, Event { at, kind, text }));
    }

    /// Keeps what was learned about durations, soon.
    pub fn keep_durations(&self, durations: &Durations) {
        said(self.0.shared.durations(durations));
    }

    /// Remembers a command for [`limits::KEY_LIFE`], soon, so that the same id does not act again in the next life.
    pub fn carried(&self, carried: CommandRecord) {
        said(self.0.shared.carried(carried));
    }

    /// Keeps a small setting, soon. [`Kept::meta`] has it after the next start. `durations` and `client_id` are the store's own.
    pub fn set_meta(&self, key: &str, value: &str) {
        said(self.0.shared.set_meta(key.to_owned(), value.to_owned()));
    }

    /// Returns when all that was ordered before is on disk.
    ///
    /// # Errors
    /// It is not. What can be tried again will be.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.0.shared.flush(done)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Writes all that was ordered before, closes the database and lets go of the folder, also while other handles exist. What
    /// comes later answers [`StoreError::Closed`].
    pub async fn close(&self) {
        let handle = self.0.clone();
        let _ = tokio::task::spawn_blocking(move || handle.close()).await;
    }

    /// Cheap: no disk is asked.
    #[must_use]
    pub fn health(&self) -> Health {
        self.0.shared.health()
    }

    /// A task of any age, in its newest state.
    ///
    /// # Errors
    /// The database, or this task in it, cannot be read.
    pub async fn read(&self, task: TaskId) -> Result<Option<Stored>, StoreError> {
        // Asked first: what is not here any more is on disk.
        let newest = self.0.shared.newest(task);
        if matches!(newest, Newest::Gone) {
            return Ok(None);
        }
        let stored = self.reading(move |connection| read::stored(connection, task)).await?;
        Ok(stored.map(|stored| match newest {
            Newest::Task(task) => Stored { task: Arc::unwrap_or_clone(task), ..stored },
            _ => stored,
        }))
    }

    /// Tasks as they are on disk, newest first, at most `limit` and at most [`limits::STORE_PAGE`]. The live ones may be a moment ahead.
    ///
    /// # Errors
    /// The database cannot be read. A task that cannot be read is left out.
    pub async fn list(&self, filter: Filter, before: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
        self.reading(move |connection| read::page(connection, &filter, before, limit)).await
    }

    /// The history of a task as it is on disk, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn events(&self, task: TaskId) -> Result<Vec<Event>, StoreError> {
        self.reading(move |connection| read::events(connection, task)).await
    }

    pub(super) async fn reading<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let handle = self.0.clone();
        let read = move || handle.reader.lock().as_ref().map_or(Err(StoreError::Closed), read);
        tokio::task::spawn_blocking(read).await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Handle {
    fn close(&self) {
        self.shared.close();
        // Before the writer's, which clears up as the last.
        drop(self.reader.lock().take());
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

/// For orders nobody waits for. They are only refused after the end.
fn said(ordered: Result<(), StoreError>) {
    if let Err(error) = ordered {
        tracing::debug!(%error, "not kept");
    }
}
