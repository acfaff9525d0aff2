//! How far a task is, as the API shows it.

use proto::task::{QueueHold, Task, TaskState, step_words, task_words, waiting_reason};
use serde::Serialize;
use utoipa::ToSchema;

/// How far a task is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Of the whole task, 0 to 100. Never falls while an attempt runs, and is 100 only when the task is completed.
    #[schema(minimum = 0, maximum = 100, example = 42)]
    pub percentage: u8,
    /// The present step, as text. While a task runs it ends in three dots.
    #[schema(example = "Sampling image...")]
    pub current_step: String,
    /// The progress of that step, of `maxValue`. Of a completed task: all steps of the node that counted steps last; 100 of 100 if none did.
    #[schema(example = 7)]
    pub current_value: u32,
    #[schema(example = 20)]
    pub max_value: u32,
    /// The running node; absent without one.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<ProgressNode>,
}

/// The running node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgressNode {
    #[schema(example = "3")]
    pub id: String,
    /// The title of the node in the workflow.
    #[schema(example = "Sample")]
    pub title: String,
    #[schema(example = "KSampler")]
    pub class: String,
    /// `currentValue` and `maxValue` of the progress are its steps.
    pub counts_steps: bool,
}

impl Progress {
    /// `hold`: what holds all waiting tasks.
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
            TaskState::Completed => {
                let steps = last_steps(task).unwrap_or(100);
                at(100, "Complete", steps, steps)
            }
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
                        Self { node: Some(running), ..at(percentage, &under_way(&step_words(&node.class, &node.title)), value, max) }
                    }
                    None => at(percentage, &under_way(&task_words(task)), 0, 1),
                }
            }
        }
    }
}

/// What is going on, as a text: "Sampling image...".
fn under_way(step: &str) -> String {
    format!("{step}...")
}

/// How many steps the node had that counted steps last.
fn last_steps(task: &Task) -> Option<u32> {
    let counted = task.nodes.iter().filter_map(|node| Some((node.ended_at, node.step()?.1)));
    counted.max_by_key(|(ended_at, _)| *ended_at).map(|(_, steps)| steps)
}
