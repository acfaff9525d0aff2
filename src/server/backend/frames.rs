//! Handles the messages of ComfyUI's socket: applies those about our tasks, and ignores those about prompts of other programs.

use std::sync::Arc;

use super::handle::Backend;
use crate::{
    clock::now,
    message_log::{LoggedMessage, UNREADABLE},
};
use proto::{
    comfy::{BinaryFrame, ComfyEvent, Preview, decode_binary, decode_text},
    ids::{NodeId, TaskId},
};

/// Of one socket.
#[derive(Default)]
pub(super) struct FrameHandler {
    /// The task and node of the last `progress`, to which a preview without metadata belongs (fact 22). `None` if the prompt was not ours.
    last_progress: Option<(TaskId, NodeId)>,
}

/// How many characters the message log keeps of a message of unknown type.
const MAX_TEXT: usize = 300;
/// And of the name of a type.
const MAX_KIND: usize = 60;

impl FrameHandler {
    /// Returns whether a reconciliation is needed: the message shows that something happened, but not what.
    pub(super) fn text(&mut self, backend: &Arc<Backend>, frame: &str) -> bool {
        let _timed = backend.tracker.meters().time_frame(&backend.id);
        let frame = &*backend.tracker.without_secrets(frame);
        let event = match decode_text(frame) {
            Ok(event) => event,
            Err(error) => {
                unreadable(backend, frame.len(), &error);
                return false;
            }
        };
        log(backend, &event, frame);
        match &event {
            ComfyEvent::Status(status) => return backend.count_queue(status.status.exec_info.queue_remaining),
            // ComfyUI sends this only when a socket comes back while its prompt runs (fact 2). Which prompt, only `/queue` says.
            ComfyEvent::Executing(executing) if executing.prompt_id.is_none() => return true,
            _ => {}
        }
        let task = event.prompt_id().and_then(|prompt| prompt.task()).filter(|task| backend.is_assigned(*task));
        if let ComfyEvent::Progress(progress) = &event {
            self.last_progress = task.zip(progress.node.clone());
        }
        let Some(task) = task else { return false };
        backend.presence.lock().saw(task);
        if matches!(event, ComfyEvent::ExecutionStart(_)) {
            backend.stuck.lock().began();
            backend.publish_stuck();
        }
        backend.tracker.apply_event(&backend.id, task, &event);
        if matches!(&event, ComfyEvent::Executing(executing) if executing.node.is_none()) {
            self.last_progress = None;
            let backend = backend.clone();
            tokio::spawn(async move { backend.finish(task).await });
        }
        false
    }

    pub(super) fn binary(&mut self, backend: &Arc<Backend>, frame: &[u8]) {
        let _timed = backend.tracker.meters().time_frame(&backend.id);
        let kind = match decode_binary(frame) {
            Ok(BinaryFrame::Preview(Preview { metadata: Some(metadata), image, .. })) => {
                if let Some(task) = metadata.prompt_id.task() {
                    backend.tracker.publish_preview(&backend.id, task, metadata.real_node_id.unwrap_or(metadata.node_id), image);
                }
                "preview"
            }
            Ok(BinaryFrame::Preview(Preview { metadata: None, image, .. })) => {
                // Without a known owner the preview may belong to a foreign prompt (fact 35): it is skipped.
                if let Some((task, node)) = &self.last_progress {
                    backend.tracker.publish_preview(&backend.id, *task, node.clone(), image);
                }
                "preview"
            }
            Ok(BinaryFrame::Text { .. }) => "text",
            Err(error) => return unreadable(backend, frame.len(), &error),
        };
        backend.log.add(LoggedMessage { at: now(), kind: kind.into(), bytes: frame.len(), note: None });
    }
}

fn log(backend: &Backend, event: &ComfyEvent, frame: &str) {
    let kind = event.kind().chars().take(MAX_KIND).collect();
    let is_unknown = matches!(event, ComfyEvent::Unknown { .. });
    let note = is_unknown.then(|| frame.chars().take(MAX_TEXT).collect());
    backend.log.add(LoggedMessage { at: now(), kind, bytes: frame.len(), note });
}

fn unreadable(backend: &Backend, bytes: usize, error: &dyn std::error::Error) {
    backend.log.add(LoggedMessage { at: now(), kind: UNREADABLE.into(), bytes, note: Some(error.to_string()) });
    let unreadable = backend.log.unreadable();
    tracing::warn!(backend = %backend.id, %error, unreadable, "a message was skipped");
    backend.publish(|published| published.unreadable = unreadable);
}
