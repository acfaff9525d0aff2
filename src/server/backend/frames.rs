//! Handles the messages of ComfyUI's socket: applies those about our tasks, and ignores those about prompts of other programs.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;

use super::handle::Backend;
use crate::{
    clock::now,
    message_log::{LoggedMessage, UNREADABLE},
};
use proto::{
    comfy::{BinaryFrame, ComfyEvent, Workflow, decode_binary, decode_text},
    ids::TaskId,
    task::{NotKeptReason, SocketResult, SocketResults, SortedPictures, interpret},
};

/// Of one socket.
#[derive(Default)]
pub(super) struct FrameHandler {
    results: SocketResults,
}

/// How many characters the message log keeps of a message of unknown type.
const MAX_TEXT: usize = 300;
/// And of the name of a type.
const MAX_KIND: usize = 60;

impl FrameHandler {
    /// Returns whether a reconciliation is needed: the message shows that something happened, but not what.
    pub(super) async fn text(&mut self, backend: &Arc<Backend>, frame: &str) -> bool {
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
        if let ComfyEvent::Status(status) = &event {
            return backend.count_queue(status.status.exec_info.queue_remaining);
        }
        let task = event.prompt_id().and_then(|prompt| prompt.task()).filter(|task| backend.is_assigned(*task));
        keep_all(backend, self.results.event(task, &event, |task| workflow(backend, task))).await;
        // ComfyUI sends this only when a socket comes back while its prompt runs (fact 2). Which prompt, only `/queue` says.
        if let ComfyEvent::Executing(executing) = &event
            && executing.prompt_id.is_none()
        {
            if let Some(node) = &executing.node {
                backend.tracker.run_resumed(&backend.id, node);
            }
            return true;
        }
        let Some(task) = task else {
            backend.listeners.heard(&backend.id, None, &event, frame);
            return false;
        };
        backend.presence.lock().saw(task);
        if matches!(event, ComfyEvent::ExecutionStart(_)) {
            backend.stuck.lock().began();
            backend.publish_stuck();
        }
        let at = now();
        backend.tracker.keep_end(&backend.id, task, |task| interpret(task, &event, at)).await;
        backend.tracker.apply_event(&backend.id, task, &event, at);
        backend.listeners.heard(&backend.id, Some(task), &event, frame);
        if matches!(&event, ComfyEvent::Executing(executing) if executing.node.is_none()) {
            let backend = backend.clone();
            tokio::spawn(async move { backend.finish(task).await });
        }
        false
    }

    pub(super) async fn binary(&mut self, backend: &Arc<Backend>, frame: &[u8]) {
        let _timed = backend.tracker.meters().time_frame(&backend.id);
        let kind = match decode_binary(frame) {
            Ok(BinaryFrame::Preview(preview)) => {
                let SortedPictures { results, preview: shown } = self.results.picture(&preview, |task| workflow(backend, task));
                keep_all(backend, results).await;
                if let Some((task, node)) = shown {
                    backend.tracker.publish_preview(&backend.id, task, node, preview.image);
                }
                "preview"
            }
            Ok(BinaryFrame::Text { .. }) => "text",
            Err(error) => return unreadable(backend, frame.len(), &error),
        };
        backend.listeners.heard_binary(&backend.id, frame);
        backend.log.add(LoggedMessage { at: now(), kind: kind.into(), bytes: frame.len(), note: None });
    }
}

/// The workflow of an unfinished task that is assigned to this ComfyUI.
fn workflow(backend: &Backend, task: TaskId) -> Option<Arc<Workflow>> {
    if backend.is_assigned(task) { backend.tracker.job(task).map(|job| job.workflow) } else { None }
}

/// Results become outputs when they are on disk. The next message waits for it, so that a run does not end before. They are written at the same
/// time: together they wait no longer than one.
async fn keep_all(backend: &Backend, results: Vec<SocketResult>) {
    let taken = results.into_iter().map(|SocketResult { task, node, format, image }| async move {
        let name = if !backend.tracker.is_keeping_outputs() {
            Err(NotKeptReason::KeepingOff)
        } else if backend.tracker.has_room_for_result(task) {
            backend.spool.take(Bytes::from(image)).await.map_err(|_| NotKeptReason::NoRoom)
        } else {
            Err(NotKeptReason::NoRoom)
        };
        (task, node, format, name)
    });
    for (task, node, format, name) in join_all(taken).await {
        let is_added = backend.tracker.add_result(&backend.id, task, node, format, name.as_deref().map_err(|reason| *reason));
        match name {
            Ok(name) if is_added => backend.spool.referenced(&name),
            Ok(name) => backend.spool.remove(&name).await,
            Err(_) => {}
        }
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
