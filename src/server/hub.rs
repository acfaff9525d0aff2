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
        let pushed = pushed(&frame);
        self.previews.insert(task, frame);
        self.each(|mailbox| mailbox.put_preview(task, &pushed));
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
            mailbox.put_preview(*task, &pushed(frame));
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

/// What pages get of a preview: all of it, or only word that it is there (see [`limits::PUSHED_PREVIEW`]).
fn pushed(frame: &Bytes) -> Bytes {
    match PreviewFrame::decode(frame) {
        Some(preview) if preview.image.len() > limits::PUSHED_PREVIEW => PreviewFrame { image: &[], ..preview }.encode().into(),
        _ => frame.clone(),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::proto::wire::{Prefer, Topic};

    #[test]
    fn a_large_preview_is_announced_and_a_small_one_sent() {
        let (mut hub, task) = (Hub::default(), TaskId(Uuid::from_u128(1)));
        let early = Arc::new(Mailbox::new([Topic::All], Prefer::default()));
        hub.add(&early);
        for bytes in [limits::PUSHED_PREVIEW, limits::PUSHED_PREVIEW + 1] {
            let image = vec![7; bytes];
            hub.publish_preview(task, NodeId::from("3"), &image);
            let late = Arc::new(Mailbox::new([Topic::All], Prefer::default()));
            hub.add(&late);
            let came = |mailbox: &Mailbox| {
                mailbox.take().previews.iter().filter_map(|frame| Some(PreviewFrame::decode(frame)?.image.len())).collect::<Vec<_>>()
            };
            let expected = if bytes > limits::PUSHED_PREVIEW { 0 } else { bytes };
            assert_eq!([came(&early), came(&late)], [vec![expected], vec![expected]]);
            // Whoever asks for it gets it.
            let whole = hub.preview(task).unwrap();
            assert_eq!(PreviewFrame::decode(&whole).unwrap().image, image);
        }
    }
}
