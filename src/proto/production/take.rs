//! Takes: what a node generated, each with the prompt and the workflow that it was made with.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use strum::{EnumString, IntoStaticStr};

use super::{
    CompositePrompt, DrawnLine, FieldProblem, Moment, ProductionNodeId, ProjectId, QualityPreset, SceneCode, ShotCode, ShotId, Stamp,
    TakeId, TakeReview, check_drawing, check_text,
};
use crate::{gallery::GalleryId, ids::TaskId};

/// A take of a node. Its workflow is kept beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Take {
    pub id: TakeId,
    pub project_id: ProjectId,
    pub node_id: ProductionNodeId,
    /// Given once, from 1, and never again in this node.
    pub take_number: u32,
    /// The code of the scene for which it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub scene_id: Option<SceneCode>,
    /// The code of the shot for which it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub shot_id: Option<ShotCode>,
    /// That shot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub shot: Option<ShotId>,
    /// The task that makes it.
    #[cfg_attr(feature = "openapi", schema(value_type = uuid::Uuid))]
    pub task_id: TaskId,
    pub state: TakeState,
    /// Where its file lies by the folder convention: `03_Renders/S001/P001/S001_P001_T001.png`.
    pub path: String,
    /// The address of a small picture of its first output, on this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub thumbnail: Option<String>,
    /// The number of its first output in its task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub output: Option<u32>,
    /// That output in the gallery, once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, nullable = false))]
    pub output_id: Option<GalleryId>,
    pub quality_preset: QualityPreset,
    /// As text, because the numbers of JavaScript end at 2⁵³.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seed_text")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, nullable = false))]
    pub seed: Option<u64>,
    /// The prompt as it was assembled then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub composite_prompt: Option<CompositePrompt>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub metadata: Map<String, Value>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub finished_at: Option<Moment>,
    #[serde(flatten)]
    pub fields: TakeFields,
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// What people say of a take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct TakeFields {
    /// 0 (none) to 5.
    pub rating: u8,
    pub review: TakeReview,
    pub note: String,
    /// What is drawn over it, with the note.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drawing: Vec<DrawnLine>,
}

impl TakeFields {
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), FieldProblem> {
        if self.rating > 5 {
            return Err(FieldProblem::new("rating", "A rating is a number from 0 to 5."));
        }
        check_text("note", &self.note)?;
        check_drawing(&self.drawing)
    }
}

/// What became of the task of a take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum TakeState {
    /// It waits or runs.
    Generating,
    Completed,
    Failed,
    Cancelled,
}

/// A number as text.
mod seed_text {
    use super::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(seed: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
        match seed {
            Some(seed) => serializer.collect_str(seed),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
    }
}
