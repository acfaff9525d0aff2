//! Chapters: the lanes of a board.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ChapterId, FieldProblem, ObjectKind, ProductionObject, ProjectId, Stamp, check_line, check_list};
use crate::limits;

/// A chapter (an act, an episode) of a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Chapter {
    pub id: ChapterId,
    pub project_id: ProjectId,
    /// Smaller ones come first. Only the order means something.
    pub position: u64,
    #[serde(flatten)]
    pub fields: ChapterFields,
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// What people write about a chapter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ChapterFields {
    /// 1 to 200 characters.
    pub title: String,
    /// The steps of the narrative structure that are told in it.
    pub beat_keys: Vec<String>,
    /// Which they were in other structures: what a switch back takes up again.
    pub beat_keys_by_structure: BTreeMap<String, Vec<String>>,
}

impl ProductionObject for Chapter {
    type Fields = ChapterFields;
    const KIND: ObjectKind = ObjectKind::Chapter;

    fn key(&self) -> String {
        self.id.to_string()
    }
    fn project(&self) -> ProjectId {
        self.project_id
    }
    fn parent(&self) -> String {
        String::new()
    }
    fn position(&self) -> u64 {
        self.position
    }
    fn set_position(&mut self, position: u64) {
        self.position = position;
    }
    fn fields(&self) -> &ChapterFields {
        &self.fields
    }
    fn set_fields(&mut self, fields: ChapterFields) -> Result<(), FieldProblem> {
        check_line("title", &fields.title, limits::PRODUCTION_LINE)?;
        check_list("beat_keys", fields.beat_keys.iter().map(String::as_str))?;
        self.fields = fields;
        Ok(())
    }
    fn stamp(&self) -> &Stamp {
        &self.stamp
    }
    fn stamp_mut(&mut self) -> &mut Stamp {
        &mut self.stamp
    }
    fn words(&self) -> String {
        self.fields.title.to_lowercase()
    }
}
