//! Tasks that are being taken back out of this ComfyUI's queue.

use std::{collections::HashMap, time::Instant};

use parking_lot::Mutex;

use proto::ids::TaskId;

/// `None`: the request is on its way. `Some`: it failed then, and may have been carried out all the same.
#[derive(Default)]
pub(super) struct Recalls(Mutex<HashMap<TaskId, Option<Instant>>>);

impl Recalls {
    /// False when it is under way already, or its outcome is not known yet.
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

    pub(super) fn unclear(&self, task: TaskId) {
        self.0.lock().insert(task, Some(Instant::now()));
    }

    /// If it is gone now, that was us.
    pub(super) fn is_unclear(&self, task: TaskId) -> bool {
        matches!(self.0.lock().get(&task), Some(Some(_)))
    }

    /// It was still in the queue at `seen`: if that was after the request failed, the request was not carried out.
    pub(super) fn still_there(&self, task: TaskId, seen: Instant) {
        self.0.lock().retain(|recalled, failed| *recalled != task || failed.is_none_or(|failed| failed >= seen));
    }
}
