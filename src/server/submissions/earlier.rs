//! What a run is compared with before it is paid for: the finished tasks in memory ([`limits::SNAPSHOT_TASKS`]), and those accepted since the start of
//! Darkroom that are not finished.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{store::Store, sync::Mutex, tracker::Tracker};
use proto::{
    ids::{BackendId, TaskId},
    limits,
    run_warnings::{RunTrace, RunWarning, find_warnings},
    task::Task,
};

pub(super) struct EarlierRuns {
    tracker: Arc<Tracker>,
    store: Store,
    traces: Mutex<KnownTraces>,
}

/// Traces of tasks in memory. Those of tasks from before the start are read when they are needed first.
struct KnownTraces {
    by_task: HashMap<TaskId, RunTrace>,
    /// With so many, those of tasks that are gone are dropped.
    room: usize,
}

impl EarlierRuns {
    pub fn new(tracker: Arc<Tracker>, store: Store) -> Self {
        let traces = KnownTraces { by_task: HashMap::new(), room: 2 * limits::SNAPSHOT_TASKS };
        Self { tracker, store, traces: Mutex::new(traces) }
    }

    /// A task that is in the tracker.
    pub fn add(&self, task: TaskId, trace: RunTrace) {
        let mut traces = self.traces.lock();
        traces.by_task.insert(task, trace);
        if traces.by_task.len() > traces.room {
            let known: HashSet<TaskId> = self.tracker.ids(|_| true).into_iter().collect();
            traces.by_task.retain(|id, _| known.contains(id) || *id == task || self.tracker.is_pending(*id));
            // Twice as many as are left: so the cost of dropping is spread over as many additions.
            traces.room = 2 * traces.by_task.len().max(limits::SNAPSHOT_TASKS);
        }
    }

    /// What speaks against a run. `able`: the ComfyUIs that have what it needs.
    pub async fn warnings(&self, run: &RunTrace, able: &[BackendId]) -> Vec<RunWarning> {
        let ended = self.tracker.ids(|task| task.state.is_final());
        let is_known = |id: &TaskId| self.traces.lock().by_task.contains_key(id);
        for id in ended.iter().filter(|id| !is_known(id)) {
            // One that cannot be read warns of nothing.
            if let Ok(Some(stored)) = self.store.read(*id).await {
                self.add(*id, RunTrace::of(&stored.workflow, &stored.task.prompts.unwrap_or_default()));
            }
        }
        let mut tasks = ended;
        tasks.extend(self.repeated(run));
        self.compare(run, tasks, able)
    }

    /// Whether a task that was just accepted has the inputs of another.
    pub fn warnings_of(&self, task: TaskId) -> Vec<RunWarning> {
        let Some(run) = self.traces.lock().by_task.get(&task).cloned() else { return Vec::new() };
        let before = self.repeated(&run).into_iter().filter(|other| *other < task).collect();
        self.compare(&run, before, &[])
    }

    /// The newest tasks with the inputs of this run.
    fn repeated(&self, run: &RunTrace) -> Vec<TaskId> {
        let mut found: Vec<TaskId> = self.traces.lock().by_task.iter().filter(|(_, trace)| run.repeats(trace)).map(|(id, _)| *id).collect();
        found.sort_unstable_by(|one, two| two.cmp(one));
        found.truncate(limits::SNAPSHOT_TASKS);
        found
    }

    fn compare(&self, run: &RunTrace, tasks: Vec<TaskId>, able: &[BackendId]) -> Vec<RunWarning> {
        let tasks: Vec<Task> = tasks.into_iter().filter_map(|id| self.tracker.task(id)).collect();
        let traces = self.traces.lock();
        let earlier: Vec<(&Task, &RunTrace)> = tasks.iter().filter_map(|task| Some((task, traces.by_task.get(&task.id)?))).collect();
        find_warnings(run, &earlier, able)
    }
}
