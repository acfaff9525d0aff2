//! What pages of productions show, and what they ask for: compact forms of objects, kept up to date by events.

mod apply;
mod as_json;
mod board;
mod board_item;
mod board_state;
mod change;
mod facts;
mod filter;
mod first;
mod generate;
mod projects;
mod shot;
mod take_facts;
#[cfg(test)]
mod tests;
mod trash;

pub use self::{
    as_json::AsJson,
    board::{Board, BoardRun},
    board_item::{BoardAsset, BoardCast, BoardChapter, BoardNode, BoardScene, BoardShot},
    board_state::{BoardCounts, BoardState},
    change::{ChangedProduction, ProductionChange, ProductionProblem, conflict_words},
    facts::ShotFacts,
    filter::BoardFilter,
    first::ProductionFirst,
    generate::{GenerateOrder, GenerateOutcome},
    projects::{ProjectCard, ProjectList},
    shot::{ShotNews, ShotView},
    take_facts::take_differences,
    trash::{BoardTrash, TrashedItem},
};
