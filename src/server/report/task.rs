//! A task as the API shows it.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    FailureReport, OutputReport, Progress, TaskStatus, Urls,
    facts::workflow_name,
    message::{time_left_ms, time_left_within_ms},
    prompts::TaskPromptsReport,
};
use crate::{clock::rfc3339, store::Origin};
use proto::{
    ids::TaskId,
    task::{QueueHold, Task, waiting_reason},
    time::Timestamp,
};

/// A task.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Task)]
pub struct TaskReport {
    #[schema(value_type = String, format = Uuid)]
    pub task_id: TaskId,
    #[schema(example = "A lighthouse at dusk")]
    pub name: String,
    pub status: TaskStatus,
    pub progress: Progress,
    /// Why it waits, as text; `null` if it waits only for the tasks before it, or does not wait.
    pub note: Option<String>,
    /// While it waits: 1 is the next to run.
    #[schema(minimum = 1)]
    pub queue_position: Option<usize>,
    /// -100 to 100; higher is sooner, and 0 is normal.
    pub priority: i8,
    /// It is held back.
    pub paused: bool,
    /// A cancel was requested, and its ComfyUI has not received or not confirmed it yet.
    pub cancelling: bool,
    /// Estimated time until its end, in milliseconds; `null` without an estimate.
    pub time_left_ms: Option<u64>,
    /// The true end is expected at most this much before or after that, in milliseconds; `null` without an estimate.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_left_within_ms: Option<u32>,
    /// RFC 3339, in UTC, as all times here.
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// 1, and one more each time a ComfyUI lost it and it was sent again.
    #[schema(minimum = 1)]
    pub attempt: u32,
    /// The ComfyUI that has it, or had it.
    pub backend: Option<String>,
    /// The name of a built-in workflow, such as `text-to-image`, or `custom` for one that was handed in.
    pub workflow: String,
    /// What was handed in with it.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// The texts that were made from templates, and how; `null` if there are none.
    pub prompts: Option<TaskPromptsReport>,
    /// The task of which this is another run.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub retry_of: Option<TaskId>,
    /// In the order in which they came; the number in the url counts from 0.
    pub outputs: Vec<OutputReport>,
    /// Why it failed, or that it was cancelled.
    pub error: Option<FailureReport>,
    pub links: TaskLinks,
}

/// What can be done next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaskLinks {
    #[serde(rename = "self")]
    pub this: String,
    /// How it does, as server-sent events.
    pub progress: String,
    /// `POST`.
    pub cancel: String,
    /// `POST`.
    pub retry: String,
    pub workflow: String,
    /// The messages to webhooks.
    pub webhooks: String,
    /// For people.
    pub page: String,
}

impl TaskReport {
    #[must_use]
    pub fn of(task: &Task, queue_position: Option<usize>, hold: QueueHold, origin: &Origin, urls: &Urls, now: Timestamp) -> Self {
        Self {
            task_id: task.id,
            name: task.name.clone(),
            status: TaskStatus::of(task.state),
            progress: Progress::of(task, hold),
            note: waiting_reason(task, hold).map(str::to_owned),
            queue_position: queue_position.filter(|_| !task.state.has_begun()),
            priority: task.place.priority,
            paused: task.paused,
            cancelling: task.cancelling && !task.state.is_final(),
            time_left_ms: time_left_ms(task, now),
            time_left_within_ms: time_left_within_ms(task),
            created_at: rfc3339(task.created_at),
            started_at: task.started_at.map(rfc3339),
            ended_at: task.ended_at.map(rfc3339),
            attempt: task.attempt,
            backend: task.backend.as_ref().map(|backend| backend.0.clone()),
            workflow: workflow_name(task).to_owned(),
            metadata: origin.metadata.clone(),
            prompts: task.prompts.as_ref().map(TaskPromptsReport::from),
            retry_of: origin.retry_of,
            outputs: task.outputs.iter().map(|output| OutputReport::of(task.id, output, urls)).collect(),
            error: FailureReport::of(task),
            links: TaskLinks::of(task.id, urls),
        }
    }
}

impl TaskLinks {
    #[must_use]
    pub fn of(task: TaskId, urls: &Urls) -> Self {
        let this = urls.task(task);
        Self {
            progress: urls.progress(task),
            cancel: format!("{this}/cancel"),
            retry: format!("{this}/retry"),
            workflow: format!("{this}/workflow"),
            webhooks: format!("{this}/webhooks"),
            page: urls.page(task),
            this,
        }
    }
}
