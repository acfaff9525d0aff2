//! Hears every change, as a page would, and holds each against what must always be so.

use std::collections::HashMap;

use super::super::Tracker;
use crate::hub::ReadCursor;
use proto::{
    ids::TaskId,
    task::{Change, Snapshot, Task, TaskState},
    time::Timestamp,
    wire::Frame,
};

pub(super) struct Watcher {
    /// From the first snapshot on, by changes alone.
    state: Snapshot,
    /// What others began with in between, kept up by changes: what pages get, and all of it.
    pages: Vec<Snapshot>,
    copies: Vec<Snapshot>,
    bars: HashMap<(TaskId, u32), u16>,
    /// Tasks that came to an end since it was asked.
    pub(super) ended: Vec<Task>,
}

impl Watcher {
    pub(super) fn new(tracker: &Tracker) -> Self {
        let state = tracker.state.lock().snapshot.clone();
        Self { state, pages: Vec::new(), copies: Vec::new(), bars: HashMap::new(), ended: Vec::new() }
    }

    /// Somebody begins to watch now.
    pub(super) fn join(&mut self, tracker: &Tracker) {
        self.listen(tracker);
        self.agrees(tracker);
        self.pages.push(Snapshot { now: Timestamp(0), ..tracker.snapshot() });
        self.copies.push(tracker.state.lock().snapshot.clone());
    }

    /// Takes in what happened. Says how many changes there were.
    pub(super) fn listen(&mut self, tracker: &Tracker) -> usize {
        let inner = tracker.state.lock();
        let place = ReadCursor { at: self.state.seq, preview: None, wants: None };
        let frame = tracker.hub.since(self.state.resume(), inner.snapshot.resume(), &place).expect("few enough for the log");
        let Some(frame) = frame else { return 0 };
        let Ok(Frame::Changes(changes)) = Frame::decode(&frame) else { panic!("a frame of changes") };
        for numbered in &changes {
            assert!(numbered.seq > self.state.seq, "one after the other");
            if let Some(task) = numbered.change.task().and_then(|id| self.state.task(id)) {
                assert!(!task.state.is_final(), "after its end: {:?}", numbered.change);
            }
            for state in [&mut self.state].into_iter().chain(&mut self.pages).chain(&mut self.copies) {
                state.apply(numbered);
            }
            self.check(&numbered.change);
        }
        changes.len()
    }

    fn check(&mut self, change: &Change) {
        let Some(task) = change.task().and_then(|id| self.state.task(id)) else { return };
        let bar = self.bars.entry((task.id, task.attempt)).or_default();
        assert!(task.permille >= *bar, "from {bar} back to {}", task.permille);
        *bar = task.permille;
        assert_eq!(task.permille == 1000, task.state == TaskState::Completed, "{change:?}");
        if task.state.is_final() {
            self.ended.push(task.clone());
        }
    }

    /// The changes said all.
    fn agrees(&self, tracker: &Tracker) {
        assert_eq!(self.state, tracker.state.lock().snapshot);
    }

    /// At the end everyone has the same state, whenever they began.
    pub(super) fn compare(&self, tracker: &Tracker) {
        self.agrees(tracker);
        for copy in &self.copies {
            assert_eq!(copy, &self.state);
        }
        for page in &self.pages {
            assert_eq!((page.seq, &page.backends, page.queue_paused), (self.state.seq, &self.state.backends, self.state.queue_paused));
            assert_eq!(page.tasks.len(), self.state.tasks.len());
            for (seen, task) in page.tasks.iter().zip(&self.state.tasks) {
                if seen.detailed {
                    assert_eq!(seen, task);
                } else {
                    assert_eq!(seen.summary(), task.summary());
                }
            }
        }
    }

    /// Of those who began before `task` was sent, nobody has only a summary.
    pub(super) fn is_whole_for_all(&self, task: TaskId) {
        let whole = |page: &Snapshot| page.task(task).is_none_or(|task| task.detailed);
        assert!(self.pages.iter().all(whole), "sent, and some page has only its summary");
    }

    pub(super) fn state(&self) -> &Snapshot {
        &self.state
    }
}
