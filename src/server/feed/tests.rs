use proptest::prelude::*;
use tokio::time::advance;
use uuid::Uuid;

use super::*;

const KEEP: Duration = Duration::from_secs(300);

fn task(number: u128) -> TaskId {
    TaskId(Uuid::from_u128(number))
}

fn feed_log() -> FeedLog {
    FeedLog::new(Resume { epoch: Epoch(7), seq: Seq(0) }, KEEP)
}

/// With the next change.
fn update(feed: &FeedLog, number: u128, update: TaskUpdate) {
    let seq = feed.newest().seq.next();
    feed.add([(task(number), UpdatedTask { update, seq: Some(seq) })].into(), None, seq);
}

fn known(seq: u64) -> FeedPlace {
    FeedPlace::of(Seq(seq))
}

/// What a reader after this change gets: place, task, and whether it is the task's end.
fn read_places(feed: &FeedLog, after: FeedPlace, all: bool, tasks: &[TaskId]) -> Vec<(FeedPlace, u128, bool)> {
    let (mut at, mut entries) = (after, Vec::new());
    while let NextEntry::Entry(entry) = feed.next(at, all, tasks) {
        entries.push((entry.place, entry.task.0.as_u128(), entry.is_end));
        at = entry.place;
    }
    entries
}

/// The same where each change is of one task.
fn read(feed: &FeedLog, after: u64, all: bool, tasks: &[TaskId]) -> Vec<(u64, u128, bool)> {
    read_places(feed, known(after), all, tasks).into_iter().map(|(place, task, is_end)| (place.seq.0, task, is_end)).collect()
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
    assert!(!feed.is_complete_after(known(6)));
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
    assert!(matches!(feed.next(known(1), true, &[]), NextEntry::Lost));
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
    feed.add(BTreeMap::new(), Some(queue_view(&waiting, QueueHold::default())), Seq(10));
    for (hold, seq) in [(held, 20), (QueueHold::default(), 30)] {
        let before = feed.newest();
        feed.add(BTreeMap::new(), Some(queue_view(&waiting, hold)), Seq(seq));
        let [first, second] = [1, 2].map(|nth| FeedPlace { seq: Seq(seq), nth });
        assert_eq!(read_places(&feed, before, true, &[]), [(first, 1, false), (second, 2, false)], "{hold:?}");
        feed.add(BTreeMap::new(), Some(queue_view(&waiting, hold)), Seq(seq + 1));
        assert_eq!(feed.newest(), known(seq + 1), "{hold:?}: nothing changed");
    }
}

#[test]
fn another_position_in_the_queue_is_an_update() {
    let feed = feed_log();
    let positions = |positions: &[(u128, usize)]| Some(queue_view(positions, QueueHold::default()));
    feed.add(BTreeMap::new(), positions(&[(1, 1), (2, 2)]), Seq(1));
    let newest = feed.newest();
    feed.add(BTreeMap::new(), positions(&[(1, 1), (2, 2)]), Seq(2));
    assert_eq!(read_places(&feed, newest, true, &[]), [], "nothing moved");
    feed.add(BTreeMap::new(), positions(&[(2, 1)]), Seq(3));
    assert_eq!(read_places(&feed, newest, true, &[]), [(FeedPlace { seq: Seq(3), nth: 1 }, 2, false)]);
    assert_eq!(feed.entry(task(2)).and_then(|entry| entry.position), Some(1));
}

proptest! {
    /// A reader that pauses anywhere ends with the newest entry of each task, and got each end once.
    #[test]
    fn a_reader_that_pauses_gets_the_newest_entry_of_each_task(updates in proptest::collection::vec((0u128..6, 0u8..4), 1..80), stops in proptest::collection::vec(0usize..80, 0..5)) {
        let feed = feed_log();
        let (mut at, mut newest, mut ends) = (known(0), HashMap::new(), HashMap::new());
        let mut read_on = |feed: &FeedLog| {
            while let NextEntry::Entry(entry) = feed.next(at, true, &[]) {
                newest.insert(entry.task, entry.place);
                *ends.entry(entry.task).or_insert(0) += usize::from(entry.is_end);
                at = entry.place;
            }
        };
        for (nth, (number, kind)) in updates.iter().enumerate() {
            update(&feed, *number, if *kind == 0 { TaskUpdate::Ended } else { TaskUpdate::Changed });
            if stops.contains(&nth) {
                read_on(&feed);
            }
        }
        read_on(&feed);
        let expected: HashMap<TaskId, FeedPlace> = feed.entries.lock().log.iter().map(|entry| (entry.task, entry.place)).collect();
        prop_assert_eq!(newest, expected);
        prop_assert!(ends.values().all(|ends| *ends <= 1));
    }
}

#[tokio::test(start_paused = true)]
async fn followers_get_the_end_even_if_ended_tasks_are_not_kept() {
    let feed = FeedLog::new(Resume { epoch: Epoch(7), seq: Seq(0) }, Duration::ZERO);
    update(&feed, 1, TaskUpdate::Ended);
    feed.drop_expired(Instant::now());
    assert_eq!(read(&feed, 0, true, &[]), [(1, 1, true)]);
    advance(MIN_KEEP_ENDED).await;
    feed.drop_expired(Instant::now());
    assert!(feed.entry(task(1)).is_none());
}

/// Entries of others are dropped while nothing is new of a task.
#[tokio::test(start_paused = true)]
async fn a_reader_of_a_quiet_task_does_not_start_over_because_of_others() {
    let feed = feed_log();
    update(&feed, 1, TaskUpdate::Changed);
    let at = feed.newest();
    update(&feed, 2, TaskUpdate::Ended);
    advance(KEEP).await;
    feed.drop_expired(Instant::now());
    assert!(matches!(feed.next(at, true, &[]), NextEntry::Lost));
    assert!(matches!(feed.next(at, false, &[task(1)]), NextEntry::None(_)));
    assert!(matches!(feed.next(at, false, &[task(1), task(2)]), NextEntry::Lost), "the end of this one");
    update(&feed, 1, TaskUpdate::Changed);
    assert!(matches!(feed.next(at, false, &[task(1)]), NextEntry::Entry(_)));
}

/// A reader is woken by its tasks only, and what came before it waits is not forgotten.
#[tokio::test(start_paused = true)]
async fn a_reader_of_a_task_sleeps_while_others_have_news() {
    let feed = feed_log();
    let waker = feed.follow(&[task(1)]);
    let is_woken = async || timeout(Duration::from_secs(1), waker.state_changed()).await.is_ok();
    update(&feed, 2, TaskUpdate::Changed);
    assert!(!is_woken().await);
    update(&feed, 1, TaskUpdate::Changed);
    assert!(is_woken().await && !is_woken().await);
    feed.unfollow(&waker, &[task(1)]);
    update(&feed, 1, TaskUpdate::Changed);
    assert!(!is_woken().await);
}

#[test]
fn an_event_has_the_place_of_the_last_change_of_its_task_and_moves_in_the_queue_come_after() {
    let feed = feed_log();
    let news = |update, seq| UpdatedTask { update, seq: Some(Seq(seq)) };
    let updates = [(task(1), news(TaskUpdate::Ended, 14)), (task(2), news(TaskUpdate::Changed, 12))];
    feed.add(updates.into(), Some(queue_view(&[(3, 1), (4, 2)], QueueHold::default())), Seq(15));
    let moved = |nth| FeedPlace { seq: Seq(15), nth };
    let all = [(known(12), 2, false), (known(14), 1, true), (moved(1), 3, false), (moved(2), 4, false)];
    for at in 0..all.len() {
        let id = feed.id_of(all[at].0).to_string();
        let place = crate::feed::parse_id(&id).and_then(|id| id.place).unwrap();
        assert!(feed.is_complete_after(place));
        assert_eq!(read_places(&feed, place, true, &[]), all[at + 1..], "{id}");
    }
    assert_eq!(feed.newest(), moved(2));
}

/// Two processes look at the same changes at different moments.
#[derive(Clone, Debug)]
enum FeedStep {
    /// Of this task.
    Change(u128),
    /// A process reads what happened.
    Look(usize),
    /// The program hears one more event.
    Hear,
    /// The program comes back to this process, with the id of the last event that it heard.
    Reconnect(usize),
}

fn feed_step() -> impl Strategy<Value = FeedStep> {
    prop_oneof![
        5 => (0u128..5).prop_map(FeedStep::Change),
        3 => (0usize..2).prop_map(FeedStep::Look),
        5 => Just(FeedStep::Hear),
        3 => (0usize..2).prop_map(FeedStep::Reconnect),
    ]
}

/// A program that follows everything and reconnects between events, also to another process.
struct Program {
    process: usize,
    at: FeedPlace,
    /// The last change of each task that it knows.
    knows: HashMap<TaskId, Seq>,
}

impl Program {
    fn hear(&mut self, feeds: &[FeedLog; 2], looked: &[u64; 2]) -> bool {
        let NextEntry::Entry(entry) = feeds[self.process].next(self.at, true, &[]) else { return false };
        assert!(entry.place > self.at);
        self.at = entry.place;
        // An event tells how the task is when it is told: at least as that process knew it.
        self.knows.insert(entry.task, Seq(looked[self.process]));
        true
    }

    fn reconnect(&mut self, process: usize, feeds: &[FeedLog; 2]) {
        let id = feeds[self.process].id_of(self.at).to_string();
        let place = crate::feed::parse_id(&id).and_then(|id| id.place).expect("an id");
        // A process that does not know the place yet gives the state of everything: nothing can be missed.
        if feeds[process].is_complete_after(place) {
            (self.process, self.at) = (process, place);
        }
    }
}

proptest! {
    #[test]
    fn a_program_that_reconnects_between_events_misses_no_change(steps in proptest::collection::vec(feed_step(), 1..150)) {
        let feeds = [feed_log(), feed_log()];
        let mut looked = [0, 0];
        let mut changes: Vec<TaskId> = Vec::new();
        let mut program = Program { process: 0, at: known(0), knows: HashMap::new() };
        let look = |process: usize, looked: &mut [u64; 2], changes: &[TaskId]| {
            let mut updates = BTreeMap::new();
            for seq in looked[process] + 1..=changes.len() as u64 {
                updates.insert(changes[seq as usize - 1], UpdatedTask { update: TaskUpdate::Changed, seq: Some(Seq(seq)) });
            }
            looked[process] = changes.len() as u64;
            feeds[process].add(updates, None, Seq(looked[process]));
        };
        for step in steps {
            match step {
                FeedStep::Change(number) => changes.push(task(number)),
                FeedStep::Look(process) => look(process, &mut looked, &changes),
                FeedStep::Hear => {
                    program.hear(&feeds, &looked);
                }
                FeedStep::Reconnect(process) => program.reconnect(process, &feeds),
            }
        }
        (0..2).for_each(|process| look(process, &mut looked, &changes));
        while program.hear(&feeds, &looked) {}
        for (seq, task) in (1u64..).zip(&changes) {
            let known = program.knows.get(task).is_some_and(|known| known.0 >= seq);
            prop_assert!(known, "change {} of {}", seq, task);
        }
    }
}
