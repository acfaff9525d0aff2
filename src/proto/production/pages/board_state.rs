//! What machines do for the shots of a board, and how many do what.

use serde::{Deserialize, Serialize};

use super::super::{NodeStatus, ReviewState};
use super::{Board, BoardNode, BoardShot};

/// What machines do for a shot: over all of its nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BoardState {
    #[default]
    Idle,
    Completed,
    Error,
    Generating,
}

impl BoardState {
    /// In the order in which people choose from them.
    pub const ALL: [Self; 4] = [Self::Idle, Self::Generating, Self::Completed, Self::Error];

    /// Generating if any of the nodes is, else an error if any has one, else completed if any has a take.
    #[must_use]
    pub fn of(nodes: &[&BoardNode]) -> Self {
        let of = |node: &&BoardNode| match node.status {
            NodeStatus::Idle => Self::Idle,
            NodeStatus::Completed => Self::Completed,
            NodeStatus::Error => Self::Error,
            NodeStatus::Generating => Self::Generating,
        };
        nodes.iter().map(of).max().unwrap_or_default()
    }

    /// As it is written in the page.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Completed => "completed",
            Self::Error => "error",
            Self::Generating => "generating",
        }
    }
}

/// How many shots of a project do what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardCounts {
    pub shots: u32,
    pub generating: u32,
    pub completed: u32,
    pub errors: u32,
    /// Shots that people approved.
    pub approved: u32,
}

impl BoardCounts {
    pub fn add(&mut self, shot: &BoardShot, state: BoardState) {
        self.shots += 1;
        self.generating += u32::from(state == BoardState::Generating);
        self.completed += u32::from(state == BoardState::Completed);
        self.errors += u32::from(state == BoardState::Error);
        self.approved += u32::from(shot.status == ReviewState::Approved);
    }

    #[must_use]
    pub fn of(board: &Board) -> Self {
        let nodes = board.nodes_by_shot();
        let mut counts = Self::default();
        for shots in board.shots_by_scene().values() {
            for shot in shots {
                counts.add(shot, BoardState::of(nodes.get(&shot.id).map_or(&[], Vec::as_slice)));
            }
        }
        counts
    }
}
