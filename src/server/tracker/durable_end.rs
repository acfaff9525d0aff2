//! The end of a run is on disk before anybody sees it: otherwise a crash in between would take it back, and pages would see a completed task run again.

use proto::{
    ids::{BackendId, TaskId},
    task::{Change, Snapshot, Task},
};

use super::{new_outputs, state::Tracker};

impl Tracker {
    /// Stores a task of a ComfyUI as it will be after `decide`, if that ends it. The caller makes the same changes afterwards. If the disk refuses it, the
    /// store goes on trying, and the end is shown all the same.
    pub async fn keep_end(&self, backend: &BackendId, id: TaskId, decide: impl FnOnce(&Task) -> Vec<Change>) {
        let Some(ended) = self.ended(backend, id, decide) else { return };
        if let Err(error) = self.store.keep_now(&ended).await {
            tracing::warn!(task = %id, %error, "the end of a task is shown before it is on disk");
        }
    }

    /// Whether the end of a task is published. Also true for a task that is not in memory: only ended ones leave it.
    #[must_use]
    pub fn has_ended(&self, id: TaskId) -> bool {
        self.state.lock().find(id).is_none_or(|task| task.state.is_final())
    }

    /// `None`: it does not end, is at another ComfyUI, or has ended before.
    fn ended(&self, backend: &BackendId, id: TaskId, decide: impl FnOnce(&Task) -> Vec<Change>) -> Option<Task> {
        let state = self.state.lock();
        // One that is not accepted yet is not seen by anybody.
        let task = state.snapshot.task(id).filter(|task| task.is_at(backend) && !task.state.is_final())?;
        let mut after = Snapshot { tasks: vec![task.clone()], ..Snapshot::default() };
        for change in decide(task) {
            after.push(new_outputs::marked(change, self.keeps_outputs));
        }
        after.tasks.pop().filter(|task| task.state.is_final())
    }
}
