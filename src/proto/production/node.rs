//! Production nodes: what generates the takes of a shot.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::{
    FieldProblem, ObjectKind, ProductionNodeId, ProductionObject, ProjectId, QualityPreset, SceneCode, ShotCode, ShotId, Stamp, TakeState,
    check_optional_line,
};
use crate::{ids::WorkflowId, limits};

/// A node. On the wire it is the `NodeState` of STORY-009.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProductionNode {
    pub node_id: ProductionNodeId,
    pub project_id: ProjectId,
    /// Smaller ones come first. Only the order means something.
    pub position: u64,
    #[serde(flatten)]
    pub fields: NodeFields,
    /// The code of the scene of its shot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub scene_id: Option<SceneCode>,
    /// The code of its shot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub shot_id: Option<ShotCode>,
    #[serde(flatten)]
    pub run: NodeRun,
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// What people and programs write about a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct NodeFields {
    pub title: String,
    /// What it makes, such as `keyframe` or `video`: the qualities of the project are by it. Empty: `default`.
    pub kind: String,
    /// The shot that its takes are of.
    pub shot: Option<ShotId>,
    /// The saved workflow that it runs.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<uuid::Uuid>))]
    pub workflow: Option<WorkflowId>,
    /// `None`: the default of the project.
    pub quality_preset: Option<QualityPreset>,
    /// A finished take becomes the current one also after somebody chose another.
    pub follow_latest: bool,
    pub emotional_beat: Option<String>,
    /// The agent that works on it.
    pub assigned_agent: Option<String>,
}

/// What machines do with a node. Derived from its takes with each change of one of them, so that it cannot stick.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct NodeRun {
    pub status: NodeStatus,
    /// What is shown beside the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub message: Option<String>,
    /// Why the newest take failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub error: Option<String>,
    /// The file of the current take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub output_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub thumbnail: Option<String>,
    /// The number of the current take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub current_take: Option<u32>,
    /// Somebody chose the current take.
    pub chosen: bool,
    /// The highest number that was given to a take. No number is given twice.
    pub last_take_number: u32,
    /// Finished takes that are not in the trash.
    pub take_count: u32,
}

/// What a node is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum NodeStatus {
    #[default]
    Idle,
    Generating,
    Completed,
    Error,
}

/// What a node's state depends on: one of its takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeOutline {
    pub take_number: u32,
    pub state: TakeState,
    pub is_trashed: bool,
}

/// The status of a node with these takes, in any order: generating while any of its tasks is live, else an error if the newest failed, else completed
/// if there is a take, else idle. What is in the trash does not count, unless it is still being made.
#[must_use]
pub fn node_status(takes: &[TakeOutline]) -> NodeStatus {
    if takes.iter().any(|take| take.state == TakeState::Generating) {
        return NodeStatus::Generating;
    }
    let kept = || takes.iter().filter(|take| !take.is_trashed);
    if kept().max_by_key(|take| take.take_number).is_some_and(|take| take.state == TakeState::Failed) {
        NodeStatus::Error
    } else if kept().any(|take| take.state == TakeState::Completed) {
        NodeStatus::Completed
    } else {
        NodeStatus::Idle
    }
}

/// The current take after a change of these takes. `choice`: the take that somebody chose. It stays, unless it is in the trash, or `follow_latest` is on and there is
/// a later one. Returns the number, and whether it is still the choice.
#[must_use]
pub fn current_take(takes: &[TakeOutline], choice: Option<u32>, follow_latest: bool) -> (Option<u32>, bool) {
    let finished = || takes.iter().filter(|take| take.state == TakeState::Completed && !take.is_trashed).map(|take| take.take_number);
    let newest = finished().max();
    let choice = choice.filter(|choice| finished().any(|number| number == *choice));
    match choice {
        Some(choice) if !follow_latest || newest == Some(choice) => (Some(choice), true),
        _ => (newest, false),
    }
}

impl ProductionObject for ProductionNode {
    type Fields = NodeFields;
    const KIND: ObjectKind = ObjectKind::Node;

    fn key(&self) -> String {
        self.node_id.to_string()
    }
    fn project(&self) -> ProjectId {
        self.project_id
    }
    fn parent(&self) -> String {
        self.fields.shot.map(|shot| shot.to_string()).unwrap_or_default()
    }
    fn position(&self) -> u64 {
        self.position
    }
    fn set_position(&mut self, position: u64) {
        self.position = position;
    }
    fn fields(&self) -> &NodeFields {
        &self.fields
    }
    fn set_fields(&mut self, fields: NodeFields) -> Result<(), FieldProblem> {
        check_optional_line("title", &fields.title, limits::PRODUCTION_LINE)?;
        check_optional_line("kind", &fields.kind, limits::PRODUCTION_LINE)?;
        check_optional_line("emotional_beat", fields.emotional_beat.as_deref().unwrap_or_default(), limits::PRODUCTION_LINE)?;
        check_optional_line("assigned_agent", fields.assigned_agent.as_deref().unwrap_or_default(), limits::AGENT_TYPE)?;
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
        format!("{} {}", self.node_id, self.fields.title).to_lowercase()
    }
}
