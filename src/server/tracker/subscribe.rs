//! Snapshots, and the changes after them, for pages.

use std::sync::Arc;

use bytes::Bytes;

use super::{Tracker, snapshots::SharedSnapshot};
use crate::{
    clock::now,
    hub::{Interest, NeedsSnapshot},
    reader::Reader,
};
use proto::{
    limits,
    task::Snapshot,
    wire::{News, Prefer, Resume, Topic},
};

/// What a new connection gets first, as a frame.
pub enum StreamStart {
    /// Exactly the changes it missed; `None`: there are none.
    Changes(Option<Bytes>),
    Snapshot(Bytes),
}

impl Tracker {
    /// For a page: unfinished tasks and the newest finished ones, only some of them with all details. It has every change.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let shared = self.shared_snapshot(&Interest::Everything, |_| false);
        Snapshot { now: now(), ..shared.snapshot.clone() }
    }

    /// A snapshot for a connection that wants this, as a frame, and the position after which the connection continues: the newest, or a little older.
    /// All that come at the same position, or soon after, get the same.
    #[must_use]
    pub fn snapshot_frame(&self, interest: &Interest) -> (Bytes, Resume) {
        let is_recent = |shared: &SharedSnapshot| shared.age() < limits::SNAPSHOT_SHARED && self.hub.reaches(interest, shared.snapshot.seq);
        let shared = self.shared_snapshot(interest, is_recent);
        let (frame, is_new) = shared.frame();
        if is_new {
            self.meters.snapshot_encoded();
            if *interest == Interest::Everything {
                self.hub.set_snapshot_bytes(frame.len());
            }
        }
        (frame, shared.snapshot.resume())
    }

    /// One that has every change, or that is good enough.
    fn shared_snapshot(&self, interest: &Interest, is_good: impl FnOnce(&SharedSnapshot) -> bool) -> Arc<SharedSnapshot> {
        self.snapshots.get(
            interest,
            |shared| shared.snapshot.resume() == self.newest() || is_good(shared),
            || {
                let state = self.state.lock();
                match interest {
                    Interest::Everything => state.shown().for_page(now()),
                    Interest::Tasks(tasks) => state.shown().of_tasks(tasks, now()),
                }
            },
        )
    }

    /// The changes after `known` that were not replaced by newer ones, or a snapshot: for pages that poll.
    pub fn news(&self, known: Resume) -> News {
        match self.missed(known, &Interest::Everything) {
            Ok((frame, _)) => News::Changes { frame: frame.map(Vec::from).unwrap_or_default(), now: now() },
            Err(NeedsSnapshot) => News::Snapshot(Box::new(self.snapshot())),
        }
    }

    /// The changes after `known`, and the place of the last.
    fn missed(&self, known: Resume, interest: &Interest) -> Result<(Option<Bytes>, Resume), NeedsSnapshot> {
        // Under the lock, so that `newest` has been published.
        let state = self.state.lock();
        let newest = state.shown().resume();
        Ok((self.hub.since(known, newest, interest)?, newest))
    }

    /// The start of a new connection's stream, a reader that continues after it, and the place in between. The reader is there first, so that its
    /// log is kept from that place on.
    #[must_use]
    pub fn subscribe(&self, resume: Option<Resume>, topics: &[Topic], prefer: Prefer) -> (Reader, StreamStart, Resume) {
        let mut reader = Reader::new(self.hub.clone(), topics, prefer);
        let missed = resume.and_then(|resume| self.missed(resume, reader.interest()).ok());
        let (start, place) = missed.map_or_else(
            || {
                let (frame, place) = self.snapshot_frame(reader.interest());
                (StreamStart::Snapshot(frame), place)
            },
            |(frame, place)| (StreamStart::Changes(frame), place),
        );
        reader.continue_at(place.seq);
        (reader, start, place)
    }
}
