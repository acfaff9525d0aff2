//! Emotional beats: what is to be felt, and the words that prompts get from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    BeatId, FieldProblem, ObjectKind, ProductionObject, ProjectId, SceneId, Stamp, check_line, check_list, check_optional_line, check_range,
};
use crate::limits;

/// An emotional beat of a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmotionalBeat {
    pub id: BeatId,
    pub project_id: ProjectId,
    /// Smaller ones come first. Only the order means something.
    pub position: u64,
    #[serde(flatten)]
    pub fields: BeatFields,
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// What people write about a beat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct BeatFields {
    /// Its name, 1 to 200 characters.
    pub beat: String,
    /// The scene that it is in.
    pub scene: Option<SceneId>,
    /// What prompts get from it, in order.
    pub keywords: Vec<String>,
    /// −1 (down) to 1 (up).
    pub intensity: f64,
    /// The key of its step in the project's narrative structure.
    pub step: Option<String>,
    /// Its steps in other structures: what a switch back takes up again.
    pub step_by_structure: BTreeMap<String, String>,
}

impl ProductionObject for EmotionalBeat {
    type Fields = BeatFields;
    const KIND: ObjectKind = ObjectKind::Beat;

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
    fn fields(&self) -> &BeatFields {
        &self.fields
    }
    fn set_fields(&mut self, fields: BeatFields) -> Result<(), FieldProblem> {
        check_line("beat", &fields.beat, limits::PRODUCTION_LINE)?;
        check_list("keywords", fields.keywords.iter().map(String::as_str))?;
        check_range("intensity", fields.intensity, -1.0, 1.0)?;
        check_optional_line("step", fields.step.as_deref().unwrap_or_default(), limits::PRODUCTION_LINE)?;
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
        format!("{}\n{}", self.fields.beat, self.fields.keywords.join("\n")).to_lowercase()
    }
}
