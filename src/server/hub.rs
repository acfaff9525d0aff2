//! The stream of changes, numbered by the tracker. It is stored once, and every connection reads it with a cursor of its own (`reader.rs`):
//! nothing is buffered for a connection that does not read. Connections at the same position without a filter share the bytes of a frame.
//! Not tokio's broadcast channel: its receivers get every superseded change, and each would encode its own frames.
//!
//! A change of state is readable at once. Progress is readable from the next tick on, compacted, so that pages get at most one frame per tick.

use std::{collections::HashMap, sync::OnceLock, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};

use super::{
    compacted_log::{CompactedLog, Keyed},
    sync::Mutex,
};
use proto::{
    ids::{NodeId, Seq, TaskId},
    limits,
    task::{Change, MergeKey, Numbered},
    wire::{PreviewFrame, Resume, changes_frame},
};

pub const TICK: Duration = Duration::from_millis(limits::TICK_MS as u64);
/// How many frames are kept for further readers at the same cursor.
const SHARED_FRAMES: usize = 8;

#[derive(Default)]
pub struct Hub {
    stream: Mutex<ChangeStream>,
    /// Notified when there is progress or a preview for the next tick.
    progress: Notify,
    /// Readers wait for one of these: raised with every change of state, and with every tick.
    states: watch::Sender<()>,
    ticks: watch::Sender<()>,
}

#[derive(Default)]
struct ChangeStream {
    log: CompactedLog<ChangeEntry>,
    newest: Seq,
    /// Readers may read up to here.
    readable: Seq,
    /// Frames for readers of everything: from a number up to `readable`.
    frames: Vec<(Seq, Bytes)>,
    /// The newest preview of each running task.
    previews: HashMap<TaskId, StoredPreview>,
    previews_made: u64,
}

struct ChangeEntry {
    numbered: Numbered,
    /// Encoded by the first reader: most progress is replaced before anybody reads it.
    bytes: OnceLock<Vec<u8>>,
}

impl Keyed for ChangeEntry {
    type Key = MergeKey;

    fn key(&self) -> Option<MergeKey> {
        self.numbered.change.merge_key()
    }
}

impl ChangeEntry {
    fn change(&self) -> &Change {
        &self.numbered.change
    }

    /// Its part of a frame of changes.
    fn bytes(&self) -> &[u8] {
        self.bytes.get_or_init(|| self.numbered.encode().unwrap_or_default())
    }
}

struct StoredPreview {
    number: u64,
    /// Complete, for requests.
    frame: Bytes,
    /// For connections; without the image when that is large.
    pushed: Bytes,
}

/// A reader's place, and what it wants.
pub(super) struct ReadCursor<'a> {
    /// The last change it has.
    pub(super) at: Seq,
    /// The number of the last preview it has; `None`: it wants no previews.
    pub(super) preview: Option<u64>,
    /// Whether it wants the changes of a task; of no task: those that concern everyone. `None`: it wants all.
    pub(super) wants: Option<&'a dyn Fn(Option<TaskId>) -> bool>,
}

/// What a reader gets at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ReadBatch {
    /// Changes were missed or are too many: the reader needs a snapshot.
    pub resync: bool,
    /// A complete frame of changes.
    pub changes: Option<Bytes>,
    /// Complete frames of previews.
    pub previews: Vec<Bytes>,
}

impl ReadBatch {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Hub {
    pub(super) fn publish(&self, numbered: Numbered) {
        let is_progress = numbered.change.is_progress();
        self.stream.lock().push(numbered);
        if is_progress {
            self.progress.notify_one();
        } else {
            self.states.send_replace(());
        }
    }

    pub(super) fn publish_preview(&self, task: TaskId, node: NodeId, image: &[u8]) {
        let frame = Bytes::from(PreviewFrame { task, node, image }.encode());
        let mut stream = self.stream.lock();
        stream.previews_made += 1;
        let number = stream.previews_made;
        stream.previews.insert(task, StoredPreview { number, pushed: pushed(&frame), frame });
        drop(stream);
        self.progress.notify_one();
    }

    /// The complete frame of the newest preview of a running task.
    pub(super) fn preview(&self, task: TaskId) -> Option<Bytes> {
        self.stream.lock().previews.get(&task).map(|preview| preview.frame.clone())
    }

    /// How many connections are open.
    pub(super) fn readers(&self) -> usize {
        self.ticks.receiver_count()
    }

    /// Raised with changes of state, and with ticks.
    pub(super) fn wakers(&self) -> (watch::Receiver<()>, watch::Receiver<()>) {
        (self.states.subscribe(), self.ticks.subscribe())
    }

    /// Raised with changes of state.
    pub(super) fn states(&self) -> watch::Receiver<()> {
        self.states.subscribe()
    }

    /// Calls `visit` with the changes after `at` that were not replaced, also those that are not readable yet. Returns the number of the last
    /// change; `None` if some were dropped.
    pub(super) fn visit(&self, at: Seq, mut visit: impl FnMut(&Change)) -> Option<Seq> {
        let stream = self.stream.lock();
        stream.log.between(at, stream.newest)?.for_each(|(_, entry)| visit(entry.change()));
        Some(stream.newest)
    }

    /// Makes progress readable at most every [`TICK`], for ever. All connections share this clock.
    pub async fn run(&self) {
        loop {
            self.progress.notified().await;
            self.tick();
            sleep_until(Instant::now() + TICK).await;
        }
    }

    pub(super) fn tick(&self) {
        let mut stream = self.stream.lock();
        let newest = stream.newest;
        stream.make_readable(newest);
        drop(stream);
        self.ticks.send_replace(());
    }

    /// What is new at this cursor, and the numbers of the last change and the last preview to continue with.
    pub(super) fn read(&self, cursor: &ReadCursor<'_>) -> (ReadBatch, Seq, u64) {
        let mut stream = self.stream.lock();
        let (readable, mut batch) = (stream.readable, ReadBatch::default());
        if let Some(known) = cursor.preview {
            let is_new =
                |task: TaskId, preview: &StoredPreview| preview.number > known && cursor.wants.is_none_or(|wants| wants(Some(task)));
            let new = stream.previews.iter().filter(|(task, preview)| is_new(**task, preview));
            batch.previews = new.map(|(_, preview)| preview.pushed.clone()).collect();
        }
        match stream.frame(cursor, readable) {
            Ok(frame) => batch.changes = frame,
            Err(NeedsSnapshot) => batch.resync = true,
        }
        (batch, cursor.at.max(readable), stream.previews_made)
    }

    /// A frame of all changes after `resume`, `None` if there are none. `newest` is the last change.
    ///
    /// # Errors
    /// If changes after `resume` are no longer in the log, are too many, or if it is of another epoch or of the future.
    pub(super) fn since(&self, resume: Resume, newest: Resume, cursor: &ReadCursor<'_>) -> Result<Option<Bytes>, NeedsSnapshot> {
        if resume.epoch != newest.epoch || resume.seq > newest.seq {
            return Err(NeedsSnapshot);
        }
        self.stream.lock().frame(cursor, newest.seq)
    }
}

/// Some of the next changes were dropped, or they are so many that a snapshot is smaller.
#[derive(Debug)]
pub(super) struct NeedsSnapshot;

impl ChangeStream {
    fn push(&mut self, numbered: Numbered) {
        if let Change::TaskEnded { task, .. } | Change::TaskRemoved { task } = numbered.change {
            self.previews.remove(&task);
        }
        let (seq, is_progress) = (numbered.seq, numbered.change.is_progress());
        self.newest = seq;
        self.log.push(seq, ChangeEntry { numbered, bytes: OnceLock::new() });
        self.log.truncate(limits::LOG_CHANGES);
        if !is_progress {
            self.make_readable(seq);
        }
    }

    fn make_readable(&mut self, seq: Seq) {
        if self.readable != seq {
            self.readable = seq;
            self.frames.clear();
        }
    }

    /// The changes after the cursor, up to `to`. `None` when there are none.
    fn frame(&mut self, cursor: &ReadCursor<'_>, to: Seq) -> Result<Option<Bytes>, NeedsSnapshot> {
        let shared = cursor.wants.is_none() && to == self.readable;
        if shared && let Some((_, frame)) = self.frames.iter().find(|(at, _)| *at == cursor.at) {
            return Ok(Some(frame.clone()));
        }
        let entries = self.log.between(cursor.at, to).ok_or(NeedsSnapshot)?;
        let entries = entries.filter(|(_, entry)| cursor.wants.is_none_or(|wants| wants(entry.change().task())));
        let parts: Vec<&[u8]> = entries.map(|(_, entry)| entry.bytes()).collect();
        if parts.len() > limits::CATCH_UP_CHANGES {
            return Err(NeedsSnapshot);
        }
        let frame = (!parts.is_empty()).then(|| Bytes::from(changes_frame(parts)));
        if shared
            && self.frames.len() < SHARED_FRAMES
            && let Some(frame) = &frame
        {
            self.frames.push((cursor.at, frame.clone()));
        }
        Ok(frame)
    }
}

/// The frame for connections: the whole preview, or only its announcement without the image (see [`limits::PUSHED_PREVIEW`]).
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

    #[test]
    fn a_large_preview_is_announced_and_a_small_one_sent() {
        let (hub, task) = (Hub::default(), TaskId(Uuid::from_u128(1)));
        for bytes in [limits::PUSHED_PREVIEW, limits::PUSHED_PREVIEW + 1] {
            let image = vec![7; bytes];
            hub.publish_preview(task, NodeId::from("3"), &image);
            let (batch, ..) = hub.read(&ReadCursor { at: Seq(0), preview: Some(0), wants: None });
            let sizes: Vec<usize> = batch.previews.iter().filter_map(|frame| Some(PreviewFrame::decode(frame)?.image.len())).collect();
            assert_eq!(sizes, [if bytes > limits::PUSHED_PREVIEW { 0 } else { bytes }]);
            // A request gets the image.
            let whole = hub.preview(task).unwrap();
            assert_eq!(PreviewFrame::decode(&whole).unwrap().image, image);
        }
    }
}
