//! What the tracker keeps of an unfinished task besides what pages see.

use std::{collections::BTreeMap, sync::Arc};

use proto::{
    comfy::{Needs, Workflow},
    limits,
};

#[derive(Clone)]
pub struct TaskJob {
    pub workflow: Arc<Workflow>,
    pub needs: Arc<Needs>,
    /// How many messages of each type ComfyUI sent about the task.
    pub(super) messages: BTreeMap<String, u32>,
}

impl TaskJob {
    #[must_use]
    pub fn new(workflow: Arc<Workflow>) -> Self {
        Self { needs: Arc::new(Needs::of(&workflow)), workflow, messages: BTreeMap::new() }
    }

    /// Types beyond the first [`limits::EVENT_TYPES`] are not counted.
    pub(super) fn count_message(&mut self, kind: &str) {
        if let Some(count) = self.messages.get_mut(kind) {
            *count += 1;
        } else if self.messages.len() < limits::EVENT_TYPES {
            self.messages.insert(kind.to_owned(), 1);
        }
    }
}
