//! What a take is made of, and how it ends.

use proto::{
    production::{CompositePrompt, ProductionNodeId, ProjectId, QualityPreset, TakeState},
    task::{OutputContent, Task, TaskState},
};
use serde_json::{Map, Value};

/// A take that is to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTake {
    pub project: ProjectId,
    pub node: ProductionNodeId,
    pub quality: QualityPreset,
    pub seed: Option<u64>,
    /// The prompt as it is assembled now: the take keeps it.
    pub composite: Option<CompositePrompt>,
    /// The workflow as it is sent, in API format: the take keeps it. `None`: that of its task.
    pub workflow: Option<String>,
    pub metadata: Map<String, Value>,
}

/// How the task of a take ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeEnd {
    pub state: TakeState,
    /// The number of its first output, and the ending of that file.
    pub output: Option<(u32, String)>,
    /// It can be shown as a small picture.
    pub has_thumbnail: bool,
    pub error: Option<String>,
}

impl TakeEnd {
    /// `None`: the task has not ended.
    pub(in crate::store) fn of(task: &Task) -> Option<Self> {
        let state = match task.state {
            TaskState::Completed => TakeState::Completed,
            TaskState::Cancelled => TakeState::Cancelled,
            state if state.is_final() => TakeState::Failed,
            _ => return None,
        };
        let first =
            task.pictures().next().or_else(|| task.outputs.iter().find(|output| matches!(output.content, OutputContent::File { .. })));
        let ending = |output: &proto::task::Output| match &output.content {
            OutputContent::File { filename, .. } => filename.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()),
            _ => None,
        };
        let output = first.map(|output| (output.id, ending(output).unwrap_or_default()));
        let error = task.error.as_ref().map(|error| error.message.clone());
        Some(Self { state, output, has_thumbnail: task.pictures().next().is_some(), error })
    }
}
