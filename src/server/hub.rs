//! The one stream of changes: numbered by the tracker, kept for a while, put into the mailbox of every connection.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, OnceLock, Weak},
};

use bytes::Bytes;

use super::mailbox::Mailbox;
use crate::proto::{
    ids::{NodeId, Seq, TaskId},
    limits,
    task::{Change, Numbered},
    wire::{PreviewFrame, Resume},
};

/// A change as it is kept and sent. Its bytes are made once, by whoever sends it first.
pub struct Entry {
    pub seq: Seq,
    pub change: Change,
    bytes: OnceLock<Vec<u8>>,
}

impl Entry {
    #[must_use]
    pub fn new(Numbered { seq, change }: Numbered) -> Self {
        Self { seq, change, bytes: OnceLock::new() }
    }

    /// Its part of a frame of changes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get_or_init(|| Numbered { seq: self.seq, change: self.change.clone() }.encode().unwrap_or_default())
    }
}

/// Not a lock by itself: it lives inside the tracker's, so that subscribing and taking a snapshot are one step.
#[derive(Default)]
pub(super) struct Hub {
    ring: VecDeque<Arc<Entry>>,
    mailboxes: Vec<Weak<Mailbox>>,
    previews: HashMap<TaskId, Bytes>,
}

impl Hub {
    pub(super) fn publish(&mut self, numbered: Numbered) {
        let entry = Arc::new(Entry::new(numbered));
        if let Change::TaskEnded { task, .. } | Change::TaskRemoved { task } = entry.change {
            self.previews.remove(&task);
        }
        if self.ring.len() >= limits::RING_CHANGES {
            self.ring.pop_front();
        }
        self.ring.push_back(entry.clone());
        self.each(|mailbox| mailbox.put(&entry));
    }

    pub(super) fn publish_preview(&mut self, task: TaskId, node: NodeId, image: &[u8]) {
        let frame = Bytes::from(PreviewFrame { task, node, image }.encode());
        self.previews.insert(task, frame.clone());
        self.each(|mailbox| mailbox.put_preview(task, &frame));
    }

    /// The frame of the newest preview.
    pub(super) fn preview(&self, task: TaskId) -> Option<Bytes> {
        self.previews.get(&task).cloned()
    }

    pub(super) fn add(&mut self, mailbox: &Arc<Mailbox>) {
        self.mailboxes.push(Arc::downgrade(mailbox));
        self.put_previews(mailbox);
    }

    /// The newest of each task.
    pub(super) fn put_previews(&self, mailbox: &Mailbox) {
        for (task, frame) in &self.previews {
            mailbox.put_preview(*task, frame);
        }
    }

    /// Connections that are open.
    pub(super) fn readers(&self) -> usize {
        self.mailboxes.iter().filter(|mailbox| mailbox.strong_count() > 0).count()
    }

    /// The changes after `resume`, if they are all still here. `newest` is the last change made.
    pub(super) fn since(&self, resume: Resume, newest: Resume) -> Option<Vec<Arc<Entry>>> {
        if resume.epoch != newest.epoch || resume.seq > newest.seq {
            return None;
        }
        let oldest = self.ring.front().map_or(newest.seq.next(), |entry| entry.seq);
        if resume.seq.next() < oldest {
            return None;
        }
        let at = self.ring.partition_point(|entry| entry.seq <= resume.seq);
        Some(self.ring.range(at..).cloned().collect())
    }

    fn each(&mut self, put: impl Fn(&Mailbox)) {
        self.mailboxes.retain(|mailbox| {
            mailbox.upgrade().is_some_and(|mailbox| {
                put(&mailbox);
                true
            })
        });
    }
}
