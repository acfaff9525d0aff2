//! What comes over ComfyUI's socket, brought to the task it is about. Other people's prompts are never mixed up with ours.

use std::sync::Arc;

use super::Backend;
use crate::proto::{
    comfy::{BinaryFrame, ComfyEvent, Preview, decode_binary, decode_text},
    ids::{NodeId, TaskId},
};

/// What must be remembered between frames.
#[derive(Default)]
pub(super) struct Frames {
    /// A preview without metadata belongs to the last `progress` (fact 22).
    last_progress: Option<(TaskId, NodeId)>,
    /// Frames that could not be read, since the start.
    unreadable: u64,
}

impl Frames {
    pub(super) fn text(&mut self, backend: &Arc<Backend>, frame: &str) {
        let event = match decode_text(frame) {
            Ok(event) => event,
            Err(error) => return self.skip(backend, &error),
        };
        if let ComfyEvent::Status(status) = &event {
            backend.update(|shown| shown.queue = status.status.exec_info.queue_remaining);
        }
        let Some(task) = event.prompt_id().and_then(|prompt| prompt.task()) else { return };
        if let ComfyEvent::Progress(progress) = &event {
            self.last_progress = progress.node.clone().map(|node| (task, node));
        }
        backend.tracker.event(task, &event);
        if matches!(&event, ComfyEvent::Executing(executing) if executing.node.is_none()) {
            self.last_progress = None;
            let backend = backend.clone();
            tokio::spawn(async move { backend.finish(task).await });
        }
    }

    pub(super) fn binary(&mut self, backend: &Arc<Backend>, frame: &[u8]) {
        match decode_binary(frame) {
            Ok(BinaryFrame::Preview(Preview { metadata: Some(metadata), image, .. })) => {
                if let Some(task) = metadata.prompt_id.task() {
                    backend.tracker.preview(task, metadata.real_node_id.unwrap_or(metadata.node_id), image);
                }
            }
            Ok(BinaryFrame::Preview(Preview { metadata: None, image, .. })) => {
                // Without an owner it may be a foreign prompt's (fact 35): shown to nobody.
                if let Some((task, node)) = &self.last_progress {
                    backend.tracker.preview(*task, node.clone(), image);
                }
            }
            Ok(BinaryFrame::Text { .. }) => {}
            Err(error) => self.skip(backend, &error),
        }
    }

    fn skip(&mut self, backend: &Backend, error: &dyn std::error::Error) {
        self.unreadable += 1;
        tracing::warn!(backend = %backend.id, %error, unreadable = self.unreadable, "a frame was skipped");
    }
}
