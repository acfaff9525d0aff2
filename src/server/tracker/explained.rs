//! Which waiting tasks have the right note already.

use std::{collections::HashMap, sync::Arc};

use super::seat::PoolSeat;
use proto::ids::TaskId;

/// The waiting tasks whose notes are up to date. A task is compared with the ComfyUIs only when one of them or the task's note changed: thousands may
/// wait, and each may need hundreds of files.
#[derive(Default)]
pub(super) struct ExplainedTasks {
    seats: Vec<PoolSeat>,
    pub(super) notes: HashMap<TaskId, Option<String>>,
}

impl ExplainedTasks {
    /// Forgets everything if a ComfyUI is not as before.
    pub(super) fn compare(&mut self, seats: &[PoolSeat]) {
        let is_same = |(old, new): (&PoolSeat, &PoolSeat)| {
            let is_as_open = old.takes_tasks == new.takes_tasks && old.socket == new.socket;
            old.id == new.id && is_as_open && old.trouble == new.trouble && Arc::ptr_eq(&old.catalog, &new.catalog)
        };
        if self.seats.len() != seats.len() || !self.seats.iter().zip(seats).all(is_same) {
            self.seats = seats.to_vec();
            self.notes.clear();
        }
    }
}
