use proptest::prelude::*;
use tokio::time::advance;
use uuid::Uuid;

use super::*;

const KEEP: Duration = Duration::from_secs(300);

fn task(number: u128) -> TaskId {
    TaskId(Uuid::from_u128(number))
}

fn feed_log() -> FeedLog {
    FeedLog::new(Epoch(7), KEEP)
}

fn update(feed: &FeedLog, number: u128, touch: TaskUpdate) {
    feed.add([(task(number), touch)].into(), None);
}

fn known(seq: u64) -> Resume {
    Resume { epoch: Epoch(7), seq: Seq(seq) }
}

/// What a reader at `after` gets: number, task, and whether it is the task's end.
fn read(feed: &FeedLog, after: u64, all: bool, tasks: &[TaskId]) -> Vec<(u64, u128, bool)> {
    let (mut at, mut entries) = (Seq(after), Vec::new());
    while let NextEntry::Entry(entry) = feed.next(at, all, tasks) {
        entries.push((entry.seq.0, entry.task.0.as_u128(), entry.is_end));
        at = entry.seq;
    }
    entries
}

#[test]
fn each_task_has_one_entry_and_the_newest() {
    let feed = feed_log();
    for number in [1, 2, 1, 3, 1] {
        update(&feed, number, TaskUpdate::Changed);
    }
    assert_eq!(read(&feed, 0, true, &[]), [(2, 2, false), (4, 3, false), (5, 1, false)]);
    assert_eq!(read(&feed, 2, true, &[]), [(4, 3, false), (5, 1, false)]);
    assert_eq!(read(&feed, 0, false, &[task(1), task(3), task(9)]), [(4, 3, false), (5, 1, false)]);
    assert_eq!(read(&feed, 5, false, &[task(1)]), []);
    assert!(feed.is_complete_after(known(0)) && feed.is_complete_after(known(5)));
    assert!(!feed.is_complete_after(known(6)) && !feed.is_complete_after(Resume { epoch: Epoch(6), seq: Seq(5) }));
}

#[test]
fn a_task_ends_once_and_a_removed_task_has_no_entry() {
    let feed = feed_log();
    for touch in [TaskUpdate::Changed, TaskUpdate::Ended, TaskUpdate::Changed, TaskUpdate::Ended] {
        update(&feed, 1, touch);
    }
    assert_eq!(read(&feed, 0, true, &[]), [(2, 1, true)]);
    update(&feed, 1, TaskUpdate::Removed);
    update(&feed, 2, TaskUpdate::Removed);
    assert_eq!(read(&feed, 0, true, &[]), []);
}

#[tokio::test(start_paused = true)]
async fn entries_of_finished_tasks_expire_and_others_do_not() {
    let feed = feed_log();
    update(&feed, 1, TaskUpdate::Changed);
    update(&feed, 2, TaskUpdate::Ended);
    advance(KEEP / 2).await;
    update(&feed, 3, TaskUpdate::Ended);
    advance(KEEP / 2 - Duration::from_millis(1)).await;
    feed.drop_expired(Instant::now());
    assert_eq!(read(&feed, 0, true, &[]), [(1, 1, false), (2, 2, true), (3, 3, true)]);
    advance(Duration::from_millis(1)).await;
    feed.drop_expired(Instant::now());
    // A reader that has not read the dropped entry cannot read on.
    assert!(matches!(feed.next(Seq(1), true, &[]), NextEntry::Lost));
    assert!(!feed.is_complete_after(known(1)) && feed.is_complete_after(known(2)));
    assert_eq!(read(&feed, 2, true, &[]), [(3, 3, true)]);
    assert!(feed.entry(task(1)).is_some() && feed.entry(task(2)).is_none());
}

#[tokio::test(start_paused = true)]
async fn the_number_of_kept_ends_is_limited() {
    let feed = feed_log();
    (0..limits::FEED_ENDED as u128 + 5).for_each(|number| update(&feed, number, TaskUpdate::Ended));
    feed.drop_expired(Instant::now());
    assert_eq!(feed.entries.lock().log.iter().count(), limits::FEED_ENDED);
    assert!(!feed.is_complete_after(known(4)), "the first five were dropped");
    assert!(feed.is_complete_after(known(5)));
}

fn queue_view(positions: &[(u128, usize)], hold: QueueHold) -> QueueView {
    QueueView { positions: positions.iter().map(|(number, position)| (task(*number), *position)).collect(), hold }
}

#[test]
fn pausing_and_resuming_the_queue_updates_every_waiting_task() {
    let feed = feed_log();
    let waiting = [(1, 1), (2, 2)];
    let held = QueueHold { queue_paused: true, unreachable: false };
    feed.add(BTreeMap::new(), Some(queue_view(&waiting, QueueHold::default())));
    for hold in [held, QueueHold::default()] {
        let newest = feed.newest().seq.0;
        feed.add(BTreeMap::new(), Some(queue_view(&waiting, hold)));
        assert_eq!(read(&feed, newest, true, &[]), [(newest + 1, 1, false), (newest + 2, 2, false)], "{hold:?}");
        feed.add(BTreeMap::new(), Some(queue_view(&waiting, hold)));
        assert_eq!(feed.newest().seq.0, newest + 2, "{hold:?}: nothing changed");
    }
}

#[test]
fn another_position_in_the_queue_is_an_update() {
    let feed = feed_log();
    let positions = |positions: &[(u128, usize)]| Some(queue_view(positions, QueueHold::default()));
    feed.add(BTreeMap::new(), positions(&[(1, 1), (2, 2)]));
    let newest = feed.newest().seq;
    feed.add(BTreeMap::new(), positions(&[(1, 1), (2, 2)]));
    assert_eq!(feed.newest().seq, newest, "nothing moved");
    feed.add(BTreeMap::new(), positions(&[(2, 1)]));
    assert_eq!(read(&feed, newest.0, true, &[]), [(newest.0 + 1, 2, false)]);
    assert_eq!(feed.entry(task(2)).and_then(|entry| entry.position), Some(1));
}

proptest! {
    /// A reader that pauses anywhere ends with the newest entry of each task, and got each end once.
    #[test]
    fn a_reader_that_pauses_gets_the_newest_entry_of_each_task(updates in proptest::collection::vec((0u128..6, 0u8..4), 1..80), stops in proptest::collection::vec(0usize..80, 0..5)) {
        let feed = feed_log();
        let (mut at, mut newest, mut ends) = (Seq(0), HashMap::new(), HashMap::new());
        let mut read_on = |feed: &FeedLog| {
            while let NextEntry::Entry(entry) = feed.next(at, true, &[]) {
                newest.insert(entry.task, entry.seq);
                *ends.entry(entry.task).or_insert(0) += usize::from(entry.is_end);
                at = entry.seq;
            }
        };
        for (nth, (number, kind)) in updates.iter().enumerate() {
            update(&feed, *number, if *kind == 0 { TaskUpdate::Ended } else { TaskUpdate::Changed });
            if stops.contains(&nth) {
                read_on(&feed);
            }
        }
        read_on(&feed);
        let expected: HashMap<TaskId, Seq> = feed.entries.lock().log.iter().map(|entry| (entry.task, entry.seq)).collect();
        prop_assert_eq!(newest, expected);
        prop_assert!(ends.values().all(|ends| *ends <= 1));
    }
}

#[tokio::test(start_paused = true)]
async fn followers_get_the_end_even_if_ended_tasks_are_not_kept() {
    let feed = FeedLog::new(Epoch(7), Duration::ZERO);
    update(&feed, 1, TaskUpdate::Ended);
    feed.drop_expired(Instant::now());
    assert_eq!(read(&feed, 0, true, &[]), [(1, 1, true)]);
    advance(MIN_KEEP_ENDED).await;
    feed.drop_expired(Instant::now());
    assert!(feed.entry(task(1)).is_none());
}
