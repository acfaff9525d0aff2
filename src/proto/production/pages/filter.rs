//! Which shots of a board are shown, and how they do.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::{AssetId, NodeStatus, ReviewState, ShotId};
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

/// Which shots are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BoardFilter {
    /// Words that a shot has, whatever their case: in its name, title or prompt.
    pub text: String,
    pub status: Option<ReviewState>,
    pub state: Option<BoardState>,
    /// In which of its shots.
    pub asset: Option<AssetId>,
    /// Only those whose current takes are of older parts.
    pub stale_only: bool,
}

impl BoardFilter {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { text: self.text.clone(), ..Self::default() } && self.text.trim().is_empty()
    }

    /// `state`: of the shot. `stale`: the shots whose current takes are of older parts.
    #[must_use]
    pub fn shows(&self, board: &Board, shot: &BoardShot, state: BoardState, stale: &BTreeSet<ShotId>) -> bool {
        let text = || format!("{} {} {}", board.shot_name(shot), shot.title, shot.prompt).to_lowercase();
        let has_words = self.text.trim().is_empty() || {
            let text = text();
            self.text.to_lowercase().split_whitespace().all(|word| text.contains(word))
        };
        let has_asset =
            self.asset.is_none_or(|asset| board.casts.values().any(|cast| cast.shot == shot.id && cast.asset == asset && !cast.is_gone));
        has_words
            && has_asset
            && self.status.is_none_or(|status| status == shot.status)
            && self.state.is_none_or(|wanted| wanted == state)
            && (!self.stale_only || stale.contains(&shot.id))
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
