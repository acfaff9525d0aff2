//! The parts of the live state that are watched by themselves, and which of them a change touches.

use std::collections::HashSet;

use proto::{
    ids::{NodeId, TaskId},
    task::Change,
};

/// A part of the state that can be watched by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Aspect {
    /// Which tasks there are, and the state of each.
    List,
    Backends,
    Preferences,
    /// What this browser keeps for a Darkroom that cannot be reached, and what it knows of that Darkroom.
    Orders,
    Connection,
    /// Everything of a task but its progress.
    Task(TaskId),
    Progress(TaskId),
    Node(TaskId, NodeId),
}

impl Aspect {
    /// The task that it is a part of.
    pub(super) fn task(&self) -> Option<TaskId> {
        match self {
            Self::Task(task) | Self::Progress(task) | Self::Node(task, _) => Some(*task),
            Self::List | Self::Backends | Self::Preferences | Self::Orders | Self::Connection => None,
        }
    }
}

/// What those who read must look at again after `change`.
pub(super) fn touch(change: &Change, touched: &mut HashSet<Aspect>) {
    match change {
        Change::TaskProgress { task, .. } | Change::TaskStartsAt { task, .. } => {
            touched.insert(Aspect::Progress(*task));
        }
        Change::NodeProgress { task, node, .. } | Change::NodeStarted { task, node, .. } | Change::NodeDone { task, node, .. } => {
            touched.insert(Aspect::Progress(*task));
            touched.insert(Aspect::Node(*task, node.clone()));
        }
        Change::NodesCached { task, nodes } => {
            touched.insert(Aspect::Progress(*task));
            touched.extend(nodes.iter().map(|node| Aspect::Node(*task, node.clone())));
        }
        Change::BackendChanged(_) => {
            touched.insert(Aspect::Backends);
        }
        _ => {
            touched.insert(Aspect::List);
            if let Some(task) = change.task() {
                touched.insert(Aspect::Task(task));
                touched.insert(Aspect::Progress(task));
            }
        }
    }
}
