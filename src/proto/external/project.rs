//! Messages about a project, as the studio's own programs publish them on `project:{id}:events`: flat JSON with `type`, whose fields may be in `data`. Over
//! HTTP they are CloudEvents, whose data name the project in `project_id`.
//!
//! `git.commit|push|pull {ref, message, author}`, `file.uploaded|deleted {file: {name, path, size, asset_type}}`, `process.started|progress|completed {process_id,
//! progress, message}`, `agent.assigned {agent_type, task_id, task_description, estimated_duration}`, `agent.progress {…, progress, current_step, vram_usage}`,
//! `agent.completed {…, output, handoff_to}`, `agent.handoff {…, handoff_to}`.

use serde_json::{Map, Value};

use super::{
    cloud_events::{CloudEvent, short_type},
    fields,
    message_error::MessageError,
};
use crate::{
    limits,
    production::{AgentReport, GitReport, ProcessReport, ProductionEvent, ProjectFile},
};

/// The value of the member `origin` of messages that a Darkroom published. No Darkroom takes them in: two that hear each other would repeat them for ever.
pub const ORIGIN: &str = "darkroom";

/// What a program tells about a project.
#[derive(Clone, Debug, PartialEq)]
pub enum ProjectReport {
    /// It is noted as it is.
    Event(ProductionEvent),
    Agent {
        agent_type: String,
        report: AgentReport,
    },
}

/// The project in the name of a channel, as it is written: in `project:{id}:events` and, with `suffix` `:commands`, where commands come.
#[must_use]
pub fn project_of_channel<'a>(channel: &'a str, suffix: &str) -> Option<&'a str> {
    channel.strip_prefix("project:")?.strip_suffix(suffix).filter(|project| !project.is_empty())
}

/// Whether a Darkroom published it.
#[must_use]
pub fn is_own(message: &Map<String, Value>) -> bool {
    message.get("origin").is_some_and(|origin| origin == ORIGIN)
}

/// What a CloudEvent says of the project that its data name (`project_id`), and the project as it is named. `None`: its type is none of those, it names no
/// project, or a Darkroom published it.
///
/// # Errors
/// A field that its data lack.
pub fn report_of_event(event: &CloudEvent) -> Result<Option<(String, ProjectReport)>, MessageError> {
    let Some(Value::Object(data)) = &event.data else { return Ok(None) };
    let Some(project) = fields::text(data, "project_id", limits::EXTERNAL_ID).filter(|_| !is_own(data)) else { return Ok(None) };
    let report = project_report(short_type(&event.kind), data).transpose()?;
    Ok(report.map(|report| (project, report)))
}

/// What a message says of its project. `None`: its type is none of those.
///
/// # Errors
/// A field that it lacks.
pub(super) fn project_report(kind: &str, message: &Map<String, Value>) -> Option<Result<ProjectReport, MessageError>> {
    let event: fn(&Map<String, Value>) -> Result<ProductionEvent, MessageError> = match kind {
        "git.commit" => |message| Ok(ProductionEvent::GitCommit(git(message))),
        "git.push" => |message| Ok(ProductionEvent::GitPush(git(message))),
        "git.pull" => |message| Ok(ProductionEvent::GitPull(git(message))),
        "file.uploaded" => |message| Ok(ProductionEvent::FileUploaded { file: file(message)? }),
        "file.deleted" => |message| Ok(ProductionEvent::FileDeleted { file: file(message)? }),
        "process.started" => |message| Ok(ProductionEvent::ProcessStarted(process(message)?)),
        "process.progress" => |message| Ok(ProductionEvent::ProcessProgress(process(message)?)),
        "process.completed" => |message| Ok(ProductionEvent::ProcessCompleted(process(message)?)),
        "agent.assigned" | "agent.progress" | "agent.completed" | "agent.handoff" => return Some(agent(kind, message)),
        _ => return None,
    };
    Some(event(message).map(ProjectReport::Event))
}

fn git(message: &Map<String, Value>) -> GitReport {
    let text = |key| fields::text(message, key, limits::EXTERNAL_MESSAGE);
    GitReport { reference: text("ref"), message: text("message"), author: text("author") }
}

fn file(message: &Map<String, Value>) -> Result<ProjectFile, MessageError> {
    let file = match message.get("file") {
        Some(Value::Object(file)) => file,
        _ => message,
    };
    let text = |key| fields::text(file, key, limits::EXTERNAL_MESSAGE);
    let (name, path) = (text("name"), text("path"));
    let path = path.or_else(|| name.clone()).ok_or(MessageError::Lacks("path"))?;
    let name = name.unwrap_or_else(|| path.rsplit('/').next().unwrap_or_default().to_owned());
    let size = file.get("size").and_then(fields::whole).unwrap_or_default();
    Ok(ProjectFile { name, path, size, asset_type: text("asset_type").unwrap_or_default() })
}

fn process(message: &Map<String, Value>) -> Result<ProcessReport, MessageError> {
    let process_id = fields::text(message, "process_id", limits::EXTERNAL_ID).ok_or(MessageError::Lacks("process_id"))?;
    let progress = message.get("progress").and_then(Value::as_f64).filter(|progress| (0.0..=100.0).contains(progress));
    Ok(ProcessReport { process_id, progress, message: fields::text(message, "message", limits::EXTERNAL_MESSAGE) })
}

/// Only the fields that reports of agents have: what else is in the message is left out.
fn agent(kind: &str, message: &Map<String, Value>) -> Result<ProjectReport, MessageError> {
    let of_kind: &[&str] = match kind {
        "agent.assigned" => &["task_id", "task_description", "estimated_duration"],
        "agent.progress" => &["task_id", "progress", "current_step", "vram_usage"],
        "agent.completed" => &["task_id", "output", "handoff_to"],
        _ => &["task_id", "handoff_to"],
    };
    let agent_type = fields::text(message, "agent_type", limits::AGENT_TYPE).ok_or(MessageError::Lacks("agent_type"))?;
    let mut report = Map::from_iter([("type".to_owned(), Value::from(kind))]);
    report.extend(of_kind.iter().filter_map(|field| Some(((*field).to_owned(), message.get(*field)?.clone()))));
    if kind == "agent.assigned" {
        report.entry("task_description").or_insert_with(|| "".into());
    }
    let report: AgentReport = serde_json::from_value(Value::Object(report)).map_err(|error| MessageError::Agent(error.to_string()))?;
    report.check().map_err(|problem| MessageError::Agent(format!("{}: {}", problem.field, problem.message)))?;
    Ok(ProjectReport::Agent { agent_type, report })
}
