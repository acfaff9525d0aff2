//! Tasks of any age: unfinished and recent ones from the tracker, all others from the store.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    clock::now,
    command_error::CommandError,
    pool::Pool,
    report::{Facts, Message, RemovalReport, Urls},
    store::{Cursor, Event, Filter, Page, Store, StoreError, Stored},
    tracker::Tracker,
};
use proto::{ids::TaskId, task::Task};

pub struct TaskArchive {
    tracker: Arc<Tracker>,
    store: Store,
    pool: Arc<Pool>,
}

impl TaskArchive {
    pub fn new(tracker: Arc<Tracker>, store: Store, pool: Arc<Pool>) -> Self {
        Self { tracker, store, pool }
    }

    /// A task with all its nodes and outputs. `None`: there is no such task, or the database cannot be read, which is logged.
    pub async fn task(&self, id: TaskId) -> Option<Task> {
        match self.tracker.shown_task(id) {
            Some(task) => Some(task),
            None => self.store.read(id).await.map(|stored| stored.map(|stored| stored.task)).unwrap_or_else(|error| {
                tracing::error!(%error, %id, "a task cannot be read");
                None
            }),
        }
    }

    /// A task as it is now, with its workflow and origin. `None` also while its submission is undecided.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn stored(&self, id: TaskId) -> Result<Option<Stored>, StoreError> {
        if self.tracker.is_pending(id) {
            return Ok(None);
        }
        let stored = self.store.read(id).await?;
        Ok(stored.map(|stored| Stored { task: self.tracker.shown_task(id).unwrap_or(stored.task), ..stored }))
    }

    /// The events of a task, oldest first. `None`: there is no such task.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn history(&self, id: TaskId) -> Result<Option<Vec<Event>>, StoreError> {
        self.flush().await;
        let is_known = self.tracker.shown_task(id).is_some() || self.store.read(id).await?.is_some();
        Ok(if is_known { Some(self.store.events(id).await?) } else { None })
    }

    /// The message of the API's event streams and webhooks about a task, as it is now. `None`: there is no such task.
    ///
    /// # Errors
    /// The database cannot be read; it is used only for finished tasks.
    pub async fn message(&self, id: TaskId, urls: &Urls) -> Result<Option<Message>, StoreError> {
        self.message_at(id, self.tracker.position(id), urls).await
    }

    /// The same with a known position in the queue (1 is the next to run).
    ///
    /// # Errors
    /// As for [`TaskArchive::message`].
    pub async fn message_at(&self, id: TaskId, position: Option<usize>, urls: &Urls) -> Result<Option<Message>, StoreError> {
        let unfinished = self.tracker.shown_task(id).filter(|task| !task.state.is_final() && !self.tracker.is_pending(id));
        if let Some(task) = unfinished {
            return Ok(Some(Message::of(&task, position, self.tracker.hold(), &Facts::default(), urls, now())));
        }
        let Some(Stored { task, workflow, origin, .. }) = self.stored(id).await? else { return Ok(None) };
        Ok(Some(Message::of(&task, position, self.tracker.hold(), &Facts::of(&task, Some(&workflow), &origin), urls, now())))
    }

    /// Summaries of tasks as they are now, newest first. A page may have fewer than `limit`, but none only at the end of the list.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list(&self, filter: Filter, mut cursor: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
        self.flush().await;
        loop {
            let mut page = self.store.list(filter.clone(), cursor, limit).await?;
            page.tasks.retain(|task| !self.tracker.is_pending(task.id));
            for task in &mut page.tasks {
                if let Some(live) = self.tracker.shown_task(task.id) {
                    *task = live;
                }
            }
            page.tasks.retain(|task| filter.states.is_empty() || filter.states.contains(&task.state));
            if !page.tasks.is_empty() || page.next.is_none() {
                return Ok(page);
            }
            cursor = page.next;
        }
    }

    /// Removes a finished task from the disk, from every page and from its ComfyUI's history, and its kept files that no other task has. Its
    /// output files stay in ComfyUI's folders.
    ///
    /// # Errors
    /// The task is unknown or not finished, or the database cannot be used.
    pub async fn remove(&self, id: TaskId) -> Result<RemovalReport, CommandError> {
        let task = self.stored(id).await?.ok_or(CommandError::UnknownTask)?.task;
        if !task.state.is_final() {
            return Err(CommandError::NotFinished);
        }
        let files: BTreeSet<String> = self.store.kept_outputs(id).await?.into_iter().map(|kept| kept.file.hash).collect();
        self.store.forget(id);
        self.store.flush().await?;
        self.tracker.remove(id);
        self.tracker.settled().await;
        let mut shared = 0;
        for file in &files {
            shared += usize::from(self.store.is_file_referenced(file.clone()).await?);
        }
        if let Some(backend) = task.backend.as_ref().and_then(|backend| self.pool.get(backend).cloned()) {
            // A failure can be ignored: ComfyUI's history is limited, and the task is removed here.
            tokio::spawn(async move { backend.client.delete_history(&id.into()).await });
        }
        Ok(RemovalReport::of(&task, files.len() - shared, shared))
    }

    /// So that what was published a moment ago is found. While the disk cannot be written, what is on it is still worth reading.
    async fn flush(&self) {
        let _ = self.store.flush().await;
    }
}
