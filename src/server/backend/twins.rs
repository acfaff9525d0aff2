//! Twins of a task in a ComfyUI's queue and history: a request for its prompt came late, after the prompt was sent again. Only one may run.

use super::handle::Backend;
use comfyui::ComfyError;
use proto::{
    comfy::{HistoryEntry, Queue},
    ids::{PromptId, TaskId},
};

impl Backend {
    /// The end of a prompt that has run, and of which a twin still waits. When its task has ended with that, the twin is a stray.
    pub(super) async fn finished_twin(&self, queue: &Queue, prompt: &PromptId) -> Result<Option<HistoryEntry>, ComfyError> {
        if queue.runs(prompt) || !queue.has(prompt) { Ok(None) } else { self.client.history(prompt).await }
    }

    /// Deletes the waiting twins of a task that is in the queue, so that one is left.
    pub(super) async fn delete_twins(&self, queue: &Queue, task: TaskId) -> Result<(), ComfyError> {
        let prompt = PromptId::from(task);
        // Not while the task is being recalled: both requests together would leave none, and the task would be taken for removed.
        if queue.count(&prompt) < 2 || !self.recalls.begin(task) {
            return Ok(());
        }
        match self.client.delete_twins(queue, &prompt).await {
            Ok(count) => {
                self.recalls.end(task);
                self.tracker.meters().twins_deleted(&self.id, count);
                tracing::warn!(backend = %self.id, %task, count, "a prompt was there several times: only one of them is left");
                Ok(())
            }
            Err(error @ ComfyError::NotAllowed) => {
                self.recalls.end(task);
                Err(error)
            }
            Err(error) => {
                // If a request arrives all the same after another one for the same twin, none is left: then the task waits again.
                self.recalls.fail(task);
                Err(error)
            }
        }
    }
}
