//! What waits for one connection: changes in order, of which progress supersedes itself, and the newest preview of each task. Bounded: a
//! reader too slow even for that gets one snapshot instead.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bytes::Bytes;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::{hub::Entry, sync::Mutex};
use crate::proto::{
    ids::TaskId,
    limits,
    task::{Change, MergeKey},
    wire::{Prefer, Topic},
};

pub struct Mailbox {
    inner: Mutex<Inner>,
    notify: Notify,
}

#[derive(Default)]
struct Inner {
    topics: HashSet<Topic>,
    prefer: Prefer,
    /// In order; superseded ones are taken out in place.
    changes: Vec<Option<Arc<Entry>>>,
    newest: HashMap<MergeKey, usize>,
    /// How many of `changes` are still there.
    waiting: usize,
    previews: HashMap<TaskId, Bytes>,
    /// Something waits that is not mere progress.
    urgent: bool,
    overflowed: bool,
}

/// What to send next.
#[derive(Default)]
pub struct Batch {
    /// Too much was missed: send a snapshot, and nothing of what came before it.
    pub resync: bool,
    pub changes: Vec<Arc<Entry>>,
    /// Whole binary frames, see [`crate::proto::wire::PreviewFrame`].
    pub previews: Vec<Bytes>,
}

impl Mailbox {
    #[must_use]
    pub fn new(topics: impl IntoIterator<Item = Topic>, prefer: Prefer) -> Self {
        let topics = topics.into_iter().take(limits::TOPICS).collect();
        Self { inner: Mutex::new(Inner { topics, prefer, ..Inner::default() }), notify: Notify::new() }
    }

    /// From now on. Previews that wait and are no longer wanted are dropped.
    pub fn prefer(&self, prefer: Prefer) {
        let mut inner = self.inner.lock();
        inner.prefer = prefer;
        if !prefer.previews {
            inner.previews.clear();
        }
        drop(inner);
        // Its tick may be shorter than the one that is being waited for.
        self.notify.notify_one();
    }

    pub fn subscribe(&self, topic: Topic) {
        let mut inner = self.inner.lock();
        if inner.topics.len() < limits::TOPICS {
            inner.topics.insert(topic);
        }
    }

    pub fn unsubscribe(&self, topic: Topic) {
        self.inner.lock().topics.remove(&topic);
    }

    pub(super) fn put(&self, entry: &Arc<Entry>) {
        let mut inner = self.inner.lock();
        if inner.wants(entry.change.task()) {
            inner.put(entry);
            drop(inner);
            self.notify.notify_one();
        }
    }

    pub(super) fn put_preview(&self, task: TaskId, frame: &Bytes) {
        let mut inner = self.inner.lock();
        if inner.prefer.previews && inner.wants(Some(task)) {
            inner.previews.insert(task, frame.clone());
            drop(inner);
            self.notify.notify_one();
        }
    }

    /// Waits until something is to be sent: at once for a change of state, for mere progress not before a tick after `last`.
    pub async fn next(&self, last: Instant) -> Batch {
        loop {
            let (empty, urgent, due) = {
                let inner = self.inner.lock();
                (inner.is_empty(), inner.urgent, last + inner.prefer.tick())
            };
            if urgent || (!empty && Instant::now() >= due) {
                return self.take();
            }
            if empty {
                self.notify.notified().await;
            } else {
                tokio::select! {
                    () = self.notify.notified() => {}
                    () = sleep_until(due) => {}
                }
            }
        }
    }

    /// Takes all that waits.
    #[must_use]
    pub fn take(&self) -> Batch {
        let mut inner = self.inner.lock();
        let empty = inner.emptied();
        let taken = std::mem::replace(&mut *inner, empty);
        Batch {
            resync: taken.overflowed,
            changes: taken.changes.into_iter().flatten().collect(),
            previews: taken.previews.into_values().collect(),
        }
    }
}

impl Inner {
    /// For the same connection, with nothing in it.
    fn emptied(&mut self) -> Self {
        Self { topics: std::mem::take(&mut self.topics), prefer: self.prefer, ..Self::default() }
    }

    fn wants(&self, task: Option<TaskId>) -> bool {
        self.topics.contains(&Topic::All) || task.is_none_or(|task| self.topics.contains(&Topic::Task(task)))
    }

    fn is_empty(&self) -> bool {
        self.waiting == 0 && self.previews.is_empty() && !self.overflowed
    }

    fn put(&mut self, entry: &Arc<Entry>) {
        if self.overflowed {
            return;
        }
        if let Change::TaskEnded { task, .. } = entry.change {
            self.previews.remove(&task);
        }
        if let Some(key) = entry.change.merge_key()
            && let Some(before) = self.newest.insert(key, self.changes.len())
            && self.changes[before].take().is_some()
        {
            self.waiting -= 1;
        }
        self.changes.push(Some(entry.clone()));
        self.waiting += 1;
        self.urgent |= !entry.change.is_progress();
        if self.waiting > limits::MAILBOX_CHANGES {
            *self = Self { overflowed: true, urgent: true, ..self.emptied() };
        } else if self.changes.len() > 2 * limits::MAILBOX_CHANGES {
            self.compact();
        }
    }

    /// Drops the holes that superseded changes left, so that a flood of progress does not grow without end.
    fn compact(&mut self) {
        self.changes.retain(Option::is_some);
        let keys = self.changes.iter().enumerate().filter_map(|(at, entry)| Some((entry.as_ref()?.change.merge_key()?, at)));
        self.newest = keys.collect();
    }
}

#[cfg(test)]
mod tests;
