//! The messages about a task, while it runs and at its end.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Facts, FailureReport, OutputReport, Progress, Seed, TaskStatus, Urls};
use crate::clock::rfc3339;
use proto::{
    ids::TaskId,
    task::{QueueHold, Task, TaskState},
    time::Timestamp,
};

/// A message about a task, as streams and webhooks carry it.
///
/// Until the end its `status` is `in-progress`, also while the task waits: then there is a `queuePosition`. The end is `completed`
/// with a `result`, or `error` or `cancelled` with an `error`; nothing comes after it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    #[schema(value_type = String, format = Uuid)]
    pub task_id: TaskId,
    pub status: TaskStatus,
    pub progress: Progress,
    /// RFC 3339, in UTC. Of the end: when it was.
    #[schema(format = DateTime)]
    pub timestamp: String,
    /// While it waits: 1 is the next to run.
    #[schema(minimum = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_position: Option<usize>,
    /// Estimated time until its end, in milliseconds; `null` without an estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_left_ms: Option<u64>,
    /// The true end is expected at most this much before or after that, in milliseconds; `null` without an estimate.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_left_within_ms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Box<TaskResult>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Box<FailureReport>>,
}

/// What came of a task.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskResult {
    /// The first picture. `null` when the workflow made none.
    pub image_url: Option<String>,
    /// All pictures: those that stay, or, where none does, those that do not.
    pub images: Vec<OutputReport>,
    /// All outputs.
    pub outputs: Vec<OutputReport>,
    /// `metadata.description` of the submission.
    pub description: Option<String>,
    pub prompt: Option<String>,
    /// A number; as text when it is above 2^53 − 1, which JavaScript cannot hold.
    pub seed: Option<Seed>,
    /// The task's name.
    pub name: String,
    /// `text-to-image`, or `custom` for a workflow that was handed in.
    pub workflow: String,
    /// `metadata.inpaint` of the submission, or whether the workflow has nodes for it.
    pub inpaint: bool,
    /// `metadata.inpaintArea` of the submission.
    #[schema(value_type = Option<Value>)]
    pub inpaint_area: Option<Value>,
    /// `metadata.uid` of the submission, or when the task was accepted, in milliseconds since 1970.
    pub uid: Value,
}

impl Message {
    /// The message about `task` now. `queue_position` and `hold`: see [`Tracker::position`](crate::tracker::Tracker::position) and
    /// [`Tracker::hold`](crate::tracker::Tracker::hold). `facts` are needed only for the end of a task that is completed.
    #[must_use]
    pub fn of(task: &Task, queue_position: Option<usize>, hold: QueueHold, facts: &Facts, urls: &Urls, now: Timestamp) -> Self {
        let status = match TaskStatus::of(task.state) {
            TaskStatus::Queued => TaskStatus::InProgress,
            status => status,
        };
        Self {
            task_id: task.id,
            status,
            progress: Progress::of(task, hold),
            timestamp: rfc3339(task.ended_at.unwrap_or(now)),
            queue_position: queue_position.filter(|_| !task.state.has_begun()),
            time_left_ms: time_left_ms(task, now),
            time_left_within_ms: time_left_within_ms(task),
            result: (task.state == TaskState::Completed).then(|| Box::new(TaskResult::of(task, facts, urls))),
            error: FailureReport::of(task).map(Box::new),
        }
    }

    /// Nothing comes after it.
    #[must_use]
    pub fn is_end(&self) -> bool {
        !matches!(self.status, TaskStatus::Queued | TaskStatus::InProgress)
    }
}

impl TaskResult {
    fn of(task: &Task, facts: &Facts, urls: &Urls) -> Self {
        let images: Vec<OutputReport> = task.pictures().map(|output| OutputReport::of(task.id, output, urls)).collect();
        Self {
            image_url: images.first().map(|image| image.url.clone()),
            images,
            outputs: task.outputs.iter().map(|output| OutputReport::of(task.id, output, urls)).collect(),
            description: facts.description.clone(),
            prompt: facts.prompt.clone(),
            seed: facts.seed.clone(),
            name: task.name.clone(),
            workflow: facts.workflow.clone(),
            inpaint: facts.inpaint,
            inpaint_area: facts.inpaint_area.clone(),
            uid: facts.uid.clone().unwrap_or_else(|| task.created_at.0.into()),
        }
    }
}

/// Estimated milliseconds until the end. A paused task has no estimate.
pub(super) fn time_left_ms(task: &Task, now: Timestamp) -> Option<u64> {
    match task.state {
        TaskState::Running => Some(task.ends_at?.since(now)),
        TaskState::Accepted | TaskState::Queued => Some(task.starts_at?.since(now).saturating_add(task.expected_ms())),
        TaskState::Completed | TaskState::Failed | TaskState::Cancelled => None,
    }
}

/// How far off [`time_left_ms`] may be, while the task runs.
pub(super) fn time_left_within_ms(task: &Task) -> Option<u32> {
    task.within_ms.filter(|_| task.state == TaskState::Running && task.ends_at.is_some())
}
