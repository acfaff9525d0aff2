//! What pages of productions show, and what they ask for: compact forms of objects, kept up to date by events.

mod apply;
mod as_json;
mod board;
mod board_item;
mod change;
mod filter;
mod first;
mod projects;
mod shot;
#[cfg(test)]
mod tests;

pub use self::{
    as_json::AsJson,
    board::{Board, BoardRun},
    board_item::{BoardAsset, BoardCast, BoardChapter, BoardNode, BoardScene, BoardShot},
    change::{ChangedProduction, ProductionChange, ProductionProblem},
    filter::{BoardCounts, BoardFilter, BoardState},
    first::ProductionFirst,
    projects::{ProjectCard, ProjectList},
    shot::{ShotNews, ShotView},
};
