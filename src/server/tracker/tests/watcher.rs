//! Reads every change, as a page does, and checks invariants after each.

use std::collections::HashMap;

use super::super::Tracker;
use crate::hub::Interest;
use proto::{
    ids::TaskId,
    task::{Change, Snapshot, Task, TaskState},
    time::Timestamp,
    wire::Frame,
};

pub(super) struct Watcher {
    /// The first snapshot with all changes applied.
    state: Snapshot,
    /// Snapshots from later with the changes since applied: as pages get them, and complete.
    pages: Vec<Snapshot>,
    copies: Vec<Snapshot>,
    progress: HashMap<(TaskId, u32), u16>,
    /// Tasks that ended since this was last emptied.
    pub(super) ended: Vec<Task>,
}

impl Watcher {
    pub(super) fn new(tracker: &Tracker) -> Self {
        let state = tracker.state.lock().snapshot.clone();
        Self { state, pages: Vec::new(), copies: Vec::new(), progress: HashMap::new(), ended: Vec::new() }
    }

    /// Another page connects now.
    pub(super) fn join(&mut self, tracker: &Tracker) {
        self.read(tracker);
        self.assert_current(tracker);
        self.pages.push(Snapshot { now: Timestamp(0), ..tracker.snapshot() });
        self.copies.push(tracker.state.lock().snapshot.clone());
    }

    /// Applies the new changes. Returns how many there were.
    pub(super) fn read(&mut self, tracker: &Tracker) -> usize {
        let state = tracker.state.lock();
        let frame = tracker.hub.since(self.state.resume(), state.snapshot.resume(), &Interest::Everything).expect("few enough for the log");
        let Some(frame) = frame else { return 0 };
        let Ok(Frame::Changes(changes)) = Frame::decode(&frame) else { panic!("a frame of changes") };
        for numbered in &changes {
            assert!(numbered.seq > self.state.seq, "out of order");
            if let Some(task) = numbered.change.task().and_then(|id| self.state.task(id)) {
                assert!(!task.state.is_final(), "after its end: {:?}", numbered.change);
            }
            for snapshot in [&mut self.state].into_iter().chain(&mut self.pages).chain(&mut self.copies) {
                snapshot.apply(numbered);
            }
            self.check(&numbered.change);
        }
        changes.len()
    }

    fn check(&mut self, change: &Change) {
        let Some(task) = change.task().and_then(|id| self.state.task(id)) else { return };
        let last = self.progress.entry((task.id, task.attempt)).or_default();
        assert!(task.permille >= *last, "from {last} back to {}", task.permille);
        *last = task.permille;
        assert_eq!(task.permille == 1000, task.state == TaskState::Completed, "{change:?}");
        if task.state.is_final() {
            self.ended.push(task.clone());
        }
    }

    /// The changes describe the whole state.
    fn assert_current(&self, tracker: &Tracker) {
        assert_eq!(self.state, tracker.state.lock().snapshot);
    }

    /// At the end all pages have the same state, whenever they connected.
    pub(super) fn compare(&self, tracker: &Tracker) {
        self.assert_current(tracker);
        for copy in &self.copies {
            assert_eq!(copy, &self.state);
        }
        for page in &self.pages {
            assert_eq!(page.seq, self.state.seq);
            assert_eq!(page.backends, self.state.backends);
            assert_eq!(page.queue_paused, self.state.queue_paused);
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

    /// After `task` was assigned, no page has only its summary.
    pub(super) fn assert_detailed(&self, task: TaskId) {
        let is_detailed = |page: &Snapshot| page.task(task).is_none_or(|task| task.detailed);
        assert!(self.pages.iter().all(is_detailed), "assigned, and some page has only its summary");
    }

    pub(super) fn state(&self) -> &Snapshot {
        &self.state
    }
}
