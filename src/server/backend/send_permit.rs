//! Which tasks are being sent. Meanwhile no other part of the server may send them or change their state.

use std::{collections::HashSet, sync::Arc};

use parking_lot::Mutex;

use proto::ids::TaskId;

#[derive(Clone, Default)]
pub(super) struct SendPermits(Arc<Mutex<HashSet<TaskId>>>);

/// The right to send a task, until it is dropped.
pub struct SendPermit {
    permits: SendPermits,
    pub(super) task: TaskId,
}

impl SendPermits {
    /// `None` while the permit is taken.
    pub(super) fn acquire(&self, task: TaskId) -> Option<SendPermit> {
        self.0.lock().insert(task).then(|| SendPermit { permits: self.clone(), task })
    }

    pub(super) fn is_taken(&self, task: TaskId) -> bool {
        self.0.lock().contains(&task)
    }
}

impl Drop for SendPermit {
    fn drop(&mut self) {
        self.permits.0.lock().remove(&self.task);
    }
}
