//! The state and the lock around it.

use crate::{
    clock::now,
    hub::{Hub, ReadCursor},
    meters::Meters,
    reader::{Reader, wants},
    store::{EventKind, Kept, Store},
    sync::Mutex,
};
use bytes::Bytes;
use proto::{
    comfy::{ComfyEvent, Needs, Workflow},
    ids::{BackendId, Epoch, NodeId, TaskId},
    limits,
    task::{Backend, Change, Durations, Forecast, Snapshot, Task, TaskError, TaskState, interpret},
    wire::{News, Prefer, Resume, Topic},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use tokio::sync::Notify;

/// Shared by everything in the server. No method waits, so the lock is never held across an await.
pub struct Tracker {
    pub(super) inner: Mutex<Inner>,
    pub(super) hub: Arc<Hub>,
    pub(super) store: Store,
    /// Something changed that may let a task be sent.
    pub(super) changed: Notify,
    pub(super) meters: Meters,
    /// Whether a submission became a task was decided.
    pub(super) decided: Notify,
}

/// In the store, while the queue is paused.
pub(super) const QUEUE_PAUSED: &str = "queue_paused";

/// What is kept of a task besides what people see.
#[derive(Clone)]
pub struct Job {
    pub workflow: Arc<Workflow>,
    pub needs: Arc<Needs>,
    /// How many messages of each type ComfyUI sent about it. Those about a prompt are of few types.
    pub(super) heard: BTreeMap<String, u32>,
}

impl Job {
    #[must_use]
    pub fn new(workflow: Arc<Workflow>) -> Self {
        Self { needs: Arc::new(Needs::of(&workflow)), workflow, heard: BTreeMap::new() }
    }

    pub(super) fn heard(&mut self, kind: &str) {
        if let Some(count) = self.heard.get_mut(kind) {
            *count += 1;
        } else if self.heard.len() < limits::EVENT_TYPES {
            self.heard.insert(kind.to_owned(), 1);
        }
    }
}

pub(super) struct Inner {
    pub(super) snapshot: Snapshot,
    /// Tasks that ComfyUI is being asked to take: their events count, but nobody sees them before they are accepted.
    pub(super) pending: Snapshot,
    /// Of unfinished tasks.
    pub(super) jobs: HashMap<TaskId, Job>,
    /// Of unfinished tasks.
    pub(super) forecasts: HashMap<TaskId, Forecast>,
    pub(super) durations: Durations,
}

/// What a new connection begins with.
pub enum Start {
    /// Exactly what it missed, as a frame; `None`: nothing.
    Gap(Option<Bytes>),
    Snapshot(Box<Snapshot>),
}

impl Tracker {
    /// Begins with the tasks of earlier lives, oldest first, and the workflows of those that are not over.
    #[must_use]
    pub fn new(store: Store, kept: Kept) -> Self {
        let snapshot = Snapshot {
            epoch: Epoch(now().0),
            tasks: kept.tasks,
            queue_paused: kept.meta.get(QUEUE_PAUSED).is_some_and(|paused| !paused.is_empty()),
            ..Snapshot::default()
        };
        let forecasts = kept.workflows.iter().map(|(id, workflow)| (*id, Forecast::new(workflow))).collect();
        let jobs = kept.workflows.into_iter().map(|(task, workflow)| (task, Job::new(workflow))).collect();
        let inner = Inner { snapshot, pending: Snapshot::default(), jobs, forecasts, durations: kept.durations };
        Self {
            inner: Mutex::new(inner),
            hub: Arc::default(),
            store,
            changed: Notify::new(),
            meters: Meters::default(),
            decided: Notify::new(),
        }
    }

    /// Of this server.
    pub fn meters(&self) -> &Meters {
        &self.meters
    }

    /// Everything that is published.
    pub fn hub(&self) -> Arc<Hub> {
        self.hub.clone()
    }

    /// Says that something changed that may let a task be sent.
    pub fn wake_queue(&self) {
        self.changed.notify_one();
    }

    /// Waits until something changed that may let a task be sent.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.inner.lock().snapshot.for_page(now())
    }

    #[must_use]
    pub fn backends(&self) -> Vec<Backend> {
        self.inner.lock().snapshot.backends.clone()
    }

    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<Task> {
        self.inner.lock().find(id).cloned()
    }

    /// Of a task that is not over.
    #[must_use]
    pub fn job(&self, id: TaskId) -> Option<Job> {
        self.inner.lock().jobs.get(&id).cloned()
    }

    /// Ids of tasks that are not over and for which `which` holds, oldest first.
    #[must_use]
    pub fn unfinished(&self, which: impl Fn(&Task) -> bool) -> Vec<TaskId> {
        self.ids(|task| !task.state.is_final() && which(task))
    }

    /// Ids of tasks that are kept live and for which `which` holds, oldest first.
    #[must_use]
    pub fn ids(&self, which: impl Fn(&Task) -> bool) -> Vec<TaskId> {
        self.inner.lock().snapshot.tasks.iter().filter(|task| which(task)).map(|task| task.id).collect()
    }

    /// The last change that was made.
    #[must_use]
    pub fn newest(&self) -> Resume {
        self.inner.lock().snapshot.resume()
    }

    #[must_use]
    pub fn durations(&self) -> Durations {
        self.inner.lock().durations.clone()
    }

    /// The submission went well, or the task is kept until it can: from here on everyone sees it.
    pub fn accept(&self, id: TaskId) {
        let mut inner = self.inner.lock();
        if let Some(at) = inner.pending.tasks.iter().position(|task| task.id == id) {
            let task = inner.pending.tasks.swap_remove(at);
            self.meters.accepted();
            let has_begun = task.state.has_begun();
            self.publish(&mut inner, Change::TaskAdded(Box::new(task)));
            if has_begun {
                // Faster than ComfyUI's word that it has it: that was not told while nobody knew of the task.
                self.store.event(id, now(), EventKind::Started, "Began to run");
            }
        }
        self.decided.notify_waiters();
    }

    /// The submission was refused: there never was such a task.
    pub fn forget(&self, id: TaskId) {
        let mut inner = self.inner.lock();
        inner.pending.tasks.retain(|task| task.id != id);
        inner.jobs.remove(&id);
        inner.forecasts.remove(&id);
        // Its seat is free.
        self.changed.notify_one();
        self.decided.notify_waiters();
    }

    /// Waits while ComfyUI is still being asked whether it takes this task.
    pub async fn decided(&self, id: TaskId) {
        loop {
            let decided = self.decided.notified();
            if self.inner.lock().pending.task(id).is_none() {
                return;
            }
            decided.await;
        }
    }

    /// ComfyUI is still being asked whether it takes this task: it may come to nothing.
    #[must_use]
    pub fn is_pending(&self, id: TaskId) -> bool {
        self.inner.lock().pending.task(id).is_some()
    }

    /// A task that is over is no longer known.
    pub fn remove(&self, id: TaskId) {
        let mut inner = self.inner.lock();
        if inner.snapshot.task(id).is_some_and(|task| task.state.is_final()) {
            self.publish(&mut inner, Change::TaskRemoved { task: id });
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

    /// The same for a task that is this ComfyUI's. One that is meanwhile free, or somebody else's, is left alone.
    pub fn decide_at(&self, backend: &BackendId, id: TaskId, decide: impl FnOnce(&Task) -> Vec<Change>) {
        self.decide(id, |task| if task.is_at(backend) { decide(task) } else { Vec::new() });
    }

    /// This ComfyUI has taken a task. When it took so long to say so that the task went elsewhere, that stays.
    pub fn queued(&self, backend: &BackendId, id: TaskId) {
        self.decide_at(backend, id, |task| vec![Change::TaskQueued { task: task.id, backend: backend.clone() }]);
    }

    /// This ComfyUI does not take a task, for good. Not when it took so long to say so that the task went elsewhere.
    pub fn refused(&self, backend: &BackendId, id: TaskId, error: TaskError) {
        self.decide_at(backend, id, |task| vec![Change::failed(task.id, error, now())]);
    }

    /// A task did not reach this ComfyUI: any may have it. Not when it was sent again meanwhile, and did.
    pub fn set_free(&self, backend: &BackendId, id: TaskId) {
        self.decide_at(backend, id, |task| {
            let free = Change::TaskAssigned { task: task.id, backend: None };
            (task.state == TaskState::Accepted).then_some(free).into_iter().collect()
        });
    }

    /// Updates what is known of a ComfyUI; says nothing when nothing changed.
    pub fn backend(&self, backend: Backend) {
        let mut inner = self.inner.lock();
        if inner.snapshot.backend(&backend.id) != Some(&backend) {
            self.publish(&mut inner, Change::BackendChanged(Box::new(backend)));
        }
    }

    /// Takes in what a ComfyUI said about one of our tasks. One that is meanwhile somebody else's is not listened to.
    pub fn event(&self, backend: &BackendId, id: TaskId, event: &ComfyEvent) {
        let mut inner = self.inner.lock();
        let at = now();
        let task = inner.find(id).filter(|task| task.is_at(backend));
        let Some(changes) = task.map(|task| interpret(task, event, at)) else { return };
        if let Some(forecast) = inner.forecasts.get_mut(&id) {
            forecast.hear(event);
        }
        if let Some(job) = inner.jobs.get_mut(&id) {
            job.heard(event.kind());
        }
        for change in changes {
            self.publish(&mut inner, change);
        }
        self.progress(&mut inner, id);
    }

    pub fn preview(&self, backend: &BackendId, task: TaskId, node: NodeId, image: &[u8]) {
        if image.len() > limits::PREVIEW {
            return;
        }
        let inner = self.inner.lock();
        if inner.find(task).is_some_and(|task| !task.state.is_final() && task.is_at(backend)) {
            self.hub.publish_preview(task, node, image);
        }
    }

    /// The newest preview of a running task, as the frame that browsers get.
    #[must_use]
    pub fn newest_preview(&self, task: TaskId) -> Option<Bytes> {
        self.hub.preview(task)
    }

    /// What happened since `known`, without what was superseded since: for those who ask now and then.
    pub fn news(&self, known: Resume) -> News {
        let inner = self.inner.lock();
        let newest = inner.snapshot.resume();
        let everything = ReadCursor { at: known.seq, preview: None, wants: None };
        match self.hub.since(known, newest, &everything) {
            Some(frame) => News::Changes { frame: frame.map(Vec::from).unwrap_or_default(), now: now() },
            None => News::Snapshot(Box::new(inner.snapshot.for_page(now()))),
        }
    }

    /// Says what to begin with, and reads on from there. Nothing is lost between the two: both happen under the lock.
    #[must_use]
    pub fn subscribe(&self, resume: Option<Resume>, topics: Vec<Topic>, prefer: Prefer) -> (Reader, Start, Resume) {
        let inner = self.inner.lock();
        let newest = inner.snapshot.resume();
        let gap = resume.and_then(|resume| {
            let wants = |task| wants(&topics, task);
            self.hub.since(resume, newest, &ReadCursor { at: resume.seq, preview: None, wants: Some(&wants) })
        });
        let start = gap.map_or_else(|| Start::Snapshot(Box::new(inner.snapshot.for_page(now()))), Start::Gap);
        (Reader::new(self.hub.clone(), topics, prefer, newest.seq), start, newest)
    }

    /// The only place where state changes. Of a task that is over nothing more is told: it ends once.
    pub(super) fn publish(&self, inner: &mut Inner, change: Change) {
        let is_over = change.task().and_then(|id| inner.snapshot.task(id)).is_some_and(|task| task.state.is_final());
        if is_over && !matches!(change, Change::TaskRemoved { .. }) {
            return;
        }
        inner.learn(&change);
        if change.task().is_some_and(|id| inner.pending.task(id).is_some()) {
            inner.pending.push(change);
            return;
        }
        let is_new = matches!(&change, Change::TaskAdded(task) if inner.snapshot.task(task.id).is_none());
        let numbered = inner.snapshot.push(change);
        if numbered.change.is_lifecycle() {
            if let Some(task) = numbered.change.task().and_then(|id| inner.snapshot.task(id)) {
                self.store.keep(task);
                self.meters.changed(&numbered.change, task);
                if let Some((kind, text)) = super::history::line(&numbered.change, task, is_new) {
                    self.store.event(task.id, now(), kind, &text);
                }
                if task.state.is_final() {
                    let id = task.id;
                    if let Some(job) = inner.jobs.remove(&id).filter(|job| !job.heard.is_empty()) {
                        self.store.event(id, now(), EventKind::Messages, &super::history::messages(&job.heard));
                    }
                    inner.forecasts.remove(&id);
                    self.store.keep_durations(&inner.durations);
                }
            }
            self.changed.notify_one();
        }
        let sent = if let Change::TaskQueued { task, .. } = numbered.change { Some(task) } else { None };
        // Wanted cancelled while it was at a ComfyUI, or on its way: now that it is at none, nobody else would end it.
        let done_with = numbered.change.task().and_then(|id| inner.snapshot.task(id)).filter(|task| task.cancelling && task.is_waiting());
        let done_with = done_with.map(|task| task.id);
        self.hub.publish(numbered);
        if let Some(task) = done_with {
            self.publish(inner, Change::cancelled(task, now()));
        }
        if let Some(change) = sent.and_then(|id| inner.expect(id)) {
            self.publish(inner, change);
        }
    }
}

impl Inner {
    pub(super) fn find(&self, id: TaskId) -> Option<&Task> {
        self.snapshot.task(id).or_else(|| self.pending.task(id))
    }

    /// Takes in how long things take, before `change` is carried out.
    pub(super) fn learn(&mut self, change: &Change) {
        let Some(id) = change.task() else { return };
        let task = self.snapshot.task(id).or_else(|| self.pending.task(id));
        if let (Some(task), Some(forecast)) = (task, self.forecasts.get_mut(&id)) {
            forecast.watch(task, change, now(), &mut self.durations);
        }
    }

    /// What a task is expected to take where it was sent.
    pub(super) fn expect(&self, id: TaskId) -> Option<Change> {
        self.forecasts.get(&id)?.expect(self.find(id)?, &self.durations)
    }
}
