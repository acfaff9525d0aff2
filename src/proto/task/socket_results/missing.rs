//! Results that ComfyUI sent over the socket and that did not arrive: it sends them once and has no copy.

use std::collections::HashMap;

use serde_json::Value;

use super::{room::has_room_for_result, sends::sends_results};
use crate::{
    comfy::{Ending, HistoryEntry},
    ids::NodeId,
    task::{Change, Node, NodeState, Output, OutputContent, OutputKind, OutputStorage, Task},
};

/// ComfyUI's own node that sends its results over the socket: one picture for each step of its progress (fact 67).
const SAVE_IMAGE_WEBSOCKET: &str = "SaveImageWebsocket";
/// How the note begins, by which it is recognized.
const LOST: &str = "Lost: ";

/// An item of a report that stands for a picture that came over the socket (fact 67): it names no file.
pub(in crate::task) fn is_socket_image(item: &Value) -> bool {
    item.get("source").is_some_and(|source| source == "websocket") && item.get("filename").and_then(Value::as_str).is_none_or(str::is_empty)
}

/// How many pictures a report says were sent over the socket.
pub(in crate::task) fn reported_results(report: &Value) -> usize {
    let groups = report.as_object().into_iter().flat_map(serde_json::Map::values).filter_map(Value::as_array).flatten();
    groups.filter(|item| is_socket_image(item)).count()
}

/// A note in place of results that were sent and did not arrive. `None`: all did, or the task has the note. `sent`: how many were sent at least.
pub(in crate::task) fn lost_note(task: &Task, node: &NodeId, sent: usize) -> Option<OutputContent> {
    let mut outputs = task.outputs.iter().filter(|output| output.node == *node);
    let is_noted = outputs.any(|output| matches!(&output.content, OutputContent::Text { text } if text.starts_with(LOST)));
    let (arrived, known) = (arrived(task, node), task.node(node));
    // Those over the limits have a note of their own.
    if sent <= arrived || is_noted || !has_room_for_result(task) {
        return None;
    }
    let which = if arrived == 0 {
        "the pictures that this node sent over ComfyUI's socket.".to_owned()
    } else {
        format!("{} of the {sent} pictures that this node sent over ComfyUI's socket.", sent - arrived)
    };
    let why = if known.is_some_and(|node| node.state == NodeState::Cached) {
        "ComfyUI sends them only when the node runs, and this time it had its result in its cache. To get them, change an input of the node, such as the seed."
    } else {
        "Darkroom was not connected when they came, and ComfyUI has no copy. To get them, run the task again."
    };
    Some(OutputContent::Text { text: format!("{LOST}{which} {why}") })
}

fn arrived(task: &Task, node: &NodeId) -> usize {
    task.outputs.iter().filter(|output| output.node == *node && output.content.came_over_socket()).count()
}

/// The nodes whose results have not all arrived, with how many were sent at least. Only of a run that succeeded: another may have ended before.
pub(super) fn missing_results(task: &Task, entry: &HistoryEntry) -> Vec<(NodeId, usize)> {
    if entry.ending() != Ending::Success || !has_room_for_result(task) {
        return Vec::new();
    }
    let mut sent: HashMap<&NodeId, usize> = HashMap::new();
    for (node, report) in entry.outputs(|node| task.node(node).is_some()) {
        *sent.entry(node).or_default() += reported_results(report);
    }
    for node in task.nodes.iter().filter(|node| sends_results(&node.class) && node.state != NodeState::Cached) {
        let reported = sent.entry(&node.id).or_default();
        *reported = (*reported).max(least(node));
    }
    let missing = sent.into_iter().filter(|(node, sent)| *sent > arrived(task, node));
    let mut missing: Vec<(NodeId, usize)> = missing.map(|(node, sent)| (node.clone(), sent)).collect();
    missing.sort();
    missing
}

/// How many pictures a node that sends its results has sent, at least.
fn least(node: &Node) -> usize {
    let steps = node.step().filter(|_| node.class == SAVE_IMAGE_WEBSOCKET).map_or(1, |(_, max)| max);
    usize::try_from(steps).unwrap_or(1)
}

/// For the end of a run that was not seen on one socket from its start: the notes about results that must have been sent meanwhile.
#[must_use]
pub fn unseen_results(task: &Task, entry: &HistoryEntry) -> Vec<Change> {
    if task.state.is_final() {
        return Vec::new();
    }
    let notes = missing_results(task, entry).into_iter().filter_map(|(node, sent)| Some((lost_note(task, &node, sent)?, node)));
    let outputs = (task.outputs.len()..).zip(notes).filter_map(|(id, (content, node))| {
        let id = u32::try_from(id).ok()?;
        Some(Output { id, node, kind: OutputKind::Text, temporary: false, content, storage: OutputStorage::default(), outside: None })
    });
    let outputs: Vec<Output> = outputs.collect();
    if outputs.is_empty() { Vec::new() } else { vec![Change::OutputsAdded { task: task.id, outputs }] }
}
