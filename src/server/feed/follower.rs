//! One program's place in the feed: what it is told first, and what comes after that.

use std::collections::HashSet;

use bytes::Bytes;
use tokio::{sync::watch, time::sleep};

use super::log::{Entry, Next};
use crate::{
    AppState,
    report::{Message, Urls},
    store::StoreError,
};
use proto::{
    ids::{Epoch, Seq, TaskId},
    limits,
    task::{Task, TaskState},
    wire::{Resume, Topic},
};

/// Why there is nothing to follow.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error("There is no task {0}.")]
    Unknown(TaskId),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a program that begins to follow is told.
pub enum Followed {
    /// These events, and then what comes.
    On(Bytes, Follower),
    /// Nothing: it has heard of the end of all that it asks for.
    Over,
}

pub struct Follower {
    state: AppState,
    all: bool,
    /// Those whose end was not told yet.
    tasks: Vec<TaskId>,
    at: Seq,
    news: watch::Receiver<()>,
}

/// What is to be told is not there yet, or cannot be read now.
struct NotYet;

impl AppState {
    /// Follows these topics. `known`: up to where they are known already; what was missed since is told first, if it is still kept, else how
    /// each task is now. Of all tasks, those are told that are not over, or were not when the life began of which `known` speaks.
    ///
    /// # Errors
    /// A task that there is not, or the database cannot be read.
    pub async fn follow(&self, topics: &[Topic], known: Option<Resume>) -> Result<Followed, FollowError> {
        let feed = &self.0.feed;
        let (news, newest) = (feed.news.subscribe(), feed.newest());
        let kept = known.filter(|known| feed.is_kept(*known));
        let mut follower =
            Follower { state: self.clone(), all: topics.contains(&Topic::All), tasks: Vec::new(), at: kept.unwrap_or(newest).seq, news };
        let mut seen = HashSet::new();
        let tasks = topics.iter().filter_map(|topic| if let Topic::Task(id) = topic { Some(*id) } else { None });
        let tasks: Vec<TaskId> = tasks.filter(|id| seen.insert(*id)).collect();
        let mut now = Vec::new();
        for id in tasks {
            let is_open = if let Some(kept) = kept {
                self.is_open(id, kept.seq).await?
            } else {
                let message = self.message(id, &Urls::default()).await?.ok_or(FollowError::Unknown(id))?;
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
            return Ok(Followed::Over);
        }
        if kept.is_none() && follower.all {
            // An epoch is the time at which it began.
            let is_news =
                |task: &Task| !task.state.is_final() || known.is_some_and(|known| task.ended_at.is_some_and(|at| at.0 >= known.epoch.0));
            for id in self.tracker().ids(is_news).into_iter().filter(|id| !seen.contains(id)) {
                now.extend(self.message(id, &Urls::default()).await?);
            }
        }
        Ok(Followed::On(if kept.is_some() { Bytes::new() } else { events(newest, &now) }, follower))
    }

    /// The end of a task was not told yet to who knows everything up to `known`.
    async fn is_open(&self, id: TaskId, known: Seq) -> Result<bool, FollowError> {
        let live = if self.tracker().is_pending(id) { None } else { self.tracker().task(id).map(|task| task.state) };
        let state: TaskState = match live {
            Some(state) => state,
            None => self.0.store.read(id).await?.ok_or(FollowError::Unknown(id))?.task.state,
        };
        // One that is over and has no place was over before all that is kept.
        Ok(!state.is_final() || self.0.feed.entry(id).is_some_and(|entry| !entry.is_end || entry.seq > known))
    }

    /// The event of an entry, made by who comes first.
    async fn event(&self, entry: &Entry) -> Result<Bytes, NotYet> {
        let make = || async {
            let message = self.message_at(entry.task, entry.position, &Urls::default()).await.map_err(|error| {
                tracing::error!(%error, task = %entry.task, "the end of a task cannot be told yet");
                NotYet
            })?;
            match message {
                // So long ago that the store has it, but not its newest state.
                Some(message) if entry.is_end && !message.is_end() => Err(NotYet),
                // It ended meanwhile: that has a place of its own.
                Some(message) if message.is_end() != entry.is_end => Ok(Bytes::new()),
                Some(message) => Ok(event(Some(self.0.feed.at(entry.seq)), &message).into()),
                None => Ok(Bytes::new()),
            }
        };
        entry.event.get_or_try_init(make).await.cloned()
    }
}

impl Follower {
    /// There is nothing left to wait for.
    fn is_over(&self) -> bool {
        !self.all && self.tasks.is_empty()
    }

    /// It did not read for so long that something is lost: how all is now.
    async fn anew(&mut self) -> Result<Option<Bytes>, NotYet> {
        let topics: Vec<Topic> = self.all.then_some(Topic::All).into_iter().chain(self.tasks.iter().map(|id| Topic::Task(*id))).collect();
        match self.state.follow(&topics, Some(self.state.0.feed.at(self.at))).await {
            Ok(Followed::On(now, follower)) => {
                *self = follower;
                Ok(Some(now))
            }
            Ok(Followed::Over) | Err(FollowError::Unknown(_)) => Ok(None),
            Err(FollowError::Store(error)) => {
                tracing::error!(%error, "a program that was slow cannot be told how its tasks are");
                Err(NotYet)
            }
        }
    }

    /// Waits for the next event. `None`: there will be none. Nothing is lost when this is dropped while it waits.
    pub async fn next(&mut self) -> Option<Bytes> {
        while !self.is_over() {
            // Before looking: what comes in between wakes.
            self.news.mark_unchanged();
            let entry = match self.state.0.feed.next(self.at, self.all, &self.tasks) {
                Next::Entry(entry) => entry,
                Next::Lost => match self.anew().await {
                    Ok(now) => return now,
                    Err(NotYet) => {
                        sleep(limits::STORE_RETRY).await;
                        continue;
                    }
                },
                Next::Nothing(newest) => {
                    self.at = newest;
                    // The feed lives as long as this.
                    let _ = self.news.changed().await;
                    continue;
                }
            };
            let Ok(event) = self.state.event(&entry).await else {
                sleep(limits::STORE_RETRY).await;
                continue;
            };
            self.at = entry.seq;
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

/// All of one moment: only the last says where that is, so that who gets only some of them does not believe to have all.
fn events(at: Resume, messages: &[Message]) -> Bytes {
    let Some((last, others)) = messages.split_last() else { return format!("id: {}\n\n", id(at)).into() };
    let others: String = others.iter().map(|message| event(None, message)).collect();
    format!("{others}{}", event(Some(at), last)).into()
}

/// As the HTML Standard says it ("Server-sent events"). JSON has no line breaks of its own.
fn event(at: Option<Resume>, message: &Message) -> String {
    let id = at.map(|at| format!("id: {}\n", id(at))).unwrap_or_default();
    format!("{id}data: {}\n\n", serde_json::to_string(message).unwrap_or_default())
}

/// A place as the id of an event.
fn id(Resume { epoch, seq }: Resume) -> String {
    format!("{:x}-{:x}", epoch.0, seq.0)
}

/// The other way round. `None`: Darkroom never made such an id.
#[must_use]
pub fn parse_id(text: &str) -> Option<Resume> {
    let number = |hex: &str| {
        let is_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        u64::from_str_radix(hex, 16).ok().filter(|_| is_hex)
    };
    let (epoch, seq) = text.split_once('-')?;
    Some(Resume { epoch: Epoch(number(epoch)?), seq: Seq(number(seq)?) })
}
