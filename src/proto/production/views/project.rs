//! The project of a page.

use serde::{Deserialize, Serialize};

use crate::production::{Project, ProjectId};

/// The project of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageProject {
    pub id: ProjectId,
    pub title: String,
    /// The version that a change of the project names.
    pub version: u32,
    /// It is in the trash: it can only be read.
    pub is_trashed: bool,
}

impl From<&Project> for PageProject {
    fn from(project: &Project) -> Self {
        let Project { id, fields, stamp, .. } = project;
        Self { id: *id, title: fields.title.clone(), version: stamp.version, is_trashed: stamp.deleted_at.is_some() }
    }
}
