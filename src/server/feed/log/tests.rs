use proptest::prelude::*;
use tokio::time::advance;
use uuid::Uuid;

use super::*;

const KEEP: Duration = Duration::from_secs(300);

fn task(number: u128) -> TaskId {
    TaskId(Uuid::from_u128(number))
}

fn feed() -> Feed {
    Feed::new(Epoch(7), KEEP)
}

fn tell(feed: &Feed, number: u128, touch: Touch) {
    feed.tell([(task(number), touch)].into(), None);
}

fn known(seq: u64) -> Resume {
    Resume { epoch: Epoch(7), seq: Seq(seq) }
}

/// What somebody reads who was at `after`: tasks, and whether it is their end.
fn read(feed: &Feed, after: u64, all: bool, tasks: &[TaskId]) -> Vec<(u64, u128, bool)> {
    let (mut at, mut came) = (Seq(after), Vec::new());
    while let Next::Entry(entry) = feed.next(at, all, tasks) {
        came.push((entry.seq.0, entry.task.0.as_u128(), entry.is_end));
        at = entry.seq;
    }
    came
}

#[test]
fn each_task_has_one_place_and_the_newest() {
    let feed = feed();
    for number in [1, 2, 1, 3, 1] {
        tell(&feed, number, Touch::News);
    }
    assert_eq!(read(&feed, 0, true, &[]), [(2, 2, false), (4, 3, false), (5, 1, false)]);
    assert_eq!(read(&feed, 2, true, &[]), [(4, 3, false), (5, 1, false)]);
    assert_eq!(read(&feed, 0, false, &[task(1), task(3), task(9)]), [(4, 3, false), (5, 1, false)]);
    assert_eq!(read(&feed, 5, false, &[task(1)]), []);
    assert!(feed.is_kept(known(0)) && feed.is_kept(known(5)));
    assert!(!feed.is_kept(known(6)) && !feed.is_kept(Resume { epoch: Epoch(6), seq: Seq(5) }));
}

#[test]
fn a_task_ends_once_and_what_is_removed_has_no_place() {
    let feed = feed();
    for touch in [Touch::News, Touch::End, Touch::News, Touch::End] {
        tell(&feed, 1, touch);
    }
    assert_eq!(read(&feed, 0, true, &[]), [(2, 1, true)]);
    tell(&feed, 1, Touch::Removed);
    tell(&feed, 2, Touch::Removed);
    assert_eq!(read(&feed, 0, true, &[]), []);
}

#[tokio::test(start_paused = true)]
async fn ends_are_kept_for_five_minutes_and_what_goes_on_for_ever() {
    let feed = feed();
    tell(&feed, 1, Touch::News);
    tell(&feed, 2, Touch::End);
    advance(KEEP / 2).await;
    tell(&feed, 3, Touch::End);
    advance(KEEP / 2 - Duration::from_millis(1)).await;
    feed.drop_old(Instant::now());
    assert_eq!(read(&feed, 0, true, &[]), [(1, 1, false), (2, 2, true), (3, 3, true)]);
    advance(Duration::from_millis(1)).await;
    feed.drop_old(Instant::now());
    // Who does not know what is gone cannot read on.
    assert!(matches!(feed.next(Seq(1), true, &[]), Next::Lost));
    assert!(!feed.is_kept(known(1)) && feed.is_kept(known(2)));
    assert_eq!(read(&feed, 2, true, &[]), [(3, 3, true)]);
    assert!(feed.entry(task(1)).is_some() && feed.entry(task(2)).is_none());
}

#[tokio::test(start_paused = true)]
async fn not_too_many_ends_are_kept() {
    let feed = feed();
    (0..limits::FEED_ENDED as u128 + 5).for_each(|number| tell(&feed, number, Touch::End));
    feed.drop_old(Instant::now());
    let inner = feed.inner.lock();
    assert_eq!((inner.entries.len(), inner.of_task.len(), inner.lost), (limits::FEED_ENDED, limits::FEED_ENDED, Seq(5)));
}

#[test]
fn another_place_in_the_queue_is_news() {
    let feed = feed();
    let places = |places: &[(u128, usize)]| Some(places.iter().map(|(number, place)| (task(*number), *place)).collect());
    feed.tell(BTreeMap::new(), places(&[(1, 1), (2, 2)]));
    let newest = feed.newest().seq;
    feed.tell(BTreeMap::new(), places(&[(1, 1), (2, 2)]));
    assert_eq!(feed.newest().seq, newest, "nothing moved");
    feed.tell(BTreeMap::new(), places(&[(2, 1)]));
    assert_eq!(read(&feed, newest.0, true, &[]), [(newest.0 + 1, 2, false)]);
    assert_eq!(feed.entry(task(2)).and_then(|entry| entry.position), Some(1));
}

proptest! {
    /// Wherever somebody stops and comes back, in the end they know of each task what was last told of it, and of each end once.
    #[test]
    fn whoever_comes_back_knows_the_newest_of_each(told in proptest::collection::vec((0u128..6, 0u8..4), 1..80), stops in proptest::collection::vec(0usize..80, 0..5)) {
        let feed = feed();
        let (mut at, mut heard, mut ends) = (Seq(0), HashMap::new(), HashMap::new());
        let mut listen = |feed: &Feed| {
            while let Next::Entry(entry) = feed.next(at, true, &[]) {
                heard.insert(entry.task, entry.seq);
                *ends.entry(entry.task).or_insert(0) += usize::from(entry.is_end);
                at = entry.seq;
            }
        };
        for (nth, (number, kind)) in told.iter().enumerate() {
            tell(&feed, *number, if *kind == 0 { Touch::End } else { Touch::News });
            if stops.contains(&nth) {
                listen(&feed);
            }
        }
        listen(&feed);
        let expected: HashMap<TaskId, Seq> = feed.inner.lock().of_task.clone();
        prop_assert_eq!(heard, expected);
        prop_assert!(ends.values().all(|ends| *ends <= 1));
    }
}

#[tokio::test(start_paused = true)]
async fn without_keeping_those_who_follow_still_hear_the_end() {
    let feed = Feed::new(Epoch(7), Duration::ZERO);
    tell(&feed, 1, Touch::End);
    feed.drop_old(Instant::now());
    assert_eq!(read(&feed, 0, true, &[]), [(1, 1, true)]);
    advance(KEEP_AT_LEAST).await;
    feed.drop_old(Instant::now());
    assert!(feed.entry(task(1)).is_none());
}
