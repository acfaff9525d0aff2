//! Which tasks have news for programs, in order: each task has at most one entry, which moves to the end with every update. A program that reads
//! late therefore reads less: of each task only its present state. Entries have no content; the event of an entry is made when the first program
//! reads it, and shared.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{OnceCell, watch},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

use super::place::{EventId, FeedPlace};
use crate::{
    compacted_log::{CompactedLog, Keyed},
    hub::{ChangeKind, Hub},
    sync::Mutex,
    topic_wakers::{ReaderWaker, TopicWakers},
    tracker::Tracker,
};
use proto::{
    ids::{Epoch, Resume, Seq, TaskId},
    limits,
    task::QueueHold,
};

pub struct FeedLog {
    /// The tracker's.
    epoch: Epoch,
    /// How long the entry of a finished task is kept.
    keep_ended: Duration,
    entries: Mutex<Entries>,
    /// Raised with every new entry.
    changed: watch::Sender<()>,
    wakers: TopicWakers,
}

#[derive(Default)]
struct Entries {
    /// It has been filled: what happens is added to it.
    is_begun: bool,
    /// Everything up to here has its entries.
    newest: FeedPlace,
    log: CompactedLog<Arc<FeedEntry>, FeedPlace>,
    /// The entries of finished tasks and when they were made, oldest first.
    ended: VecDeque<(Instant, FeedPlace)>,
    /// The places in the queue of the tasks that do not run yet; 1 is the next to run.
    positions: HashMap<TaskId, usize>,
    /// What keeps all waiting tasks.
    hold: QueueHold,
}

/// A task has news.
pub(super) struct FeedEntry {
    /// Of the last change of the task that it tells of.
    pub(super) place: FeedPlace,
    pub(super) task: TaskId,
    /// The task is finished.
    pub(super) is_end: bool,
    /// The task's place in the queue.
    pub(super) position: Option<usize>,
    /// The event for programs. Empty: there is nothing to send after all.
    pub(super) event: OnceCell<Bytes>,
}

impl Keyed for Arc<FeedEntry> {
    type Key = TaskId;

    fn key(&self) -> Option<TaskId> {
        Some(self.task)
    }
}

/// The queue at one moment.
struct QueueView {
    positions: HashMap<TaskId, usize>,
    hold: QueueHold,
}

impl QueueView {
    fn of(tracker: &Tracker) -> Self {
        Self { positions: tracker.positions(), hold: tracker.hold() }
    }
}

/// What happened to a task; of several updates the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum TaskUpdate {
    Changed,
    Ended,
    Removed,
}

/// What is new of a task.
struct UpdatedTask {
    update: TaskUpdate,
    /// Of its last change; `None`: it has none, but another place in the queue.
    seq: Option<Seq>,
}

/// What a reader finds after its place.
pub(super) enum NextEntry {
    Entry(Arc<FeedEntry>),
    /// There is nothing for this reader up to this number.
    None(FeedPlace),
    /// Entries were dropped that the reader may not have read.
    Lost,
}

/// How often programs get progress.
const TICK: Duration = Duration::from_millis(limits::PROGRAM_TICK_MS as u64);
/// The least [`FeedLog::keep_ended`], so that connected followers of a task can read its end.
const MIN_KEEP_ENDED: Duration = Duration::from_secs(1);

impl FeedLog {
    /// `start`: what happened up to there is not known.
    pub(super) fn new(Resume { epoch, seq }: Resume, keep_ended: Duration) -> Self {
        let newest = FeedPlace::of(seq);
        let entries = Entries { newest, log: CompactedLog::starting_at(newest), ..Entries::default() };
        Self {
            epoch,
            keep_ended: keep_ended.max(MIN_KEEP_ENDED),
            entries: Mutex::new(entries),
            changed: watch::Sender::new(()),
            wakers: TopicWakers::default(),
        }
    }

    /// Turns the tracker's changes into entries, for ever: changes of state at once, progress with the next tick.
    pub(super) async fn run(&self, tracker: &Tracker) {
        let hub = tracker.hub();
        let mut states = hub.states();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Another tracker may have filled it before, and this one goes on.
        let mut at = Some(self.entries.lock()).filter(|entries| entries.is_begun).map(|entries| entries.newest.seq);
        loop {
            let is_tick = tokio::select! {
                // Cannot fail: `hub` is alive.
                _ = states.changed() => false,
                _ = ticks.tick() => true,
            };
            at = Some(match at {
                Some(at) => self.read_changes(tracker, &hub, at, is_tick),
                None => self.start_over(tracker),
            });
            self.drop_expired(Instant::now());
        }
    }

    /// Makes entries of the changes after `at`. Returns the place to continue at: unchanged if there is only progress and this is no tick.
    fn read_changes(&self, tracker: &Tracker, hub: &Hub, at: Seq, is_tick: bool) -> Seq {
        let mut updates = BTreeMap::new();
        let mut at_once = false;
        let visited = hub.visit(at, |seq, change| {
            // The end of a task stays its last event, wherever its outputs are by then.
            if change.kind == ChangeKind::Output {
                return;
            }
            at_once |= change.kind != ChangeKind::Progress;
            let Some(task) = change.task else { return };
            let update = match change.kind {
                ChangeKind::Removed => TaskUpdate::Removed,
                ChangeKind::Ended => TaskUpdate::Ended,
                _ => TaskUpdate::Changed,
            };
            let known = updates.entry(task).or_insert(UpdatedTask { update, seq: None });
            *known = UpdatedTask { update: update.max(known.update), seq: Some(seq) };
        });
        match visited {
            Some(newest) if at_once || is_tick => {
                self.add(updates, at_once.then(|| QueueView::of(tracker)), newest);
                newest
            }
            Some(_) => at,
            None => self.start_over(tracker),
        }
    }

    /// Makes an entry for every unfinished task, and for every task that was unfinished at its last entry: the changes since then are unknown.
    fn start_over(&self, tracker: &Tracker) -> Seq {
        // Read before the tasks: a change in between then only makes an entry too many.
        let newest = tracker.newest().seq;
        let news = |update| UpdatedTask { update, seq: None };
        let mut updates: BTreeMap<TaskId, UpdatedTask> =
            tracker.ids(|task| !task.state.is_final()).into_iter().map(|id| (id, news(TaskUpdate::Changed))).collect();
        let open: Vec<TaskId> = self.entries.lock().log.iter().filter(|entry| !entry.is_end).map(|entry| entry.task).collect();
        for id in open {
            updates.entry(id).or_insert(news(TaskUpdate::Ended));
        }
        self.add(updates, Some(QueueView::of(tracker)), newest);
        newest
    }

    /// `queue`: a task with another place than before also gets an entry, and so do all waiting tasks when something else keeps them. `None`:
    /// unchanged. `upto`: the last change that was looked at.
    fn add(&self, mut updates: BTreeMap<TaskId, UpdatedTask>, queue: Option<QueueView>, upto: Seq) {
        let mut entries = self.entries.lock();
        if let Some(QueueView { positions, hold }) = queue {
            let all = entries.hold != hold;
            for (task, position) in &positions {
                if all || entries.positions.get(task) != Some(position) {
                    updates.entry(*task).or_insert(UpdatedTask { update: TaskUpdate::Changed, seq: None });
                }
            }
            entries.positions = positions;
            entries.hold = hold;
        }
        let mut news: Vec<(TaskId, UpdatedTask)> = updates.into_iter().collect();
        // In the order of their changes; those without one of their own are told at the end.
        news.sort_by_key(|(_, news)| news.seq.unwrap_or(upto.next()));
        for (task, news) in &news {
            entries.update(*task, news.update, news.seq.map_or(FeedPlace::of(upto).next(), FeedPlace::of));
        }
        entries.newest = entries.newest.max(FeedPlace::of(upto));
        entries.is_begun = true;
        drop(entries);
        if !news.is_empty() {
            self.changed.send_replace(());
        }
        news.iter().for_each(|(task, _)| self.wakers.wake(*task));
    }

    /// Drops the entries of tasks that ended long ago, and of the first ones if there are too many: the store has those tasks.
    fn drop_expired(&self, now: Instant) {
        let mut entries = self.entries.lock();
        let is_expired = |(since, _): &(Instant, FeedPlace)| now.saturating_duration_since(*since) >= self.keep_ended;
        while entries.ended.len() > limits::FEED_ENDED || entries.ended.front().is_some_and(is_expired) {
            let Some((_, place)) = entries.ended.pop_front() else { return };
            entries.log.drop_entry(place);
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// For a reader of these tasks only, each of which is named once. Until [`Self::unfollow`].
    pub(super) fn follow(&self, tasks: &[TaskId]) -> Arc<ReaderWaker> {
        self.wakers.add(tasks)
    }

    pub(super) fn unfollow(&self, waker: &ReaderWaker, tasks: &[TaskId]) {
        self.wakers.remove(waker, tasks);
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The place after the newest entry.
    pub(super) fn newest(&self) -> FeedPlace {
        self.entries.lock().newest
    }

    pub(super) fn id_of(&self, place: FeedPlace) -> EventId {
        EventId { epoch: self.epoch, place: Some(place) }
    }

    /// Whether a reader that has everything up to `known` can read on.
    pub(super) fn is_complete_after(&self, known: FeedPlace) -> bool {
        let entries = self.entries.lock();
        known <= entries.newest && entries.log.is_complete_after(known)
    }

    /// Waits a little until everything up to `known` has its entries: the program may have it from another Darkroom, which was quicker.
    /// Returns whether they have.
    pub(super) async fn reach(&self, known: EventId) -> bool {
        let is_ahead = |place: FeedPlace| known.epoch == self.epoch && self.newest().seq < place.seq;
        let reached = async {
            while known.place.is_some_and(is_ahead) {
                sleep(TICK / 4).await;
            }
        };
        timeout(limits::LIVE_AHEAD, reached).await.is_ok()
    }

    pub(super) fn entry(&self, task: TaskId) -> Option<Arc<FeedEntry>> {
        self.entries.lock().log.get(&task).map(|(_, entry)| entry.clone())
    }

    /// The first entry after `after`: of all tasks, or of `tasks`.
    pub(super) fn next(&self, after: FeedPlace, all: bool, tasks: &[TaskId]) -> NextEntry {
        let entries = self.entries.lock();
        let first = if all {
            let Some(mut later) = entries.log.between(after, entries.newest) else { return NextEntry::Lost };
            later.next()
        } else {
            // A task without an entry had its end dropped, or was removed.
            if !entries.log.is_complete_after(after) && tasks.iter().any(|task| entries.log.get(task).is_none()) {
                return NextEntry::Lost;
            }
            tasks.iter().filter_map(|task| entries.log.get(task)).filter(|(place, _)| *place > after).min_by_key(|(place, _)| *place)
        };
        first.map_or(NextEntry::None(entries.newest), |(_, entry)| NextEntry::Entry(entry.clone()))
    }
}

impl Entries {
    /// `place`: where the entry belongs, or after the newest one.
    fn update(&mut self, task: TaskId, update: TaskUpdate, place: FeedPlace) {
        if update == TaskUpdate::Removed {
            self.log.remove(&task);
            return;
        }
        // A task ends once.
        if self.log.get(&task).is_some_and(|(_, entry)| entry.is_end) {
            return;
        }
        let place = place.max(self.newest.next());
        self.newest = place;
        let (is_end, position) = (update == TaskUpdate::Ended, self.positions.get(&task).copied());
        self.log.push(place, Arc::new(FeedEntry { place, task, is_end, position, event: OnceCell::new() }));
        if is_end {
            self.ended.push_back((Instant::now(), place));
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
