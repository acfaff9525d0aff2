//! The parts of the live state that are watched by themselves, and which of them a change touches.

use std::collections::HashSet;

use crate::proto::{
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
    /// Everything of a task but its progress.
    Task(TaskId),
    Progress(TaskId),
    Node(TaskId, NodeId),
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
