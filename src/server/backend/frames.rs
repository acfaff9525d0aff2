//! What comes over ComfyUI's socket, brought to the task it is about. Other people's prompts are never mixed up with ours.

use std::sync::Arc;

use super::Backend;
use crate::{
    clock::now,
    event_log::{LoggedEvent, UNREADABLE},
};
use proto::{
    comfy::{BinaryFrame, ComfyEvent, Preview, decode_binary, decode_text},
    ids::{NodeId, TaskId},
};

/// What must be remembered between frames of one socket.
#[derive(Default)]
pub(super) struct Frames {
    /// A preview without metadata belongs to the last `progress` (fact 22). `None` when that was not one of ours.
    last_progress: Option<(TaskId, NodeId)>,
}

/// Of a message of a type that Darkroom does not know, characters that the event log keeps.
const UNKNOWN_TEXT: usize = 300;
/// And of the name of its type.
const UNKNOWN_KIND: usize = 60;

impl Frames {
    /// Says whether the queue should be looked at: something happened there that the socket does not tell.
    pub(super) fn text(&mut self, backend: &Arc<Backend>, frame: &str) -> bool {
        let _timed = backend.tracker.meters().frame(&backend.id);
        let event = match decode_text(frame) {
            Ok(event) => event,
            Err(error) => {
                unreadable(backend, frame.len(), &error);
                return false;
            }
        };
        log(backend, &event, frame);
        match &event {
            ComfyEvent::Status(status) => return backend.queue_counted(status.status.exec_info.queue_remaining),
            // Only said when a socket comes back while its prompt runs (fact 2): which prompt, the queue tells.
            ComfyEvent::Executing(executing) if executing.prompt_id.is_none() => return true,
            _ => {}
        }
        let task = event.prompt_id().and_then(|prompt| prompt.task()).filter(|task| backend.has(*task));
        if let ComfyEvent::Progress(progress) = &event {
            self.last_progress = task.zip(progress.node.clone());
        }
        let Some(task) = task else { return false };
        backend.presence.lock().saw(task);
        backend.tracker.event(&backend.id, task, &event);
        if matches!(&event, ComfyEvent::Executing(executing) if executing.node.is_none()) {
            self.last_progress = None;
            let backend = backend.clone();
            tokio::spawn(async move { backend.finish(task).await });
        }
        false
    }

    pub(super) fn binary(&mut self, backend: &Arc<Backend>, frame: &[u8]) {
        let _timed = backend.tracker.meters().frame(&backend.id);
        let kind = match decode_binary(frame) {
            Ok(BinaryFrame::Preview(Preview { metadata: Some(metadata), image, .. })) => {
                if let Some(task) = metadata.prompt_id.task() {
                    backend.tracker.preview(&backend.id, task, metadata.real_node_id.unwrap_or(metadata.node_id), image);
                }
                "preview"
            }
            Ok(BinaryFrame::Preview(Preview { metadata: None, image, .. })) => {
                // Without an owner it may be a foreign prompt's (fact 35): shown to nobody.
                if let Some((task, node)) = &self.last_progress {
                    backend.tracker.preview(&backend.id, *task, node.clone(), image);
                }
                "preview"
            }
            Ok(BinaryFrame::Text { .. }) => "text",
            Err(error) => return unreadable(backend, frame.len(), &error),
        };
        backend.log.add(LoggedEvent { at: now(), kind: kind.into(), bytes: frame.len(), note: None });
    }
}

fn log(backend: &Backend, event: &ComfyEvent, frame: &str) {
    let kind = event.kind().chars().take(UNKNOWN_KIND).collect();
    let is_unknown = matches!(event, ComfyEvent::Unknown { .. });
    let note = is_unknown.then(|| frame.chars().take(UNKNOWN_TEXT).collect());
    backend.log.add(LoggedEvent { at: now(), kind, bytes: frame.len(), note });
}

fn unreadable(backend: &Backend, bytes: usize, error: &dyn std::error::Error) {
    backend.log.add(LoggedEvent { at: now(), kind: UNREADABLE.into(), bytes, note: Some(error.to_string()) });
    let unreadable = backend.log.unreadable();
    tracing::warn!(backend = %backend.id, %error, unreadable, "a message was skipped");
    backend.update(|shown| shown.unreadable = unreadable);
}
