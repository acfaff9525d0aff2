//! How far a task is and when it will be done, from its nodes, their expected durations and what they really took.

use super::{Node, NodeState, Task};
use crate::proto::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Of the whole task, 0 to 999: only its end makes it 1000.
    pub permille: u16,
    /// `None` until enough has run to say.
    pub ends_at: Option<Timestamp>,
}

/// A task that runs is never shown as finished.
const ALMOST: u16 = 999;
/// Say nothing about the end before this share of the expected work is done.
const ENOUGH: f64 = 0.03;

/// It never falls below the task's own: a bar that goes back is a bar that lied.
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
    let permille = ((fraction * 1000.0) as u16).clamp(task.permille.min(ALMOST), ALMOST);
    Estimate { permille, ends_at }
}

fn share_done(node: &Node, now: Timestamp) -> f64 {
    match node.state {
        NodeState::Done | NodeState::Cached => 1.0,
        NodeState::Waiting | NodeState::Failed => 0.0,
        NodeState::Running if node.has_bar() => (f64::from(node.value) / f64::from(node.max)).clamp(0.0, 1.0),
        // No bar of its own: what time says, but never quite done.
        NodeState::Running => (taken(node, now) / f64::from(node.expected_ms)).min(0.9),
    }
}

fn left(node: &Node, share: f64, now: Timestamp) -> f64 {
    match node.state {
        NodeState::Running if node.has_bar() && share > 0.0 => taken(node, now) * (1.0 - share) / share,
        NodeState::Running => f64::from(node.expected_ms) * (1.0 - share),
        _ => 0.0,
    }
}

fn taken(node: &Node, now: Timestamp) -> f64 {
    node.started_at.map_or(0.0, |started| node.ended_at.unwrap_or(now).since(started) as f64)
}
