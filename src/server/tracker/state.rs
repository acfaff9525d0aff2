//! The tracker: its state, and the one place where it changes.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use bytes::Bytes;
use tokio::sync::Notify;

use super::{
    explained::ExplainedTasks,
    history,
    job::TaskJob,
    new_outputs,
    role::{TrackerRole, is_count},
    snapshots::SharedSnapshots,
};
use crate::{
    clock::now,
    hub::Hub,
    meters::Meters,
    store::{EventKind, Kept, LivePreview, Store},
    sync::Mutex,
};
use proto::{
    comfy::ComfyEvent,
    ids::{BackendId, Epoch, NodeId, TaskId},
    limits,
    task::{Backend, Change, Durations, Forecast, Numbered, Snapshot, Task, TaskError, TaskState, interpret},
    time::Timestamp,
    wire::Resume,
};

/// Shared by everything in the server. The lock is never held across an await.
pub struct Tracker {
    pub(super) state: Mutex<TrackerState>,
    pub(super) hub: Arc<Hub>,
    pub(super) snapshots: SharedSnapshots,
    pub(super) store: Store,
    /// Notified when a waiting task may have become assignable.
    pub(super) changed: Notify,
    pub(super) meters: Meters,
    /// Notified when a pending submission was accepted or refused.
    pub(super) decided: Notify,
    /// Outputs are copied into the media store.
    pub(super) keeps_outputs: bool,
}

/// Key in the store's metadata; its value is not empty while the queue is paused.
pub(super) const QUEUE_PAUSED: &str = "queue_paused";

/// Key in the store's metadata: the epoch of the newest run.
const EPOCH: &str = "epoch";

#[derive(Default)]
pub(super) struct TrackerState {
    pub(super) role: TrackerRole,
    /// Of a new owner: what is not shown yet.
    pub(super) differs: Vec<Numbered>,
    pub(super) snapshot: Snapshot,
    /// Tasks whose submission is undecided: ComfyUI's events apply to them, but they are not published before they are accepted.
    pub(super) pending: Snapshot,
    /// Of unfinished tasks.
    pub(super) jobs: HashMap<TaskId, TaskJob>,
    /// Of unfinished tasks.
    pub(super) forecasts: HashMap<TaskId, Forecast>,
    pub(super) durations: Durations,
    pub(super) explained: ExplainedTasks,
}

impl Tracker {
    /// Starts with what the store kept: tasks, oldest first, and the workflows of the unfinished ones.
    #[must_use]
    pub fn new(store: Store, kept: Kept, meters: Meters) -> Self {
        // Later than that of the run before, also when the clock was set back meanwhile: pages refuse an older state.
        let before: u64 = kept.meta.get(EPOCH).and_then(|epoch| epoch.parse().ok()).unwrap_or_default();
        let epoch = Epoch(now().0.max(before.max(kept.newest_epoch.0).saturating_add(1)));
        store.set_meta(EPOCH, &epoch.0.to_string());
        let mut state = TrackerState::of(kept);
        state.snapshot.epoch = epoch;
        Self::with(store, state, Arc::default(), meters)
    }

    pub(super) fn with(store: Store, state: TrackerState, hub: Arc<Hub>, meters: Meters) -> Self {
        Self {
            state: Mutex::new(state),
            hub,
            snapshots: SharedSnapshots::default(),
            store,
            changed: Notify::new(),
            meters,
            decided: Notify::new(),
            keeps_outputs: false,
        }
    }

    pub fn meters(&self) -> &Meters {
        &self.meters
    }

    /// The stream of all published changes.
    pub fn hub(&self) -> Arc<Hub> {
        self.hub.clone()
    }

    /// Notes that a waiting task may have become assignable.
    pub fn wake_queue(&self) {
        self.changed.notify_one();
    }

    /// Waits until a waiting task may have become assignable.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    #[must_use]
    pub fn backends(&self) -> Vec<Backend> {
        self.state.lock().shown().backends.clone()
    }

    /// Also a pending one.
    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<Task> {
        self.state.lock().find(id).cloned()
    }

    /// Of an unfinished task.
    #[must_use]
    pub fn job(&self, id: TaskId) -> Option<TaskJob> {
        self.state.lock().jobs.get(&id).cloned()
    }

    /// A text of ComfyUI without the secrets of the unfinished tasks (see [`proto::comfy::ExtraData::hide`]).
    #[must_use]
    pub fn without_secrets<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let state = self.state.lock();
        state.jobs.values().filter_map(TaskJob::secrets).fold(Cow::Borrowed(text), |text, extra_data| match extra_data.hide(&text) {
            Cow::Owned(hidden) => Cow::Owned(hidden),
            Cow::Borrowed(_) => text,
        })
    }

    /// Ids of the unfinished tasks that fulfil `predicate`, oldest first.
    #[must_use]
    pub fn unfinished(&self, predicate: impl Fn(&Task) -> bool) -> Vec<TaskId> {
        let state = self.state.lock();
        state.snapshot.tasks.iter().filter(|task| !task.state.is_final() && predicate(task)).map(|task| task.id).collect()
    }

    /// Ids of all tasks that are shown and fulfil `predicate`, oldest first.
    #[must_use]
    pub fn ids(&self, predicate: impl Fn(&Task) -> bool) -> Vec<TaskId> {
        self.state.lock().shown().tasks.iter().filter(|task| predicate(task)).map(|task| task.id).collect()
    }

    /// The number of the last change that is shown.
    #[must_use]
    pub fn newest(&self) -> Resume {
        self.state.lock().shown().resume()
    }

    #[must_use]
    pub fn durations(&self) -> Durations {
        self.state.lock().durations.clone()
    }

    /// Removes a finished task; does nothing to others.
    pub fn remove(&self, id: TaskId) {
        let mut state = self.state.lock();
        if state.snapshot.task(id).is_some_and(|task| task.state.is_final()) {
            self.publish(&mut state, Change::TaskRemoved { task: id });
        }
    }

    /// Applies the changes that `decide` makes of a task, atomically.
    pub fn decide(&self, id: TaskId, decide: impl FnOnce(&Task) -> Vec<Change>) {
        let mut state = self.state.lock();
        let Some(changes) = state.find(id).map(decide) else { return };
        for change in changes {
            self.publish(&mut state, change);
        }
    }

    /// The same, but only while the task is assigned to this ComfyUI.
    pub fn decide_at(&self, backend: &BackendId, id: TaskId, decide: impl FnOnce(&Task) -> Vec<Change>) {
        self.decide(id, |task| if task.is_at(backend) { decide(task) } else { Vec::new() });
    }

    /// This ComfyUI has accepted the prompt of a task. Ignored if the task was assigned elsewhere meanwhile.
    pub fn queued(&self, backend: &BackendId, id: TaskId) {
        self.decide_at(backend, id, |task| vec![Change::TaskQueued { task: task.id, backend: backend.clone() }]);
    }

    /// This ComfyUI has refused a task for good. Ignored if the task was assigned elsewhere meanwhile.
    pub fn refused(&self, backend: &BackendId, id: TaskId, error: TaskError) {
        self.decide_at(backend, id, |task| vec![Change::failed(task.id, error, now())]);
    }

    /// A task did not reach this ComfyUI: it waits for any again. Ignored if it was sent again meanwhile and arrived.
    pub fn unassign(&self, backend: &BackendId, id: TaskId) {
        self.decide_at(backend, id, |task| {
            let unassigned = Change::TaskAssigned { task: task.id, backend: None };
            (task.state == TaskState::Accepted).then_some(unassigned).into_iter().collect()
        });
    }

    /// Publishes the state of a ComfyUI if it changed.
    pub fn update_backend(&self, backend: Backend) {
        let mut state = self.state.lock();
        if state.snapshot.backend(&backend.id) != Some(&backend) {
            self.publish(&mut state, Change::BackendChanged(Box::new(backend)));
        }
    }

    /// Applies a ComfyUI's event about a task. Ignored if the task is assigned elsewhere by now.
    /// `at`: when it came.
    pub fn apply_event(&self, backend: &BackendId, id: TaskId, event: &ComfyEvent, at: Timestamp) {
        let mut state = self.state.lock();
        let task = state.find(id).filter(|task| task.is_at(backend));
        let Some(changes) = task.map(|task| interpret(task, event, at)) else { return };
        if let Some(forecast) = state.forecasts.get_mut(&id) {
            forecast.observe(event);
        }
        if let Some(job) = state.jobs.get_mut(&id) {
            job.see(event);
        }
        for change in changes {
            self.publish(&mut state, change);
        }
        self.update_estimate(&mut state, id);
    }

    /// Publishes a preview of a task that this ComfyUI runs. Images above [`limits::PREVIEW`] are skipped.
    pub fn publish_preview(&self, backend: &BackendId, task: TaskId, node: NodeId, image: &[u8]) {
        if image.len() > limits::PREVIEW {
            return;
        }
        let state = self.state.lock();
        if state.find(task).is_some_and(|task| !task.state.is_final() && task.is_at(backend)) {
            if let TrackerRole::Owner { .. } = state.role {
                let image = if image.len() > limits::PUSHED_PREVIEW { Vec::new() } else { image.to_vec() };
                self.store.live_preview(LivePreview { task, node: node.clone(), image });
            }
            self.hub.publish_preview(task, node, image);
        }
    }

    /// The newest preview of a running task, as a frame of the live connection.
    #[must_use]
    pub fn newest_preview(&self, task: TaskId) -> Option<Bytes> {
        self.hub.preview(task)
    }

    /// The only place where state changes. Changes of finished tasks are ignored, except their removal and where their outputs are: a task
    /// ends once.
    pub(super) fn publish(&self, state: &mut TrackerState, change: Change) {
        if let TrackerRole::Follower { .. } = state.role {
            return;
        }
        let is_finished = change.task().and_then(|id| state.snapshot.task(id)).is_some_and(|task| task.state.is_final());
        if is_finished && !change.is_of_output() && !matches!(change, Change::TaskRemoved { .. }) {
            return;
        }
        let change = new_outputs::marked(change, self.keeps_outputs);
        state.learn(&change);
        if let Change::TaskRestarted { task, .. } = &change
            && let Some(job) = state.jobs.get_mut(task)
        {
            job.begin_attempt();
        }
        if change.task().is_some_and(|id| state.pending.task(id).is_some()) {
            state.pending.push(change);
            return;
        }
        let is_new = matches!(&change, Change::TaskAdded(task) if state.snapshot.task(task.id).is_none());
        let is_count = is_count(&state.snapshot, &change);
        let numbered = state.snapshot.push(change);
        if numbered.change.is_lifecycle() {
            if let Some(task) = numbered.change.task().and_then(|id| state.snapshot.task(id)) {
                self.store.keep(task);
                self.meters.task_changed(&numbered.change, task);
                if let Some((kind, text)) = history::line(&numbered.change, task, is_new) {
                    self.store.event(task.id, now(), kind, &text);
                }
                if task.state.is_final() {
                    let id = task.id;
                    if let Some(job) = state.jobs.remove(&id).filter(|job| !job.messages.is_empty()) {
                        self.store.event(id, now(), EventKind::Messages, &history::message_counts(&job.messages));
                    }
                    state.forecasts.remove(&id);
                    self.store.keep_durations(&state.durations);
                }
            }
            self.changed.notify_one();
        }
        let sent = if let Change::TaskQueued { task, .. } = numbered.change { Some(task) } else { None };
        // A task with a pending cancel that is no longer at any ComfyUI is cancelled here.
        let to_cancel = numbered.change.task().and_then(|id| state.snapshot.task(id)).filter(|task| task.cancelling && task.is_waiting());
        let to_cancel = to_cancel.map(|task| task.id);
        if let TrackerRole::Owner { .. } = state.role {
            self.store.live(numbered);
        } else if is_count {
            self.hub.publish_counts(&numbered);
        } else {
            self.hub.publish(&numbered);
        }
        if let Some(task) = to_cancel {
            self.publish(state, Change::cancelled(task, now()));
        }
        if let Some(change) = sent.and_then(|id| state.expected_run(id)) {
            self.publish(state, change);
        }
    }
}

impl TrackerState {
    /// With what the store kept, alone and without an epoch.
    pub(super) fn of(kept: Kept) -> Self {
        let snapshot = Snapshot {
            tasks: kept.tasks,
            queue_paused: kept.meta.get(QUEUE_PAUSED).is_some_and(|paused| !paused.is_empty()),
            ..Snapshot::default()
        };
        let forecasts = kept.workflows.iter().map(|(id, workflow)| (*id, Forecast::new(workflow))).collect();
        let mut extra_data = kept.extra_data;
        let job = |(task, workflow)| (task, TaskJob::new(workflow).with_extra_data(extra_data.remove(&task).unwrap_or_default()));
        let jobs = kept.workflows.into_iter().map(job).collect();
        Self { snapshot, jobs, forecasts, durations: kept.durations, ..Self::default() }
    }

    pub(super) fn find(&self, id: TaskId) -> Option<&Task> {
        self.snapshot.task(id).or_else(|| self.pending.task(id))
    }

    /// Measures durations; called before `change` is applied.
    fn learn(&mut self, change: &Change) {
        let Some(id) = change.task() else { return };
        let task = self.snapshot.task(id).or_else(|| self.pending.task(id));
        if let (Some(task), Some(forecast)) = (task, self.forecasts.get_mut(&id)) {
            forecast.watch(task, change, now(), &mut self.durations);
        }
    }

    /// How long a task is expected to run where it was sent.
    fn expected_run(&self, id: TaskId) -> Option<Change> {
        self.forecasts.get(&id)?.expect(self.find(id)?, &self.durations)
    }
}
