//! What happens in productions: the events of STORY-009, with its spelling, and those that it lacks.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{
    AgentActivity, Asset, Cast, Chapter, CompositePrompt, EmotionalBeat, Moment, NarrativeProgress, ProductionNode, ProductionNodeId,
    Project, ProjectId, Scene, SceneCode, Shot, Take,
};
use crate::ids::TaskId;

/// Something that happened. Events about the state of an object have all of its new state with its `version`, so that one that comes twice or late does no harm. Progress
/// (see [`ProductionEvent::merge_key`]) is only told, never stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum ProductionEvent {
    #[serde(rename = "project.created")]
    ProjectCreated { data: Box<Project> },
    #[serde(rename = "project.updated")]
    ProjectUpdated { data: Box<Project> },
    /// It can be restored: then it is `project.updated`.
    #[serde(rename = "project.deleted")]
    ProjectDeleted { data: Box<Project> },
    #[serde(rename = "chapter.changed")]
    ChapterChanged { chapter: Box<Chapter> },
    #[serde(rename = "scene.changed")]
    SceneChanged { scene: Box<Scene> },
    #[serde(rename = "shot.changed")]
    ShotChanged { shot: Box<Shot> },
    #[serde(rename = "asset.changed")]
    AssetChanged { asset: Box<Asset> },
    #[serde(rename = "cast.changed")]
    CastChanged { cast: Box<Cast> },
    #[serde(rename = "beat.changed")]
    BeatChanged { beat: Box<EmotionalBeat> },
    #[serde(rename = "file.uploaded")]
    FileUploaded { file: ProjectFile },
    #[serde(rename = "file.deleted")]
    FileDeleted { file: ProjectFile },
    #[serde(rename = "process.started")]
    ProcessStarted(ProcessReport),
    #[serde(rename = "process.progress")]
    ProcessProgress(ProcessReport),
    #[serde(rename = "process.completed")]
    ProcessCompleted(ProcessReport),
    #[serde(rename = "task.progress")]
    TaskProgress(Box<ExternalProgress>),
    #[serde(rename = "node.state_changed")]
    NodeStateChanged {
        #[serde(flatten)]
        node: Box<ProductionNode>,
        /// Its newest finished takes, where they changed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        takes: Vec<Take>,
    },
    #[serde(rename = "generation.started")]
    GenerationStarted { node_id: ProductionNodeId, task_id: TaskId, take_number: u32 },
    #[serde(rename = "generation.completed")]
    GenerationCompleted {
        node_id: ProductionNodeId,
        task_id: TaskId,
        output_path: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thumbnail: Option<String>,
        /// The newest finished takes of the node.
        takes: Vec<Take>,
    },
    #[serde(rename = "generation.error")]
    GenerationError {
        node_id: ProductionNodeId,
        task_id: TaskId,
        error: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    #[serde(rename = "take.created")]
    TakeCreated { take: Box<Take> },
    /// Its task has ended.
    #[serde(rename = "take.updated")]
    TakeUpdated { take: Box<Take> },
    /// Somebody chose the current take of a node, or no longer does: the current one is in the node.
    #[serde(rename = "take.selected")]
    TakeSelected { node: Box<ProductionNode> },
    #[serde(rename = "take.reviewed")]
    TakeReviewed { take: Box<Take> },
    #[serde(rename = "take.trashed")]
    TakeTrashed { take: Box<Take> },
    #[serde(rename = "take.restored")]
    TakeRestored { take: Box<Take> },
    #[serde(rename = "agent.assigned")]
    AgentAssigned {
        agent_type: String,
        task_id: String,
        task_description: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        estimated_duration: Option<f64>,
        activity: Box<AgentActivity>,
    },
    #[serde(rename = "agent.progress")]
    AgentProgress {
        agent_type: String,
        task_id: String,
        progress: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        current_step: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        vram_usage: Option<f64>,
        activity: Box<AgentActivity>,
    },
    #[serde(rename = "agent.completed")]
    AgentCompleted {
        agent_type: String,
        task_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handoff_to: Option<String>,
        activity: Box<AgentActivity>,
    },
    #[serde(rename = "agent.handoff")]
    AgentHandedOff { agent_type: String, task_id: String, handoff_to: String, activity: Box<AgentActivity> },
    /// It is working, and told nothing for a while. It did not fail.
    #[serde(rename = "agent.stale")]
    AgentStale { agent_type: String, task_id: String, activity: Box<AgentActivity> },
    #[serde(rename = "prompt.composite")]
    PromptComposite {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node_id: Option<ProductionNodeId>,
        composite_prompt: Box<CompositePrompt>,
    },
    #[serde(rename = "narrative.beat")]
    NarrativeBeat {
        beat_name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scene_id: Option<SceneCode>,
        keywords: Vec<String>,
    },
    #[serde(rename = "narrative.progress")]
    NarrativeMoved { progress: Box<NarrativeProgress> },
    /// Chapters, scenes or shots came, changed their place, or went. Named by their codes: `S001`, `S001/P001`; chapters by their ids.
    #[serde(rename = "structure.changed")]
    StructureChanged { changes: StructureChanges },
    #[serde(rename = "git.commit")]
    GitCommit(GitReport),
    #[serde(rename = "git.push")]
    GitPush(GitReport),
    #[serde(rename = "git.pull")]
    GitPull(GitReport),
}

/// A file of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectFile {
    pub name: String,
    pub path: String,
    /// Bytes.
    pub size: u64,
    pub asset_type: String,
}

/// How a process outside of Darkroom does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessReport {
    pub process_id: String,
    /// Percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How a task does, of Darkroom or another program: the `task.progress` of STORY-009.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExternalProgress {
    pub task_id: String,
    /// `PENDING`, `STARTED`, `PROGRESS`, `SUCCESS` or `FAILURE`.
    pub state: String,
    /// Percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<ProductionNodeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_steps: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_step: Option<u32>,
}

/// What a repository did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitReport {
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

/// Names of what came, changed and went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StructureChanges {
    pub added: Vec<String>,
    pub modified: Vec<String>,
    pub deleted: Vec<String>,
}

/// An event with its place and time: `{"number", "timestamp", "project_id", "type", …}`.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductionRecord {
    /// In the order in which events were stored, over all projects; 0: it is not stored.
    pub number: u64,
    pub timestamp: Moment,
    pub project_id: Option<ProjectId>,
    pub event: ProductionEvent,
}

/// What a record has beside its event.
#[derive(Serialize, Deserialize)]
struct RecordHead {
    number: u64,
    timestamp: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project_id: Option<ProjectId>,
}

impl Serialize for ProductionRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let wrong = serde::ser::Error::custom;
        let head = RecordHead { number: self.number, timestamp: self.timestamp, project_id: self.project_id };
        let mut json = serde_json::to_value(head).map_err(wrong)?;
        let event = serde_json::to_value(&self.event).map_err(wrong)?;
        if let (Some(json), Value::Object(event)) = (json.as_object_mut(), event) {
            // Some events have the project, too: it is there once.
            json.extend(event);
        }
        json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ProductionRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = serde::de::Error::custom;
        let json = Value::deserialize(deserializer)?;
        let RecordHead { number, timestamp, project_id } = RecordHead::deserialize(&json).map_err(wrong)?;
        Ok(Self { number, timestamp, project_id, event: serde_json::from_value(json).map_err(wrong)? })
    }
}

/// What the `type` of an event may be.
pub const PRODUCTION_EVENT_NAMES: [&str; 37] = [
    "project.created",
    "project.updated",
    "project.deleted",
    "chapter.changed",
    "scene.changed",
    "shot.changed",
    "asset.changed",
    "cast.changed",
    "beat.changed",
    "file.uploaded",
    "file.deleted",
    "process.started",
    "process.progress",
    "process.completed",
    "task.progress",
    "node.state_changed",
    "generation.started",
    "generation.completed",
    "generation.error",
    "take.created",
    "take.updated",
    "take.selected",
    "take.reviewed",
    "take.trashed",
    "take.restored",
    "agent.assigned",
    "agent.progress",
    "agent.completed",
    "agent.handoff",
    "agent.stale",
    "prompt.composite",
    "narrative.beat",
    "narrative.progress",
    "structure.changed",
    "git.commit",
    "git.push",
    "git.pull",
];

impl ProductionEvent {
    /// Its `type`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ProjectCreated { .. } => "project.created",
            Self::ProjectUpdated { .. } => "project.updated",
            Self::ProjectDeleted { .. } => "project.deleted",
            Self::ChapterChanged { .. } => "chapter.changed",
            Self::SceneChanged { .. } => "scene.changed",
            Self::ShotChanged { .. } => "shot.changed",
            Self::AssetChanged { .. } => "asset.changed",
            Self::CastChanged { .. } => "cast.changed",
            Self::BeatChanged { .. } => "beat.changed",
            Self::FileUploaded { .. } => "file.uploaded",
            Self::FileDeleted { .. } => "file.deleted",
            Self::ProcessStarted(_) => "process.started",
            Self::ProcessProgress(_) => "process.progress",
            Self::ProcessCompleted(_) => "process.completed",
            Self::TaskProgress(_) => "task.progress",
            Self::NodeStateChanged { .. } => "node.state_changed",
            Self::GenerationStarted { .. } => "generation.started",
            Self::GenerationCompleted { .. } => "generation.completed",
            Self::GenerationError { .. } => "generation.error",
            Self::TakeCreated { .. } => "take.created",
            Self::TakeUpdated { .. } => "take.updated",
            Self::TakeSelected { .. } => "take.selected",
            Self::TakeReviewed { .. } => "take.reviewed",
            Self::TakeTrashed { .. } => "take.trashed",
            Self::TakeRestored { .. } => "take.restored",
            Self::AgentAssigned { .. } => "agent.assigned",
            Self::AgentProgress { .. } => "agent.progress",
            Self::AgentCompleted { .. } => "agent.completed",
            Self::AgentHandedOff { .. } => "agent.handoff",
            Self::AgentStale { .. } => "agent.stale",
            Self::PromptComposite { .. } => "prompt.composite",
            Self::NarrativeBeat { .. } => "narrative.beat",
            Self::NarrativeMoved { .. } => "narrative.progress",
            Self::StructureChanged { .. } => "structure.changed",
            Self::GitCommit(_) => "git.commit",
            Self::GitPush(_) => "git.push",
            Self::GitPull(_) => "git.pull",
        }
    }

    /// Of progress: what it is the progress of. A newer one replaces an older one with the same key, and neither is stored. `None`: it is stored.
    #[must_use]
    pub fn merge_key(&self) -> Option<String> {
        match self {
            Self::TaskProgress(task) => Some(format!("task:{}", task.task_id)),
            Self::ProcessProgress(process) => Some(format!("process:{}", process.process_id)),
            Self::AgentProgress { agent_type, .. } => Some(format!("agent:{agent_type}")),
            _ => None,
        }
    }

    /// The object that it is about, to be found by it: `node/ID`, `take/ID` … Empty: the project.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::ProjectCreated { .. }
            | Self::ProjectUpdated { .. }
            | Self::ProjectDeleted { .. }
            | Self::NarrativeMoved { .. }
            | Self::StructureChanged { .. }
            | Self::GitCommit(_)
            | Self::GitPush(_)
            | Self::GitPull(_) => String::new(),
            Self::ChapterChanged { chapter } => format!("chapter/{}", chapter.id),
            Self::SceneChanged { scene } => format!("scene/{}", scene.id),
            Self::ShotChanged { shot } => format!("shot/{}", shot.id),
            Self::AssetChanged { asset } => format!("asset/{}", asset.id),
            Self::CastChanged { cast } => format!("cast/{}", cast.id),
            Self::BeatChanged { beat } => format!("beat/{}", beat.id),
            Self::FileUploaded { file } | Self::FileDeleted { file } => format!("file/{}", file.path),
            Self::ProcessStarted(process) | Self::ProcessProgress(process) | Self::ProcessCompleted(process) => {
                format!("process/{}", process.process_id)
            }
            Self::TaskProgress(task) => format!("task/{}", task.task_id),
            Self::NodeStateChanged { node, .. } | Self::TakeSelected { node } => format!("node/{}", node.node_id),
            Self::GenerationStarted { node_id, .. } | Self::GenerationCompleted { node_id, .. } | Self::GenerationError { node_id, .. } => {
                format!("node/{node_id}")
            }
            Self::TakeCreated { take }
            | Self::TakeUpdated { take }
            | Self::TakeReviewed { take }
            | Self::TakeTrashed { take }
            | Self::TakeRestored { take } => format!("take/{}", take.id),
            Self::AgentAssigned { agent_type, .. }
            | Self::AgentProgress { agent_type, .. }
            | Self::AgentCompleted { agent_type, .. }
            | Self::AgentHandedOff { agent_type, .. }
            | Self::AgentStale { agent_type, .. } => format!("agent/{agent_type}"),
            Self::PromptComposite { node_id, .. } => node_id.as_ref().map(|node| format!("node/{node}")).unwrap_or_default(),
            Self::NarrativeBeat { beat_name, .. } => format!("beat/{beat_name}"),
        }
    }
}
