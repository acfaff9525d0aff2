//! How far a task is and when it will be done, from its nodes, their expected durations and what they really took.

use super::{Node, NodeState, Task};
use crate::proto::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Of the whole task, 0 to 99.9: only its end makes it 100.
    pub percent: f32,
    /// `None` until enough has run to say.
    pub ends_at: Option<Timestamp>,
}

/// A task that runs is never shown as finished.
const ALMOST: f32 = 99.9;
/// Say nothing about the end before this share of the expected work is done.
const ENOUGH: f64 = 0.03;

/// The percent never falls below the task's own: a bar that goes back is a bar that lied.
#[must_use]
pub fn estimate(task: &Task, now: Timestamp) -> Estimate {
    let mut total = 0.0;
    let mut done = 0.0;
    let mut left_ms = 0.0;
    let mut taken_ms = 0.0;
    for node in task.nodes.iter().filter(|node| node.state != NodeState::Cached) {
        let expected = f64::from(node.expected_ms);
        let share = share_done(node, now);
        total += expected;
        done += expected * share;
        taken_ms += taken(node, now);
        left_ms += left(node, share, now);
    }
    let fraction = if total > 0.0 { done / total } else { 0.0 };
    // Nodes that have not started are expected to be as much slower or faster than thought as those that have.
    let waiting: f64 = task.nodes.iter().filter(|node| node.state == NodeState::Waiting).map(|node| f64::from(node.expected_ms)).sum();
    let pace = if done > 0.0 { (taken_ms / done).clamp(0.1, 10.0) } else { 1.0 };
    let known = fraction >= ENOUGH && task.started_at.is_some();
    let ends_at = known.then(|| now.plus_ms((left_ms + waiting * pace) as u64));
    let percent = ((fraction * 100.0) as f32).clamp(task.percent.min(ALMOST), ALMOST);
    Estimate { percent, ends_at }
}

fn share_done(node: &Node, now: Timestamp) -> f64 {
    match node.state {
        NodeState::Done | NodeState::Cached => 1.0,
        NodeState::Waiting | NodeState::Failed => 0.0,
        NodeState::Running if has_bar(node) => (node.value / node.max).clamp(0.0, 1.0),
        // No bar of its own: what time says, but never quite done.
        NodeState::Running => (taken(node, now) / f64::from(node.expected_ms)).min(0.9),
    }
}

fn left(node: &Node, share: f64, now: Timestamp) -> f64 {
    match node.state {
        NodeState::Running if has_bar(node) && share > 0.0 => taken(node, now) * (1.0 - share) / share,
        NodeState::Running => f64::from(node.expected_ms) * (1.0 - share),
        _ => 0.0,
    }
}

/// ComfyUI starts every node with a bar of 1 before its own begins (fact 16).
fn has_bar(node: &Node) -> bool {
    node.max > 1.0
}

fn taken(node: &Node, now: Timestamp) -> f64 {
    node.started_at.map_or(0.0, |started| node.ended_at.unwrap_or(now).since(started) as f64)
}
