//! Applies changes to a snapshot. The server and the browser use the same function, so that they never disagree.

use super::{Attempt, Change, Node, NodeState, Numbered, Snapshot, Task, TaskState};
use crate::{ids::TaskId, limits, time::Timestamp};

impl Snapshot {
    /// Applies a change, unless the snapshot already contains it. Returns whether anything may have changed.
    pub fn apply(&mut self, numbered: &Numbered) -> bool {
        if numbered.seq <= self.seq {
            return false;
        }
        self.seq = numbered.seq;
        apply(self, &numbered.change);
        true
    }

    /// Assigns the next sequence number to the change, and applies it. Only for the owner of the state.
    pub fn push(&mut self, change: Change) -> Numbered {
        let numbered = Numbered { seq: self.seq.next(), change };
        self.apply(&numbered);
        numbered
    }
}

/// Applies `change`. Ignores changes of unknown tasks; of tasks that have ended, applies only where their outputs are.
fn apply(snapshot: &mut Snapshot, change: &Change) {
    match change {
        Change::TaskAdded(task) => add(snapshot, task),
        Change::TaskRemoved { task } => snapshot.tasks.retain(|kept| kept.id != *task),
        Change::QueuePaused { paused } => snapshot.queue_paused = *paused,
        Change::OutputStored { task, attempt, output, storage } => {
            let task = snapshot.task_mut(*task).filter(|task| task.attempt == *attempt);
            if let Some(output) = task.and_then(|task| task.outputs.iter_mut().find(|known| known.id == *output)) {
                output.storage = *storage;
            }
        }
        Change::OutputChecked { task, attempt, output, outside } => {
            let task = snapshot.task_mut(*task).filter(|task| task.attempt == *attempt);
            if let Some(output) = task.and_then(|task| task.outputs.iter_mut().find(|known| known.id == *output)) {
                output.outside = Some(*outside);
            }
        }
        Change::BackendChanged(backend) => match snapshot.backends.iter_mut().find(|kept| kept.id == backend.id) {
            Some(kept) => *kept = (**backend).clone(),
            None => snapshot.backends.push((**backend).clone()),
        },
        _ => {
            let task = change.task().and_then(|id| snapshot.task_mut(id));
            if let Some(task) = task.filter(|task| !task.state.is_final()) {
                apply_to_task(task, change);
                if task.state.is_final() {
                    let id = task.id;
                    drop_oldest(snapshot, id);
                }
            }
        }
    }
}

fn add(snapshot: &mut Snapshot, task: &Task) {
    match snapshot.task_mut(task.id) {
        Some(kept) if kept.state.is_final() => {}
        Some(kept) => *kept = task.clone(),
        None => snapshot.tasks.push(task.clone()),
    }
    drop_oldest(snapshot, task.id);
}

/// Removes the oldest finished tasks above the limit. Never removes unfinished tasks, nor `newest`, whose end must be displayed.
fn drop_oldest(snapshot: &mut Snapshot, newest: TaskId) {
    let over = snapshot.tasks.iter().filter(|task| task.state.is_final()).count().saturating_sub(limits::SNAPSHOT_TASKS);
    for _ in 0..over {
        let others = snapshot.tasks.iter().enumerate().filter(|(_, task)| task.state.is_final() && task.id != newest);
        if let Some((oldest, _)) = others.min_by_key(|(_, task)| task.ended_at) {
            snapshot.tasks.remove(oldest);
        }
    }
}

fn apply_to_task(task: &mut Task, change: &Change) {
    match change {
        Change::TaskAssigned { backend, .. } => task.backend.clone_from(backend),
        Change::TaskQueued { backend, .. } => {
            if task.state == TaskState::Accepted {
                task.state = TaskState::Queued;
            }
            task.backend = Some(backend.clone());
            task.note = None;
        }
        Change::TaskWaiting { note, .. } => task.note.clone_from(note),
        Change::TaskRestarted { attempt, note, at, .. } => restart(task, *attempt, note, *at),
        Change::TaskRecalled { .. } => {
            if task.state == TaskState::Queued {
                task.state = TaskState::Accepted;
            }
            task.backend = None;
        }
        Change::TaskPlaced { place, .. } => task.place = *place,
        Change::TaskPaused { paused, .. } => task.paused = *paused,
        Change::TaskCancelling { .. } => task.cancelling = true,
        Change::TaskStartsAt { at, .. } => task.starts_at = *at,
        Change::TaskStarted { at, .. } => {
            task.state = TaskState::Running;
            task.started_at = Some(*at);
            task.starts_at = None;
            task.note = None;
        }
        Change::TaskProgress { permille, ends_at, within_ms, .. } => {
            task.permille = *permille;
            task.ends_at = *ends_at;
            task.within_ms = *within_ms;
        }
        Change::NodesCached { nodes, .. } => {
            for node in nodes {
                if let Some(node) = task.node_mut(node).filter(|node| node.state == NodeState::Waiting) {
                    node.state = NodeState::Cached;
                }
            }
        }
        Change::NodeStarted { node, at, .. } => {
            if let Some(node) = task.node_mut(node) {
                node.state = NodeState::Running;
                node.started_at = Some(*at);
            }
        }
        Change::NodeProgress { node, value, max, counted, .. } => {
            if let Some(node) = task.node_mut(node).filter(|node| node.state == NodeState::Running) {
                node.value = *value;
                node.max = *max;
                node.counted = *counted;
            }
        }
        Change::NodeDone { node, at, .. } => {
            if let Some(node) = task.node_mut(node) {
                done(node, *at);
            }
        }
        Change::OutputsAdded { outputs, .. } => {
            let known = u32::try_from(task.outputs.len()).unwrap_or(u32::MAX);
            task.outputs.extend(outputs.iter().filter(|output| output.id >= known).cloned());
        }
        Change::ErrorSeen { error, at, .. } => {
            if let Some(node) = error.node.as_ref().and_then(|id| task.node_mut(id)) {
                node.state = NodeState::Failed;
                node.ended_at = Some(*at);
            }
            task.error = Some((**error).clone());
        }
        Change::VerdictSeen { verdict, .. } => task.verdict = Some(*verdict),
        Change::TaskEnded { state, at, error, .. } => end(task, *state, *at, error.as_deref()),
        Change::TaskExpected { usual_ms, nodes, .. } => {
            task.usual_ms = *usual_ms;
            for (node, expected) in task.nodes.iter_mut().zip(nodes) {
                (node.expected_ms, node.slow_ms) = *expected;
            }
        }
        Change::TaskAdded(_)
        | Change::TaskRemoved { .. }
        | Change::BackendChanged(_)
        | Change::QueuePaused { .. }
        | Change::OutputStored { .. }
        | Change::OutputChecked { .. } => {}
    }
}

fn done(node: &mut Node, at: Timestamp) {
    node.state = NodeState::Done;
    node.value = node.max;
    node.ended_at = Some(at);
}

fn restart(task: &mut Task, attempt: u32, note: &str, at: Timestamp) {
    if attempt <= task.attempt {
        return;
    }
    if task.attempts.len() >= limits::ATTEMPTS {
        task.attempts.remove(0);
    }
    task.attempts.push(Attempt {
        number: task.attempt,
        backend: task.backend.take(),
        started_at: task.started_at,
        ended_at: at,
        why: note.to_owned(),
    });
    task.state = TaskState::Accepted;
    task.attempt = attempt;
    task.note = Some(note.to_owned());
    task.started_at = None;
    task.permille = 0;
    task.ends_at = None;
    task.within_ms = None;
    task.outputs.clear();
    task.error = None;
    task.verdict = None;
    for node in &mut task.nodes {
        *node = Node { state: NodeState::Waiting, value: 0, max: 0, started_at: None, ended_at: None, ..node.clone() };
    }
}

fn end(task: &mut Task, state: TaskState, at: Timestamp, error: Option<&super::TaskError>) {
    task.state = state;
    task.ended_at = Some(at);
    task.ends_at = None;
    task.within_ms = None;
    task.starts_at = None;
    task.paused = false;
    task.cancelling = false;
    task.note = None;
    if let Some(error) = error {
        task.error = Some(error.clone());
    }
    if state == TaskState::Completed {
        task.permille = 1000;
        settle_unseen(task);
    }
    for node in task.nodes.iter_mut().filter(|node| node.state == NodeState::Running) {
        match state {
            // ComfyUI drops the last progress of nodes that end together with the run.
            TaskState::Completed => done(node, at),
            _ => {
                node.state = NodeState::Waiting;
                node.ended_at = Some(at);
            }
        }
    }
}

/// A node with outputs has run. If its start was missed, the socket was down, and the starts of other nodes may have been missed, too: then
/// no node stays waiting. Otherwise a waiting node was not needed (a lazy input, a blocked branch).
fn settle_unseen(task: &mut Task) {
    let unseen = task.outputs.iter().any(|output| task.node(&output.node).is_some_and(|node| node.state == NodeState::Waiting));
    if unseen {
        task.nodes.iter_mut().filter(|node| node.state == NodeState::Waiting).for_each(|node| node.state = NodeState::Done);
    }
}
