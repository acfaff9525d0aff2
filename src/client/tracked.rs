//! The client's own state of its task: the same steps as on the server, for one task.

use std::time::{SystemTime, UNIX_EPOCH};

use proto::{
    comfy::{Catalog, ComfyEvent, Workflow},
    ids::{BackendId, TaskId},
    task::{Change, Durations, Estimate, Forecast, Snapshot, Task, TaskState, estimate, interpret},
    time::Timestamp,
};

pub(super) struct Tracked {
    /// Contains only this task.
    snapshot: Snapshot,
    forecast: Forecast,
    durations: Durations,
}

pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

impl Tracked {
    /// Durations are looked up for `backend`.
    pub(super) fn new(id: TaskId, name: &str, workflow: &Workflow, backend: BackendId, durations: Durations) -> Self {
        let task = Task::new(id, name, workflow, &Catalog::default(), &durations, now());
        let snapshot = Snapshot { tasks: vec![task], ..Snapshot::default() };
        let mut tracked = Self { snapshot, forecast: Forecast::new(workflow), durations };
        tracked.carry_out([Change::TaskAssigned { task: id, backend: Some(backend) }]);
        let expected = tracked.forecast.expect(tracked.task(), &tracked.durations);
        tracked.carry_out(expected);
        tracked
    }

    pub(super) fn task(&self) -> &Task {
        &self.snapshot.tasks[0]
    }

    /// All durations, including those learned from this run.
    pub(super) fn durations(&self) -> &Durations {
        &self.durations
    }

    /// Applies an event from ComfyUI.
    pub(super) fn event(&mut self, event: &ComfyEvent) {
        self.forecast.observe(event);
        self.carry_out(interpret(self.task(), event, now()));
    }

    pub(super) fn carry_out(&mut self, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            self.forecast.watch(&self.snapshot.tasks[0], &change, now(), &mut self.durations);
            self.snapshot.push(change);
        }
        self.tick();
    }

    /// Updates the progress estimate.
    pub(super) fn tick(&mut self) {
        let task = self.task();
        if task.state == TaskState::Running {
            let Estimate { permille, ends_at, within_ms } = estimate(task, &self.forecast, now());
            let progress = Change::TaskProgress { task: task.id, permille, ends_at, within_ms };
            self.snapshot.push(progress);
        }
    }
}
