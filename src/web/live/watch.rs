//! The parts of the live state that can be subscribed to separately, and which of them a change affects.

use std::collections::HashSet;

use proto::{
    ids::{NodeId, TaskId},
    task::Change,
};

/// A part of the state that can be subscribed to separately.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Watch {
    /// Which tasks there are, and the state of each.
    List,
    Backends,
    Preferences,
    /// The orders that wait in this browser to be sent.
    Orders,
    /// Whether the server runs another build than this page.
    Build,
    /// Everything of a task but its progress.
    Task(TaskId),
    Progress(TaskId),
    Node(TaskId, NodeId),
}

impl Watch {
    /// The task that this is a part of.
    pub(super) fn task(&self) -> Option<TaskId> {
        match self {
            Self::Task(task) | Self::Progress(task) | Self::Node(task, _) => Some(*task),
            Self::List | Self::Backends | Self::Preferences | Self::Orders | Self::Build => None,
        }
    }
}

/// Adds the parts that `change` affects to `touched`.
pub(super) fn touch(change: &Change, touched: &mut HashSet<Watch>) {
    match change {
        Change::TaskProgress { task, .. } | Change::TaskStartsAt { task, .. } => {
            touched.insert(Watch::Progress(*task));
        }
        Change::NodeProgress { task, node, .. } | Change::NodeStarted { task, node, .. } | Change::NodeDone { task, node, .. } => {
            touched.insert(Watch::Progress(*task));
            touched.insert(Watch::Node(*task, node.clone()));
        }
        Change::NodesCached { task, nodes } => {
            touched.insert(Watch::Progress(*task));
            touched.extend(nodes.iter().map(|node| Watch::Node(*task, node.clone())));
        }
        Change::BackendChanged(_) => {
            touched.insert(Watch::Backends);
        }
        _ => {
            touched.insert(Watch::List);
            if let Some(task) = change.task() {
                touched.insert(Watch::Task(task));
                touched.insert(Watch::Progress(task));
            }
        }
    }
}
