//! Tasks that are being taken back out of this ComfyUI's queue.

use std::{collections::HashMap, time::Instant};

use parking_lot::Mutex;

use proto::ids::TaskId;

/// `None`: the request is under way. `Some`: it failed at that time, and may have been carried out all the same.
#[derive(Default)]
pub(super) struct Recalls(Mutex<HashMap<TaskId, Option<Instant>>>);

impl Recalls {
    /// False when a recall of this task is under way, or its outcome is unknown.
    pub(super) fn begin(&self, task: TaskId) -> bool {
        let mut recalls = self.0.lock();
        let is_new = !recalls.contains_key(&task);
        if is_new {
            recalls.insert(task, None);
        }
        is_new
    }

    pub(super) fn end(&self, task: TaskId) {
        self.0.lock().remove(&task);
    }

    /// The request failed, so its outcome is unknown.
    pub(super) fn fail(&self, task: TaskId) {
        self.0.lock().insert(task, Some(Instant::now()));
    }

    /// If the task is no longer in ComfyUI's queue, the recall removed it.
    pub(super) fn is_unclear(&self, task: TaskId) -> bool {
        matches!(self.0.lock().get(&task), Some(Some(_)))
    }

    /// The task was in ComfyUI's queue at `seen`. If the recall had failed before that, it was not carried out.
    pub(super) fn still_queued(&self, task: TaskId, seen: Instant) {
        self.0.lock().retain(|recalled, failed| *recalled != task || failed.is_none_or(|failed| failed >= seen));
    }
}
