//! The changes that readers may still read, each encoded once. A reader of everything reads the log in order; one of some tasks reads what is
//! known to be of them, so that reading costs what they have, and not what the log has.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Bound,
};

use bytes::Bytes;
use tokio::time::Instant;

use super::interest::Interest;
use crate::compacted_log::{CompactedLog, Keyed};
use proto::{
    ids::{Seq, TaskId},
    limits,
    task::{Change, MergeKey, Numbered},
    wire::changes_frame,
};

/// How many frames are kept for further readers at the same place.
const SHARED_FRAMES: usize = 8;
/// After a time with many changes, not all that are too old are dropped with the next one.
const DROPPED_AT_ONCE: usize = 8;

#[derive(Default)]
pub(super) struct ChangeLog {
    log: CompactedLog<ChangeEntry>,
    /// Of no task.
    common: TopicChanges,
    /// Of the tasks that have changes in the log, or that somebody follows.
    tasks: HashMap<TaskId, TopicChanges>,
    /// What all entries take, about.
    bytes: usize,
    newest: Seq,
    /// Readers may read up to here.
    readable: Seq,
    /// Frames for readers of everything: from a number up to `readable`.
    frames: Vec<(Seq, Bytes)>,
    /// The newest snapshot of everything, in bytes.
    snapshot_bytes: usize,
}

/// A change, as it is sent.
pub struct ChangeEntry {
    /// `None`: it concerns everyone.
    pub task: Option<TaskId>,
    pub kind: ChangeKind,
    key: Option<MergeKey>,
    bytes: Box<[u8]>,
    since: Instant,
}

/// What those need to know of a change who do not send it on as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Of the nodes of a task, or of its time left.
    Progress,
    /// Another one that [`Change::is_lifecycle`].
    State,
    Started,
    Restarted,
    Ended,
    Removed,
    /// See [`Change::is_of_output`].
    Output,
}

impl ChangeKind {
    fn of(change: &Change) -> Self {
        match change {
            Change::TaskStarted { .. } => Self::Started,
            Change::TaskRestarted { .. } => Self::Restarted,
            Change::TaskEnded { .. } => Self::Ended,
            // It ran while it was submitted.
            Change::TaskAdded(task) if task.state.is_final() => Self::Ended,
            Change::TaskRemoved { .. } => Self::Removed,
            change if change.is_of_output() => Self::Output,
            change if change.is_lifecycle() => Self::State,
            _ => Self::Progress,
        }
    }
}

impl ChangeEntry {
    fn new(Numbered { change, .. }: &Numbered, bytes: Vec<u8>, since: Instant) -> Self {
        Self { task: change.task(), kind: ChangeKind::of(change), key: change.merge_key(), bytes: bytes.into(), since }
    }

    fn size(&self) -> usize {
        self.bytes.len() + limits::LOG_ENTRY_BYTES
    }
}

impl Keyed for ChangeEntry {
    type Key = MergeKey;

    fn key(&self) -> Option<MergeKey> {
        self.key.clone()
    }
}

/// Where in the log the changes of one topic are.
#[derive(Default)]
struct TopicChanges {
    seqs: BTreeSet<Seq>,
    /// The highest number of a dropped one, or a higher one.
    lost: Seq,
    readers: usize,
    /// For several readers of this task only: from a change of theirs up to another.
    frames: Vec<(Seq, Seq, Bytes)>,
}

impl TopicChanges {
    fn is_unused(&self) -> bool {
        self.seqs.is_empty() && self.readers == 0
    }

    fn between(&self, after: Seq, to: Seq) -> Result<impl Iterator<Item = Seq>, NeedsSnapshot> {
        let range = (Bound::Excluded(after), Bound::Included(to.max(after)));
        if after >= self.lost { Ok(self.seqs.range(range).copied()) } else { Err(NeedsSnapshot) }
    }
}

/// Some of the next changes were dropped, or they are longer than a snapshot.
#[derive(Debug)]
pub(crate) struct NeedsSnapshot;

impl ChangeLog {
    /// Everything up to `seq` was dropped.
    pub(super) fn starting_at(seq: Seq) -> Self {
        let common = TopicChanges { lost: seq, ..TopicChanges::default() };
        Self { log: CompactedLog::starting_at(seq), common, newest: seq, readable: seq, ..Self::default() }
    }

    pub(super) fn push(&mut self, numbered: &Numbered, now: Instant) {
        let (seq, is_progress) = (numbered.seq, numbered.change.is_progress());
        let entry = ChangeEntry::new(numbered, numbered.encode().unwrap_or_default(), now);
        self.newest = seq;
        self.bytes += entry.size();
        let topic = self.topic(entry.task);
        topic.seqs.insert(seq);
        topic.frames.clear();
        if let Some((before, replaced)) = self.log.push(seq, entry) {
            self.forget(before, &replaced);
        }
        if !is_progress {
            self.make_readable(seq);
        }
        self.drop_oldest(now);
    }

    /// Those of a task, or of no task.
    fn topic(&mut self, task: Option<TaskId>) -> &mut TopicChanges {
        let lost = self.log.lost();
        match task {
            None => &mut self.common,
            // Its earlier changes may have been dropped.
            Some(task) => self.tasks.entry(task).or_insert_with(|| TopicChanges { lost, ..TopicChanges::default() }),
        }
    }

    /// An entry is no longer in the log.
    fn forget(&mut self, seq: Seq, entry: &ChangeEntry) {
        self.bytes = self.bytes.saturating_sub(entry.size());
        let topic = self.topic(entry.task);
        topic.seqs.remove(&seq);
        if topic.is_unused()
            && let Some(task) = entry.task
        {
            self.tasks.remove(&task);
        }
    }

    fn drop_oldest(&mut self, now: Instant) {
        let mut old = DROPPED_AT_ONCE;
        while self.bytes > limits::LOG_BYTES || (old > 0 && self.has_old(now)) {
            let Some((seq, dropped)) = self.log.drop_oldest() else { return };
            old = old.saturating_sub(1);
            self.topic(dropped.task).lost = seq;
            self.forget(seq, &dropped);
        }
    }

    /// Whether the oldest entry need not be kept any longer.
    fn has_old(&self, now: Instant) -> bool {
        let is_old = |entry: &ChangeEntry| now.saturating_duration_since(entry.since) >= limits::LOG_TIME;
        self.log.len() > limits::LOG_CHANGES && self.log.oldest().is_some_and(is_old)
    }

    /// All changes that there are may be read now.
    pub(super) fn make_all_readable(&mut self) {
        self.make_readable(self.newest);
    }

    fn make_readable(&mut self, seq: Seq) {
        if self.readable != seq {
            self.readable = seq;
            self.frames.clear();
        }
    }

    pub(super) fn newest(&self) -> Seq {
        self.newest
    }

    pub(super) fn readable(&self) -> Seq {
        self.readable
    }

    /// From now on it is known what is of these tasks, also if nothing is for long.
    pub(super) fn follow(&mut self, tasks: &[TaskId]) {
        tasks.iter().for_each(|task| self.topic(Some(*task)).readers += 1);
    }

    pub(super) fn unfollow(&mut self, tasks: &[TaskId]) {
        for task in tasks {
            let topic = self.topic(Some(*task));
            topic.readers = topic.readers.saturating_sub(1);
            topic.frames.clear();
            if topic.is_unused() {
                self.tasks.remove(task);
            }
        }
    }

    /// A reader that missed more bytes than a snapshot has gets the snapshot.
    pub(super) fn set_snapshot_bytes(&mut self, bytes: usize) {
        self.snapshot_bytes = bytes;
    }

    /// All changes after `at`. `None`: some were dropped.
    pub(super) fn after(&self, at: Seq) -> Option<impl Iterator<Item = (Seq, &ChangeEntry)>> {
        self.log.between(at, self.newest)
    }

    /// Whether there is a frame of all changes after `at`.
    pub(super) fn reaches(&self, interest: &Interest, at: Seq) -> bool {
        match interest {
            Interest::Everything => {
                let entries = self.log.between(at, self.newest);
                entries.is_some_and(|entries| self.parts(entries.map(|(_, entry)| entry)).is_ok())
            }
            Interest::Tasks(tasks) => {
                let seqs = self.seqs_of(tasks, at, self.newest);
                seqs.is_ok_and(|seqs| self.parts(seqs.iter().filter_map(|seq| self.log.entry(*seq))).is_ok())
            }
        }
    }

    /// The parts of one frame.
    fn parts<'a>(&self, entries: impl Iterator<Item = &'a ChangeEntry>) -> Result<Vec<&'a [u8]>, NeedsSnapshot> {
        let parts: Vec<&[u8]> = entries.map(|entry| &*entry.bytes).collect();
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        if bytes > self.snapshot_bytes.max(limits::CATCH_UP_BYTES) { Err(NeedsSnapshot) } else { Ok(parts) }
    }

    /// A frame of the changes after `at`, up to `to`; `None` when there are none.
    pub(super) fn frame(&mut self, interest: &Interest, at: Seq, to: Seq) -> Result<Option<Bytes>, NeedsSnapshot> {
        match interest {
            Interest::Everything => self.frame_of_all(at, to),
            Interest::Tasks(tasks) => self.frame_of(tasks, at, to),
        }
    }

    fn frame_of_all(&mut self, at: Seq, to: Seq) -> Result<Option<Bytes>, NeedsSnapshot> {
        let is_shared = to == self.readable;
        if is_shared && let Some((_, frame)) = self.frames.iter().find(|(from, _)| *from == at) {
            return Ok(Some(frame.clone()));
        }
        let entries = self.log.between(at, to).ok_or(NeedsSnapshot)?;
        let frame = join(&self.parts(entries.map(|(_, entry)| entry))?);
        if is_shared
            && self.frames.len() < SHARED_FRAMES
            && let Some(frame) = &frame
        {
            self.frames.push((at, frame.clone()));
        }
        Ok(frame)
    }

    fn frame_of(&mut self, tasks: &[TaskId], at: Seq, to: Seq) -> Result<Option<Bytes>, NeedsSnapshot> {
        let seqs = self.seqs_of(tasks, at, to)?;
        let (Some(first), Some(last)) = (seqs.first().copied(), seqs.last().copied()) else { return Ok(None) };
        // Readers of one task are many where readers of the same few are not.
        let shared = if let [task] = tasks { self.tasks.get(task).filter(|topic| topic.readers > 1) } else { None };
        if let Some((.., frame)) = shared.and_then(|topic| topic.frames.iter().find(|frame| (frame.0, frame.1) == (first, last))) {
            return Ok(Some(frame.clone()));
        }
        let is_shared = shared.is_some();
        let frame = join(&self.parts(seqs.iter().filter_map(|seq| self.log.entry(*seq)))?);
        if is_shared
            && let ([task], Some(frame)) = (tasks, &frame)
            && let Some(topic) = self.tasks.get_mut(task)
        {
            if topic.frames.len() >= SHARED_FRAMES {
                topic.frames.clear();
            }
            topic.frames.push((first, last, frame.clone()));
        }
        Ok(frame)
    }

    /// The numbers of what concerns these tasks or everyone, in order.
    fn seqs_of(&self, tasks: &[TaskId], after: Seq, to: Seq) -> Result<Vec<Seq>, NeedsSnapshot> {
        let mut seqs = Vec::new();
        seqs.extend(self.common.between(after, to)?);
        for task in tasks {
            match self.tasks.get(task) {
                Some(topic) => seqs.extend(topic.between(after, to)?),
                None if after >= self.log.lost() => {}
                // Some of its changes may have been dropped.
                None => return Err(NeedsSnapshot),
            }
        }
        seqs.sort_unstable();
        Ok(seqs)
    }
}

fn join(parts: &[&[u8]]) -> Option<Bytes> {
    (!parts.is_empty()).then(|| changes_frame(parts.iter().copied()).into())
}

#[cfg(test)]
mod tests;
