//! Hears what the ComfyUIs say of runs, besides the tracker.

use std::sync::{Arc, OnceLock};

use proto::{
    comfy::{ComfyEvent, HistoryEntry},
    ids::{BackendId, TaskId},
};

/// Called in the order of the messages of a ComfyUI's socket, after the tracker has taken them in. It must not wait.
pub trait RunListener: Send + Sync {
    /// A message as text, without secrets. `task`: the one of ours that it is about, which is assigned to this ComfyUI.
    fn heard(&self, backend: &BackendId, task: Option<TaskId>, event: &ComfyEvent, text: &str);
    /// A binary message.
    fn heard_binary(&self, backend: &BackendId, frame: &[u8]);
    /// Its version and settings were read. `by_itself`: its samplers send previews also of prompts that do not ask for them.
    fn sends_previews(&self, backend: &BackendId, by_itself: bool);
    /// The second socket, over which only messages for everybody come, was opened or lost.
    fn hears_broadcasts(&self, backend: &BackendId, is_open: bool);
    /// A message of a node's own kind came over it, without secrets.
    fn heard_broadcast(&self, backend: &BackendId, event: &ComfyEvent, text: &str);
    /// The entry in the history by which a task is about to end, without secrets.
    fn found_history(&self, task: TaskId, entry: &HistoryEntry);
}

/// The listener, once there is one.
#[derive(Default)]
pub struct RunListeners(OnceLock<Arc<dyn RunListener>>);

impl RunListeners {
    /// Sets the listener; only the first time.
    pub fn set(&self, listener: Arc<dyn RunListener>) {
        let _ = self.0.set(listener);
    }

    pub fn heard(&self, backend: &BackendId, task: Option<TaskId>, event: &ComfyEvent, text: &str) {
        if let Some(listener) = self.0.get() {
            listener.heard(backend, task, event, text);
        }
    }

    pub fn heard_binary(&self, backend: &BackendId, frame: &[u8]) {
        if let Some(listener) = self.0.get() {
            listener.heard_binary(backend, frame);
        }
    }

    pub fn sends_previews(&self, backend: &BackendId, by_itself: bool) {
        if let Some(listener) = self.0.get() {
            listener.sends_previews(backend, by_itself);
        }
    }

    pub fn hears_broadcasts(&self, backend: &BackendId, is_open: bool) {
        if let Some(listener) = self.0.get() {
            listener.hears_broadcasts(backend, is_open);
        }
    }

    pub fn heard_broadcast(&self, backend: &BackendId, event: &ComfyEvent, text: &str) {
        if let Some(listener) = self.0.get() {
            listener.heard_broadcast(backend, event, text);
        }
    }

    pub fn found_history(&self, task: TaskId, entry: &HistoryEntry) {
        if let Some(listener) = self.0.get() {
            listener.found_history(task, entry);
        }
    }
}
