//! What the page of the activity shows: what happened, the newest first.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::project::PageProject;
use crate::{
    production::{ProductionEvent, ProductionRecord, ProjectId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActivityPage {
    pub project: PageProject,
    pub query: ActivityQuery,
    /// The newest first.
    pub lines: Vec<ActivityLine>,
    /// Numbers of the oldest and of the newest event of the project that are kept; 0: there is none.
    pub oldest: u64,
    pub newest: u64,
    /// There are older ones of this kind.
    pub has_more: bool,
}

/// Which events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityQuery {
    pub kind: ActivityKind,
    /// Up to this number. `None`: up to the newest.
    pub upto: Option<u64>,
}

/// An event, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityLine {
    pub number: u64,
    pub at: Timestamp,
    pub kind: ActivityKind,
    /// A sentence.
    pub sentence: String,
    /// The page that it is about.
    pub href: Option<String>,
    /// It tells of something that failed.
    pub is_bad: bool,
}

/// What an event is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ActivityKind {
    #[default]
    All,
    /// Chapters, scenes, shots, and the project itself.
    Plan,
    /// Nodes, their tasks and their takes.
    Takes,
    Agents,
    /// Beats, and where the story is.
    Story,
    /// Assets, casts and prompts.
    Assets,
    /// Files, other programs and repositories.
    Outside,
}

impl ActivityKind {
    /// In the order in which people choose from them.
    pub const ALL: [Self; 7] = [Self::All, Self::Plan, Self::Takes, Self::Agents, Self::Story, Self::Assets, Self::Outside];

    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::All => "Everything",
            Self::Plan => "Chapters, scenes and shots",
            Self::Takes => "Takes and renders",
            Self::Agents => "Agents",
            Self::Story => "Story and beats",
            Self::Assets => "Assets, cast and prompts",
            Self::Outside => "Files, programs and commits",
        }
    }

    /// The names of its events. Empty: of all.
    #[must_use]
    pub fn events(self) -> &'static [&'static str] {
        match self {
            Self::All => &[],
            Self::Plan => &[
                "project.created",
                "project.updated",
                "project.deleted",
                "chapter.changed",
                "scene.changed",
                "shot.changed",
                "structure.changed",
            ],
            Self::Takes => &[
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
            ],
            Self::Agents => &["agent.assigned", "agent.progress", "agent.completed", "agent.handoff", "agent.stale"],
            Self::Story => &["beat.changed", "narrative.beat", "narrative.progress"],
            Self::Assets => &["asset.changed", "cast.changed", "prompt.composite"],
            Self::Outside => &[
                "file.uploaded",
                "file.deleted",
                "process.started",
                "process.progress",
                "process.completed",
                "task.progress",
                "git.commit",
                "git.push",
                "git.pull",
            ],
        }
    }

    /// What an event of this name is about.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.events().contains(&name)).unwrap_or_default()
    }
}

impl ActivityQuery {
    /// The address of the page.
    #[must_use]
    pub fn href(self, project: ProjectId) -> String {
        let mut parts = Vec::new();
        if self.kind != ActivityKind::All {
            let word: &str = self.kind.into();
            parts.push(format!("kind={word}"));
        }
        if let Some(upto) = self.upto {
            parts.push(format!("upto={upto}"));
        }
        let query = if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) };
        format!("/projects/{project}/activity{query}")
    }
}

impl ActivityLine {
    #[must_use]
    pub fn of(record: &ProductionRecord) -> Self {
        let event = &record.event;
        let shot = match event {
            ProductionEvent::ShotChanged { shot } => Some(shot.id),
            ProductionEvent::NodeStateChanged { node, .. } | ProductionEvent::TakeSelected { node } => node.fields.shot,
            ProductionEvent::TakeCreated { take }
            | ProductionEvent::TakeUpdated { take }
            | ProductionEvent::TakeReviewed { take }
            | ProductionEvent::TakeTrashed { take }
            | ProductionEvent::TakeRestored { take } => take.shot,
            ProductionEvent::CastChanged { cast } => Some(cast.shot),
            _ => None,
        };
        let kind = ActivityKind::of(event.name());
        let project = record.project_id;
        let page = match kind {
            ActivityKind::Agents => Some("/agents"),
            ActivityKind::Story => Some("/story"),
            ActivityKind::Assets => Some("/assets"),
            _ => None,
        };
        let href = project.and_then(|project| match (shot, page) {
            (Some(shot), _) => Some(format!("/projects/{project}/shots/{shot}")),
            (None, Some(page)) => Some(format!("/projects/{project}{page}")),
            (None, None) => None,
        });
        let is_bad = match event {
            ProductionEvent::GenerationError { .. } => true,
            ProductionEvent::NodeStateChanged { node, .. } => node.run.status == crate::production::NodeStatus::Error,
            ProductionEvent::TakeUpdated { take } => take.state == crate::production::TakeState::Failed,
            _ => false,
        };
        Self { number: record.number, at: record.timestamp.0, kind, sentence: super::sentence::sentence(event), href, is_bad }
    }
}
