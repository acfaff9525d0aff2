//! A task as a job.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    base_url::BaseUrl,
    job_output::{JobOutput, is_committed},
};
use crate::{clock::rfc3339, config::Retention, store::Origin};
use proto::{
    comfy_v2::metadata_pairs,
    ids::TaskId,
    limits,
    task::{Task, TaskError, TaskState},
    time::Timestamp,
};

/// `JobStatus` of the specification. `expired` is never said: a job that is over its time is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = V2JobStatus)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    Queued,
    Running,
    Succeeded,
    Canceling,
    Canceled,
    Failed,
}

/// `Job` of the specification, with what a list says of it (`create_time`, `update_time`, `deployment_id`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = V2Job)]
pub struct JobReport {
    #[schema(value_type = String, format = Uuid)]
    pub id: TaskId,
    pub status: JobStatus,
    pub created_at: String,
    #[schema(required = true)]
    pub started_at: Option<String>,
    #[schema(required = true)]
    pub completed_at: Option<String>,
    pub expires_at: String,
    #[schema(required = true)]
    pub queue_position: Option<usize>,
    #[schema(required = true)]
    pub progress: Option<JobProgress>,
    pub outputs: Vec<JobOutput>,
    #[schema(required = true)]
    pub error: Option<JobError>,
    pub metrics: JobMetrics,
    pub metadata: BTreeMap<String, String>,
    pub urls: JobUrls,
    pub create_time: String,
    pub update_time: String,
    #[schema(required = true)]
    pub deployment_id: Option<String>,
}

/// `Progress` of the specification: complete, so that one is enough.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = V2JobProgress)]
pub struct JobProgress {
    pub value: f64,
    pub nodes_done: usize,
    pub nodes_total: usize,
    #[schema(required = true)]
    pub current_node: Option<String>,
    #[schema(required = true)]
    pub current_node_class: Option<String>,
    #[schema(required = true)]
    pub step: Option<u32>,
    #[schema(required = true)]
    pub steps: Option<u32>,
    #[schema(required = true)]
    pub message: Option<String>,
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = V2JobError)]
pub struct JobError {
    pub code: &'static str,
    pub message: String,
    #[schema(required = true)]
    pub node_id: Option<String>,
    #[schema(required = true)]
    pub class_type: Option<String>,
    #[schema(required = true)]
    pub traceback: Option<String>,
}

/// Milliseconds; `null` before it began, or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = V2JobMetrics)]
pub struct JobMetrics {
    #[schema(required = true)]
    pub queue_ms: Option<u64>,
    #[schema(required = true)]
    pub execution_ms: Option<u64>,
}

/// Where to go on: whole addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = V2JobUrls)]
pub struct JobUrls {
    #[serde(rename = "self")]
    pub this: String,
    pub events: String,
    pub cancel: String,
}

impl JobStatus {
    #[must_use]
    pub fn of(task: &Task) -> Self {
        match task.state {
            // A moment before its cancellation is carried out.
            state if !state.is_final() && task.cancelling => Self::Canceling,
            TaskState::Accepted | TaskState::Queued => Self::Queued,
            TaskState::Running => Self::Running,
            // Who sees the end can fetch every output.
            TaskState::Completed if !task.outputs.iter().all(is_committed) => Self::Running,
            TaskState::Completed => Self::Succeeded,
            TaskState::Failed => Self::Failed,
            TaskState::Cancelled => Self::Canceled,
        }
    }

    /// Nothing comes after it.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Succeeded | Self::Canceled | Self::Failed)
    }
}

impl JobProgress {
    /// `None` before it began, and of a summary.
    #[must_use]
    pub fn of(task: &Task) -> Option<Self> {
        if task.started_at.is_none() || !task.detailed {
            return None;
        }
        let node = task.current_node();
        let (step, steps) = node.and_then(proto::task::Node::step).unzip();
        let message = node.map(|node| match node.step() {
            Some((step, steps)) => format!("{} {step}/{steps}", node.title),
            None => node.title.clone(),
        });
        Some(Self {
            value: f64::from(task.permille) / 1000.0,
            nodes_done: task.nodes.iter().filter(|node| node.state.is_settled()).count(),
            nodes_total: task.nodes.len(),
            current_node: node.map(|node| node.id.0.clone()),
            current_node_class: node.map(|node| node.class.clone()),
            step,
            steps,
            message,
        })
    }
}

impl JobError {
    /// `None`: the task did not fail.
    fn of(task: &Task) -> Option<Self> {
        if task.state != TaskState::Failed {
            return None;
        }
        let unknown = || TaskError::plain("The task failed, and ComfyUI did not say why.");
        let error = task.error.clone().unwrap_or_else(unknown);
        let code = if !error.problems.is_empty() {
            "invalid_workflow"
        } else if error.node.is_some() || error.exception.is_some() {
            "node_execution_error"
        } else {
            "upstream_error"
        };
        let traceback = (!error.traceback.is_empty()).then(|| error.traceback.concat());
        Some(Self { code, message: error.message, node_id: error.node.map(|node| node.0), class_type: error.class, traceback })
    }
}

impl JobReport {
    /// `position`: its place in the queue, 1 is the next. `outputs`: those that can be fetched.
    #[must_use]
    pub fn of(
        task: &Task,
        origin: Option<&Origin>,
        position: Option<usize>,
        outputs: Vec<JobOutput>,
        retention: Retention,
        base: &BaseUrl,
    ) -> Self {
        let status = JobStatus::of(task);
        let time = |at: Option<Timestamp>| at.map(rfc3339);
        let (created, ended) = (task.created_at, task.ended_at.filter(|_| status.is_end()));
        let life = match retention.keep_days {
            0 => limits::JOB_LIFE,
            days => std::time::Duration::from_secs(u64::from(days) * 24 * 60 * 60),
        };
        let this = base.job(task.id);
        let begun = task.started_at;
        let metadata = origin.map(|origin| metadata_pairs(&origin.metadata)).into_iter().flatten();
        Self {
            id: task.id,
            status,
            created_at: rfc3339(created),
            started_at: time(begun),
            completed_at: time(ended),
            expires_at: rfc3339(ended.unwrap_or(created).plus(life)),
            queue_position: position.filter(|_| status == JobStatus::Queued),
            progress: JobProgress::of(task),
            outputs,
            error: JobError::of(task),
            metrics: JobMetrics {
                queue_ms: begun.map(|begun| begun.since(created)),
                execution_ms: begun.zip(ended).map(|(begun, ended)| ended.since(begun)),
            },
            metadata: metadata.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            urls: JobUrls { events: format!("{this}/events"), cancel: format!("{this}/cancel"), this },
            create_time: rfc3339(created),
            update_time: rfc3339(ended.or(begun).unwrap_or(created)),
            deployment_id: None,
        }
    }
}
