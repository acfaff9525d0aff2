//! Server-only measurements of a running task: the basis of the time left and the expected duration of the next run.

use std::collections::{HashMap, HashSet};

use super::{Change, Durations, Node, NodeState, Plan, Task, TaskState};
use crate::{
    comfy::{ComfyEvent, Workflow},
    ids::NodeId,
    time::Timestamp,
};

/// Measurements of one unfinished task. Not stored: they start anew after a restart of the server.
#[derive(Clone, Debug, Default)]
pub struct Forecast {
    pub(super) plan: Plan,
    bars: HashMap<NodeId, Bar>,
    /// Nodes that created others while running: their progress bars cover only part of their work.
    expanded: HashSet<NodeId>,
}

/// The progress of a node's bar since it first appeared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    pub max: u32,
    pub first: Tick,
    pub newest: Tick,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Tick {
    pub value: u32,
    pub at: Timestamp,
}

impl Forecast {
    #[must_use]
    pub fn new(workflow: &Workflow) -> Self {
        Self { plan: Plan::new(workflow), ..Self::default() }
    }

    /// Records what no change contains: that a node's work is done by nodes it created (fact 23).
    pub fn observe(&mut self, event: &ComfyEvent) {
        let ComfyEvent::ProgressState(state) = event else { return };
        for (id, progress) in &state.nodes {
            if let Some(real) = progress.real_node_id.as_ref().filter(|real| *real != id && !self.expanded.contains(*real)) {
                self.expanded.insert(real.clone());
            }
        }
    }

    /// Records a change to `task` just before it is applied, and adds finished measurements to `durations`.
    pub fn watch(&mut self, task: &Task, change: &Change, now: Timestamp, durations: &mut Durations) {
        match change {
            Change::TaskStarted { .. } | Change::TaskRestarted { .. } => {
                self.bars.clear();
                self.expanded.clear();
            }
            Change::NodeProgress { node, value, max, .. } => self.tick(node, *value, *max, now),
            Change::NodeDone { node, at, .. } => {
                let seen_running = task.node(node).filter(|node| node.state == NodeState::Running);
                if let (Some(known), Some(backend)) = (seen_running, &task.backend)
                    && let Some(started) = known.started_at
                {
                    durations.observe(backend, self.plan.shape(), &known.class, self.plan.work(node), at.since(started));
                }
            }
            Change::TaskEnded { state: TaskState::Completed, at, .. } => {
                if let (Some(started), Some(backend)) = (task.started_at, &task.backend) {
                    durations.observe_run(backend, &self.plan, at.since(started));
                }
            }
            _ => {}
        }
    }

    /// The expected durations of the task and its nodes on its current backend, as a change. `None` when nothing differs.
    #[must_use]
    pub fn expect(&self, task: &Task, durations: &Durations) -> Option<Change> {
        let mut expected = task.clone();
        expected.expect(&self.plan, durations);
        if expected == *task {
            return None;
        }
        let nodes = expected.nodes.iter().map(|node| (node.expected_ms, node.slow_ms)).collect();
        Some(Change::TaskExpected { task: task.id, usual_ms: expected.usual_ms, nodes })
    }

    fn tick(&mut self, node: &NodeId, value: u32, max: u32, at: Timestamp) {
        let tick = Tick { value, at };
        match self.bars.get_mut(node) {
            Some(bar) if bar.max == max && value >= bar.newest.value => {
                if value > bar.newest.value {
                    bar.newest = tick;
                }
            }
            // The first tick, or the first of another bar: a node may have several, one after the other.
            _ => {
                self.bars.insert(node.clone(), Bar { max, first: tick, newest: tick });
            }
        }
    }

    /// The bar that predicts a node's time left: its own, covering all of its work.
    pub(super) fn bar(&self, node: &Node) -> Option<Bar> {
        self.bar_covers_all_work(node).then(|| self.bars.get(&node.id).copied()).flatten().filter(|bar| bar.max == node.max)
    }

    /// Not so of a node that others are created for at run time: its bar is that of one of them.
    pub(super) fn bar_covers_all_work(&self, node: &Node) -> bool {
        node.has_bar() && !self.expanded.contains(&node.id)
    }

    /// The nodes that run, may still run, or failed. A waiting node whose consumers are all finished is no longer needed: a lazy input
    /// that was not requested (fact 23).
    pub(super) fn may_run<'a>(&self, task: &'a Task) -> HashSet<&'a NodeId> {
        let mut may_run = HashSet::new();
        // Consumers come after their inputs.
        for node in task.nodes.iter().rev() {
            let takers = self.plan.needed_by(&node.id);
            let may = match node.state {
                NodeState::Running | NodeState::Failed => true,
                NodeState::Waiting => takers.is_empty() || takers.iter().any(|taker| may_run.contains(taker)),
                NodeState::Cached | NodeState::Done => false,
            };
            if may {
                may_run.insert(&node.id);
            }
        }
        may_run
    }
}
