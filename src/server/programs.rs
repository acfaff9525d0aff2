//! What programs ask for, besides what people do: tasks of any age with all that was said with them, other runs of them, and their removal.

use super::{
    AppState,
    clock::now,
    report::{Facts, Message, Urls},
    state::{Request, TakeError, Taken},
    store::{Cursor, Filter, Key, Page, StoreError, Stored},
};
use proto::{ids::TaskId, submit::Submission};

/// Why a task was not removed, or not run again.
#[derive(Debug, thiserror::Error)]
pub(super) enum OldTaskError {
    #[error("There is no such task.")]
    Unknown,
    #[error("This task is not over. Cancel it first, or wait for its end.")]
    NotOver,
    #[error("The database cannot be used now: {0}.")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Take(#[from] TakeError),
}

impl AppState {
    /// A task of any age as it is now, with its workflow and what was said with it.
    pub(super) async fn stored(&self, id: TaskId) -> Result<Option<Stored>, StoreError> {
        if self.0.tracker.is_pending(id) {
            return Ok(None);
        }
        let stored = self.0.store.read(id).await?;
        Ok(stored.map(|stored| Stored { task: self.0.tracker.task(id).unwrap_or(stored.task), ..stored }))
    }

    /// Where a task stands among those that do not run yet: 1 is the next to run.
    #[must_use]
    pub fn queue_position(&self, id: TaskId) -> Option<usize> {
        self.0.tracker.position(id)
    }

    /// What programs are told of a task now. `None`: there is no such task.
    ///
    /// # Errors
    /// The database cannot be read; it is asked only for tasks that are over.
    pub(super) async fn message(&self, id: TaskId, urls: &Urls) -> Result<Option<Message>, StoreError> {
        self.message_at(id, self.queue_position(id), urls).await
    }

    /// The same, where it is known already where the task stands.
    pub(super) async fn message_at(&self, id: TaskId, position: Option<usize>, urls: &Urls) -> Result<Option<Message>, StoreError> {
        let live = self.0.tracker.task(id).filter(|task| !task.state.is_final() && !self.0.tracker.is_pending(id));
        if let Some(task) = live {
            return Ok(Some(Message::of(&task, position, &Facts::default(), urls, now())));
        }
        let Some(Stored { task, workflow, origin }) = self.stored(id).await? else { return Ok(None) };
        Ok(Some(Message::of(&task, position, &Facts::of(&task, Some(&workflow), &origin), urls, now())))
    }

    /// Tasks, newest first, as they are now.
    pub(super) async fn list(&self, filter: Filter, cursor: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
        // What was told already is to be found. While the disk takes nothing, what it has is still worth reading.
        let _ = self.0.store.flush().await;
        let states = filter.states.clone();
        let mut page = self.0.store.list(filter, cursor, limit).await?;
        let tracker = &self.0.tracker;
        page.tasks.retain(|task| !tracker.is_pending(task.id));
        for task in &mut page.tasks {
            if let Some(live) = tracker.task(task.id) {
                *task = live;
            }
        }
        page.tasks.retain(|task| states.is_empty() || states.contains(&task.state));
        Ok(page)
    }

    /// Another run of a task that is over: the same workflow under the same name, and with what was said with it.
    pub(super) async fn retry(&self, id: TaskId, key: Option<Key>) -> Result<Taken, OldTaskError> {
        let Stored { task, workflow, mut origin } = self.stored(id).await?.ok_or(OldTaskError::Unknown)?;
        if !task.state.is_final() {
            return Err(OldTaskError::NotOver);
        }
        let submission = match task.recipe {
            Some(recipe) => Submission::TextToImage(recipe),
            None => {
                let json = serde_json::to_string(&*workflow).map_err(StoreError::from)?;
                Submission::Workflow { name: task.name.clone(), json }
            }
        };
        origin.retry_of = Some(id);
        let request = Request { submission, name: Some(task.name), priority: task.place.priority, origin };
        Ok(self.take(request, key).await?)
    }

    /// Removes a task that is over: from disk, from every page, and from its ComfyUI's history. The files that it made stay there.
    pub(super) async fn remove(&self, id: TaskId) -> Result<(), OldTaskError> {
        let task = self.stored(id).await?.ok_or(OldTaskError::Unknown)?.task;
        if !task.state.is_final() {
            return Err(OldTaskError::NotOver);
        }
        self.0.store.forget(id);
        self.0.store.flush().await?;
        self.0.tracker.remove(id);
        if let Some(backend) = task.backend.and_then(|backend| self.backend(&backend).cloned()) {
            // It forgets by itself, too, and what is not there any more harms nobody.
            tokio::spawn(async move { backend.client.delete_history(&id.into()).await });
        }
        Ok(())
    }
}
