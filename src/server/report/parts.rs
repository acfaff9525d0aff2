//! The parts that a task and the messages about it have in common.

use serde::Serialize;
use utoipa::ToSchema;

use proto::{
    ids::TaskId,
    task::{
        CopyDelay, NotKeptReason, Output, OutputContent, OutputKind, OutputStorage, Problem, QueueHold, Task, TaskError, TaskState,
        step_words, task_words, waiting_reason,
    },
};

/// How a task does, in the words of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = Status)]
pub enum TaskStatus {
    /// It waits, here or in a ComfyUI's queue.
    Queued,
    InProgress,
    Completed,
    /// It failed.
    Error,
    Cancelled,
}

impl TaskStatus {
    pub const ALL: [Self; 5] = [Self::Queued, Self::InProgress, Self::Completed, Self::Error, Self::Cancelled];

    #[must_use]
    pub fn of(state: TaskState) -> Self {
        match state {
            TaskState::Accepted | TaskState::Queued => Self::Queued,
            TaskState::Running => Self::InProgress,
            TaskState::Completed => Self::Completed,
            TaskState::Failed => Self::Error,
            TaskState::Cancelled => Self::Cancelled,
        }
    }

    /// The states that are called so.
    #[must_use]
    pub fn states(self) -> &'static [TaskState] {
        match self {
            Self::Queued => &[TaskState::Accepted, TaskState::Queued],
            Self::InProgress => &[TaskState::Running],
            Self::Completed => &[TaskState::Completed],
            Self::Error => &[TaskState::Failed],
            Self::Cancelled => &[TaskState::Cancelled],
        }
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// How far a task is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Of the whole task, 0 to 100. Never falls while an attempt runs, and is 100 only when the task is completed.
    #[schema(minimum = 0, maximum = 100, example = 42)]
    pub percentage: u8,
    /// What is being done, in words.
    #[schema(example = "Sampling image")]
    pub current_step: String,
    /// How far that step is, of `maxValue`.
    #[schema(example = 7)]
    pub current_value: u32,
    #[schema(example = 20)]
    pub max_value: u32,
    /// The node that runs, where one does.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<ProgressNode>,
}

/// The node that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgressNode {
    #[schema(example = "3")]
    pub id: String,
    /// What the node is called in the workflow.
    #[schema(example = "Sample")]
    pub title: String,
    #[schema(example = "KSampler")]
    pub class: String,
    /// `currentValue` and `maxValue` of the progress are its steps.
    pub counts_steps: bool,
}

impl Progress {
    /// `hold`: what keeps all waiting tasks.
    #[must_use]
    pub fn of(task: &Task, hold: QueueHold) -> Self {
        let at = |percentage, step: &str, value, max| Self {
            percentage,
            current_step: step.into(),
            current_value: value,
            max_value: max,
            node: None,
        };
        match task.state {
            TaskState::Completed => at(100, "Complete", 100, 100),
            TaskState::Failed => at(0, "Failed", 0, 0),
            TaskState::Cancelled => at(0, "Cancelled", 0, 0),
            TaskState::Accepted | TaskState::Queued => {
                at(0, &waiting_reason(task, hold).map_or_else(|| task_words(task), str::to_owned), 0, 1)
            }
            TaskState::Running => {
                let percentage = u8::try_from(task.permille / 10).unwrap_or(99).min(99);
                match task.current_node() {
                    Some(node) => {
                        let (value, max) = if node.has_bar() { (node.value, node.max) } else { (0, 1) };
                        let running = ProgressNode {
                            id: node.id.0.clone(),
                            title: node.title.clone(),
                            class: node.class.clone(),
                            counts_steps: node.step().is_some(),
                        };
                        Self { node: Some(running), ..at(percentage, &step_words(&node.class, &node.title), value, max) }
                    }
                    None => at(percentage, &task_words(task), 0, 1),
                }
            }
        }
    }
}

/// Something that a node put out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Output)]
pub struct OutputReport {
    /// Where it can be had.
    #[schema(example = "/api/tasks/0195e0a4-0000-7000-8000-000000000001/outputs/0")]
    pub url: String,
    /// Its name at ComfyUI. `null` for a text.
    #[schema(example = "darkroom_00001_.png")]
    pub filename: Option<String>,
    #[serde(rename = "type")]
    pub kind: OutputKind,
    /// The node that put it out.
    #[schema(example = "9")]
    pub node: String,
    /// ComfyUI's own file is gone when it restarts.
    pub temporary: bool,
    pub storage: StorageReport,
    /// What a text says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Where programs find things: paths, or whole urls when it is known how Darkroom is reached from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Urls(String);

impl Urls {
    /// `base`: scheme and host without a slash at the end, such as `https://darkroom.example`; empty for paths.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self(base.trim_end_matches('/').to_owned())
    }

    #[must_use]
    pub fn task(&self, task: TaskId) -> String {
        format!("{}/api/tasks/{task}", self.0)
    }

    /// The task's page, for people.
    #[must_use]
    pub fn page(&self, task: TaskId) -> String {
        format!("{}/tasks/{task}", self.0)
    }

    /// The stream of its events.
    #[must_use]
    pub fn progress(&self, task: TaskId) -> String {
        format!("{}/progress/{task}", self.0)
    }

    #[must_use]
    pub fn output(&self, task: TaskId, output: u32) -> String {
        format!("{}/outputs/{output}", self.task(task))
    }

    pub(super) fn report(&self, task: TaskId, output: &Output) -> OutputReport {
        let (filename, text) = match &output.content {
            OutputContent::File { filename, .. } => (Some(filename.clone()), None),
            OutputContent::Text { text } => (None, Some(text.clone())),
        };
        OutputReport {
            url: self.output(task, output.id),
            filename,
            kind: output.kind,
            node: output.node.0.clone(),
            temporary: output.temporary,
            storage: StorageReport::from(output.storage),
            text,
        }
    }
}

/// Whether Darkroom has a copy of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OutputStorage)]
pub struct StorageReport {
    pub state: StorageState,
    /// Why copying takes longer.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<CopyDelay>,
    /// Why there is no copy.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<NotKeptReason>,
    /// The delay or the reason in words, for people.
    #[schema(nullable = false, value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'static str>,
}

/// Where the bytes of an output are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StorageState {
    /// Darkroom has a copy: it is there also without its ComfyUI.
    Kept,
    /// It is to be copied.
    Copying,
    /// Only its ComfyUI has it: keeping is turned off.
    Remote,
    /// There is no copy, and there will be none.
    NotKept,
}

impl From<OutputStorage> for StorageReport {
    fn from(storage: OutputStorage) -> Self {
        let (state, delay, reason) = match storage {
            OutputStorage::Kept => (StorageState::Kept, None, None),
            OutputStorage::Remote => (StorageState::Remote, None, None),
            OutputStorage::Copying { delay } => (StorageState::Copying, delay, None),
            OutputStorage::NotKept { reason } => (StorageState::NotKept, None, Some(reason)),
        };
        Self { state, delay, reason, message: delay.map(CopyDelay::words).or(reason.map(NotKeptReason::words)) }
    }
}

/// Why a task did not come to a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Failure)]
pub struct FailureReport {
    /// One sentence.
    #[schema(example = "Allocation on device")]
    pub message: String,
    /// Where it happened and what was raised, in words; empty when there is no more to say.
    #[schema(example = "torch.OutOfMemoryError in KSampler (node 3)")]
    pub details: String,
    /// The node that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// That node's class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What Python raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub traceback: Vec<String>,
    /// What ComfyUI found wrong before it ran anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub node_errors: Vec<NodeFailure>,
}

/// Something that is wrong with a node of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeError)]
pub struct NodeFailure {
    /// `null`: it concerns the whole workflow.
    #[schema(example = "4")]
    pub node: Option<String>,
    /// What the node is called in the workflow.
    #[schema(example = "Load checkpoint")]
    pub title: Option<String>,
    /// The input that is wrong; `null`: the node itself.
    #[schema(example = "ckpt_name")]
    pub input: Option<String>,
    /// ComfyUI's own words.
    #[schema(example = "Value not in list: ckpt_name: 'x' not in ['y']")]
    pub message: String,
}

impl From<&Problem> for NodeFailure {
    fn from(problem: &Problem) -> Self {
        let Problem { node, title, input, message } = problem;
        Self { node: node.as_ref().map(|node| node.0.clone()), title: title.clone(), input: input.clone(), message: message.clone() }
    }
}

impl FailureReport {
    /// `None` for a task that is not over, or that is completed.
    #[must_use]
    pub fn of(task: &Task) -> Option<Self> {
        match (task.state, &task.error) {
            (TaskState::Failed, Some(error)) => Some(Self::from(error)),
            (TaskState::Failed, None) => Some(Self::plain("The task failed, and ComfyUI did not say why.")),
            (TaskState::Cancelled, _) => Some(Self::plain("The task was cancelled.")),
            _ => None,
        }
    }

    fn plain(message: &str) -> Self {
        Self::from(&TaskError::plain(message))
    }
}

impl From<&TaskError> for FailureReport {
    fn from(error: &TaskError) -> Self {
        let node = error.node.as_ref().map(|node| node.0.clone());
        let place = match (&error.class, &node) {
            (Some(class), Some(node)) => Some(format!("{class} (node {node})")),
            (None, Some(node)) => Some(format!("node {node}")),
            (class, None) => class.clone(),
        };
        let details = match (&error.exception, place) {
            (Some(exception), Some(place)) => format!("{exception} in {place}"),
            (exception, place) => exception.clone().or(place).unwrap_or_default(),
        };
        Self {
            message: error.message.clone(),
            details,
            node,
            class: error.class.clone(),
            exception: error.exception.clone(),
            traceback: error.traceback.clone(),
            node_errors: error.problems.iter().map(NodeFailure::from).collect(),
        }
    }
}
