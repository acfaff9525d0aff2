//! Snapshots, and the changes after them, for pages.

use bytes::Bytes;

use super::Tracker;
use crate::{
    clock::now,
    hub::{NeedsSnapshot, ReadCursor},
    reader::{Reader, wants},
};
use proto::{
    task::Snapshot,
    wire::{News, Prefer, Resume, Topic},
};

/// What a new connection gets first.
pub enum StreamStart {
    /// A frame of exactly the changes it missed; `None`: there are none.
    Changes(Option<Bytes>),
    Snapshot(Box<Snapshot>),
}

impl Tracker {
    /// The changes after `known` that were not replaced by newer ones, or a snapshot: for pages that poll.
    pub fn news(&self, known: Resume) -> News {
        let state = self.state.lock();
        let newest = state.snapshot.resume();
        let everything = ReadCursor { at: known.seq, preview: None, wants: None };
        match self.hub.since(known, newest, &everything) {
            Ok(frame) => News::Changes { frame: frame.map(Vec::from).unwrap_or_default(), now: now() },
            Err(NeedsSnapshot) => News::Snapshot(Box::new(state.snapshot.for_page(now()))),
        }
    }

    /// The start of a new connection's stream, a reader that continues after it, and the place in between. Both are made under the lock, so nothing
    /// is lost between them.
    #[must_use]
    pub fn subscribe(&self, resume: Option<Resume>, topics: Vec<Topic>, prefer: Prefer) -> (Reader, StreamStart, Resume) {
        let state = self.state.lock();
        let newest = state.snapshot.resume();
        let missed = resume.and_then(|resume| {
            let wants = |task| wants(&topics, task);
            self.hub.since(resume, newest, &ReadCursor { at: resume.seq, preview: None, wants: Some(&wants) }).ok()
        });
        let start = missed.map_or_else(|| StreamStart::Snapshot(Box::new(state.snapshot.for_page(now()))), StreamStart::Changes);
        (Reader::new(self.hub.clone(), topics, prefer, newest.seq), start, newest)
    }
}
