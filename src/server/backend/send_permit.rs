//! Which prompts are on their way: nobody else may decide about those meanwhile, or send them too.

use std::{collections::HashSet, sync::Arc};

use parking_lot::Mutex;

use proto::ids::TaskId;

#[derive(Clone, Default)]
pub(super) struct Sending(Arc<Mutex<HashSet<TaskId>>>);

/// The right to send a task. Ends when dropped, however the request ended.
pub(crate) struct SendPermit {
    sending: Sending,
    pub(super) task: TaskId,
}

impl Sending {
    /// `None` while somebody else has the right.
    pub(super) fn enter(&self, task: TaskId) -> Option<SendPermit> {
        self.0.lock().insert(task).then(|| SendPermit { sending: self.clone(), task })
    }

    pub(super) fn contains(&self, task: TaskId) -> bool {
        self.0.lock().contains(&task)
    }
}

impl Drop for SendPermit {
    fn drop(&mut self) {
        self.sending.0.lock().remove(&self.task);
    }
}
