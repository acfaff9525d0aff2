//! Reading the live state. Each of these subscribes the caller to exactly what it read, unless it says otherwise.

use leptos::prelude::*;

use super::{
    state::{Live, PageConnection},
    toast::Toast,
    watch::Watch,
};
use proto::{
    ids::{BackendId, NodeId, TaskId},
    task::{Backend, Node, QueueKey, QueueState, Snapshot, Task},
    time::Timestamp,
    wire::Resume,
};

impl Live {
    /// All tasks of the state, newest first.
    #[must_use]
    pub fn task_ids(&self) -> Vec<TaskId> {
        self.track(Watch::List);
        self.model.with_value(|model| model.tasks.iter().rev().map(|task| task.id).collect())
    }

    /// The task that the banner, the title and the favicon show: one that runs, else one that was sent to a ComfyUI, else the next that
    /// waits, else a paused one.
    #[must_use]
    pub fn active_task(&self) -> Option<TaskId> {
        self.with_all(|model| {
            let rank = |task: &Task| {
                let state = QueueState::of(task)?;
                // Among tasks that were sent, the one that was submitted first.
                let sent = matches!(state, QueueState::Running | QueueState::Sent);
                Some((state, if sent { QueueKey::default().key() } else { task.place.key() }))
            };
            let ranked = model.tasks.iter().filter_map(|task| Some((rank(task)?, task.id)));
            ranked.min_by_key(|(rank, _)| *rank).map(|(_, id)| id)
        })
    }

    /// Reads the whole state. Subscribes to all changes of tasks but progress.
    pub fn with_all<T>(&self, read: impl FnOnce(&Snapshot) -> T) -> T
    where
        T: Default,
    {
        self.track(Watch::List);
        let mut read = Some(read);
        let mut found = T::default();
        self.read(&mut |model| {
            if let Some(read) = read.take() {
                found = read(model);
            }
        });
        found
    }

    /// Reads a task, without subscribing to its progress. `None` when the state does not contain it.
    pub fn with_task<T>(&self, id: TaskId, read: impl FnOnce(&Task) -> T) -> Option<T> {
        let mut read = Some(read);
        let mut found = None;
        self.read_task(id, &mut |task| found = read.take().map(|read| read(task)));
        found
    }

    fn read_task(&self, id: TaskId, read: &mut dyn FnMut(&Task)) {
        self.track(Watch::Task(id));
        self.read(&mut |model| {
            if let Some(task) = model.task(id) {
                read(task);
            }
        });
    }

    /// Reads a task and its progress: percent, time left, current step, estimated start.
    pub fn with_progress<T>(&self, id: TaskId, read: impl FnOnce(&Task) -> T) -> Option<T> {
        self.track(Watch::Progress(id));
        self.with_task(id, read)
    }

    /// Reads one node of a task.
    pub fn with_node<T>(&self, id: TaskId, node: &NodeId, read: impl FnOnce(&Node) -> T) -> Option<T> {
        // A change of the whole task (its end, a new attempt) may change all of its nodes.
        self.track(Watch::Task(id));
        self.track(Watch::Node(id, node.clone()));
        let mut read = Some(read);
        let mut found = None;
        self.read(&mut |model| {
            let node = model.task(id).and_then(|task| task.node(node));
            found = node.and_then(|node| read.take().map(|read| read(node)));
        });
        found
    }

    /// Not generic: the browser loads one copy of this code instead of one per reader.
    fn read(&self, read: &mut dyn FnMut(&Snapshot)) {
        self.model.with_value(|model| read(model));
    }

    /// Subscribes the caller to the backends, for callers that read them through [`Live::with_all`].
    pub fn watch_backends(&self) {
        self.track(Watch::Backends);
    }

    #[must_use]
    pub fn backends(&self) -> Vec<Backend> {
        self.track(Watch::Backends);
        self.model.with_value(|model| model.backends.clone())
    }

    /// Reads one backend. `None` when it is not configured (any more).
    pub fn with_backend<T>(&self, id: &BackendId, read: impl FnOnce(&Backend) -> T) -> Option<T> {
        self.track(Watch::Backends);
        self.model.with_value(|model| model.backend(id).map(read))
    }

    #[must_use]
    pub fn connection(&self) -> PageConnection {
        self.connection.get()
    }

    /// The time by the server's clock, updated once a second. Until the page is hydrated the time of the first paint, so that the browser's
    /// first render equals the server's.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now.get()
    }

    /// The object URL of the newest preview of a task. `None`: none was received since this page was opened, or previews are switched off.
    #[must_use]
    pub fn preview(&self, task: TaskId) -> Option<String> {
        if !self.preferences().previews {
            return None;
        }
        self.previews.with(|previews| previews.get(&task).cloned())
    }

    /// Darkroom was updated since this page was loaded: a reload gives the new page.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        self.track(Watch::Build);
        self.browser.with_value(|browser| browser.outdated)
    }

    #[must_use]
    pub fn toasts(&self) -> Vec<Toast> {
        self.toasts.get()
    }

    /// The position after the last applied change, to resume from. Does not subscribe.
    #[must_use]
    pub fn resume(&self) -> Resume {
        self.model.with_value(Snapshot::resume)
    }

    /// Whether a task is running or waiting. Does not subscribe.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.model.with_value(|model| model.tasks.iter().any(|task| !task.state.is_final()))
    }

    /// Whether the state contains the task and it has not ended. Does not subscribe.
    #[must_use]
    pub fn is_open(&self, id: TaskId) -> bool {
        self.model.with_value(|model| model.task(id).is_some_and(|task| !task.state.is_final()))
    }
}
