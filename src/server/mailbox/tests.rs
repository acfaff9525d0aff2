use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::proto::{
    ids::{NodeId, Seq},
    task::Numbered,
};

/// The default.
const TICK: Duration = Duration::from_millis(16);
const TASK: TaskId = TaskId(Uuid::from_u128(1));

fn entry(seq: u64, change: Change) -> Arc<Entry> {
    Arc::new(Entry::new(Numbered { seq: Seq(seq), change }))
}

fn progress(seq: u64, node: &str, value: u32) -> Arc<Entry> {
    entry(seq, Change::NodeProgress { task: TASK, node: NodeId::from(node), value, max: 20, counted: true })
}

fn state(seq: u64) -> Arc<Entry> {
    entry(seq, Change::TaskRemoved { task: TaskId(Uuid::from_u128(1_000 + u128::from(seq))) })
}

fn seqs(batch: &Batch) -> Vec<u64> {
    batch.changes.iter().map(|entry| entry.seq.0).collect()
}

#[test]
fn progress_supersedes_itself_and_nothing_else() {
    let mailbox = Mailbox::new([Topic::All], Prefer::default());
    for entry in [progress(1, "3", 1), state(2), progress(3, "8", 1), progress(4, "3", 2), state(5)] {
        mailbox.put(&entry);
    }
    assert_eq!(seqs(&mailbox.take()), [2, 3, 4, 5]);
    assert!(mailbox.take().changes.is_empty());
}

#[test]
fn a_slow_reader_gets_a_snapshot_instead_of_everything() {
    let mailbox = Mailbox::new([Topic::All], Prefer::default());
    (0..=limits::MAILBOX_CHANGES as u64).for_each(|seq| mailbox.put(&state(seq + 1)));
    let batch = mailbox.take();
    assert!(batch.resync && batch.changes.is_empty());
}

#[test]
fn a_flood_of_progress_stays_small() {
    let mailbox = Mailbox::new([Topic::All], Prefer::default());
    (1..100_000).for_each(|seq| mailbox.put(&progress(seq, "3", seq as u32)));
    assert!(mailbox.inner.lock().changes.len() <= 2 * limits::MAILBOX_CHANGES + 1);
    assert_eq!(seqs(&mailbox.take()), [99_999]);
}

#[test]
fn hears_only_of_its_topics() {
    let mailbox = Mailbox::new([Topic::Task(TASK)], Prefer::default());
    mailbox.put(&state(1));
    mailbox.put(&progress(2, "3", 1));
    assert_eq!(seqs(&mailbox.take()), [2]);
}

#[tokio::test(start_paused = true)]
async fn state_goes_out_at_once_and_progress_with_the_tick() {
    let mailbox = Mailbox::new([Topic::All], Prefer::default());
    let start = Instant::now();
    mailbox.put(&progress(1, "3", 1));
    mailbox.next(start).await;
    assert_eq!(start.elapsed(), TICK);
    let second = Instant::now();
    mailbox.put(&progress(2, "3", 2));
    mailbox.put(&state(3));
    assert_eq!(seqs(&mailbox.next(second).await), [2, 3]);
    assert_eq!(second.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_slower_tick_merges_more_and_keeps_state_prompt() {
    let mailbox = Mailbox::new([Topic::All], Prefer { tick_ms: 1_000, ..Prefer::default() });
    let start = Instant::now();
    mailbox.put(&progress(1, "3", 1));
    let (batch, ()) = tokio::join!(mailbox.next(start), async {
        tokio::time::sleep(Duration::from_millis(900)).await;
        mailbox.put(&progress(2, "3", 2));
    });
    assert_eq!((seqs(&batch), start.elapsed()), (vec![2], Duration::from_secs(1)));
    let second = Instant::now();
    mailbox.put(&progress(3, "3", 3));
    mailbox.put(&state(4));
    assert_eq!((seqs(&mailbox.next(second).await), second.elapsed()), (vec![3, 4], Duration::ZERO));
}

/// A tab that is shown again does not wait for the rest of a slow tick.
#[tokio::test(start_paused = true)]
async fn a_faster_tick_holds_at_once() {
    let mailbox = Mailbox::new([Topic::All], Prefer { tick_ms: 10_000, ..Prefer::default() });
    let start = Instant::now();
    mailbox.put(&progress(1, "3", 1));
    let (batch, ()) = tokio::join!(mailbox.next(start), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        mailbox.prefer(Prefer::default());
    });
    assert_eq!((seqs(&batch), start.elapsed()), (vec![1], Duration::from_millis(100)));
}

#[test]
fn previews_come_only_to_those_who_want_them() {
    let frame = Bytes::from_static(b"picture");
    let silent = Prefer { previews: false, ..Prefer::default() };
    let mailbox = Mailbox::new([Topic::All], silent);
    mailbox.put_preview(TASK, &frame);
    assert!(mailbox.take().previews.is_empty());
    mailbox.prefer(Prefer::default());
    mailbox.put_preview(TASK, &frame);
    assert_eq!(mailbox.take().previews.len(), 1);
    mailbox.put_preview(TASK, &frame);
    mailbox.prefer(silent);
    assert!(mailbox.take().previews.is_empty());
}

proptest! {
    /// What arrives is in order, ends with the newest of each, and misses nothing that was not superseded.
    #[test]
    fn order_and_newest_survive_any_reading(steps in proptest::collection::vec((0u8..5, any::<bool>()), 1..200)) {
        let mailbox = Mailbox::new([Topic::All], Prefer::default());
        let mut received = Vec::new();
        let mut expected_states = Vec::new();
        let mut newest = HashMap::new();
        for (seq, (node, read)) in (1..).zip(steps) {
            let put = if node == 0 {
                expected_states.push(seq);
                state(seq)
            } else {
                newest.insert(node, seq);
                progress(seq, &node.to_string(), seq as u32)
            };
            mailbox.put(&put);
            if read {
                received.extend(seqs(&mailbox.take()));
            }
        }
        received.extend(seqs(&mailbox.take()));
        prop_assert!(received.is_sorted());
        prop_assert!(expected_states.iter().all(|seq| received.contains(seq)));
        prop_assert!(newest.values().all(|seq| received.contains(seq)));
    }
}
