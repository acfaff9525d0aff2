//! The list of projects.

use serde::{Deserialize, Serialize};

use super::super::{Moment, Project};
use super::{AsJson, BoardCounts};

/// A project, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectCard {
    pub project: AsJson<Project>,
    pub counts: BoardCounts,
    /// Of the take that became the current one of a node last.
    pub thumbnail: Option<String>,
    /// When anything in it changed last.
    pub changed_at: Moment,
}

/// All projects, the one that changed last first: those at work, those that are put away, and those in the trash.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProjectList {
    pub open: Vec<ProjectCard>,
    pub archived: Vec<ProjectCard>,
    pub trashed: Vec<AsJson<Project>>,
    /// There are more than are shown.
    pub has_more: bool,
}
