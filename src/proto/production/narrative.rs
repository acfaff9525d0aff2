//! Where the story is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{FieldProblem, SceneCode, ShotCode, check_optional_line};
use crate::limits;

/// Where the story of a project is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NarrativeProgress {
    /// The narrative structure of the project.
    pub structure_type: String,
    #[serde(flatten)]
    pub place: NarrativePlace,
    /// Names of beats that were reached, each once.
    #[serde(default)]
    pub completed_beats: BTreeSet<String>,
    /// Counts all changes, from 0.
    #[serde(default)]
    pub version: u32,
}

/// What of it is told directly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct NarrativePlace {
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub current_chapter: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub current_scene: Option<SceneCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub current_shot: Option<ShotCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub current_beat: Option<String>,
}

impl NarrativePlace {
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), FieldProblem> {
        check_optional_line("current_beat", self.current_beat.as_deref().unwrap_or_default(), limits::PRODUCTION_LINE)
    }
}

impl NarrativeProgress {
    /// A beat is reached, perhaps once more. Returns whether that changes anything.
    pub fn reach(&mut self, beat: &str, scene: Option<SceneCode>) -> bool {
        let before = self.clone();
        if self.completed_beats.len() < limits::COMPLETED_BEATS {
            self.completed_beats.insert(beat.to_owned());
        }
        self.place.current_beat = Some(beat.to_owned());
        if scene.is_some() && scene != self.place.current_scene {
            self.place.current_scene = scene;
            // It is a shot of the scene before.
            self.place.current_shot = None;
        }
        self.bump(&before)
    }

    /// Returns whether that changes anything.
    pub fn go_to(&mut self, place: NarrativePlace) -> bool {
        let before = self.clone();
        self.place = place;
        self.bump(&before)
    }

    fn bump(&mut self, before: &Self) -> bool {
        let is_new = self != before;
        self.version += u32::from(is_new);
        is_new
    }
}
