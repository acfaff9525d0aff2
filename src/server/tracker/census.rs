//! The state in numbers, for metrics.

use std::collections::HashMap;

use super::Tracker;
use proto::{
    ids::BackendId,
    task::{Backend, TaskState},
};

/// All of the same moment.
pub struct Census {
    /// Unfinished tasks, by state.
    pub accepted: usize,
    pub queued: usize,
    pub running: usize,
    /// Tasks that are assigned to no ComfyUI: those that only wait for one, and those that are paused.
    pub waiting: usize,
    pub paused: usize,
    pub queue_paused: bool,
    /// Each ComfyUI, and how many of our tasks are queued or running there.
    pub backends: Vec<(Backend, usize)>,
    /// Open live connections.
    pub pages: usize,
    pub reads: u64,
    /// Changes since the start.
    pub changes: u64,
}

impl Tracker {
    #[must_use]
    pub fn census(&self) -> Census {
        let state = self.state.lock();
        let snapshot = &state.snapshot;
        let count = |state: TaskState| snapshot.tasks.iter().filter(|task| task.state == state).count();
        let (paused, waiting): (Vec<_>, Vec<_>) = snapshot.tasks.iter().filter(|task| task.is_waiting()).partition(|task| task.paused);
        let mut there: HashMap<&BackendId, usize> = HashMap::new();
        for backend in snapshot.tasks.iter().filter(|task| task.state.is_handed_over()).filter_map(|task| task.backend.as_ref()) {
            *there.entry(backend).or_default() += 1;
        }
        let backend = |backend: &Backend| (backend.clone(), there.get(&backend.id).copied().unwrap_or(0));
        Census {
            accepted: count(TaskState::Accepted),
            queued: count(TaskState::Queued),
            running: count(TaskState::Running),
            waiting: waiting.len(),
            paused: paused.len(),
            queue_paused: snapshot.queue_paused,
            backends: snapshot.backends.iter().map(backend).collect(),
            pages: self.hub.readers(),
            reads: self.hub.reads(),
            changes: snapshot.seq.0,
        }
    }
}
