//! What a page of a production is rendered with.

use serde::{Deserialize, Serialize};

use super::super::{ProjectId, ShotId};
use super::{Board, ProductionProblem, ProjectList, ShotView};

/// What a server rendered a page with. A browser begins with the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ProductionFirst {
    Projects(Result<ProjectList, ProductionProblem>),
    /// `all`: also what a board leaves out at first.
    Board {
        project: ProjectId,
        board: Result<Box<Board>, ProductionProblem>,
        all: bool,
    },
    Shot {
        project: ProjectId,
        shot: ShotId,
        view: Result<Box<ShotView>, ProductionProblem>,
    },
}
