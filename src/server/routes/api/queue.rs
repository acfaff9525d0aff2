//! `/api/queue`: what runs and what waits, and the whole queue's switches.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{problem::ApiProblem, responses::problem_responses};
use crate::{
    AppState,
    clock::{now, rfc3339},
    report::{Progress, TaskStatus},
};
use proto::{
    ids::TaskId,
    task::{QueueHold, Task},
    time::Timestamp,
    wire::Command,
};

/// All unfinished tasks.
#[derive(Serialize, ToSchema)]
#[schema(as = Queue)]
pub struct QueueReport {
    /// No task is sent to a ComfyUI meanwhile.
    paused: bool,
    /// Oldest first.
    running: Vec<QueuedTask>,
    /// In the order in which they will run.
    waiting: Vec<QueuedTask>,
}

/// A task in the queue.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueuedTask {
    #[schema(value_type = String, format = Uuid)]
    task_id: TaskId,
    name: String,
    status: TaskStatus,
    progress: Progress,
    /// 1 is the next to run; `null` for one that runs.
    #[schema(minimum = 1)]
    queue_position: Option<usize>,
    priority: i8,
    paused: bool,
    /// The ComfyUI that has it.
    backend: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    /// The estimated start; `null` without an estimate.
    #[schema(format = DateTime)]
    starts_at: Option<String>,
    /// The estimated end; `null` without an estimate.
    #[schema(format = DateTime)]
    ends_at: Option<String>,
}

fn queue(state: &AppState) -> Json<QueueReport> {
    let (paused, tasks) = state.tracker().in_order();
    let (running, waiting): (Vec<Task>, Vec<Task>) = tasks.into_iter().partition(|task| task.state.has_begun());
    let (hold, now) = (state.tracker().hold(), now());
    let running = running.iter().map(|task| queued(task, None, hold, now)).collect();
    let waiting = waiting.iter().zip(1..).map(|(task, position)| queued(task, Some(position), hold, now)).collect();
    Json(QueueReport { paused, running, waiting })
}

fn queued(task: &Task, queue_position: Option<usize>, hold: QueueHold, now: Timestamp) -> QueuedTask {
    // A time in the past means that the task is late; the estimate is then now.
    let expected = |at: Timestamp| rfc3339(at.max(now));
    let starts_at = task.starts_at.filter(|_| !task.state.has_begun());
    QueuedTask {
        task_id: task.id,
        name: task.name.clone(),
        status: TaskStatus::of(task.state),
        progress: Progress::of(task, hold),
        queue_position,
        priority: task.place.priority,
        paused: task.paused,
        backend: task.backend.as_ref().map(|backend| backend.0.clone()),
        created_at: rfc3339(task.created_at),
        starts_at: starts_at.map(expected),
        ends_at: task.ends_at.or_else(|| Some(starts_at?.plus_ms(task.expected_ms()))).map(expected),
    }
}

/// Look at the queue
#[utoipa::path(
    get,
    path = "/queue",
    operation_id = "getQueue",
    tag = "Queue",
    responses((status = 200, description = "All unfinished tasks.", body = QueueReport)),
)]
pub(super) async fn get(State(state): State<AppState>) -> Json<QueueReport> {
    queue(&state)
}

/// Pause the queue
///
/// No task is sent to a ComfyUI until the queue is resumed; running tasks continue. A restart does not change that.
#[utoipa::path(
    post,
    path = "/queue/pause",
    operation_id = "pauseQueue",
    tag = "Queue",
    responses((status = 200, description = "The queue as it is now.", body = QueueReport)),
)]
pub(super) async fn pause(State(state): State<AppState>) -> Result<Json<QueueReport>, ApiProblem> {
    state.commands().run(Command::PauseQueue { paused: true }).await?;
    Ok(queue(&state))
}

/// Resume the queue
#[utoipa::path(
    post,
    path = "/queue/resume",
    operation_id = "resumeQueue",
    tag = "Queue",
    responses((status = 200, description = "The queue as it is now.", body = QueueReport)),
)]
pub(super) async fn resume(State(state): State<AppState>) -> Result<Json<QueueReport>, ApiProblem> {
    state.commands().run(Command::PauseQueue { paused: false }).await?;
    Ok(queue(&state))
}

problem_responses!(ClearProblems {
    409 => "It changed meanwhile. Ask again.",
});

/// Cancel everything that waits
///
/// Here or in a ComfyUI's queue; running tasks continue.
#[utoipa::path(
    post,
    path = "/queue/clear",
    operation_id = "clearQueue",
    tag = "Queue",
    responses(
        (status = 200, description = "The queue as it is now. Tasks that a ComfyUI has may still be there for a moment.", body = QueueReport),
        ClearProblems,
    ),
)]
pub(super) async fn clear(State(state): State<AppState>) -> Result<Json<QueueReport>, ApiProblem> {
    state.commands().run(Command::ClearQueue).await?;
    Ok(queue(&state))
}
