//! Readers of some tasks.

use std::{sync::Mutex, time::Duration};

use bytes::Bytes;
use proptest::prelude::*;
use tokio::time::sleep;
use uuid::Uuid;

use super::*;
use proto::{
    ids::{BackendId, NodeId, TaskId},
    limits,
    task::{Backend, Change, Numbered},
    time::Timestamp,
    wire::Frame,
};

const SILENT: Prefer = Prefer { previews: false, tick_ms: limits::TICK_MS };

fn task(number: u128) -> TaskId {
    TaskId(Uuid::from_u128(number))
}

fn state_of(seq: u64, number: u128) -> Numbered {
    Numbered { seq: Seq(seq), change: Change::TaskPaused { task: task(number), paused: true } }
}

fn progress_of(seq: u64, number: u128, node: u8) -> Numbered {
    let change =
        Change::NodeProgress { task: task(number), node: NodeId(node.to_string()), value: seq as u32, max: u32::MAX, counted: true };
    Numbered { seq: Seq(seq), change }
}

fn common(seq: u64) -> Numbered {
    Numbered { seq: Seq(seq), change: Change::QueuePaused { paused: true } }
}

fn counts(seq: u64) -> Numbered {
    let backend = Backend { queue: seq, ..Backend::new(BackendId::from("gpu:8188"), false, Timestamp(1)) };
    Numbered { seq: Seq(seq), change: Change::BackendChanged(Box::new(backend)) }
}

fn reader(hub: &Arc<Hub>, numbers: &[u128]) -> Reader {
    let topics: Vec<Topic> = numbers.iter().map(|number| Topic::Task(task(*number))).collect();
    Reader::new(hub.clone(), &topics, SILENT)
}

fn decode(frame: &Bytes) -> Vec<Numbered> {
    match Frame::decode(frame) {
        Ok(Frame::Changes(changes)) => changes,
        other => panic!("{other:?}"),
    }
}

fn seqs(batch: &ReadBatch) -> Vec<u64> {
    assert!(!batch.resync);
    batch.changes.iter().flat_map(decode).map(|change| change.seq.0).collect()
}

/// A hub whose clock runs.
fn running() -> Arc<Hub> {
    let hub = Arc::<Hub>::default();
    let clock = hub.clone();
    tokio::spawn(async move { clock.run().await });
    hub
}

/// Reads for ever, and notes how many frames came.
fn reads_on(mut reader: Reader, frames: &Arc<Mutex<usize>>) {
    let frames = frames.clone();
    tokio::spawn(async move {
        loop {
            if reader.next().await.changes.is_some() {
                *frames.lock().unwrap() += 1;
            }
        }
    });
}

const SETTLED: Duration = Duration::from_millis(100);

#[tokio::test(start_paused = true)]
async fn readers_of_other_tasks_are_not_woken() {
    let hub = running();
    let [of_others, of_one, of_all] = [(); 3].map(|()| Arc::new(Mutex::new(0)));
    (0..1_000).for_each(|number| reads_on(reader(&hub, &[1_000 + number]), &of_others));
    reads_on(reader(&hub, &[1]), &of_one);
    sleep(SETTLED).await;
    let before = hub.reads();
    hub.publish(&state_of(1, 1));
    sleep(SETTLED).await;
    assert_eq!(hub.reads() - before, 1, "with a change of state");
    hub.publish(&progress_of(2, 1, 3));
    sleep(SETTLED).await;
    assert_eq!(hub.reads() - before, 2, "with progress");
    hub.publish_preview(task(1), NodeId::from("3"), b"picture");
    sleep(SETTLED).await;
    assert_eq!(hub.reads() - before, 3, "with a preview");
    assert_eq!((*of_others.lock().unwrap(), *of_one.lock().unwrap()), (0, 2));

    reads_on(Reader::new(hub.clone(), &[Topic::All], SILENT), &of_all);
    sleep(SETTLED).await;
    hub.publish(&common(3));
    hub.publish(&state_of(4, 2));
    sleep(SETTLED).await;
    assert_eq!((*of_others.lock().unwrap(), *of_one.lock().unwrap()), (1_000, 3), "what concerns everyone");
    assert!(*of_all.lock().unwrap() > 0);
}

#[tokio::test(start_paused = true)]
async fn counts_of_a_comfyui_wake_readers_of_tasks_now_and_then_and_others_at_once() {
    let hub = running();
    let [of_one, of_all] = [(); 2].map(|()| Arc::new(Mutex::new(0)));
    reads_on(reader(&hub, &[1]), &of_one);
    reads_on(Reader::new(hub.clone(), &[Topic::All], SILENT), &of_all);
    sleep(SETTLED).await;
    for seq in 1..=20 {
        hub.publish_counts(&counts(seq));
        sleep(SETTLED).await;
    }
    assert_eq!((*of_one.lock().unwrap(), *of_all.lock().unwrap()), (1, 20));
    sleep(limits::COUNTS_EVERY).await;
    assert_eq!((*of_one.lock().unwrap(), *of_all.lock().unwrap()), (2, 20), "the newest count is not withheld");
    // With what it reads anyway they come, too.
    let mut other = reader(&hub, &[2]);
    assert_eq!(seqs(&other.read()), [20]);
    hub.publish_counts(&counts(21));
    hub.publish(&state_of(22, 2));
    assert_eq!(seqs(&other.read()), [21, 22]);
}

#[tokio::test(start_paused = true)]
async fn a_slower_tick_holds_for_a_task_too() {
    let hub = running();
    let mut reader = reader(&hub, &[1]);
    reader.prefer(Prefer { tick_ms: 1_000, ..SILENT });
    let start = Instant::now();
    hub.publish(&progress_of(1, 1, 3));
    assert_eq!(seqs(&reader.next().await), [1]);
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    hub.publish(&progress_of(2, 1, 3));
    hub.publish(&state_of(3, 1));
    assert_eq!(seqs(&reader.next().await), [2, 3]);
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[test]
fn readers_of_one_task_at_the_same_position_share_the_bytes_of_a_frame() {
    let hub = Arc::<Hub>::default();
    let [mut one, mut two, mut behind] = [(); 3].map(|()| reader(&hub, &[1]));
    hub.publish(&state_of(1, 1));
    assert_eq!(one.read().changes.unwrap().as_ptr(), two.read().changes.unwrap().as_ptr());
    hub.publish(&state_of(2, 7));
    // One has looked since, the other has not: both have the same changes.
    assert!(one.read().is_empty());
    hub.publish(&state_of(3, 1));
    assert_eq!(one.read().changes.unwrap().as_ptr(), two.read().changes.unwrap().as_ptr());
    assert_eq!(seqs(&behind.read()), [1, 3]);
}

/// More than the log may take is said of other tasks.
#[test]
fn what_was_dropped_of_others_is_not_missed_by_a_reader_of_a_task() {
    let hub = Arc::<Hub>::default();
    let (mut quiet, mut other, mut all) = (reader(&hub, &[1]), reader(&hub, &[2]), Reader::new(hub.clone(), &[Topic::All], SILENT));
    hub.publish(&state_of(1, 1));
    assert_eq!(seqs(&quiet.read()), [1]);
    let note = "x".repeat(1024 * 1024);
    let floods = 2..=2 + (limits::LOG_BYTES / note.len()) as u64;
    let last = *floods.end();
    for seq in floods {
        hub.publish(&Numbered { seq: Seq(seq), change: Change::TaskWaiting { task: task(2), note: Some(note.clone()) } });
    }
    hub.publish(&state_of(last + 1, 1));
    assert_eq!(seqs(&quiet.read()), [last + 1]);
    assert!(other.read().resync && all.read().resync);
    // Nobody knows whether this task had changes that were dropped.
    let mut late = reader(&hub, &[3]);
    assert!(late.read().resync);
    late.continue_at(Seq(last));
    assert!(late.read().is_empty());
}

#[derive(Clone, Debug)]
enum TopicStep {
    State(u128),
    Progress(u128, u8),
    Common,
    Counts,
    Tick,
    Read(usize),
    /// A reader leaves, and another comes with these tasks, which has everything so far.
    Replace(usize, Vec<u128>),
}

const READERS: usize = 4;

fn topic_step() -> impl Strategy<Value = TopicStep> {
    let number = || 0u128..5;
    prop_oneof![
        4 => number().prop_map(TopicStep::State),
        6 => (number(), 0u8..3).prop_map(|(task, node)| TopicStep::Progress(task, node)),
        1 => Just(TopicStep::Common),
        2 => Just(TopicStep::Counts),
        3 => Just(TopicStep::Tick),
        6 => (0..READERS).prop_map(TopicStep::Read),
        1 => (0..READERS, proptest::collection::vec(number(), 0..4)).prop_map(|(nth, tasks)| TopicStep::Replace(nth, tasks)),
    ]
}

/// All that was published, and how far it may be read.
#[derive(Default)]
struct Published {
    changes: Vec<Numbered>,
    readable: u64,
}

impl Published {
    /// What a plain filter finds: not superseded, of these tasks or of none, in order.
    fn between(&self, tasks: &[u128], after: u64, to: u64) -> Vec<Numbered> {
        let tasks: Vec<TaskId> = tasks.iter().map(|number| task(*number)).collect();
        let is_superseded = |one: &Numbered| {
            let key = one.change.merge_key();
            key.is_some() && self.changes.iter().any(|other| other.seq > one.seq && other.change.merge_key() == key)
        };
        let is_wanted = |one: &&Numbered| one.change.task().is_none_or(|task| tasks.contains(&task)) && !is_superseded(one);
        self.changes.iter().filter(|one| (after + 1..=to).contains(&one.seq.0)).filter(is_wanted).cloned().collect()
    }
}

struct FollowingReader {
    reader: Reader,
    tasks: Vec<u128>,
    at: u64,
}

proptest! {
    #[test]
    fn a_reader_of_tasks_gets_what_a_filter_of_all_changes_finds(
        first in proptest::collection::vec(proptest::collection::vec(0u128..5, 0..4), READERS..=READERS),
        steps in proptest::collection::vec(topic_step(), 1..120),
    ) {
        let hub = Arc::<Hub>::default();
        let mut published = Published::default();
        let open = |tasks: Vec<u128>, at: u64| {
            let mut reader = reader(&hub, &tasks);
            reader.continue_at(Seq(at));
            FollowingReader { reader, tasks, at }
        };
        let mut readers: Vec<FollowingReader> = first.into_iter().map(|tasks| open(tasks, 0)).collect();
        let check = |one: &mut FollowingReader, published: &Published| {
            let batch = one.reader.read();
            let got: Vec<Numbered> = batch.changes.iter().flat_map(decode).collect();
            assert!(!batch.resync);
            assert_eq!(got, published.between(&one.tasks, one.at, published.readable));
            one.at = one.at.max(published.readable);
        };
        for step in steps {
            let seq = published.changes.len() as u64 + 1;
            let change = match step {
                TopicStep::State(number) => state_of(seq, number),
                TopicStep::Progress(number, node) => progress_of(seq, number, node),
                TopicStep::Common => common(seq),
                TopicStep::Counts => counts(seq),
                TopicStep::Tick => {
                    hub.tick();
                    published.readable = seq - 1;
                    continue;
                }
                TopicStep::Read(nth) => {
                    check(&mut readers[nth], &published);
                    continue;
                }
                TopicStep::Replace(nth, tasks) => {
                    readers[nth] = open(tasks, seq - 1);
                    continue;
                }
            };
            match &change.change {
                Change::BackendChanged(_) => hub.publish_counts(&change),
                _ => hub.publish(&change),
            }
            if !change.change.is_progress() {
                published.readable = seq;
            }
            published.changes.push(change);
        }
        hub.tick();
        published.readable = published.changes.len() as u64;
        for one in &mut readers {
            check(one, &published);
        }
    }
}
