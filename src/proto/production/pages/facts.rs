//! What machines do for each shot of a board: what its card shows.

use std::collections::HashMap;

use super::super::{NodeStatus, ShotId};
use super::{Board, BoardState};
use crate::ids::TaskId;

/// Over all nodes of a shot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShotFacts {
    pub state: BoardState,
    pub thumbnail: Option<String>,
    /// Finished takes.
    pub takes: u32,
    /// The task that makes a take now.
    pub task: Option<TaskId>,
    /// What another program says of its work: percent, and words.
    pub told: Option<(u8, String)>,
    /// Why a take failed.
    pub error: Option<String>,
}

impl Board {
    /// Of the shots that have nodes.
    #[must_use]
    pub fn facts(&self) -> HashMap<ShotId, ShotFacts> {
        let of = |(shot, nodes): (ShotId, Vec<&super::BoardNode>)| {
            let generating = || nodes.iter().filter(|node| node.status == NodeStatus::Generating);
            let failed = nodes.iter().find(|node| node.status == NodeStatus::Error);
            let facts = ShotFacts {
                state: BoardState::of(&nodes),
                thumbnail: nodes.iter().find_map(|node| node.thumbnail.clone()),
                takes: nodes.iter().map(|node| node.take_count).sum(),
                task: generating().find_map(|node| self.task_of(&node.id)),
                told: generating().find_map(|node| self.told.get(&node.id).cloned()),
                error: failed.and_then(|node| node.error.clone().or_else(|| node.message.clone())),
            };
            (shot, facts)
        };
        self.nodes_by_shot().into_iter().map(of).collect()
    }
}
