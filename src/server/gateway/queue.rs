//! The queue as ComfyUI shows it: `/prompt`, `/queue`, `/interrupt`, `/free`.

use axum::{extract::State, response::Response};
use bytes::Bytes;
use futures::future::join_all;
use proto::{comfy::parse_lenient, ids::TaskId, task::TaskState};
use serde_json::{Value, json};

use super::{answer, hub_state::LivePrompt, shared::Gateway, viewer::Viewer};

/// `GET /prompt`: how many prompts run and wait.
pub(super) async fn count(State(gateway): State<Gateway>, viewer: Viewer) -> Response {
    let remaining = gateway.hub.queue(&viewer).len();
    answer::ok(&json!({"exec_info": {"queue_remaining": remaining}}))
}

/// `GET /queue`
pub(super) async fn list(State(gateway): State<Gateway>, viewer: Viewer) -> Response {
    let (running, pending): (Vec<_>, Vec<_>) = gateway.hub.queue(&viewer).into_iter().partition(|live| is_running(&gateway, live.task));
    let items = |prompts: &[LivePrompt]| prompts.iter().map(item).collect::<Vec<_>>();
    answer::ok(&json!({"queue_running": items(&running), "queue_pending": items(&pending)}))
}

pub(super) fn item(live: &LivePrompt) -> Value {
    live.prompt.queue_item(&live.workflow, &live.extra_data)
}

pub(super) fn is_running(gateway: &Gateway, task: TaskId) -> bool {
    gateway.app.tracker().task(task).is_some_and(|task| task.state == TaskState::Running || task.state.is_final())
}

/// `POST /queue`: `{"clear": true}` and `{"delete": [ids]}`, of prompts that wait.
pub(super) async fn change(State(gateway): State<Gateway>, viewer: Viewer, body: Bytes) -> Response {
    let Some(body) = answer::object(&body) else { return answer::trouble() };
    let clears = answer::is_set(body.get("clear"));
    let deleted = answer::texts(body.get("delete"));
    let is_meant = |live: &LivePrompt| clears || deleted.contains(&live.prompt.prompt_id);
    let waiting = gateway.hub.queue(&viewer).into_iter().filter(|live| is_meant(live) && !is_running(&gateway, live.task));
    let leaving: Vec<TaskId> = waiting.map(|live| live.task).collect();
    if clears {
        // All at once: the length of the queue is told once.
        gateway.hub.withdraw(&leaving);
    }
    for task in leaving {
        cancel(&gateway, task).await;
    }
    answer::done()
}

/// Cancels the task of a prompt. If it is over with that, it is out of the queue when this returns.
pub(super) async fn cancel(gateway: &Gateway, task: TaskId) {
    if !is_running(gateway, task) {
        gateway.hub.withdraw(&[task]);
    }
    if let Err(error) = gateway.app.commands().cancel(task).await {
        tracing::debug!(%error, %task, "not cancelled");
        gateway.hub.reinstate(task);
    }
    gateway.ends.finish(task).await;
}

/// `POST /interrupt`: the prompts that run, or the one that is named if it does.
pub(super) async fn interrupt(State(gateway): State<Gateway>, viewer: Viewer, body: Bytes) -> Response {
    // A body that is no JSON is as none.
    let body = match std::str::from_utf8(&body).ok().and_then(|text| parse_lenient::<Value>(text).ok()) {
        Some(Value::Object(members)) => Value::Object(members),
        Some(_) => return answer::trouble(),
        None => Value::Null,
    };
    let named = body.get("prompt_id").filter(|id| answer::is_set(Some(id)));
    for live in gateway.hub.queue(&viewer) {
        let is_meant = named.is_none_or(|id| id.as_str() == Some(&live.prompt.prompt_id));
        if is_meant && is_running(&gateway, live.task) {
            cancel(&gateway, live.task).await;
        }
    }
    answer::done()
}

/// `POST /free`: every ComfyUI frees memory after the prompt that it runs.
pub(super) async fn free(State(gateway): State<Gateway>, body: Bytes) -> Response {
    let Some(body) = answer::object(&body) else { return answer::trouble() };
    let body = Value::Object(body);
    let reachable = gateway.app.pool().iter().filter(|backend| backend.is_reachable());
    join_all(reachable.map(|backend| async {
        if let Err(error) = backend.client.free(&body).await {
            tracing::warn!(backend = %backend.id, %error, "its memory is not freed");
        }
    }))
    .await;
    answer::done()
}
