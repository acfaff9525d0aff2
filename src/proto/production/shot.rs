//! Shots: the cards of a board.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    FieldProblem, ObjectKind, ProductionObject, ProjectId, ReviewState, SceneCode, SceneId, ShotCode, ShotId, Stamp, check_line,
    check_list, check_optional_line, check_text,
};
use crate::limits;

/// A shot of a scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Shot {
    pub id: ShotId,
    pub project_id: ProjectId,
    /// The scene that it is in.
    pub scene: SceneId,
    /// The code of that scene.
    pub scene_id: SceneCode,
    /// `P001`. It changes only when the shot is moved to a scene that has this code already.
    pub code: ShotCode,
    /// Smaller ones come first. Only the order means something.
    pub position: u64,
    #[serde(flatten)]
    pub fields: ShotFields,
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// What people write about a shot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ShotFields {
    pub title: String,
    /// What is seen: the base of its prompts.
    pub base_prompt: String,
    /// How much is seen: `wide`, `close-up`, `establishing` …
    pub shot_type: String,
    /// Frames, at the frame rate of the project. 0: not known.
    pub duration_frames: u32,
    pub camera: String,
    pub dialogue: String,
    pub status: ReviewState,
    /// Who works on it: names, at most 100.
    pub assignees: Vec<String>,
    /// What agents say of it, by their types, at most 100.
    pub agent_notes: BTreeMap<String, AgentNote>,
}

/// What an agent says of a shot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AgentNote {
    pub text: String,
    /// It becomes a part of prompts. Otherwise it is only for people.
    pub in_prompt: bool,
}

impl ProductionObject for Shot {
    type Fields = ShotFields;
    const KIND: ObjectKind = ObjectKind::Shot;

    fn key(&self) -> String {
        self.id.to_string()
    }
    fn project(&self) -> ProjectId {
        self.project_id
    }
    fn parent(&self) -> String {
        self.scene.to_string()
    }
    fn code(&self) -> Option<String> {
        Some(self.code.to_string())
    }
    fn position(&self) -> u64 {
        self.position
    }
    fn set_position(&mut self, position: u64) {
        self.position = position;
    }
    fn fields(&self) -> &ShotFields {
        &self.fields
    }
    fn set_fields(&mut self, fields: ShotFields) -> Result<(), FieldProblem> {
        check_optional_line("title", &fields.title, limits::PRODUCTION_LINE)?;
        check_optional_line("shot_type", &fields.shot_type, limits::PRODUCTION_LINE)?;
        for (field, text) in [("base_prompt", &fields.base_prompt), ("camera", &fields.camera), ("dialogue", &fields.dialogue)] {
            check_text(field, text)?;
        }
        check_list("assignees", fields.assignees.iter().map(String::as_str))?;
        if fields.agent_notes.len() > limits::PRODUCTION_LIST {
            return Err(FieldProblem::new("agent_notes", format!("At most {} of them.", limits::PRODUCTION_LIST)));
        }
        for (agent, note) in &fields.agent_notes {
            check_line("agent_notes", agent, limits::AGENT_TYPE)?;
            check_text("agent_notes", &note.text)?;
        }
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
        let ShotFields { title, base_prompt, shot_type, dialogue, .. } = &self.fields;
        format!("{}_{} {title}\n{base_prompt}\n{shot_type}\n{dialogue}", self.scene_id, self.code).to_lowercase()
    }
}
