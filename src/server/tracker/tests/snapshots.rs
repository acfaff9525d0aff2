//! Snapshots that connections share, and the changes after them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use proptest::prelude::*;
use tokio::{runtime, time::advance};
use uuid::Uuid;

use super::super::{StreamStart, TaskJob, Tracker};
use crate::{
    config::Retention,
    reader::Reader,
    store::{Kept, Store},
};
use proto::{
    comfy::Catalog,
    ids::TaskId,
    limits,
    recipe::TextToImage,
    task::{Durations, Snapshot, Task},
    time::Timestamp,
    wire::{Frame, Prefer, ServerMessage, Topic},
};

const TASKS: u128 = 3;

fn id(number: u128) -> TaskId {
    TaskId(Uuid::from_u128(number))
}

/// With some tasks that wait.
fn tracker(store: &Store) -> Tracker {
    let tracker = Tracker::new(store.clone(), Kept::default(), crate::meters::Meters::default());
    let workflow = Arc::new(TextToImage::default().workflow());
    for number in 1..=TASKS {
        let task = Task::new(id(number), "x", &workflow, &Catalog::default(), &Durations::default(), Timestamp(1));
        tracker.register_pending(task, TaskJob::new(workflow.clone()), &[], 1);
        tracker.accept(id(number));
    }
    tracker
}

fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Store::open(folder.path(), Retention::default()).unwrap().0, folder)
}

struct Page {
    reader: Reader,
    state: Snapshot,
    frame: Bytes,
}

impl Page {
    /// One that knows nothing.
    fn open(tracker: &Tracker, topics: &[Topic]) -> Self {
        let (reader, start, place) = tracker.subscribe(None, topics, Prefer::default());
        let StreamStart::Snapshot(frame) = start else { panic!("a snapshot") };
        let Ok(Frame::Message(ServerMessage::Snapshot { snapshot })) = Frame::decode(&frame) else { panic!("a snapshot") };
        assert_eq!(snapshot.resume(), place);
        Self { reader, state: *snapshot, frame }
    }

    fn read(&mut self) {
        let batch = self.reader.read();
        assert!(!batch.resync);
        let Some(frame) = batch.changes else { return };
        let Ok(Frame::Changes(changes)) = Frame::decode(&frame) else { panic!("changes") };
        for change in changes {
            assert!(self.state.apply(&change), "a repetition");
        }
    }
}

fn encoded(tracker: &Tracker) -> u64 {
    tracker.meters().snapshots.get()
}

#[tokio::test(start_paused = true)]
async fn connections_at_one_position_share_one_snapshot() {
    let (store, _folder) = store();
    let tracker = tracker(&store);
    let pages: Vec<Page> = (0..100).map(|_| Page::open(&tracker, &[Topic::All])).collect();
    assert!(pages.iter().all(|page| page.frame.as_ptr() == pages[0].frame.as_ptr()));
    assert_eq!(encoded(&tracker), 1);
    // Nothing changes, so it stays as it is for as long as that.
    advance(10 * limits::SNAPSHOT_SHARED).await;
    Page::open(&tracker, &[Topic::All]);
    assert_eq!(encoded(&tracker), 1);
    // After a change the same is given for a while; the change comes with the first read.
    tracker.pause_queue(true);
    let mut page = Page::open(&tracker, &[Topic::All]);
    assert_eq!(encoded(&tracker), 2, "the first was too old");
    tracker.pause_queue(false);
    let mut next = Page::open(&tracker, &[Topic::All]);
    assert_eq!(encoded(&tracker), 2);
    assert!(next.state.queue_paused, "as it was");
    next.read();
    page.read();
    assert!(!next.state.queue_paused && next.state == page.state);
    advance(limits::SNAPSHOT_SHARED).await;
    assert!(!Page::open(&tracker, &[Topic::All]).state.queue_paused);
    assert_eq!(encoded(&tracker), 3);
    // The state in a document has every change.
    tracker.pause_queue(true);
    assert_eq!(tracker.snapshot().resume(), tracker.newest());
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_for_followers_of_tasks_has_these() {
    let (store, _folder) = store();
    let tracker = tracker(&store);
    for _ in 0..2 {
        let page = Page::open(&tracker, &[Topic::Task(id(2)), Topic::Task(id(1))]);
        assert_eq!(page.state.tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [id(1), id(2)]);
        assert!(page.state.tasks.iter().all(|task| task.detailed));
    }
    assert_eq!(encoded(&tracker), 1);
    // Many that follow different tasks do not cost those that follow everything.
    Page::open(&tracker, &[Topic::All]);
    for number in 0..2 * limits::SHARED_SNAPSHOTS as u128 {
        assert_eq!(Page::open(&tracker, &[Topic::Task(id(10 + number))]).state.tasks, []);
    }
    let before = encoded(&tracker);
    Page::open(&tracker, &[Topic::All]);
    assert_eq!(encoded(&tracker), before);
    assert!(tracker.snapshots.len() <= limits::SHARED_SNAPSHOTS);
}

/// The snapshot is older than what a slow connection has missed can be.
#[tokio::test(start_paused = true)]
async fn a_snapshot_from_which_too_much_was_missed_is_not_given() {
    let (store, _folder) = store();
    let tracker = tracker(&store);
    Page::open(&tracker, &[Topic::All]);
    let note = "x".repeat(limits::CATCH_UP_BYTES);
    for paused in [true, false] {
        tracker.decide(id(1), |task| vec![proto::task::Change::TaskWaiting { task: task.id, note: Some(note.clone()) }]);
        tracker.pause_queue(paused);
        let mut page = Page::open(&tracker, &[Topic::All]);
        page.read();
        assert_eq!(page.state.resume(), tracker.newest());
    }
}

#[derive(Clone, Debug)]
enum SnapshotStep {
    Prioritize(u128, i8),
    PauseQueue(bool),
    /// Milliseconds.
    Wait(u64),
    /// A page comes, which follows everything, or one task.
    Open(Option<u128>),
    /// One of the pages reads on.
    Read(usize),
}

fn snapshot_step() -> impl Strategy<Value = SnapshotStep> {
    prop_oneof![
        4 => (1..=TASKS, any::<i8>()).prop_map(|(task, priority)| SnapshotStep::Prioritize(task, priority)),
        2 => any::<bool>().prop_map(SnapshotStep::PauseQueue),
        2 => (0..1_500u64).prop_map(SnapshotStep::Wait),
        3 => proptest::option::of(1..=TASKS).prop_map(SnapshotStep::Open),
        3 => (0..50usize).prop_map(SnapshotStep::Read),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_shared_snapshot_and_the_changes_after_it_give_the_state_at_the_end(steps in proptest::collection::vec(snapshot_step(), 1..60)) {
        let (store, _folder) = store();
        let tracker = tracker(&store);
        let clock = runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let mut pages: Vec<(Page, Option<u128>)> = Vec::new();
        clock.block_on(async {
            for step in steps {
                match step {
                    SnapshotStep::Prioritize(task, priority) => tracker.prioritize(id(task), priority).unwrap(),
                    SnapshotStep::PauseQueue(paused) => tracker.pause_queue(paused),
                    SnapshotStep::Wait(ms) => advance(Duration::from_millis(ms)).await,
                    SnapshotStep::Open(task) => {
                        let topic = task.map_or(Topic::All, |number| Topic::Task(id(number)));
                        pages.push((Page::open(&tracker, &[topic]), task));
                    }
                    SnapshotStep::Read(nth) => {
                        let count = pages.len();
                        if let Some((page, _)) = pages.get_mut(nth % count.max(1)) {
                            page.read();
                        }
                    }
                }
            }
        });
        tracker.hub.tick();
        let end = tracker.snapshot();
        for (mut page, task) in pages {
            page.read();
            let wanted = |one: &&Task| task.is_none_or(|number| one.id == id(number));
            let tasks: Vec<Task> = end.tasks.iter().filter(wanted).cloned().collect();
            prop_assert_eq!((page.state.tasks, page.state.queue_paused), (tasks, end.queue_paused));
        }
    }
}
