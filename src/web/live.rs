//! The live state of a page, for everything that is shown: the only writer of signals.
//!
//! It holds the same [`Snapshot`] as the server and carries changes out with the same reducer. Readers subscribe to an [`Aspect`] of it,
//! so that a tick of one node's bar wakes the readers of that node and nobody else. On the server it holds the state of the first paint.

mod announce;
mod aspect;
pub mod hooks;
mod log;
mod orders;
mod preferences;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

pub use announce::{Toast, ToastKind};
use aspect::{Aspect, touch};
use leptos::prelude::*;
pub use log::{Answered, Direction, Event, EventLog, KINDS, LogEntry, Recorded, print};
pub use orders::{Outcome, Then, Waiting};
pub use preferences::PREFERENCES_KEY;

use proto::{
    ids::{BackendId, NodeId, TaskId},
    link::LinkState,
    preferences::Preferences,
    task::{Backend, Change, Node, Numbered, QueueKey, Snapshot, Task, TaskState},
    time::Timestamp,
    wire::Resume,
};

/// The context. Cheap to copy; get it with [`use_live`].
#[derive(Clone, Copy)]
pub struct Live {
    model: StoredValue<Snapshot>,
    watched: StoredValue<HashMap<Aspect, ArcTrigger>>,
    connection: RwSignal<Connection>,
    now: RwSignal<Timestamp>,
    previews: RwSignal<HashMap<TaskId, String>>,
    toasts: RwSignal<Vec<Toast>>,
    retry: StoredValue<Option<Retry>>,
    /// The connection was lost, people were told, and it is not back yet.
    lost: StoredValue<bool>,
    person: StoredValue<Person>,
}

/// What belongs to the person at this browser. One value, and no signals of its own: each kind of them is code that every browser loads.
#[derive(Default)]
struct Person {
    preferences: Preferences,
    on_preferences: Option<preferences::Handler>,
    log: EventLog,
    on_order: Option<orders::Handlers>,
    waiting: Vec<Waiting>,
    /// Darkroom serves another build of these pages by now.
    outdated: bool,
    /// Ends that people were told of: a task and its attempt.
    told: HashSet<(TaskId, u32)>,
}

type Retry = Arc<dyn Fn() + Send + Sync>;

/// The page's own link to Darkroom.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    pub state: LinkState,
    /// When this state began.
    pub since: Timestamp,
    /// When the next try is due, by the server's clock as this page knows it.
    pub next_try: Option<Timestamp>,
    /// The newest round-trip times in microseconds, oldest first, at most [`ROUND_TRIPS`].
    pub round_trips: Vec<u32>,
    pub last_message: Timestamp,
    /// The device itself is offline, as far as the browser knows.
    pub offline: bool,
}

/// Round-trip times kept for the sparkline.
pub const ROUND_TRIPS: usize = 20;
/// Makes the live state of this page, from the state of its first paint, and provides it as context.
pub fn provide_live(first: Snapshot) -> Live {
    let live = Live {
        connection: RwSignal::new(Connection {
            state: LinkState::Connecting,
            since: first.now,
            next_try: None,
            round_trips: Vec::new(),
            last_message: first.now,
            offline: false,
        }),
        now: RwSignal::new(first.now),
        model: StoredValue::new(first),
        watched: StoredValue::new(HashMap::new()),
        previews: RwSignal::new(HashMap::new()),
        toasts: RwSignal::new(Vec::new()),
        retry: StoredValue::new(None),
        lost: StoredValue::new(false),
        person: StoredValue::new(Person::default()),
    };
    provide_context(live);
    live
}

/// The live state of this page.
///
/// # Panics
/// Outside of the app, where nobody provided it: a mistake in the program.
#[must_use]
pub fn use_live() -> Live {
    expect_context()
}

/// Reading. Each of these subscribes the caller to just what it read.
impl Live {
    /// All tasks here, newest first.
    #[must_use]
    pub fn task_ids(&self) -> Vec<TaskId> {
        self.track(Aspect::List);
        self.model.with_value(|model| model.tasks.iter().rev().map(|task| task.id).collect())
    }

    /// The task that the banner, the title and the favicon tell about: one that runs, else one that was sent, else the next that waits,
    /// else one that is held back.
    #[must_use]
    pub fn active_task(&self) -> Option<TaskId> {
        self.with_all(|model| {
            let rank = |task: &&Task| match task.state {
                TaskState::Running => (0, QueueKey::default().key()),
                _ if !task.is_waiting() => (1, QueueKey::default().key()),
                _ => (2 + u8::from(task.paused), task.place.key()),
            };
            // Of those that are equal, the first that was handed in.
            model.tasks.iter().filter(|task| !task.state.is_final()).min_by_key(rank).map(|task| task.id)
        })
    }

    /// Reads the whole state. Woken by whatever happens to a task but its progress.
    pub fn with_all<T>(&self, read: impl FnOnce(&Snapshot) -> T) -> T
    where
        T: Default,
    {
        self.track(Aspect::List);
        let mut read = Some(read);
        let mut found = T::default();
        self.read(&mut |model| {
            if let Some(read) = read.take() {
                found = read(model);
            }
        });
        found
    }

    /// Reads a task, all but its progress. `None` when it is not here.
    pub fn with_task<T>(&self, id: TaskId, read: impl FnOnce(&Task) -> T) -> Option<T> {
        let mut read = Some(read);
        let mut found = None;
        self.read_task(id, &mut |task| found = read.take().map(|read| read(task)));
        found
    }

    fn read_task(&self, id: TaskId, read: &mut dyn FnMut(&Task)) {
        self.track(Aspect::Task(id));
        self.read(&mut |model| {
            if let Some(task) = model.task(id) {
                read(task);
            }
        });
    }

    /// Reads a task with its progress: percent, time left, current step, when it will start.
    pub fn with_progress<T>(&self, id: TaskId, read: impl FnOnce(&Task) -> T) -> Option<T> {
        self.track(Aspect::Progress(id));
        self.with_task(id, read)
    }

    /// Reads one node of a task.
    pub fn with_node<T>(&self, id: TaskId, node: &NodeId, read: impl FnOnce(&Node) -> T) -> Option<T> {
        // A change of the whole task (its end, a new attempt) may change every node.
        self.track(Aspect::Task(id));
        self.track(Aspect::Node(id, node.clone()));
        let mut read = Some(read);
        let mut found = None;
        self.read(&mut |model| {
            let node = model.task(id).and_then(|task| task.node(node));
            found = node.and_then(|node| read.take().map(|read| read(node)));
        });
        found
    }

    /// One function for all readers: the browser loads this code once, not once for each of them.
    fn read(&self, read: &mut dyn FnMut(&Snapshot)) {
        self.model.with_value(|model| read(model));
    }

    /// Wakes the caller when a ComfyUI changes, for what reads them through [`Live::with_all`].
    pub fn watch_backends(&self) {
        self.track(Aspect::Backends);
    }

    #[must_use]
    pub fn backends(&self) -> Vec<Backend> {
        self.track(Aspect::Backends);
        self.model.with_value(|model| model.backends.clone())
    }

    /// Reads one ComfyUI. `None` when it is not configured (any more).
    pub fn with_backend<T>(&self, id: &BackendId, read: impl FnOnce(&Backend) -> T) -> Option<T> {
        self.track(Aspect::Backends);
        self.model.with_value(|model| model.backend(id).map(read))
    }

    #[must_use]
    pub fn connection(&self) -> Connection {
        self.connection.get()
    }

    /// The time by the server's clock, in whole seconds' steps. The first paint's own until the page is alive, so that the browser's
    /// first render is the server's.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now.get()
    }

    /// Where the newest preview of a task is (an object url). `None`: none came since this page was opened,
    /// or they are not wanted.
    #[must_use]
    pub fn preview(&self, task: TaskId) -> Option<String> {
        if !self.preferences().previews {
            return None;
        }
        self.previews.with(|previews| previews.get(&task).cloned())
    }

    /// Darkroom was updated since this page was loaded: a reload gives the new one.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        self.track(Aspect::Connection);
        self.person.with_value(|person| person.outdated)
    }

    #[must_use]
    pub fn toasts(&self) -> Vec<Toast> {
        self.toasts.get()
    }

    /// Subscribes to `aspect`.
    fn track(&self, aspect: Aspect) {
        if let Some(trigger) = self.watched.try_update_value(|watched| watched.entry(aspect).or_default().clone()) {
            trigger.track();
        }
    }
}

/// What people do with it.
impl Live {
    /// Asks for a try to connect now.
    pub fn retry_now(&self) {
        if let Some(retry) = self.retry.get_value() {
            retry();
        }
    }
}

/// Writing, for the drivers in `browser/`.
impl Live {
    /// Where to go on after a lost connection.
    #[must_use]
    pub fn resume(&self) -> Resume {
        self.model.with_value(Snapshot::resume)
    }

    /// Something is running or waiting.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.model.with_value(|model| model.tasks.iter().any(|task| !task.state.is_final()))
    }

    /// The task is here, and not over.
    #[must_use]
    pub fn is_open(&self, id: TaskId) -> bool {
        self.model.with_value(|model| model.task(id).is_some_and(|task| !task.state.is_final()))
    }

    /// Carries out changes, and wakes those who watch what they touch, once each.
    pub fn receive(&self, changes: &[Numbered]) {
        let mut touched = HashSet::new();
        let mut ended = Vec::new();
        self.model.update_value(|model| {
            for numbered in changes {
                if model.apply(numbered) {
                    touch(&numbered.change, &mut touched);
                    if let Change::TaskEnded { task, .. } = numbered.change {
                        ended.extend(model.task(task).cloned());
                    }
                }
            }
        });
        let may_be_gone = touched.contains(&Aspect::List);
        self.notify(touched);
        if may_be_gone {
            self.forget_gone();
        }
        for task in ended {
            self.announce(&task);
        }
    }

    /// Takes a whole snapshot in place of what is here.
    pub fn replace(&self, snapshot: Snapshot) {
        let ended: Vec<Task> = self.model.with_value(|model| {
            let was_open = |id| model.task(id).is_some_and(|task| !task.state.is_final());
            snapshot.tasks.iter().filter(|task| task.state.is_final() && was_open(task.id)).cloned().collect()
        });
        let detailed = self.model.with_value(|model| keep_details(model, snapshot));
        self.model.set_value(detailed);
        let all = self.watched.with_value(|watched| watched.keys().cloned().collect());
        self.notify(all);
        self.forget_gone();
        for task in ended {
            self.announce(&task);
        }
    }

    /// Puts in a task that was asked for by itself, with all its nodes.
    pub fn insert(&self, task: Task) {
        let id = task.id;
        let nodes: Vec<NodeId> = task.nodes.iter().map(|node| node.id.clone()).collect();
        self.model.update_value(|model| match model.tasks.iter_mut().find(|kept| kept.id == id) {
            Some(kept) if kept.detailed => {}
            Some(kept) => *kept = task,
            None => {
                let at = model.tasks.partition_point(|kept| kept.created_at < task.created_at);
                model.tasks.insert(at, task);
            }
        });
        let mut touched: HashSet<_> = nodes.into_iter().map(|node| Aspect::Node(id, node)).collect();
        touched.extend([Aspect::List, Aspect::Task(id), Aspect::Progress(id)]);
        self.notify(touched);
    }

    /// Takes the newest preview; gives back the url of the one before, which is to be released.
    pub fn set_preview(&self, task: TaskId, url: String) -> Option<String> {
        self.previews.try_update(|previews| previews.insert(task, url)).flatten()
    }

    /// Gives back the urls of previews whose tasks are over, or that are not wanted any more, to be released.
    pub fn drop_stale_previews(&self) -> Vec<String> {
        let wanted = self.preferred().previews;
        let stale: Vec<TaskId> =
            self.previews.with_untracked(|previews| previews.keys().copied().filter(|id| !wanted || !self.is_open(*id)).collect());
        if stale.is_empty() {
            return Vec::new();
        }
        self.previews.try_update(|previews| stale.iter().filter_map(|id| previews.remove(id)).collect()).unwrap_or_default()
    }

    pub fn set_connection(&self, state: LinkState, now: Timestamp, next_in: Option<Duration>) {
        let next_try = next_in.map(|wait| now.plus(wait));
        let before = self.connection.with_untracked(|connection| connection.state.clone());
        self.connection.update(|connection| {
            // Trying and waiting to try again is one state to a person.
            let trying = |state: &LinkState| matches!(state, LinkState::Connecting | LinkState::Reconnecting { .. });
            let same = std::mem::discriminant(&before) == std::mem::discriminant(&state) || (trying(&before) && trying(&state));
            if !same {
                connection.since = now;
            }
            connection.state = state.clone();
            connection.next_try = next_try;
        });
        self.announce_connection(&before, &state);
    }

    pub fn set_offline(&self, offline: bool) {
        if self.connection.with_untracked(|connection| connection.offline != offline) {
            self.connection.update(|connection| connection.offline = offline);
        }
    }

    pub fn set_outdated(&self, outdated: bool) {
        if self.person.with_value(|person| person.outdated) != outdated {
            self.person.update_value(|person| person.outdated = outdated);
            self.notify(HashSet::from([Aspect::Connection]));
        }
    }

    /// A message came. Told in whole seconds: nobody is woken for each of a flood of them.
    pub fn heard(&self, now: Timestamp) {
        const SECOND_MS: u64 = 1000;
        if self.connection.with_untracked(|connection| now.since(connection.last_message) >= SECOND_MS) {
            self.connection.update(|connection| connection.last_message = now);
        }
    }

    pub fn add_round_trip(&self, microseconds: u32) {
        self.connection.update(|connection| {
            connection.round_trips.push(microseconds);
            let over = connection.round_trips.len().saturating_sub(ROUND_TRIPS);
            connection.round_trips.drain(..over);
        });
    }

    pub fn set_now(&self, now: Timestamp) {
        self.now.set(now);
    }

    /// What [`Live::retry_now`] does.
    pub fn on_retry(&self, retry: impl Fn() + Send + Sync + 'static) {
        self.retry.set_value(Some(Arc::new(retry)));
    }

    /// Lets go of what was watched of tasks that are no longer here. Whoever still watches one is woken, and watches anew.
    fn forget_gone(&self) {
        let here: HashSet<TaskId> = self.model.with_value(|model| model.tasks.iter().map(|task| task.id).collect());
        let mut gone = Vec::new();
        self.watched.update_value(|watched| {
            watched.retain(|aspect, trigger| {
                let stays = aspect.task().is_none_or(|task| here.contains(&task));
                if !stays {
                    gone.push(trigger.clone());
                }
                stays
            });
        });
        self.person.update_value(|person| person.told.retain(|(task, _)| here.contains(task)));
        gone.iter().for_each(ArcTrigger::notify);
    }

    fn notify(&self, touched: HashSet<Aspect>) {
        let triggers: Vec<ArcTrigger> =
            self.watched.with_value(|watched| touched.iter().filter_map(|aspect| watched.get(aspect)).cloned().collect());
        for trigger in triggers {
            trigger.notify();
        }
    }
}

/// Finished tasks do not change any more: what is known of their nodes is kept over a snapshot that has only their summaries.
fn keep_details(before: &Snapshot, mut after: Snapshot) -> Snapshot {
    for task in after.tasks.iter_mut().filter(|task| !task.detailed) {
        if let Some(known) = before.task(task.id).filter(|known| known.detailed && known.state == task.state) {
            *task = known.clone();
        }
    }
    after
}
