//! The answers of Darkroom's API, as far as the client reads them. Unknown members are skipped and most are optional, so that versions may
//! differ.

use proto::{
    ids::{NodeId, TaskId},
    task::{OutputContent, OutputKind, Problem, TaskError},
};
use serde::Deserialize;
use serde_json::Value;

/// The answer to a submission.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accepted {
    pub(super) task_id: TaskId,
}

/// The answer to an upload.
#[derive(Debug, Deserialize)]
pub(super) struct UploadReport {
    /// The file name to write into an input.
    pub(super) file: Option<String>,
    /// The same, of a Darkroom that took only pictures.
    pub(super) image: Option<String>,
}

/// The answer to a conversion.
#[derive(Debug, Deserialize)]
pub(super) struct Converted {
    pub(super) workflow: Value,
    #[serde(default)]
    pub(super) notes: Vec<String>,
}

/// An RFC 9457 problem document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProblemDocument {
    pub(super) detail: String,
    #[serde(default)]
    pub(super) node_errors: Vec<NodeError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Status {
    Queued,
    InProgress,
    Completed,
    Error,
    Cancelled,
}

impl Status {
    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Error | Self::Cancelled)
    }
}

/// A task's state: the data of an event, and the same part of `GET /api/tasks/{id}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusReport {
    pub(super) status: Status,
    pub(super) progress: ProgressReport,
    /// 1 runs next. Only while the task waits.
    #[serde(default)]
    pub(super) queue_position: Option<usize>,
    /// Milliseconds.
    #[serde(default)]
    pub(super) time_left_ms: Option<u64>,
    #[serde(default)]
    pub(super) time_left_within_ms: Option<u32>,
    /// Only in a task, not in an event.
    #[serde(default)]
    pub(super) attempt: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProgressReport {
    /// 0 to 100.
    pub(super) percentage: u16,
    pub(super) current_step: String,
    #[serde(default)]
    pub(super) current_value: u32,
    #[serde(default)]
    pub(super) max_value: u32,
    #[serde(default)]
    pub(super) node: Option<NodeReport>,
}

/// The running node.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeReport {
    pub(super) id: NodeId,
    pub(super) title: String,
    pub(super) class: String,
    #[serde(default)]
    pub(super) counts_steps: bool,
}

/// A task, as `GET /api/tasks/{id}` shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskReport {
    #[serde(flatten)]
    pub(super) state: StatusReport,
    #[serde(default)]
    pub(super) started_at: Option<jiff::Timestamp>,
    #[serde(default)]
    pub(super) ended_at: Option<jiff::Timestamp>,
    #[serde(default)]
    pub(super) outputs: Vec<OutputReport>,
    #[serde(default)]
    pub(super) error: Option<Failure>,
}

/// An output of a node.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct OutputReport {
    #[serde(default)]
    pub(super) filename: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    pub(super) node: NodeId,
    #[serde(default)]
    pub(super) temporary: bool,
    #[serde(default)]
    pub(super) text: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Image,
    Video,
    Audio,
    Text,
    #[serde(other)]
    File,
}

/// Why a task failed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    pub(super) message: String,
    #[serde(default)]
    pub(super) node: Option<NodeId>,
    #[serde(default)]
    pub(super) class: Option<String>,
    #[serde(default)]
    pub(super) exception: Option<String>,
    #[serde(default)]
    pub(super) traceback: Vec<String>,
    #[serde(default)]
    pub(super) node_errors: Vec<NodeError>,
}

/// A problem with a node of a workflow.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct NodeError {
    #[serde(default)]
    pub(super) node: Option<NodeId>,
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) input: Option<String>,
    pub(super) message: String,
}

impl From<NodeError> for Problem {
    fn from(NodeError { node, title, input, message }: NodeError) -> Self {
        Self { node, title, input, message }
    }
}

impl From<Failure> for TaskError {
    fn from(failure: Failure) -> Self {
        let Failure { message, node, class, exception, traceback, node_errors } = failure;
        Self { message, node, class, exception, traceback, problems: node_errors.into_iter().map(Problem::from).collect() }
    }
}

impl From<Kind> for OutputKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Image => Self::Image,
            Kind::Video => Self::Video,
            Kind::Audio => Self::Audio,
            Kind::Text => Self::Text,
            Kind::File => Self::File,
        }
    }
}

impl OutputReport {
    pub(super) fn content(&self) -> OutputContent {
        match &self.text {
            Some(text) => OutputContent::Text { text: text.clone() },
            // Outputs are fetched by number: the API does not show where ComfyUI stores the file.
            None => OutputContent::File {
                filename: self.filename.clone().unwrap_or_default(),
                subfolder: String::new(),
                folder: if self.temporary { "temp" } else { "output" }.to_owned(),
            },
        }
    }
}
