//! The naive ways to tell the time left, in milliseconds.

use darkroom::proto::{
    task::{Node, NodeState, Task},
    time::Timestamp,
};

pub fn nodes_done(task: &Task, now: Timestamp) -> Option<f64> {
    let nodes: Vec<&Node> = task.nodes.iter().filter(|node| node.state != NodeState::Cached).collect();
    let done = nodes.iter().filter(|node| node.state == NodeState::Done).count();
    let taken = now.since(task.started_at?) as f64;
    (done > 0).then(|| taken * (nodes.len() - done) as f64 / done as f64)
}

pub fn last_rate(task: &Task, now: Timestamp) -> Option<f64> {
    let node = task.current_node().filter(|node| node.has_bar() && node.value > 0)?;
    let taken = now.since(node.started_at?) as f64;
    Some(taken * f64::from(node.max - node.value) / f64::from(node.value))
}
