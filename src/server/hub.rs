//! The one stream of changes, numbered by the tracker. It is written once, and read by every connection from its own place (`reader.rs`): nothing
//! is kept for a connection that does not read. Those that keep up with everything share the bytes of each frame.
//!
//! A change of state may be read at once. Mere progress may be read from the next tick on, merged, so that one frame of a screen costs one
//! frame on the wire.

mod log;

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};

use self::log::Log;
use super::sync::Mutex;
use proto::{
    ids::{NodeId, Seq, TaskId},
    limits,
    task::{Change, Numbered},
    wire::{PreviewFrame, Resume, changes_frame},
};

pub const TICK: Duration = Duration::from_millis(limits::TICK_MS as u64);
/// Places to read from of which the frame is kept for the next who reads there.
const SHARED_FRAMES: usize = 8;

#[derive(Default)]
pub struct Hub {
    stream: Mutex<Stream>,
    /// There is progress for the next tick.
    progress: Notify,
    /// Raised with every change of state, and with every tick that has something: readers wait for one of them.
    states: watch::Sender<()>,
    ticks: watch::Sender<()>,
}

#[derive(Default)]
struct Stream {
    log: Log,
    newest: Seq,
    /// Readers may read up to here.
    cut: Seq,
    /// The frames from a place up to the cut, for readers of everything.
    frames: Vec<(Seq, Bytes)>,
    /// The newest of each task that runs.
    previews: HashMap<TaskId, Preview>,
    previews_made: u64,
}

struct Preview {
    number: u64,
    /// Whole, for those who ask for it.
    frame: Bytes,
    /// What connections get.
    pushed: Bytes,
}

/// From where, and what of it, somebody reads.
pub(super) struct ReadCursor<'a> {
    /// The last change that is known.
    pub(super) at: Seq,
    /// The last preview that is known; `None` when none are wanted.
    pub(super) preview: Option<u64>,
    /// `None`: everything.
    pub(super) wants: Option<&'a dyn Fn(Option<TaskId>) -> bool>,
}

/// What there is to read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Too much was missed: only a snapshot helps.
    pub resync: bool,
    /// A whole frame of changes.
    pub changes: Option<Bytes>,
    /// Whole frames of previews.
    pub previews: Vec<Bytes>,
}

impl Batch {
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
        stream.previews.insert(task, Preview { number, pushed: pushed(&frame), frame });
        drop(stream);
        self.progress.notify_one();
    }

    /// The frame of the newest preview of a task that runs.
    pub(super) fn preview(&self, task: TaskId) -> Option<Bytes> {
        self.stream.lock().previews.get(&task).map(|preview| preview.frame.clone())
    }

    /// Connections that are open.
    pub(super) fn readers(&self) -> usize {
        self.ticks.receiver_count()
    }

    /// Changes of state, and ticks.
    pub(super) fn wakers(&self) -> (watch::Receiver<()>, watch::Receiver<()>) {
        (self.states.subscribe(), self.ticks.subscribe())
    }

    /// Changes of state alone.
    pub(super) fn states(&self) -> watch::Receiver<()> {
        self.states.subscribe()
    }

    /// Shows `see` the changes after `at`, all that are still true, and says which is the last. `None`: some of them are no longer kept.
    pub(super) fn see(&self, at: Seq, mut see: impl FnMut(&Change)) -> Option<Seq> {
        let stream = self.stream.lock();
        stream.log.between(at, stream.newest)?.for_each(|entry| see(entry.change()));
        Some(stream.newest)
    }

    /// Lets progress be read, every [`TICK`] at most, for ever. One clock for all connections.
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
        stream.cut_at(newest);
        drop(stream);
        self.ticks.send_replace(());
    }

    /// What is new at this place, and the place after it.
    pub(super) fn read(&self, place: &ReadCursor<'_>) -> (Batch, Seq, u64) {
        let mut stream = self.stream.lock();
        let (cut, mut batch) = (stream.cut, Batch::default());
        if let Some(known) = place.preview {
            let is_new = |task: TaskId, preview: &Preview| preview.number > known && place.wants.is_none_or(|wants| wants(Some(task)));
            let new = stream.previews.iter().filter(|(task, preview)| is_new(**task, preview));
            batch.previews = new.map(|(_, preview)| preview.pushed.clone()).collect();
        }
        match stream.frame(place, cut) {
            Ok(frame) => batch.changes = frame,
            Err(Lost) => batch.resync = true,
        }
        (batch, place.at.max(cut), stream.previews_made)
    }

    /// The changes after `resume`, all of them, if they are still here. `newest` is the last change made.
    pub(super) fn since(&self, resume: Resume, newest: Resume, place: &ReadCursor<'_>) -> Option<Option<Bytes>> {
        if resume.epoch != newest.epoch || resume.seq > newest.seq {
            return None;
        }
        self.stream.lock().frame(place, newest.seq).ok()
    }
}

/// Some of what comes next is no longer here, or it is so much that a snapshot is less.
struct Lost;

impl Stream {
    fn push(&mut self, numbered: Numbered) {
        if let Change::TaskEnded { task, .. } | Change::TaskRemoved { task } = numbered.change {
            self.previews.remove(&task);
        }
        let (seq, is_progress) = (numbered.seq, numbered.change.is_progress());
        self.newest = seq;
        self.log.push(numbered);
        if !is_progress {
            self.cut_at(seq);
        }
    }

    fn cut_at(&mut self, seq: Seq) {
        if self.cut != seq {
            self.cut = seq;
            self.frames.clear();
        }
    }

    /// `None` when nothing is new.
    fn frame(&mut self, place: &ReadCursor<'_>, to: Seq) -> Result<Option<Bytes>, Lost> {
        let shared = place.wants.is_none() && to == self.cut;
        if shared && let Some((_, frame)) = self.frames.iter().find(|(at, _)| *at == place.at) {
            return Ok(Some(frame.clone()));
        }
        let entries = self.log.between(place.at, to).ok_or(Lost)?;
        let entries = entries.filter(|entry| place.wants.is_none_or(|wants| wants(entry.change().task())));
        let parts: Vec<&[u8]> = entries.map(|entry| entry.bytes()).collect();
        if parts.len() > limits::CATCH_UP_CHANGES {
            return Err(Lost);
        }
        let frame = (!parts.is_empty()).then(|| Bytes::from(changes_frame(parts)));
        if shared
            && self.frames.len() < SHARED_FRAMES
            && let Some(frame) = &frame
        {
            self.frames.push((place.at, frame.clone()));
        }
        Ok(frame)
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

    #[test]
    fn a_large_preview_is_announced_and_a_small_one_sent() {
        let (hub, task) = (Hub::default(), TaskId(Uuid::from_u128(1)));
        for bytes in [limits::PUSHED_PREVIEW, limits::PUSHED_PREVIEW + 1] {
            let image = vec![7; bytes];
            hub.publish_preview(task, NodeId::from("3"), &image);
            let (batch, ..) = hub.read(&ReadCursor { at: Seq(0), preview: Some(0), wants: None });
            let came: Vec<usize> = batch.previews.iter().filter_map(|frame| Some(PreviewFrame::decode(frame)?.image.len())).collect();
            assert_eq!(came, [if bytes > limits::PUSHED_PREVIEW { 0 } else { bytes }]);
            // Whoever asks for it gets it.
            let whole = hub.preview(task).unwrap();
            assert_eq!(PreviewFrame::decode(&whole).unwrap().image, image);
        }
    }
}
