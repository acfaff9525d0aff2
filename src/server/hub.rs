//! The stream of changes, numbered by the tracker. It is stored once, and every connection reads it with a cursor of its own (`reader.rs`):
//! nothing is buffered for a connection that does not read. Connections at the same place that want the same share the bytes of a frame.
//! Not tokio's broadcast channel: its receivers get every superseded change, and each would encode its own frames.
//!
//! A change of state is readable at once. Progress is readable from the next tick on, compacted, so that pages get at most one frame per tick.
//!
//! A change wakes those who follow everything or its task. What is of no task concerns everyone; of that, mere counts of a ComfyUI (the length of
//! its queue, which changes with every task) wake those who follow tasks only now and then.

mod change_log;
mod interest;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep},
};

use self::change_log::ChangeLog;
pub(crate) use self::change_log::NeedsSnapshot;
pub use self::{
    change_log::{ChangeEntry, ChangeKind},
    interest::Interest,
};
use super::{
    sync::Mutex,
    topic_wakers::{ReaderWaker, TopicWakers},
};
use proto::{
    ids::{NodeId, Seq, TaskId},
    limits,
    task::{Change, Numbered},
    wire::{PreviewFrame, Resume},
};

pub const TICK: Duration = Duration::from_millis(limits::TICK_MS as u64);

#[derive(Default)]
pub struct Hub {
    stream: Mutex<ChangeStream>,
    /// Notified when there is progress or a preview for the next tick.
    progress: Notify,
    /// Notified when there are new counts of a ComfyUI.
    counts: Notify,
    /// Those who follow everything wait for one of these: raised with every change of state, and with every tick.
    states: watch::Sender<()>,
    ticks: watch::Sender<()>,
    /// Those who follow tasks wait for this, raised with changes that concern everyone, and for their wakers.
    common: watch::Sender<()>,
    wakers: TopicWakers,
    /// How often readers looked for changes.
    reads: AtomicU64,
}

#[derive(Default)]
struct ChangeStream {
    log: ChangeLog,
    /// The newest preview of each running task.
    previews: HashMap<TaskId, StoredPreview>,
    previews_made: u64,
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
    pub(super) interest: &'a Interest,
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
    /// Without the changes up to `seq`: whoever lacks some of them needs a snapshot.
    #[must_use]
    pub fn starting_at(seq: Seq) -> Self {
        let stream = ChangeStream { log: ChangeLog::starting_at(seq), ..ChangeStream::default() };
        Self { stream: Mutex::new(stream), ..Self::default() }
    }

    /// Numbers rise.
    pub fn publish(&self, numbered: &Numbered) {
        self.push(numbered);
        let task = numbered.change.task();
        if let Some(task) = task.filter(|_| numbered.change.is_progress()) {
            return self.tell_with_tick(task);
        }
        self.states.send_replace(());
        if let Some(task) = task {
            self.wakers.wake(task);
        } else {
            self.common.send_replace(());
        }
    }

    /// Publishes counts of a ComfyUI: those who follow tasks get them with what they read next, at the latest after [`limits::COUNTS_EVERY`].
    pub(super) fn publish_counts(&self, numbered: &Numbered) {
        self.push(numbered);
        self.states.send_replace(());
        self.counts.notify_one();
    }

    fn push(&self, numbered: &Numbered) {
        let mut stream = self.stream.lock();
        if let Change::TaskEnded { task, .. } | Change::TaskRemoved { task } = numbered.change {
            stream.previews.remove(&task);
        }
        stream.log.push(numbered, Instant::now());
    }

    pub(super) fn publish_preview(&self, task: TaskId, node: NodeId, image: &[u8]) {
        let frame = Bytes::from(PreviewFrame { task, node, image }.encode());
        let mut stream = self.stream.lock();
        stream.previews_made += 1;
        let number = stream.previews_made;
        stream.previews.insert(task, StoredPreview { number, pushed: pushed(&frame), frame });
        drop(stream);
        self.tell_with_tick(task);
    }

    fn tell_with_tick(&self, task: TaskId) {
        self.wakers.wake_with_tick(task);
        self.progress.notify_one();
    }

    /// The complete frame of the newest preview of a running task.
    pub(super) fn preview(&self, task: TaskId) -> Option<Bytes> {
        self.stream.lock().previews.get(&task).map(|preview| preview.frame.clone())
    }

    /// How many connections are open.
    pub(super) fn readers(&self) -> usize {
        self.ticks.receiver_count() + self.common.receiver_count()
    }

    /// How often connections looked for changes since the start.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// For readers of everything: raised with changes of state, and with ticks.
    pub(super) fn wakers(&self) -> (watch::Receiver<()>, watch::Receiver<()>) {
        (self.states.subscribe(), self.ticks.subscribe())
    }

    /// Raised with changes of state.
    pub(super) fn states(&self) -> watch::Receiver<()> {
        self.states.subscribe()
    }

    /// For a reader of some tasks: its waker, and what is raised with changes that concern everyone. Until [`Self::unfollow`].
    pub(super) fn follow(&self, tasks: &[TaskId]) -> (Arc<ReaderWaker>, watch::Receiver<()>) {
        self.stream.lock().log.follow(tasks);
        (self.wakers.add(tasks), self.common.subscribe())
    }

    pub(super) fn unfollow(&self, waker: &ReaderWaker, tasks: &[TaskId]) {
        self.wakers.remove(waker, tasks);
        self.stream.lock().log.unfollow(tasks);
    }

    /// Calls `visit` with the changes after `at` that were not replaced, also those that are not readable yet. Returns the number of the last
    /// change; `None` if some were dropped.
    pub(super) fn visit(&self, at: Seq, mut visit: impl FnMut(Seq, &ChangeEntry)) -> Option<Seq> {
        let stream = self.stream.lock();
        stream.log.after(at)?.for_each(|(seq, change)| visit(seq, change));
        Some(stream.log.newest())
    }

    /// Makes progress readable at most every [`TICK`], and tells counts to those who follow tasks, for ever. All connections share this clock.
    pub async fn run(&self) {
        tokio::join!(self.run_ticks(), self.run_counts());
    }

    async fn run_ticks(&self) {
        loop {
            self.progress.notified().await;
            self.tick();
            sleep(TICK).await;
        }
    }

    async fn run_counts(&self) {
        loop {
            self.counts.notified().await;
            self.common.send_replace(());
            sleep(limits::COUNTS_EVERY).await;
        }
    }

    pub(super) fn tick(&self) {
        self.stream.lock().log.make_all_readable();
        self.ticks.send_replace(());
        self.wakers.tick();
    }

    /// What is new at this cursor, and the numbers of the last change and the last preview to continue with.
    pub(super) fn read(&self, cursor: &ReadCursor<'_>) -> (ReadBatch, Seq, u64) {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let stream = &mut *self.stream.lock();
        let (readable, mut batch) = (stream.log.readable(), ReadBatch::default());
        if let Some(known) = cursor.preview {
            batch.previews = stream.new_previews(known, cursor.interest);
        }
        match stream.log.frame(cursor.interest, cursor.at, readable) {
            Ok(frame) => batch.changes = frame,
            Err(NeedsSnapshot) => batch.resync = true,
        }
        (batch, cursor.at.max(readable), stream.previews_made)
    }

    /// A frame of all changes after `resume`, `None` if there are none. `newest` is the last change.
    ///
    /// # Errors
    /// If changes after `resume` are no longer in the log, are too many, or if it is of another epoch or of the future.
    pub(super) fn since(&self, resume: Resume, newest: Resume, interest: &Interest) -> Result<Option<Bytes>, NeedsSnapshot> {
        if resume.epoch != newest.epoch || resume.seq > newest.seq {
            return Err(NeedsSnapshot);
        }
        self.stream.lock().log.frame(interest, resume.seq, newest.seq)
    }

    /// Whether a reader that has everything up to `at` can read on.
    pub(super) fn reaches(&self, interest: &Interest, at: Seq) -> bool {
        self.stream.lock().log.reaches(interest, at)
    }

    /// See [`ChangeLog::set_snapshot_bytes`].
    pub(super) fn set_snapshot_bytes(&self, bytes: usize) {
        self.stream.lock().log.set_snapshot_bytes(bytes);
    }
}

impl ChangeStream {
    fn new_previews(&self, known: u64, interest: &Interest) -> Vec<Bytes> {
        let pushed = |preview: &StoredPreview| (preview.number > known).then(|| preview.pushed.clone());
        match interest {
            Interest::Everything => self.previews.values().filter_map(pushed).collect(),
            Interest::Tasks(tasks) => tasks.iter().filter_map(|task| self.previews.get(task).and_then(pushed)).collect(),
        }
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
            let (batch, ..) = hub.read(&ReadCursor { at: Seq(0), preview: Some(0), interest: &Interest::Everything });
            let sizes: Vec<usize> = batch.previews.iter().filter_map(|frame| Some(PreviewFrame::decode(frame)?.image.len())).collect();
            assert_eq!(sizes, [if bytes > limits::PUSHED_PREVIEW { 0 } else { bytes }]);
            // A request gets the image.
            let whole = hub.preview(task).unwrap();
            assert_eq!(PreviewFrame::decode(&whole).unwrap().image, image);
        }
    }
}
