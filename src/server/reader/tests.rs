use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use proto::{
    ids::{Epoch, NodeId, TaskId},
    limits,
    recipe::TextToImage,
    task::{Change, Durations, Numbered, Snapshot, Task},
    time::Timestamp,
    wire::Frame,
};

const TASK: TaskId = TaskId(Uuid::from_u128(1));
const SILENT: Prefer = Prefer { previews: false, tick_ms: limits::TICK_MS };

fn progress(seq: u64) -> Numbered {
    let change = Change::NodeProgress { task: TASK, node: NodeId::from("3"), value: seq as u32, max: 20, counted: true };
    Numbered { seq: Seq(seq), change }
}

fn state(seq: u64) -> Numbered {
    Numbered { seq: Seq(seq), change: Change::TaskRemoved { task: TaskId(Uuid::from_u128(1_000 + u128::from(seq))) } }
}

fn changes(frame: &Bytes) -> Vec<Numbered> {
    match Frame::decode(frame) {
        Ok(Frame::Changes(changes)) => changes,
        other => panic!("{other:?}"),
    }
}

fn seqs(batch: &ReadBatch) -> Vec<u64> {
    batch.changes.iter().flat_map(changes).map(|change| change.seq.0).collect()
}

fn reader(hub: &Arc<Hub>, prefer: Prefer) -> Reader {
    Reader::new(hub.clone(), &[Topic::All], prefer)
}

/// A hub whose clock runs.
fn running() -> Arc<Hub> {
    let hub = Arc::<Hub>::default();
    let clock = hub.clone();
    tokio::spawn(async move { clock.run().await });
    hub
}

#[test]
fn progress_is_read_from_the_next_tick_on_and_state_at_once() {
    let hub = Arc::<Hub>::default();
    let mut reader = reader(&hub, SILENT);
    hub.publish(&progress(1));
    assert!(reader.read().is_empty());
    hub.tick();
    assert_eq!(seqs(&reader.read()), [1]);
    hub.publish(&progress(2));
    hub.publish(&state(3));
    hub.publish(&progress(4));
    assert_eq!(seqs(&reader.read()), [3], "replaced progress is not read");
    hub.tick();
    assert_eq!(seqs(&reader.read()), [4]);
}

#[test]
fn readers_at_the_same_position_share_the_bytes_of_a_frame() {
    let hub = Arc::<Hub>::default();
    let [mut one, mut two, mut behind] = [(); 3].map(|()| reader(&hub, SILENT));
    hub.publish(&state(1));
    let first = [one.read(), two.read()].map(|batch| batch.changes.unwrap());
    hub.publish(&state(2));
    let second = [one.read(), two.read()].map(|batch| batch.changes.unwrap());
    for [one, two] in [&first, &second] {
        assert_eq!(one.as_ptr(), two.as_ptr());
    }
    assert_eq!(seqs(&behind.read()), [1, 2]);
}

/// Fault row 21: a reader that does not read uses no memory.
#[test]
fn a_slow_reader_gets_a_snapshot_and_continues_after_it() {
    let hub = Arc::<Hub>::default();
    let mut slow = reader(&hub, SILENT);
    let mut steady = reader(&hub, SILENT);
    let many = limits::CATCH_UP_BYTES as u64 / state(1).encode().unwrap().len() as u64 + 1;
    (1..=many).for_each(|seq| {
        hub.publish(&state(seq));
        assert_eq!(seqs(&steady.read()), [seq], "other readers are not delayed");
    });
    let batch = slow.read();
    assert!(batch.resync && batch.changes.is_none());
    slow.continue_at(Seq(many));
    hub.publish(&state(many + 1));
    assert_eq!(seqs(&slow.read()), [many + 1]);
}

#[test]
fn a_reader_gets_only_its_topics() {
    let hub = Arc::<Hub>::default();
    let [mut reader, mut other] = [vec![Topic::Task(TASK)], Vec::new()].map(|topics| Reader::new(hub.clone(), &topics, SILENT));
    hub.publish(&state(1));
    hub.publish(&progress(2));
    hub.publish(&Numbered { seq: Seq(3), change: Change::QueuePaused { paused: true } });
    assert_eq!(seqs(&reader.read()), [2, 3], "and changes that concern everyone");
    assert_eq!(seqs(&other.read()), [3], "of no task");
    hub.publish(&progress(4));
    hub.tick();
    assert!(other.read().is_empty());
    assert_eq!(seqs(&reader.read()), [4]);
}

#[test]
fn previews_are_read_only_if_preferred_and_then_the_newest_at_once() {
    let hub = Arc::<Hub>::default();
    let node = || NodeId::from("3");
    let mut reader = reader(&hub, SILENT);
    hub.publish_preview(TASK, node(), b"old");
    hub.publish_preview(TASK, node(), b"new");
    assert!(reader.read().is_empty());
    reader.prefer(Prefer::default());
    assert_eq!(reader.read().previews, [hub.preview(TASK).unwrap()]);
    assert!(reader.read().is_empty(), "once");
    hub.publish_preview(TASK, node(), b"newer");
    reader.prefer(SILENT);
    assert!(reader.read().is_empty());
}

#[tokio::test(start_paused = true)]
async fn progress_is_read_with_the_tick_and_state_before() {
    let hub = running();
    let mut reader = reader(&hub, SILENT);
    let start = Instant::now();
    hub.publish(&progress(1));
    assert_eq!(seqs(&reader.next().await), vec![1], "after silence");
    assert_eq!(start.elapsed(), Duration::ZERO, "after silence");
    hub.publish(&progress(2));
    assert_eq!(seqs(&reader.next().await), vec![2]);
    assert_eq!(start.elapsed(), TICK);
    hub.publish(&progress(3));
    hub.publish(&state(4));
    assert_eq!(seqs(&reader.next().await), vec![3, 4]);
    assert_eq!(start.elapsed(), TICK);
}

#[tokio::test(start_paused = true)]
async fn a_slower_tick_merges_more_and_keeps_state_prompt() {
    let hub = running();
    let mut reader = reader(&hub, Prefer { tick_ms: 1_000, ..SILENT });
    let start = Instant::now();
    let (batch, ()) = tokio::join!(reader.next(), async {
        for seq in 1..=9 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            hub.publish(&progress(seq));
        }
    });
    assert_eq!(seqs(&batch), vec![9]);
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    hub.publish(&progress(10));
    hub.publish(&state(11));
    assert_eq!(seqs(&reader.next().await), vec![10, 11]);
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

/// A page that becomes visible again does not wait for the rest of a slow tick.
#[tokio::test(start_paused = true)]
async fn a_faster_tick_applies_at_once() {
    let hub = running();
    let mut reader = reader(&hub, Prefer { tick_ms: 10_000, ..SILENT });
    let start = Instant::now();
    hub.publish(&progress(1));
    let waited = tokio::time::timeout(Duration::from_millis(100), reader.next()).await;
    assert!(waited.is_err());
    reader.prefer(SILENT);
    assert_eq!(seqs(&reader.next().await), vec![1]);
    assert_eq!(start.elapsed(), Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn preferring_previews_wakes_a_waiting_reader() {
    let hub = running();
    let mut reader = reader(&hub, SILENT);
    let start = Instant::now();
    hub.publish_preview(TASK, NodeId::from("3"), b"picture");
    let waited = tokio::time::timeout(Duration::from_millis(100), reader.next()).await;
    assert!(waited.is_err());
    reader.prefer(Prefer::default());
    assert_eq!(reader.next().await.previews.len(), 1);
    assert_eq!(start.elapsed(), Duration::from_millis(100));
}

#[derive(Clone, Debug)]
enum Step {
    Progress {
        node: u8,
        value: u32,
    },
    Bar {
        permille: u16,
    },
    State {
        priority: i8,
    },
    /// More changes than one frame has.
    Flood,
    Tick,
    Read,
    /// The connection breaks after the page has applied the first `applied` changes of the next batch.
    Disconnect {
        applied: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u8..4, 0u32..20).prop_map(|(node, value)| Step::Progress { node, value }),
        2 => (0u16..900).prop_map(|permille| Step::Bar { permille }),
        3 => any::<i8>().prop_map(|priority| Step::State { priority }),
        1 => Just(Step::Flood),
        3 => Just(Step::Tick),
        4 => Just(Step::Read),
        3 => (0usize..6).prop_map(|applied| Step::Disconnect { applied }),
    ]
}

/// A server and a page, without a network.
struct ServerAndPage {
    hub: Arc<Hub>,
    server: Snapshot,
    page: Snapshot,
    reader: Reader,
}

impl ServerAndPage {
    fn new() -> Self {
        let workflow = TextToImage::default().workflow();
        let task = Task::new(TASK, "x", &workflow, &Default::default(), &Durations::default(), Timestamp(1));
        let server = Snapshot { epoch: Epoch(1), tasks: vec![task], ..Snapshot::default() };
        let hub = Arc::<Hub>::default();
        let reader = reader(&hub, SILENT);
        Self { hub, page: server.clone(), server, reader }
    }

    fn publish(&mut self, change: Change) {
        let numbered = self.server.push(change);
        self.hub.publish(&numbered);
    }

    fn read(&mut self, applied: usize) {
        let batch = self.reader.read();
        if batch.resync {
            self.reader.continue_at(self.server.seq);
            self.page = self.server.clone();
        }
        let changes = batch.changes.iter().flat_map(changes);
        self.apply(changes.take(applied));
    }

    fn apply(&mut self, changes: impl Iterator<Item = Numbered>) {
        for change in changes {
            assert!(change.seq > self.page.seq, "a repetition or out of order");
            self.page.apply(&change);
        }
    }

    fn reconnect(&mut self) {
        let (known, newest) = (self.page.resume(), self.server.resume());
        match self.hub.since(known, newest, &Interest::Everything) {
            Ok(missed) => self.apply(missed.iter().flat_map(changes)),
            Err(_) => self.page = self.server.clone(),
        }
        self.reader = reader(&self.hub, SILENT);
        self.reader.continue_at(newest.seq);
        assert_eq!(self.page, self.server, "a reconnected page is up to date");
    }

    fn perform(&mut self, step: Step) {
        match step {
            Step::Progress { node, value } => {
                let node = NodeId(node.to_string());
                self.publish(Change::NodeProgress { task: TASK, node, value, max: 20, counted: true });
            }
            Step::Bar { permille } => self.publish(Change::TaskProgress { task: TASK, permille, ends_at: None, within_ms: None }),
            Step::State { priority } => {
                let place = proto::task::QueueKey { priority, ..Default::default() };
                self.publish(Change::TaskPlaced { task: TASK, place });
            }
            Step::Flood => {
                let long = || Some("x".repeat(limits::CATCH_UP_BYTES / 2));
                (0..2).for_each(|_| self.publish(Change::TaskWaiting { task: TASK, note: long() }));
            }
            Step::Tick => self.hub.tick(),
            Step::Read => self.read(usize::MAX),
            Step::Disconnect { applied } => {
                self.read(applied);
                self.reconnect();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Fault rows 22 and 23: wherever the connection breaks, nothing comes twice and the state is the same in the end.
    #[test]
    fn a_page_that_disconnects_anywhere_ends_with_the_same_state(steps in proptest::collection::vec(step(), 1..60)) {
        let mut pair = ServerAndPage::new();
        steps.into_iter().for_each(|step| pair.perform(step));
        pair.hub.tick();
        pair.read(usize::MAX);
        prop_assert_eq!(pair.page, pair.server);
    }
}
