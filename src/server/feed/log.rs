//! The log that the streams of programs read.

use crate::{hub::Hub, sync::Mutex, tracker::Tracker};
use bytes::Bytes;
use proto::{
    ids::{Epoch, Seq, TaskId},
    limits,
    task::Change,
    wire::Resume,
};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    ops::Bound,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{OnceCell, watch},
    time::{Instant, MissedTickBehavior, interval},
};

pub struct Feed {
    /// The same as the tracker's.
    pub(super) epoch: Epoch,
    /// The end of a task is kept for so long.
    pub(super) keep_ended: Duration,
    pub(super) inner: Mutex<Inner>,
    /// Raised when there is something new.
    pub(super) news: watch::Sender<()>,
}

#[derive(Default)]
pub(super) struct Inner {
    pub(super) newest: Seq,
    /// The newest of those that are no longer kept.
    pub(super) lost: Seq,
    pub(super) entries: BTreeMap<Seq, Arc<Entry>>,
    pub(super) of_task: HashMap<TaskId, Seq>,
    /// Those of tasks that are over, oldest first, and since when they are here.
    pub(super) ended: VecDeque<(Instant, Seq)>,
    /// Where the tasks stand that do not run yet.
    pub(super) positions: HashMap<TaskId, usize>,
}

/// That there is something to tell of a task.
pub(crate) struct Entry {
    pub(crate) seq: Seq,
    pub(crate) task: TaskId,
    /// It is its end.
    pub(crate) is_end: bool,
    pub(crate) position: Option<usize>,
    /// An event as it is sent. Empty: nothing is to be told after all.
    pub(crate) event: OnceCell<Bytes>,
}

/// What happened to a task. The later ones hide the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Touch {
    News,
    End,
    Removed,
}

/// What comes next at a place.
pub(super) enum Next {
    Entry(Arc<Entry>),
    /// Nothing up to here.
    Nothing(Seq),
    /// Some of it is no longer kept.
    Lost,
}

/// Between two moves of a bar, as told to programs.
pub(super) const TICK: Duration = Duration::from_millis(limits::PROGRAM_TICK_MS as u64);
/// An end is kept for at least so long: those who follow the task come for it.
pub(super) const KEEP_AT_LEAST: Duration = Duration::from_secs(1);

impl Feed {
    #[must_use]
    pub fn new(epoch: Epoch, keep_ended: Duration) -> Self {
        Self { epoch, keep_ended: keep_ended.max(KEEP_AT_LEAST), inner: Mutex::default(), news: watch::Sender::new(()) }
    }

    /// Watches the tracker's changes, for ever: those of what a task is are told at once, its progress with the next tick.
    pub async fn run(&self, tracker: &Tracker) {
        let hub = tracker.hub();
        let mut states = hub.states();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut at = None;
        loop {
            let is_tick = tokio::select! {
                // The hub lives as long as this.
                _ = states.changed() => false,
                _ = ticks.tick() => true,
            };
            at = Some(match at {
                Some(at) => self.look(tracker, &hub, at, is_tick),
                None => self.look_anew(tracker),
            });
            self.drop_old(Instant::now());
        }
    }

    /// Tells what changed after `at`, if it is to be told now. Says up to where that was.
    pub(super) fn look(&self, tracker: &Tracker, hub: &Hub, at: Seq, is_tick: bool) -> Seq {
        let mut touched = BTreeMap::new();
        let mut at_once = false;
        let seen = hub.see(at, |change| {
            at_once |= change.is_lifecycle();
            let Some(task) = change.task() else { return };
            let touch = match change {
                Change::TaskRemoved { .. } => Touch::Removed,
                Change::TaskEnded { .. } => Touch::End,
                _ => Touch::News,
            };
            let most = touched.entry(task).or_insert(touch);
            *most = touch.max(*most);
        });
        match seen {
            Some(newest) if at_once || is_tick => {
                self.tell(touched, at_once.then(|| tracker.positions()));
                newest
            }
            Some(_) => at,
            None => self.look_anew(tracker),
        }
    }

    /// Too much happened to know what: all that is not over is told again, and what is over meanwhile.
    pub(super) fn look_anew(&self, tracker: &Tracker) -> Seq {
        // Before the tasks: what happens in between is told twice.
        let newest = tracker.newest().seq;
        let mut touched: BTreeMap<TaskId, Touch> =
            tracker.ids(|task| !task.state.is_final()).into_iter().map(|id| (id, Touch::News)).collect();
        let open: Vec<TaskId> = self.inner.lock().entries.values().filter(|entry| !entry.is_end).map(|entry| entry.task).collect();
        touched.extend(open.into_iter().filter(|id| !touched.contains_key(id)).map(|id| (id, Touch::End)).collect::<Vec<_>>());
        self.tell(touched, Some(tracker.positions()));
        newest
    }

    pub(super) fn tell(&self, mut touched: BTreeMap<TaskId, Touch>, positions: Option<HashMap<TaskId, usize>>) {
        let mut inner = self.inner.lock();
        if let Some(positions) = positions {
            for (task, position) in &positions {
                if inner.positions.get(task) != Some(position) {
                    touched.entry(*task).or_insert(Touch::News);
                }
            }
            inner.positions = positions;
        }
        if touched.is_empty() {
            return;
        }
        for (task, touch) in touched {
            inner.touch(task, touch);
        }
        drop(inner);
        self.news.send_replace(());
    }

    /// Forgets what ended long ago: the store knows it.
    pub(super) fn drop_old(&self, now: Instant) {
        let mut inner = self.inner.lock();
        let is_old = |(since, _): &(Instant, Seq)| now.saturating_duration_since(*since) >= self.keep_ended;
        while inner.ended.len() > limits::FEED_ENDED || inner.ended.front().is_some_and(is_old) {
            let Some((_, seq)) = inner.ended.pop_front() else { return };
            if let Some(entry) = inner.entries.remove(&seq) {
                inner.of_task.remove(&entry.task);
            }
            inner.lost = inner.lost.max(seq);
        }
    }

    /// The place after all that there is.
    pub(super) fn newest(&self) -> Resume {
        self.at(self.inner.lock().newest)
    }

    pub(super) fn at(&self, seq: Seq) -> Resume {
        Resume { epoch: self.epoch, seq }
    }

    /// Everything after `known` is still here.
    pub(super) fn is_kept(&self, known: Resume) -> bool {
        let inner = self.inner.lock();
        known.epoch == self.epoch && (inner.lost..=inner.newest).contains(&known.seq)
    }

    pub(super) fn entry(&self, task: TaskId) -> Option<Arc<Entry>> {
        let inner = self.inner.lock();
        inner.entries.get(inner.of_task.get(&task)?).cloned()
    }

    /// What comes first after `after`: of `tasks`, or of all.
    pub(super) fn next(&self, after: Seq, all: bool, tasks: &[TaskId]) -> Next {
        let inner = self.inner.lock();
        if after < inner.lost {
            return Next::Lost;
        }
        let first = if all {
            inner.entries.range((Bound::Excluded(after), Bound::Unbounded)).next().map(|(_, entry)| entry)
        } else {
            let places = tasks.iter().filter_map(|task| inner.of_task.get(task)).filter(|seq| **seq > after);
            places.min().and_then(|seq| inner.entries.get(seq))
        };
        first.cloned().map_or(Next::Nothing(inner.newest), Next::Entry)
    }
}

impl Inner {
    pub(super) fn touch(&mut self, task: TaskId, touch: Touch) {
        if let Some(before) = self.of_task.get(&task) {
            // A task ends once.
            if touch != Touch::Removed && self.entries.get(before).is_some_and(|entry| entry.is_end) {
                return;
            }
            self.entries.remove(before);
        }
        if touch == Touch::Removed {
            self.of_task.remove(&task);
            return;
        }
        self.newest = self.newest.next();
        let (seq, is_end, position) = (self.newest, touch == Touch::End, self.positions.get(&task).copied());
        self.entries.insert(seq, Arc::new(Entry { seq, task, is_end, position, event: OnceCell::new() }));
        self.of_task.insert(task, seq);
        if is_end {
            self.ended.push_back((Instant::now(), seq));
        }
    }
}

#[cfg(test)]
mod tests;
