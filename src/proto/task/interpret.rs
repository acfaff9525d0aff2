//! Translates ComfyUI's events into changes of a task. Pure: the same frames always give the same changes.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Number, Value};

use super::outputs::new_outputs;
use super::{Change, Node, NodeState, Task, TaskError, TaskState, Verdict};
use crate::{
    comfy::{ComfyEvent, Ending, ExecutionError, HistoryEntry, NodeProgress},
    ids::NodeId,
    limits,
    time::Timestamp,
};

/// The changes of `task` caused by `event`, an event of its run. `now` is by the server's clock: that of ComfyUI may differ.
///
/// They do not include the end. After the run ended ([`ComfyEvent::Executing`] without a node), the caller reads the outputs, and then
/// [`end_by_history`] or [`end_by_socket`] ends the task.
#[must_use]
pub fn interpret(task: &Task, event: &ComfyEvent, now: Timestamp) -> Vec<Change> {
    if task.state.is_final() {
        return Vec::new();
    }
    let id = task.id;
    let mut changes = Vec::new();
    match event {
        ComfyEvent::ExecutionStart(_) => ensure_started(task, now, &mut changes),
        ComfyEvent::ExecutionCached(cached) => {
            ensure_started(task, now, &mut changes);
            if !cached.nodes.is_empty() {
                changes.push(Change::NodesCached { task: id, nodes: cached.nodes.clone() });
            }
        }
        ComfyEvent::Executing(executing) => {
            if let Some(node) = shown_node(task, executing.node.as_ref(), executing.display_node.as_ref()) {
                ensure_started(task, now, &mut changes);
                start(task, node, now, &mut changes);
            }
        }
        ComfyEvent::ProgressState(state) => {
            ensure_started(task, now, &mut changes);
            for (node_id, progress) in &state.nodes {
                progress_of(task, node_id, progress, now, &mut changes);
            }
            bars_of_ephemeral_nodes(task, &state.nodes, &mut changes);
        }
        ComfyEvent::Progress(progress) => {
            // It contains only the id of the node itself; the progress of ephemeral nodes is in the progress_state frame.
            if let Some(node) = progress.node.as_ref().and_then(|node| task.node(node)) {
                start(task, node, now, &mut changes);
                bar(task, node, &progress.value, &progress.max, &mut changes);
            }
        }
        ComfyEvent::Executed(executed) => {
            let node = executed.display_node.as_ref().unwrap_or(&executed.node);
            if let Some(output) = &executed.output {
                changes.extend(outputs_added(task, [(node, output)]));
            }
        }
        ComfyEvent::ExecutionSuccess(_) => changes.push(Change::VerdictSeen { task: id, verdict: Verdict::Success }),
        ComfyEvent::ExecutionError(error) => {
            changes.push(Change::ErrorSeen { task: id, error: Box::new(task_error(error)), at: now });
            changes.push(Change::VerdictSeen { task: id, verdict: Verdict::Error });
        }
        ComfyEvent::ExecutionInterrupted(_) => changes.push(Change::VerdictSeen { task: id, verdict: Verdict::Interrupted }),
        ComfyEvent::Status(_) | ComfyEvent::FeatureFlags(_) | ComfyEvent::Unknown { .. } => {}
    }
    changes
}

/// Ends the task according to ComfyUI's history, and adds missed outputs.
#[must_use]
pub fn end_by_history(task: &Task, entry: &HistoryEntry, now: Timestamp) -> Vec<Change> {
    if task.state.is_final() {
        return Vec::new();
    }
    let mut changes: Vec<Change> = outputs_added(task, entry.outputs(|node| task.node(node).is_some())).into_iter().collect();
    changes.extend(match entry.ending() {
        Ending::Success => ended(task, TaskState::Completed, None, now),
        Ending::Interrupted => ended(task, TaskState::Cancelled, None, now),
        Ending::Error(error) => {
            let error = error.map(|error| task_error(&error)).or_else(|| task.error.clone());
            // Also as a change of its own: the task's history has one entry for each error that was seen.
            let mut changes: Vec<Change> =
                error.iter().map(|error| Change::ErrorSeen { task: task.id, error: Box::new(error.clone()), at: now }).collect();
            let error = error.unwrap_or_else(|| TaskError::plain("ComfyUI says that this failed, and not why."));
            changes.extend(ended(task, TaskState::Failed, Some(error), now));
            changes
        }
    });
    changes
}

/// Ends the task according to the socket's frames, when the history cannot be read.
#[must_use]
pub fn end_by_socket(task: &Task, now: Timestamp) -> Vec<Change> {
    match task.verdict {
        _ if task.state.is_final() => Vec::new(),
        Some(Verdict::Success) => ended(task, TaskState::Completed, None, now),
        Some(Verdict::Interrupted) => ended(task, TaskState::Cancelled, None, now),
        Some(Verdict::Error) => ended(task, TaskState::Failed, task.error.clone(), now),
        None => {
            let why = "ComfyUI no longer knows this task: its outcome is unknown.";
            ended(task, TaskState::Failed, Some(TaskError::plain(why)), now)
        }
    }
}

fn ended(task: &Task, state: TaskState, error: Option<TaskError>, at: Timestamp) -> Vec<Change> {
    vec![Change::TaskEnded { task: task.id, state, at, error: error.map(Box::new) }]
}

fn ensure_started(task: &Task, now: Timestamp, changes: &mut Vec<Change>) {
    if task.state != TaskState::Running {
        changes.push(Change::TaskStarted { task: task.id, at: now });
    }
}

fn start(task: &Task, node: &Node, now: Timestamp, changes: &mut Vec<Change>) {
    let starts = |change: &Change| matches!(change, Change::NodeStarted { node: started, .. } if *started == node.id);
    if matches!(node.state, NodeState::Waiting) && !changes.iter().any(starts) {
        changes.push(Change::NodeStarted { task: task.id, node: node.id.clone(), at: now });
    }
}

/// The task's node with this id, else the node that ComfyUI displays it as: nodes created at run time are not in the task (fact 23).
fn shown_node<'a>(task: &'a Task, node: Option<&NodeId>, display: Option<&NodeId>) -> Option<&'a Node> {
    let own = node.and_then(|id| task.node(id));
    own.or_else(|| display.and_then(|id| task.node(id)))
}

fn progress_of(task: &Task, id: &NodeId, progress: &NodeProgress, now: Timestamp, changes: &mut Vec<Change>) {
    let Some(node) = task.node(id) else { return };
    if progress.state == "running" {
        start(task, node, now, changes);
        bar(task, node, &progress.value, &progress.max, changes);
    } else if progress.state == "finished" && !node.state.is_settled() && node.state != NodeState::Failed {
        // Without a start event the start time stays empty: otherwise the node's duration would be zero.
        changes.push(Change::NodeDone { task: task.id, node: id.clone(), at: now });
    }
}

/// Ephemeral nodes, which ComfyUI creates during the run, are not in the task: their progress is shown at the workflow node that created them (fact 23). That node shows
/// the first one running, unless it reports progress itself.
fn bars_of_ephemeral_nodes(task: &Task, nodes: &BTreeMap<NodeId, NodeProgress>, changes: &mut Vec<Change>) {
    let has_bar = |progress: &NodeProgress| integer_bar(&progress.value, &progress.max).is_some();
    let mut shown = HashSet::new();
    for (id, ephemeral) in nodes.iter().filter(|(_, ephemeral)| ephemeral.state == "running" && has_bar(ephemeral)) {
        let Some(parent) = ephemeral.real_node_id.as_ref().filter(|parent| *parent != id && task.node(id).is_none()) else { continue };
        if let Some(node) = task.node(parent)
            && !nodes.get(parent).is_some_and(has_bar)
            && shown.insert(parent)
        {
            bar(task, node, &ephemeral.value, &ephemeral.max, changes);
        }
    }
}

fn bar(task: &Task, node: &Node, value: &Number, max: &Number, changes: &mut Vec<Change>) {
    let Some((value, max, counted)) = integer_bar(value, max) else { return };
    if node.state != NodeState::Done && (value, max) != (node.value, node.max) {
        changes.push(Change::NodeProgress { task: task.id, node: node.id.clone(), value, max, counted });
    }
}

/// Progress in integers: counts unchanged, fractions in thousandths (fact 15). `None` for 0 of 1, which every node starts with (fact 16),
/// and for other values without information.
fn integer_bar(value: &Number, max: &Number) -> Option<(u32, u32, bool)> {
    let whole = |number: &Number| number.as_u64().and_then(|number| u32::try_from(number).ok());
    if let (Some(value), Some(max)) = (whole(value), whole(max)) {
        return (max > 1).then_some((value.min(max), max, true));
    }
    let (value, max) = (value.as_f64()?, max.as_f64()?);
    (value > 0.0 && max > 0.0).then(|| (((value / max).clamp(0.0, 1.0) * 1000.0) as u32, 1000, false))
}

fn outputs_added<'a>(task: &Task, reports: impl IntoIterator<Item = (&'a NodeId, &'a Value)>) -> Option<Change> {
    let outputs = new_outputs(task, reports);
    (!outputs.is_empty()).then_some(Change::OutputsAdded { task: task.id, outputs })
}

fn task_error(error: &ExecutionError) -> TaskError {
    let message = error.exception_message.as_deref().unwrap_or_default().trim();
    let message =
        if message.is_empty() { error.exception_type.as_deref().unwrap_or("The node failed without a message.") } else { message };
    TaskError {
        message: message.chars().take(limits::MESSAGE_TEXT).collect(),
        node: error.node_id.clone(),
        class: error.node_type.clone(),
        exception: error.exception_type.clone(),
        traceback: error.traceback.iter().take(limits::TRACEBACK_LINES).cloned().collect(),
        problems: Vec::new(),
    }
}
