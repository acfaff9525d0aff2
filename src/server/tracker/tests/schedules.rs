//! Connections subscribe while other threads publish, in thousands of schedules (`make test-schedules`).

use std::sync::Arc;

use bytes::Bytes;
use shuttle::{check_random, thread};
use uuid::Uuid;

use super::{StreamStart, TaskJob, Tracker};
use crate::{
    config::Retention,
    reader::Reader,
    store::{Kept, Store},
};
use proto::{
    comfy::Catalog,
    ids::TaskId,
    recipe::TextToImage,
    task::{Durations, Numbered, Snapshot, Task},
    time::Timestamp,
    wire::{Frame, Prefer, Resume, ServerMessage, Topic},
};

const SCHEDULES: usize = 5_000;
const TASK: TaskId = TaskId(Uuid::from_u128(1));

fn tracker(store: &Store) -> Arc<Tracker> {
    let tracker = Tracker::new(store.clone(), Kept::default(), crate::meters::Meters::default());
    let workflow = Arc::new(TextToImage::default().workflow());
    let task = Task::new(TASK, "x", &workflow, &Catalog::default(), &Durations::default(), Timestamp(1));
    tracker.register_pending(task, TaskJob::new(workflow), &[], 1);
    tracker.accept(TASK);
    Arc::new(tracker)
}

/// A connection that applies every change it gets.
struct Page {
    reader: Reader,
    state: Snapshot,
}

impl Page {
    fn open(tracker: &Tracker, known: Option<Snapshot>) -> Self {
        let resume: Option<Resume> = known.as_ref().map(Snapshot::resume);
        let (reader, start, newest) = tracker.subscribe(resume, &[Topic::All], Prefer::default());
        let mut page = Self { reader, state: known.unwrap_or_default() };
        match start {
            StreamStart::Snapshot(frame) => {
                let Ok(Frame::Message(ServerMessage::Snapshot { snapshot })) = Frame::decode(&frame) else { panic!("a snapshot") };
                page.state = *snapshot;
            }
            StreamStart::Changes(frame) => page.apply_frame(frame),
        }
        assert_eq!(page.state.resume(), newest, "the stream starts at the announced place");
        page
    }

    /// No change of this test replaces another, so each must come exactly once.
    fn apply(&mut self, numbered: &Numbered) {
        assert_eq!(numbered.seq, self.state.seq.next(), "a gap or a repetition");
        assert!(self.state.apply(numbered));
    }

    fn read(&mut self) {
        let batch = self.reader.read();
        self.apply_frame(batch.changes);
    }

    fn apply_frame(&mut self, frame: Option<Bytes>) {
        let Some(frame) = frame else { return };
        let Ok(Frame::Changes(changes)) = Frame::decode(&frame) else { panic!("a frame of changes") };
        changes.iter().for_each(|change| self.apply(change));
    }
}

/// Fault row 24.
#[test]
fn a_connection_that_subscribes_while_others_publish_gets_each_change_once() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), Retention::default()).unwrap();
    let body = move || {
        let tracker = tracker(&store);
        let known = tracker.snapshot();
        let publisher = |publish: fn(&Tracker, i8)| {
            let tracker = tracker.clone();
            thread::spawn(move || (1..4).for_each(|nth| publish(&tracker, nth)))
        };
        let reader = |known: Option<Snapshot>| {
            let tracker = tracker.clone();
            thread::spawn(move || {
                let mut page = Page::open(&tracker, known);
                (0..2).for_each(|_| page.read());
                page
            })
        };
        let publishers =
            [publisher(|tracker, nth| tracker.prioritize(TASK, nth).unwrap()), publisher(|tracker, nth| tracker.pause_queue(nth % 2 == 1))];
        let pages = [reader(None), reader(Some(known))];
        publishers.into_iter().for_each(|publisher| publisher.join().unwrap());
        let end = tracker.state.lock().snapshot.clone();
        for page in pages {
            let mut page = page.join().unwrap();
            page.read();
            assert_eq!(Snapshot { now: end.now, ..page.state }, end);
        }
    };
    check_random(body, SCHEDULES);
}
