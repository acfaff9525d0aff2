//! Scenes: the rows of a board.

use serde::{Deserialize, Serialize};

use super::{
    AssetId, ChapterId, FieldProblem, ObjectKind, ProductionObject, ProjectId, ReviewState, SceneCode, SceneId, Stamp, check_line,
    check_optional_line, check_text,
};
use crate::limits;

/// A scene of a chapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scene {
    pub id: SceneId,
    pub project_id: ProjectId,
    /// The chapter that it is in.
    pub chapter: ChapterId,
    /// `S001`. It never changes, wherever the scene is moved to.
    pub code: SceneCode,
    /// Smaller ones come first. Only the order means something.
    pub position: u64,
    #[serde(flatten)]
    pub fields: SceneFields,
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// What people write about a scene.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct SceneFields {
    /// 1 to 200 characters.
    pub title: String,
    pub summary: String,
    /// The location asset of its shots, where a shot has none of its own.
    pub location_ref: Option<AssetId>,
    /// The name of the emotional beat whose keywords its prompts get.
    pub emotional_beat: Option<String>,
    pub status: ReviewState,
}

impl ProductionObject for Scene {
    type Fields = SceneFields;
    const KIND: ObjectKind = ObjectKind::Scene;

    fn key(&self) -> String {
        self.id.to_string()
    }
    fn project(&self) -> ProjectId {
        self.project_id
    }
    fn parent(&self) -> String {
        self.chapter.to_string()
    }
    fn code(&self) -> Option<String> {
        Some(self.code.to_string())
    }
    fn code_scope(&self) -> String {
        String::new()
    }
    fn position(&self) -> u64 {
        self.position
    }
    fn set_position(&mut self, position: u64) {
        self.position = position;
    }
    fn fields(&self) -> &SceneFields {
        &self.fields
    }
    fn set_fields(&mut self, fields: SceneFields) -> Result<(), FieldProblem> {
        check_line("title", &fields.title, limits::PRODUCTION_LINE)?;
        check_text("summary", &fields.summary)?;
        check_optional_line("emotional_beat", fields.emotional_beat.as_deref().unwrap_or_default(), limits::PRODUCTION_LINE)?;
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
        format!("{} {}\n{}", self.code, self.fields.title, self.fields.summary).to_lowercase()
    }
}
