//! What happens to all tasks, as data: for those that tell it on in another form.

use std::{collections::VecDeque, sync::Arc};

use tokio::{sync::watch, time::sleep};

use super::{log::NextEntry, place::FeedPlace, streams::EventStreams};
use crate::report::Message;
use proto::{ids::TaskId, limits};

/// A message with its id in the feed.
pub struct FollowedMessage {
    pub id: String,
    pub message: Message,
}

pub struct MessageFollower {
    streams: Arc<EventStreams>,
    at: FeedPlace,
    changed: watch::Receiver<()>,
    /// Tasks whose present state comes first, because what happened to them was dropped.
    present: VecDeque<TaskId>,
}

impl EventStreams {
    /// From now on.
    #[must_use]
    pub fn follow_messages(self: &Arc<Self>) -> MessageFollower {
        let changed = self.log.subscribe();
        MessageFollower { streams: self.clone(), at: self.log.newest(), changed, present: VecDeque::new() }
    }
}

impl MessageFollower {
    /// Waits for the next change. Of several changes of a task, only the last is given. Cancel-safe: what was not given yet comes the next time.
    pub async fn next(&mut self) -> FollowedMessage {
        loop {
            if let Some(found) = self.present().await {
                return found;
            }
            // Before reading, so that an entry added in between is noticed.
            self.changed.mark_unchanged();
            let entry = match self.streams.log.next(self.at, true, &[]) {
                NextEntry::Entry(entry) => entry,
                NextEntry::Lost => {
                    self.at = self.streams.log.newest();
                    self.present = self.streams.tracker.ids(|task| !task.state.is_final()).into();
                    continue;
                }
                NextEntry::None(newest) => {
                    self.at = newest;
                    // Cannot fail: this follower keeps the feed alive.
                    let _ = self.changed.changed().await;
                    continue;
                }
            };
            match self.streams.archive.message_at(entry.task, entry.position, &self.streams.urls).await {
                // The store does not have the end yet.
                Ok(Some(message)) if entry.is_end && !message.is_end() => sleep(limits::STORE_RETRY).await,
                // The task ended after this entry was made: its end has its own entry.
                Ok(Some(message)) if message.is_end() != entry.is_end => self.at = entry.place,
                Ok(Some(message)) => {
                    self.at = entry.place;
                    return FollowedMessage { id: self.streams.log.id_of(entry.place).to_string(), message };
                }
                Ok(None) => self.at = entry.place,
                Err(error) => {
                    tracing::warn!(%error, task = %entry.task, "a change of a task cannot be told on yet");
                    sleep(limits::STORE_RETRY).await;
                }
            }
        }
    }

    async fn present(&mut self) -> Option<FollowedMessage> {
        while let Some(task) = self.present.front().copied() {
            let message = self.streams.archive.message(task, &self.streams.urls).await.ok().flatten();
            self.present.pop_front();
            if let Some(message) = message {
                return Some(FollowedMessage { id: format!("{}-{task}", self.streams.log.id_of(self.at)), message });
            }
        }
        None
    }
}
