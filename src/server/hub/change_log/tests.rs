use std::{sync::Arc, time::Duration};

use uuid::Uuid;

use super::*;
use proto::{
    comfy::Catalog,
    ids::{BackendId, NodeId},
    recipe::TextToImage,
    task::{Backend, Durations, Node, Task},
    time::Timestamp,
};

/// Of 40 changes each.
const TASKS_PER_SECOND: u64 = 30;
const CHANGES_OF_A_TASK: u64 = 40;

fn id(number: u64) -> TaskId {
    TaskId(Uuid::from_u128(number.into()))
}

/// A new task with this many nodes.
fn new_task(number: u64, nodes: usize) -> Change {
    let workflow = Arc::new(TextToImage::default().workflow());
    let mut task = Task::new(id(number), "a lighthouse", &workflow, &Catalog::default(), &Durations::default(), Timestamp(1));
    let node = task.nodes[0].clone();
    task.nodes = (0..nodes).map(|nth| Node { id: NodeId(nth.to_string()), ..node.clone() }).collect();
    Change::TaskAdded(Box::new(task))
}

fn backend(queue: u64) -> Change {
    Change::BackendChanged(Box::new(Backend { queue, ..Backend::new(BackendId::from("a"), false, Timestamp(1)) }))
}

/// A log and its clock.
struct Load {
    log: ChangeLog,
    now: Instant,
    seq: u64,
}

impl Load {
    fn new() -> Self {
        Self { log: ChangeLog::default(), now: Instant::now(), seq: 0 }
    }

    fn push(&mut self, change: Change) {
        self.seq += 1;
        self.log.push(&Numbered { seq: Seq(self.seq), change }, self.now);
    }

    /// Short tasks follow one another, each with changes that supersede nothing.
    fn run(&mut self, time: Duration, nodes: usize) {
        let tasks = time.as_secs() * TASKS_PER_SECOND;
        for number in 0..tasks {
            let added = new_task(self.seq + 1, nodes);
            let task = added.task().unwrap();
            self.push(added);
            for nth in 1..CHANGES_OF_A_TASK {
                self.push(Change::NodeDone { task, node: NodeId(nth.to_string()), at: Timestamp(1_700_000_000_000 + number) });
                self.now += time / u32::try_from(tasks * (CHANGES_OF_A_TASK - 1)).unwrap();
            }
        }
    }

    fn of(&self, number: u64) -> Interest {
        Interest::Tasks([id(number)].into())
    }
}

/// For workflows of 7 nodes and of 100.
#[test]
fn at_1_200_changes_a_second_the_log_reaches_back_a_minute() {
    for nodes in [7, 100] {
        let mut load = Load::new();
        load.log.follow(&[id(1)]);
        load.run(limits::LOG_TIME, nodes);
        assert_eq!(load.seq, 72_000);
        assert_eq!(load.log.after(Seq(0)).map(Iterator::count), Some(72_000), "nothing was dropped");
        assert!(load.log.bytes <= limits::LOG_BYTES, "{}", load.log.bytes);
        let frame = load.log.frame(&load.of(1), Seq(1), Seq(load.seq)).unwrap().unwrap();
        assert!(frame.len() < 40 * 40, "its own changes only: {}", frame.len());
        // It goes on for as long: what is older than that goes.
        load.run(limits::LOG_TIME, nodes);
        let kept = load.log.log.len();
        assert!((72_000..=72_100).contains(&kept), "{kept}");
        assert!(load.log.frame(&load.of(1), Seq(1), Seq(load.seq)).is_err());
    }
}

#[test]
fn after_many_changes_a_quiet_log_becomes_short_again() {
    let mut load = Load::new();
    load.run(limits::LOG_TIME, 7);
    load.now += limits::LOG_TIME;
    // Not all at once.
    load.push(backend(0));
    assert_eq!(load.log.log.len(), 72_001 - DROPPED_AT_ONCE);
    for nth in 0..72_000 / DROPPED_AT_ONCE as u64 {
        load.push(backend(nth));
    }
    assert_eq!(load.log.log.len(), limits::LOG_CHANGES, "so many of any age");
    load.now += limits::LOG_TIME;
    for _ in 0..limits::LOG_CHANGES {
        load.push(Change::QueuePaused { paused: true });
    }
    assert_eq!(load.log.log.len(), limits::LOG_CHANGES);
    assert!(load.log.tasks.is_empty(), "nothing is known of tasks that have no changes and no readers");
    assert_eq!(load.log.bytes, load.log.log.iter().map(ChangeEntry::size).sum::<usize>());
}

#[test]
fn the_bytes_of_the_log_are_limited() {
    let mut load = Load::new();
    for number in 1..=3 * limits::LOG_BYTES as u64 / (1024 * 1024) {
        load.push(Change::TaskWaiting { task: id(number), note: Some("x".repeat(1024 * 1024)) });
        assert!(load.log.bytes <= limits::LOG_BYTES);
    }
    assert!(load.log.bytes > limits::LOG_BYTES / 2);
    assert_eq!(load.log.tasks.len(), load.log.log.len());
}

#[test]
fn superseded_changes_take_nothing() {
    let mut load = Load::new();
    for nth in 0..1_000 {
        load.push(backend(nth));
        load.push(Change::TaskProgress { task: id(1), permille: 1, ends_at: None, within_ms: None });
    }
    assert_eq!((load.log.log.len(), load.log.common.seqs.len(), load.log.tasks[&id(1)].seqs.len()), (2, 1, 1));
    assert_eq!(load.log.bytes, load.log.log.iter().map(ChangeEntry::size).sum::<usize>());
}

#[test]
fn a_task_without_changes_is_known_while_it_is_followed() {
    let mut load = Load::new();
    load.log.follow(&[id(1)]);
    load.log.follow(&[id(1), id(2)]);
    load.log.unfollow(&[id(1), id(2)]);
    assert_eq!(load.log.tasks.keys().collect::<Vec<_>>(), [&id(1)]);
    load.log.unfollow(&[id(1)]);
    assert!(load.log.tasks.is_empty());
}
