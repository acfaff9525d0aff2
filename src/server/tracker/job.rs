//! What the tracker keeps of an unfinished task besides what pages see.

use std::{collections::BTreeMap, sync::Arc};

use super::seat::PoolSeat;
use crate::store::StoredExtra;
use proto::{
    comfy::{ComfyEvent, ExtraData, Needs, Workflow},
    limits,
    task::{RunSeen, needs_socket},
};

#[derive(Clone)]
pub struct TaskJob {
    pub workflow: Arc<Workflow>,
    pub needs: Arc<Needs>,
    /// Its results come over the socket.
    pub(super) needs_socket: bool,
    /// What was handed in beside the workflow.
    pub extra_data: Arc<StoredExtra>,
    /// How many messages of each type ComfyUI sent about the task.
    pub(super) messages: BTreeMap<String, u32>,
    /// How much of its run came over one socket.
    pub(super) seen: RunSeen,
}

impl TaskJob {
    #[must_use]
    pub fn new(workflow: Arc<Workflow>) -> Self {
        Self {
            needs: Arc::new(Needs::of(&workflow)),
            needs_socket: needs_socket(&workflow),
            workflow,
            extra_data: Arc::default(),
            messages: BTreeMap::new(),
            seen: RunSeen::default(),
        }
    }

    #[must_use]
    pub fn with_extra_data(self, extra_data: StoredExtra) -> Self {
        Self { extra_data: Arc::new(extra_data), ..self }
    }

    /// Whether this ComfyUI has all that the task needs.
    #[must_use]
    pub fn fits(&self, seat: &PoolSeat) -> bool {
        self.has_way_back(seat) && self.needs.met_by(&seat.catalog)
    }

    /// Whether results that come over the socket would arrive.
    pub(super) fn has_way_back(&self, seat: &PoolSeat) -> bool {
        seat.has_socket || !self.needs_socket
    }

    /// Extra data with secrets, which must not come back in what ComfyUI says.
    pub(super) fn secrets(&self) -> Option<&ExtraData> {
        match &*self.extra_data {
            StoredExtra::Readable(extra_data) => extra_data.has_secrets().then_some(extra_data),
            StoredExtra::Lost => None,
        }
    }

    /// A message of its run came over the socket.
    pub(super) fn see(&mut self, event: &ComfyEvent) {
        self.count_message(event.kind());
        self.seen = self.seen.after(event);
    }

    /// Types beyond the first [`limits::EVENT_TYPES`] are not counted.
    fn count_message(&mut self, kind: &str) {
        if let Some(count) = self.messages.get_mut(kind) {
            *count += 1;
        } else if self.messages.len() < limits::EVENT_TYPES {
            self.messages.insert(kind.to_owned(), 1);
        }
    }
}
