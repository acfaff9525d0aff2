//! Agents: programs that work on a production and tell how they do.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FieldProblem, Moment, ProjectId, check_line, check_optional_line, check_range};
use crate::limits;

/// The seven types of STORY-009. Others are taken as they are.
pub const AGENT_TYPES: [&str; 7] =
    ["Producer", "Screenwriter", "CastingDirector", "ArtDirector", "Cinematographer", "SoundDesigner", "Editor"];

/// What an agent does, as far as it told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentActivity {
    pub agent_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub project_id: Option<ProjectId>,
    /// The agent's own name of its work.
    pub task_id: String,
    pub status: AgentStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub current_task: Option<String>,
    /// Percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub progress: Option<f64>,
    /// What it claims to use, GB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub vram_usage: Option<f64>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub estimated_duration: Option<f64>,
    /// The type of the agent that goes on with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub handoff_to: Option<String>,
    /// What it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// Works that it ended, the last one last: what is told of them afterwards comes late.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended_tasks: Vec<String>,
    /// When it told something the last time.
    pub last_seen: Moment,
    /// Counts all changes, from 1.
    pub version: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AgentStatus {
    #[default]
    Idle,
    Working,
    Completed,
}

/// What an agent tells, as STORY-009 has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", deny_unknown_fields)]
pub enum AgentReport {
    #[serde(rename = "agent.assigned")]
    Assigned {
        task_id: String,
        task_description: String,
        /// Seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        estimated_duration: Option<f64>,
    },
    #[serde(rename = "agent.progress")]
    Progress {
        task_id: String,
        /// Percent.
        progress: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        current_step: Option<String>,
        /// GB.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        vram_usage: Option<f64>,
    },
    #[serde(rename = "agent.completed")]
    Completed {
        task_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handoff_to: Option<String>,
    },
    #[serde(rename = "agent.handoff")]
    Handoff { task_id: String, handoff_to: String },
}

/// That an agent gave its work to another: a link of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentHandoff {
    pub task_id: String,
    pub from: String,
    pub to: String,
    pub at: Moment,
}

impl AgentReport {
    #[must_use]
    pub fn task_id(&self) -> &str {
        match self {
            Self::Assigned { task_id, .. }
            | Self::Progress { task_id, .. }
            | Self::Completed { task_id, .. }
            | Self::Handoff { task_id, .. } => task_id,
        }
    }

    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), FieldProblem> {
        check_line("task_id", self.task_id(), limits::PRODUCTION_LINE)?;
        match self {
            Self::Assigned { task_description, estimated_duration, .. } => {
                check_optional_line("task_description", task_description, limits::AGENT_TEXT)?;
                check_range("estimated_duration", estimated_duration.unwrap_or(0.0), 0.0, f64::from(u32::MAX))
            }
            Self::Progress { progress, current_step, vram_usage, .. } => {
                check_range("progress", *progress, 0.0, 100.0)?;
                check_optional_line("current_step", current_step.as_deref().unwrap_or_default(), limits::AGENT_TEXT)?;
                check_range("vram_usage", vram_usage.unwrap_or(0.0), 0.0, 100_000.0)
            }
            Self::Completed { output, handoff_to, .. } => {
                check_optional_line("handoff_to", handoff_to.as_deref().unwrap_or_default(), limits::AGENT_TYPE)?;
                let bytes = output.as_ref().map_or(0, |output| output.to_string().len());
                let message = || format!("At most {} bytes of JSON.", limits::AGENT_OUTPUT);
                if bytes > limits::AGENT_OUTPUT { Err(FieldProblem::new("output", message())) } else { Ok(()) }
            }
            Self::Handoff { handoff_to, .. } => check_line("handoff_to", handoff_to, limits::AGENT_TYPE),
        }
    }

    /// To whom it gives its work.
    #[must_use]
    pub fn handoff_to(&self) -> Option<&str> {
        match self {
            Self::Completed { handoff_to, .. } => handoff_to.as_deref().filter(|to| !to.is_empty()),
            Self::Handoff { handoff_to, .. } => Some(handoff_to),
            Self::Assigned { .. } | Self::Progress { .. } => None,
        }
    }
}

impl AgentActivity {
    /// An agent of which nothing is known yet.
    #[must_use]
    pub fn new(agent_type: &str, project_id: Option<ProjectId>, now: Moment) -> Self {
        Self {
            agent_type: agent_type.to_owned(),
            project_id,
            task_id: String::new(),
            status: AgentStatus::Idle,
            current_task: None,
            progress: None,
            vram_usage: None,
            estimated_duration: None,
            handoff_to: None,
            output: None,
            ended_tasks: Vec::new(),
            last_seen: now,
            version: 0,
        }
    }

    /// Takes in a report. Returns whether it changed more than the time: one that comes twice does not, nor does one about a work that it ended. An agent
    /// that tells of a work which nobody assigned has it.
    pub fn apply(&mut self, report: &AgentReport, now: Moment) -> bool {
        let before = self.clone();
        self.last_seen = self.last_seen.max(now);
        let task = report.task_id();
        if !self.ended_tasks.iter().any(|ended| ended == task) {
            self.take_in(task, report);
        } else if let Some(to) = report.handoff_to()
            && self.task_id == task
        {
            // It completed its work before it said who goes on.
            self.handoff_to = Some(to.to_owned());
        }
        let is_news = Self { last_seen: before.last_seen, ..self.clone() } != before;
        self.version += u32::from(is_news);
        is_news
    }

    fn take_in(&mut self, task: &str, report: &AgentReport) {
        if self.task_id != task {
            let ended = std::mem::take(&mut self.ended_tasks);
            let mut new = Self::new(&self.agent_type, self.project_id, self.last_seen);
            new.ended_tasks = ended;
            if !self.task_id.is_empty() {
                new.end(&self.task_id);
            }
            new.version = self.version;
            new.task_id = task.to_owned();
            *self = new;
        }
        match report {
            AgentReport::Assigned { task_description, estimated_duration, .. } => {
                self.status = AgentStatus::Working;
                self.current_task = Some(task_description.clone());
                self.estimated_duration = *estimated_duration;
                self.progress.get_or_insert(0.0);
            }
            AgentReport::Progress { progress, current_step, vram_usage, .. } => {
                self.status = AgentStatus::Working;
                self.progress = Some(*progress);
                self.current_task = current_step.clone().or(self.current_task.take());
                self.vram_usage = vram_usage.or(self.vram_usage);
            }
            AgentReport::Completed { output, .. } => {
                self.progress = Some(100.0);
                self.output = output.clone();
                self.complete(task, report);
            }
            AgentReport::Handoff { .. } => self.complete(task, report),
        }
    }

    fn complete(&mut self, task: &str, report: &AgentReport) {
        self.status = AgentStatus::Completed;
        self.handoff_to = report.handoff_to().map(str::to_owned);
        // It gave back what it claimed.
        self.vram_usage = None;
        self.end(task);
    }

    fn end(&mut self, task: &str) {
        if !self.ended_tasks.iter().any(|ended| ended == task) {
            self.ended_tasks.push(task.to_owned());
        }
        let over = self.ended_tasks.len().saturating_sub(limits::AGENT_ENDED);
        self.ended_tasks.drain(..over);
    }

    /// It works, and told nothing for [`limits::AGENT_SILENCE`]. It may still be working: it did not fail.
    #[must_use]
    pub fn is_stale(&self, now: Moment) -> bool {
        self.status == AgentStatus::Working && u128::from(now.0.since(self.last_seen.0)) > limits::AGENT_SILENCE.as_millis()
    }
}

/// The way of a work through agents, in order of time: from the first that had it to the last that got it. At most as long as the list.
#[must_use]
pub fn handoff_chain<'a>(handoffs: &'a [AgentHandoff], task_id: &str) -> Vec<&'a str> {
    let mut chain: Vec<&str> = Vec::new();
    for handoff in handoffs.iter().filter(|handoff| handoff.task_id == task_id) {
        if chain.last() != Some(&handoff.from.as_str()) {
            chain.push(&handoff.from);
        }
        chain.push(&handoff.to);
    }
    chain
}
