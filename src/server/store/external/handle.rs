//! The store's functions for what other programs do.

use proto::{
    external::{ExternalState, ExternalTask, ExternalWorker},
    limits,
};

use super::{
    apply,
    model::{ExternalApplied, ExternalFilter, ExternalNews, ExternalPart, StoredExternal},
    read,
};
use crate::store::{Store, StoreError};

/// Errors of all of these: the database cannot be read or written.
impl Store {
    /// Takes reports in, in one transaction: all or none of them.
    pub async fn apply_external(&self, parts: Vec<ExternalPart>) -> Result<ExternalApplied, StoreError> {
        let applied = self.write(move |transaction| apply::apply(transaction, &parts)).await?;
        self.tell_external(applied.newest);
        Ok(applied)
    }

    /// The unfinished tasks of the workers in `silent` are stale, and those of the workers in `heard` are not.
    pub async fn mark_external_stale(&self, silent: Vec<String>, heard: Vec<String>) -> Result<(), StoreError> {
        let newest = self.write(move |transaction| apply::mark_stale(transaction, &silent, &heard)).await?;
        self.tell_external(newest);
        Ok(())
    }

    /// The workers that have unfinished tasks, each with whether these are stale; a worker with both kinds is there twice.
    pub async fn external_workers_at_work(&self) -> Result<Vec<(String, bool)>, StoreError> {
        self.reading(move |connection| Ok(read::workers_at_work(connection)?)).await
    }

    fn tell_external(&self, newest: u64) {
        self.0.shared.external_news.send_if_modified(|known| std::mem::replace(known, newest) != newest);
    }

    pub async fn external_task(&self, id: String) -> Result<Option<ExternalTask>, StoreError> {
        self.reading(move |connection| Ok(read::task(connection, &id)?)).await
    }

    /// The newest first, those before the number `before`, at most `limit` and at most one more than [`limits::EXTERNAL_PAGE`].
    pub async fn external_tasks(&self, filter: ExternalFilter, before: Option<u64>, limit: u32) -> Result<Vec<StoredExternal>, StoreError> {
        self.reading(move |connection| Ok(read::tasks(connection, &filter, before, limit.min(limits::EXTERNAL_PAGE + 1))?)).await
    }

    /// The ids of unfinished tasks, the newest first, at most `limit`.
    pub async fn unfinished_external(&self, limit: u32) -> Result<Vec<String>, StoreError> {
        self.reading(move |connection| Ok(read::unfinished(connection, limit)?)).await
    }

    /// How many unfinished tasks there are, by state.
    pub async fn count_external(&self) -> Result<Vec<(ExternalState, u64)>, StoreError> {
        self.reading(move |connection| Ok(read::counts(connection)?)).await
    }

    /// By their names.
    pub async fn external_workers(&self) -> Result<Vec<ExternalWorker>, StoreError> {
        self.reading(move |connection| Ok(read::workers(connection)?)).await
    }

    /// Tasks that changed after the change `after`, at most `limit`.
    pub async fn external_news(&self, after: u64, limit: u32) -> Result<ExternalNews, StoreError> {
        self.reading(move |connection| Ok(read::news(connection, after, limit)?)).await
    }

    /// The number of the newest change, as it rises.
    #[must_use]
    pub fn watch_external(&self) -> tokio::sync::watch::Receiver<u64> {
        self.0.shared.external_news.subscribe()
    }
}
