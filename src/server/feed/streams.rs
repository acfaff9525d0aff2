//! Creates the events of the feed's entries, once for all programs. Our own, because `axum::response::sse::Event` is encoded for each stream
//! separately: here all streams share the bytes of an event.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{
    log::{FeedEntry, FeedLog},
    sse::event,
};
use crate::{report::Urls, store::Store, task_archive::TaskArchive, tracker::Tracker};

pub struct EventStreams {
    pub(super) tracker: Arc<Tracker>,
    pub(super) store: Store,
    pub(super) archive: Arc<TaskArchive>,
    pub(super) log: Arc<FeedLog>,
    pub(super) urls: Arc<Urls>,
}

/// The event cannot be made yet: the database cannot be read, or does not have the newest state.
pub(super) struct NotReady;

impl EventStreams {
    /// `before`: what programs were told until now, which goes on if its places do.
    pub fn new(
        tracker: Arc<Tracker>,
        store: Store,
        archive: Arc<TaskArchive>,
        urls: Arc<Urls>,
        keep_ended: Duration,
        before: Option<Arc<FeedLog>>,
    ) -> Self {
        let newest = tracker.newest();
        let before = before.filter(|log| log.epoch() == newest.epoch);
        let log = before.unwrap_or_else(|| Arc::new(FeedLog::new(newest, keep_ended)));
        Self { tracker, store, archive, log, urls }
    }

    /// What programs were told, for one that goes on with it.
    pub fn log(&self) -> Arc<FeedLog> {
        self.log.clone()
    }

    /// Keeps the feed up to date, for ever.
    pub async fn run(&self) {
        self.log.run(&self.tracker).await;
    }

    /// The event of an entry. The first program that reads the entry makes it.
    pub(super) async fn event(&self, entry: &FeedEntry) -> Result<Bytes, NotReady> {
        let make = || async {
            let message = self.archive.message_at(entry.task, entry.position, &self.urls).await.map_err(|error| {
                tracing::error!(%error, task = %entry.task, "the end of a task cannot be told yet");
                NotReady
            })?;
            match message {
                // The tracker has dropped the task, and the store does not have its end yet.
                Some(message) if entry.is_end && !message.is_end() => Err(NotReady),
                // The task ended after this entry was made: its end has its own entry.
                Some(message) if message.is_end() != entry.is_end => Ok(Bytes::new()),
                Some(message) => Ok(event(Some(self.log.id_of(entry.place)), &message).into()),
                None => Ok(Bytes::new()),
            }
        };
        entry.event.get_or_try_init(make).await.cloned()
    }
}
