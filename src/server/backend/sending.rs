//! Which prompts are on their way: nobody else may decide about those meanwhile.

use std::collections::HashSet;

use parking_lot::Mutex;

use crate::proto::ids::TaskId;

#[derive(Default)]
pub(super) struct Sending(Mutex<HashSet<TaskId>>);

/// Ends when dropped, however the request ended.
pub(super) struct OnItsWay<'a>(&'a Sending, TaskId);

impl Sending {
    pub(super) fn enter(&self, task: TaskId) -> OnItsWay<'_> {
        self.0.lock().insert(task);
        OnItsWay(self, task)
    }

    pub(super) fn contains(&self, task: TaskId) -> bool {
        self.0.lock().contains(&task)
    }
}

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        self.0.0.lock().remove(&self.1);
    }
}
