//! What a page of a production is rendered with.

use serde::{Deserialize, Serialize};

use super::super::{ProjectId, ShotId};
use super::{Board, BoardTrash, ProductionProblem, ProjectList, ShotView};

/// What a server rendered a page with. A browser begins with the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ProductionFirst {
    Projects(Result<ProjectList, ProductionProblem>),
    /// `all`: also what a board leaves out at first.
    Board {
        project: ProjectId,
        board: Result<Box<Board>, ProductionProblem>,
        all: bool,
        /// The shots whose current takes are of older parts, if the address asks for them.
        stale: Vec<ShotId>,
        /// What was thrown away, if the address asks for it.
        trash: Option<BoardTrash>,
    },
    Shot {
        project: ProjectId,
        shot: ShotId,
        view: Result<Box<ShotView>, ProductionProblem>,
    },
    /// Of the other pages, which are read as a whole: the address, and what the page shows (in [`views`](crate::production::views)) in postcard.
    View {
        path: String,
        view: Result<Vec<u8>, ProductionProblem>,
    },
}
