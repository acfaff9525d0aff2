//! Bars that move, and the ends and starts that are expected.

use super::Tracker;
use crate::{
    proto::{
        ids::TaskId,
        task::{Change, Node, Task, TaskState, estimate},
    },
    server::clock::now,
};

/// The end must be expected at least this much earlier or later to be told again, in milliseconds.
const END_STEP: u64 = 500;

impl Tracker {
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

    pub(super) fn progress(&self, inner: &mut super::Inner, id: TaskId) {
        let Some(task) = inner.find(id).filter(|task| task.state == TaskState::Running) else { return };
        let estimate = estimate(task, now());
        let moved = estimate.permille != task.permille;
        let end_moved = match (estimate.ends_at, task.ends_at) {
            (Some(new), Some(old)) => new.0.abs_diff(old.0) >= END_STEP,
            (new, old) => new != old,
        };
        if moved || end_moved {
            self.publish(inner, Change::TaskProgress { task: id, permille: estimate.permille, ends_at: estimate.ends_at, within_ms: None });
        }
    }
}
