//! One program's place in the feed: the events it gets first, and those that follow.

use std::sync::Arc;

use bytes::Bytes;
use tokio::{sync::watch, time::sleep};

use super::{
    log::NextEntry,
    place::{EventId, FeedPlace},
    sse::events,
    streams::{EventStreams, NotReady},
};
use crate::{report::Message, store::StoreError, topic_wakers::ReaderWaker};
use proto::{
    ids::TaskId,
    limits,
    task::{Task, TaskState},
    wire::Topic,
};

/// Why a stream cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error("There is no task {0}.")]
    Unknown(TaskId),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a stream begins.
pub enum FollowStart {
    /// With these events, which may be empty; the follower gives the rest.
    Events(Bytes, Follower),
    /// Not at all: the program already has the end of every task it asks for.
    Over,
    /// Not now: the program knows what this Darkroom does not know yet.
    Behind,
}

pub struct Follower {
    streams: Arc<EventStreams>,
    all: bool,
    /// The tasks that are followed one by one and whose end was not given yet.
    tasks: Vec<TaskId>,
    at: FeedPlace,
    wakes: FollowerWakes,
}

/// What a follower waits for.
enum FollowerWakes {
    All(watch::Receiver<()>),
    /// With all that it was made for.
    Tasks(Arc<ReaderWaker>, Box<[TaskId]>),
}

impl FollowerWakes {
    /// Waits for a new entry. It cannot fail: the follower keeps the feed alive.
    async fn wait(&mut self) {
        match self {
            Self::All(changed) => {
                let _ = changed.changed().await;
            }
            Self::Tasks(waker, _) => waker.state_changed().await,
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        if let FollowerWakes::Tasks(waker, tasks) = &self.wakes {
            self.streams.log.unfollow(waker, tasks);
        }
    }
}

impl EventStreams {
    /// Follows these topics. `known`: the event up to which the program has all. The entries after it come first; if some of them were
    /// dropped, or without `known`, the present state of each task comes first. With [`Topic::All`] those are the unfinished tasks, and the ones
    /// that ended since the server start in which `known` was given.
    ///
    /// # Errors
    /// A task is unknown, or the database cannot be read.
    pub async fn follow(self: &Arc<Self>, topics: &[Topic], known: Option<EventId>) -> Result<FollowStart, FollowError> {
        let log = &self.log;
        if let Some(known) = known
            && !log.reach(known).await
            && self.tracker.will_catch_up()
        {
            return Ok(FollowStart::Behind);
        }
        let mut tasks: Vec<TaskId> = Vec::new();
        for topic in topics {
            if let Topic::Task(id) = topic
                && !tasks.contains(id)
            {
                tasks.push(*id);
            }
        }
        let all = topics.contains(&Topic::All);
        // Before anything is read, so that what happens in between is noticed.
        let wakes =
            if all { FollowerWakes::All(log.subscribe()) } else { FollowerWakes::Tasks(log.follow(&tasks), tasks.as_slice().into()) };
        let newest = log.newest();
        // Darkrooms need not count moves in the queue alike: one is told twice rather than left out.
        let known = known.map(|known| match known.place {
            Some(place) if self.tracker.is_among_others() => EventId { place: Some(FeedPlace::of(place.seq)), ..known },
            _ => known,
        });
        let kept = known.and_then(|known| known.place.filter(|place| known.epoch == log.epoch() && log.is_complete_after(*place)));
        let mut follower = Follower { streams: self.clone(), all, tasks: Vec::new(), at: kept.unwrap_or(newest), wakes };
        let mut now = Vec::new();
        for id in tasks.iter().copied() {
            let is_open = if let Some(kept) = kept {
                self.is_open(id, kept).await?
            } else {
                let message = self.archive.message(id, &self.urls).await?.ok_or(FollowError::Unknown(id))?;
                let is_open = !message.is_end();
                now.push(message);
                is_open
            };
            if is_open {
                follower.tasks.push(id);
            }
        }
        follower.tasks.shrink_to_fit();
        if kept.is_some() && follower.is_over() {
            return Ok(FollowStart::Over);
        }
        if kept.is_none() && follower.all {
            // An epoch is the time at which the server started.
            let is_wanted =
                |task: &Task| !task.state.is_final() || known.is_some_and(|known| task.ended_at.is_some_and(|at| at.0 >= known.epoch.0));
            for id in self.tracker.ids(is_wanted).into_iter().filter(|id| !tasks.contains(id)) {
                let message = self.archive.message(id, &self.urls).await?;
                // A task that ended since: that is told by its entry, after this.
                let will_be_told =
                    |end: &Message| end.is_end() && self.log.entry(end.task_id).is_some_and(|entry| !entry.is_end || entry.place > newest);
                now.extend(message.filter(|message| !will_be_told(message)));
            }
        }
        Ok(FollowStart::Events(if kept.is_some() { Bytes::new() } else { events(log.id_of(newest), &now) }, follower))
    }

    /// Whether a program that has everything up to `known` does not have the end of this task yet.
    async fn is_open(&self, id: TaskId, known: FeedPlace) -> Result<bool, FollowError> {
        let live = if self.tracker.is_pending(id) { None } else { self.tracker.shown_task(id).map(|task| task.state) };
        let state: TaskState = match live {
            Some(state) => state,
            None => self.store.read(id).await?.ok_or(FollowError::Unknown(id))?.task.state,
        };
        // A finished task without an entry ended before all entries that are kept.
        Ok(!state.is_final() || self.log.entry(id).is_some_and(|entry| !entry.is_end || entry.place > known))
    }
}

impl Follower {
    /// Whether the end of every followed task was given.
    fn is_over(&self) -> bool {
        !self.all && self.tasks.is_empty()
    }

    /// Continues with the present state of each task, because entries were dropped before this follower read them. `None`: nothing is left.
    async fn start_over(&mut self) -> Result<Option<Bytes>, NotReady> {
        let topics: Vec<Topic> = self.all.then_some(Topic::All).into_iter().chain(self.tasks.iter().map(|id| Topic::Task(*id))).collect();
        match self.streams.follow(&topics, Some(self.streams.log.id_of(self.at))).await {
            Ok(FollowStart::Events(now, follower)) => {
                *self = follower;
                Ok(Some(now))
            }
            Ok(FollowStart::Over | FollowStart::Behind) | Err(FollowError::Unknown(_)) => Ok(None),
            Err(FollowError::Store(error)) => {
                tracing::error!(%error, "a program that was slow cannot be told how its tasks are");
                Err(NotReady)
            }
        }
    }

    /// Waits for the next event. `None`: there will be none. Cancel-safe.
    pub async fn next(&mut self) -> Option<Bytes> {
        while !self.is_over() {
            let entry = match self.streams.log.next(self.at, self.all, &self.tasks) {
                NextEntry::Entry(entry) => entry,
                NextEntry::Lost => match self.start_over().await {
                    Ok(now) => return now,
                    Err(NotReady) => {
                        sleep(limits::STORE_RETRY).await;
                        continue;
                    }
                },
                NextEntry::None(newest) => {
                    self.at = newest;
                    self.wakes.wait().await;
                    continue;
                }
            };
            let Ok(event) = self.streams.event(&entry).await else {
                sleep(limits::STORE_RETRY).await;
                continue;
            };
            self.at = entry.place;
            if entry.is_end {
                self.tasks.retain(|task| *task != entry.task);
            }
            if !event.is_empty() {
                return Some(event);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
