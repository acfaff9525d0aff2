//! The single owner of state. Every change goes through here: it is numbered, carried out, kept and published under one lock, so that a
//! snapshot and the stream after it always fit together.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;

use super::{
    clock::now,
    hub::{Entry, Hub},
    mailbox::Mailbox,
    store::Store,
};
use crate::proto::{
    comfy::{ComfyEvent, Workflow},
    ids::{BackendId, Epoch, NodeId, TaskId},
    limits,
    task::{Backend, Change, Durations, Estimate, Forecast, Node, Snapshot, Task, TaskState, estimate, interpret},
    wire::{Resume, Topic},
};

/// Shared by everything in the server. No method waits, so the lock is never held across an await.
pub struct Tracker {
    inner: Mutex<Inner>,
    store: Store,
}

struct Inner {
    snapshot: Snapshot,
    /// Tasks that ComfyUI is being asked to take: their events count, but nobody sees them before they are accepted.
    pending: Snapshot,
    /// Of unfinished tasks.
    workflows: HashMap<TaskId, Arc<Workflow>>,
    /// Of unfinished tasks.
    forecasts: HashMap<TaskId, Forecast>,
    durations: Durations,
    hub: Hub,
}

/// What a new connection begins with.
pub enum Start {
    /// Exactly what it missed.
    Gap(Vec<Arc<Entry>>),
    Snapshot(Box<Snapshot>),
}

/// The end must be expected at least this much earlier or later to be told again, in milliseconds.
const END_STEP: u64 = 500;

impl Tracker {
    /// Begins with the tasks of earlier lives, oldest first, and the workflows of those that are not over.
    #[must_use]
    pub fn new(store: Store, tasks: Vec<Task>, workflows: HashMap<TaskId, Arc<Workflow>>, durations: Durations) -> Self {
        let snapshot = Snapshot { epoch: Epoch(now().0), tasks, ..Snapshot::default() };
        let forecasts = workflows.iter().map(|(id, workflow)| (*id, Forecast::new(workflow))).collect();
        let inner = Inner { snapshot, pending: Snapshot::default(), workflows, forecasts, durations, hub: Hub::default() };
        Self { inner: Mutex::new(inner), store }
    }

    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.inner.lock().snapshot.for_page(now())
    }

    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<Task> {
        self.inner.lock().find(id).cloned()
    }

    #[must_use]
    pub fn workflow(&self, id: TaskId) -> Option<Arc<Workflow>> {
        self.inner.lock().workflows.get(&id).cloned()
    }

    /// Ids of tasks that are not over and for which `which` holds, oldest first.
    #[must_use]
    pub fn unfinished(&self, which: impl Fn(&Task) -> bool) -> Vec<TaskId> {
        let inner = self.inner.lock();
        inner.snapshot.tasks.iter().filter(|task| !task.state.is_final() && which(task)).map(|task| task.id).collect()
    }

    #[must_use]
    pub fn durations(&self) -> Durations {
        self.inner.lock().durations.clone()
    }

    /// Watches over a task whose submission is under way: ComfyUI may speak of it before it has answered (fact 8).
    pub fn begin(&self, task: Task, workflow: Arc<Workflow>) {
        let forecast = Forecast::new(&workflow);
        let mut inner = self.inner.lock();
        inner.forecasts.insert(task.id, forecast);
        inner.workflows.insert(task.id, workflow);
        inner.pending.tasks.push(task);
    }

    /// The submission went well, or the task is kept until it can: from here on everyone sees it.
    pub fn accept(&self, id: TaskId, then: Vec<Change>) {
        let mut inner = self.inner.lock();
        if let Some(at) = inner.pending.tasks.iter().position(|task| task.id == id) {
            let task = inner.pending.tasks.swap_remove(at);
            self.publish(&mut inner, Change::TaskAdded(Box::new(task)));
        }
        for change in then {
            self.publish(&mut inner, change);
        }
    }

    /// The submission was refused: there never was such a task.
    pub fn forget(&self, id: TaskId) {
        let mut inner = self.inner.lock();
        inner.pending.tasks.retain(|task| task.id != id);
        inner.workflows.remove(&id);
        inner.forecasts.remove(&id);
    }

    /// Carries out changes that do not depend on a task's state.
    pub fn change(&self, changes: impl IntoIterator<Item = Change>) {
        let mut inner = self.inner.lock();
        for change in changes {
            self.publish(&mut inner, change);
        }
    }

    /// Reads a task and carries out what `decide` makes of it, in one step.
    pub fn decide(&self, id: TaskId, decide: impl FnOnce(&Task) -> Vec<Change>) {
        let mut inner = self.inner.lock();
        let Some(changes) = inner.find(id).map(decide) else { return };
        for change in changes {
            self.publish(&mut inner, change);
        }
    }

    /// Gives the tasks that any ComfyUI may run to this one, so that no two send the same.
    pub fn claim_unassigned(&self, backend: &BackendId) {
        let mut inner = self.inner.lock();
        let free = |task: &&Task| task.backend.is_none() && !task.state.is_final();
        let tasks: Vec<TaskId> = inner.snapshot.tasks.iter().filter(free).map(|task| task.id).collect();
        for task in tasks {
            self.publish(&mut inner, Change::TaskAssigned { task, backend: Some(backend.clone()) });
        }
    }

    /// Updates what is known of a ComfyUI; says nothing when nothing changed.
    pub fn backend(&self, backend: Backend) {
        let mut inner = self.inner.lock();
        if inner.snapshot.backend(&backend.id) != Some(&backend) {
            self.publish(&mut inner, Change::BackendChanged(Box::new(backend)));
        }
    }

    /// Takes in what a ComfyUI said about one of our tasks.
    pub fn event(&self, id: TaskId, event: &ComfyEvent) {
        let mut inner = self.inner.lock();
        let at = now();
        let Some(changes) = inner.find(id).map(|task| interpret(task, event, at)) else { return };
        if let Some(forecast) = inner.forecasts.get_mut(&id) {
            forecast.hear(event);
        }
        for change in changes {
            self.publish(&mut inner, change);
        }
        self.progress(&mut inner, id);
    }

    /// Moves the bars of tasks whose running node has none of its own. One that has is asked when it ticks: between two ticks of a slow
    /// step nothing new is known, and the expected end must not run away.
    pub fn tick(&self) {
        let mut inner = self.inner.lock();
        let by_time = |task: &&Task| task.state == TaskState::Running && !task.current_node().is_some_and(Node::has_bar);
        let running: Vec<TaskId> = inner.snapshot.tasks.iter().filter(by_time).map(|task| task.id).collect();
        for id in running {
            self.progress(&mut inner, id);
        }
    }

    pub fn preview(&self, task: TaskId, node: NodeId, image: &[u8]) {
        let mut inner = self.inner.lock();
        if inner.find(task).is_some_and(|task| !task.state.is_final()) {
            inner.hub.publish_preview(task, node, image);
        }
    }

    /// The newest preview of a running task, as the frame that browsers get.
    #[must_use]
    pub fn newest_preview(&self, task: TaskId) -> Option<Bytes> {
        self.inner.lock().hub.preview(task)
    }

    /// Opens a mailbox and says what to begin with. Nothing is lost between the two: both happen under the lock.
    #[must_use]
    pub fn subscribe(&self, resume: Option<Resume>, topics: Vec<Topic>) -> (Arc<Mailbox>, Start, Resume) {
        let mut inner = self.inner.lock();
        let mailbox = Arc::new(Mailbox::new(topics));
        inner.hub.add(&mailbox);
        let newest = inner.snapshot.resume();
        let gap = resume.and_then(|resume| inner.hub.since(resume, newest));
        let start = gap.map_or_else(|| Start::Snapshot(Box::new(inner.snapshot.for_page(now()))), Start::Gap);
        (mailbox, start, newest)
    }

    fn progress(&self, inner: &mut Inner, id: TaskId) {
        let Some(task) = inner.find(id).filter(|task| task.state == TaskState::Running) else { return };
        let Some(forecast) = inner.forecasts.get(&id) else { return };
        let estimate = estimate(task, forecast, now());
        let moved = estimate.permille != task.permille;
        let end_moved = match (estimate.ends_at, task.ends_at) {
            (Some(new), Some(old)) => new.0.abs_diff(old.0) >= END_STEP,
            (new, old) => new != old,
        };
        if moved || end_moved {
            let Estimate { permille, ends_at, within_ms } = estimate;
            self.publish(inner, Change::TaskProgress { task: id, permille, ends_at, within_ms });
        }
    }

    /// The only place where state changes.
    fn publish(&self, inner: &mut Inner, change: Change) {
        inner.learn(&change);
        if change.task().is_some_and(|id| inner.pending.task(id).is_some()) {
            inner.pending.push(change);
            return;
        }
        let known = inner.snapshot.tasks.len();
        let numbered = inner.snapshot.push(change);
        debug_assert!(inner.snapshot.tasks.len() <= known.max(limits::SNAPSHOT_TASKS) + 1);
        if numbered.change.is_lifecycle()
            && let Some(task) = numbered.change.task().and_then(|id| inner.snapshot.task(id))
        {
            self.store.keep(task);
            if task.state.is_final() {
                let id = task.id;
                inner.workflows.remove(&id);
                inner.forecasts.remove(&id);
                self.store.keep_durations(&inner.durations);
            }
        }
        let sent = if let Change::TaskQueued { task, .. } = numbered.change { Some(task) } else { None };
        inner.hub.publish(numbered);
        if let Some(change) = sent.and_then(|id| inner.expect(id)) {
            self.publish(inner, change);
        }
    }
}

impl Inner {
    fn find(&self, id: TaskId) -> Option<&Task> {
        self.snapshot.task(id).or_else(|| self.pending.task(id))
    }

    /// Takes in how long things take, before `change` is carried out.
    fn learn(&mut self, change: &Change) {
        let Some(id) = change.task() else { return };
        let task = self.snapshot.task(id).or_else(|| self.pending.task(id));
        if let (Some(task), Some(forecast)) = (task, self.forecasts.get_mut(&id)) {
            forecast.watch(task, change, now(), &mut self.durations);
        }
    }

    /// What a task is expected to take where it was sent.
    fn expect(&self, id: TaskId) -> Option<Change> {
        self.forecasts.get(&id)?.expect(self.find(id)?, &self.durations)
    }
}
