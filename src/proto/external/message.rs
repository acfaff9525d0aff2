//! A message of Redis, by its channel.

use serde_json::{Map, Value};

pub use super::message_error::MessageError;
use super::{
    celery::{CeleryError, CeleryEvent, KombuEnvelope, read_event, read_meta},
    cloud_events::{CloudEvent, KnownEvent, known_event, parse_structured, short_type},
    fact::{ProgressScale, TaskFact, WorkerFact},
    fields,
    project::{ProjectReport, is_own, project_of_channel, project_report},
    story,
};
use crate::limits;

/// What one message says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExternalReport {
    pub tasks: Vec<TaskFact>,
    pub workers: Vec<WorkerFact>,
    /// Events that are kept as they are.
    pub events: Vec<CloudEvent>,
    /// What changes a project, and the project as the channel names it.
    pub project: Option<(String, ProjectReport)>,
    /// By what a repetition of each part is recognized, which comes where a message is published on two channels, or in two forms. In the order of the
    /// message; a part whose key was seen is to be left out ([`ExternalReport::without_seen`]).
    keys: Vec<ReportKey>,
}

/// The key of a part: of the task or worker that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportKey {
    Task(u64),
    Worker(u64),
}

/// How channels end that tell what happens in a project.
const EVENTS: &str = ":events";
/// Where Celery's result backend has its values.
pub const META_PREFIX: &str = "celery-task-meta-";

/// Reads a message. Prefixes of keys (`global_keyprefix`) may be before all names.
///
/// # Errors
/// It cannot be read. Nothing of it is to be taken.
pub fn read_message(channel: &str, payload: &[u8], scale: ProgressScale) -> Result<ExternalReport, MessageError> {
    if payload.len() > limits::EXTERNAL_VALUE {
        return Err(CeleryError::TooLarge(limits::EXTERNAL_VALUE).into());
    }
    if let Some((_, id)) = channel.split_once(META_PREFIX) {
        return Ok(ExternalReport { tasks: vec![read_meta(id, payload)?.fact(scale, false)], ..ExternalReport::default() });
    }
    if channel.contains(".celeryev") {
        return Ok(events(&read_event(&KombuEnvelope::read(payload)?)?, scale));
    }
    let Ok(Value::Object(data)) = serde_json::from_slice(payload) else { return Err(MessageError::Unknown) };
    if is_own(&data) {
        return Ok(ExternalReport::default());
    }
    if data.contains_key("specversion") {
        return cloud_event(channel, parse_structured(Value::Object(data))?, scale);
    }
    if let Some((_, id)) = channel.split_once("task:progress:")
        && !id.is_empty()
        && id.len() <= limits::EXTERNAL_ID
    {
        return Ok(ExternalReport { tasks: vec![story::progress_fact(id, &data, scale)], ..ExternalReport::default() });
    }
    story_message(channel, data, scale)
}

/// The value of a key of the result backend.
///
/// # Errors
/// It cannot be read.
pub fn read_stored(id: &str, value: &[u8], scale: ProgressScale) -> Result<TaskFact, MessageError> {
    Ok(read_meta(id, value)?.fact(scale, true))
}

fn events(events: &[CeleryEvent], scale: ProgressScale) -> ExternalReport {
    let mut report = ExternalReport::default();
    for event in events {
        let key = event.repetition_key();
        match event {
            CeleryEvent::Task(event) => {
                report.tasks.push(event.fact(scale));
                report.keys.push(ReportKey::Task(key));
            }
            CeleryEvent::Worker(event) => {
                report.workers.push(event.fact());
                report.keys.push(ReportKey::Worker(key));
            }
            // Somebody's own event about nothing that is known here.
            CeleryEvent::Other { .. } => {}
        }
    }
    report
}

fn cloud_event(channel: &str, event: CloudEvent, scale: ProgressScale) -> Result<ExternalReport, MessageError> {
    let project = match (project_of_channel(channel, EVENTS), &event.data) {
        (Some(project), Some(Value::Object(data))) => said_of(project, short_type(&event.kind), data)?,
        _ => None,
    };
    let tasks = match known_event(&event, scale).map_err(MessageError::Lacks)? {
        KnownEvent::Task(fact) => vec![*fact],
        KnownEvent::Plain => Vec::new(),
    };
    Ok(ExternalReport { tasks, events: vec![event], project, ..ExternalReport::default() })
}

/// What changes a project.
fn said_of(project: &str, kind: &str, message: &Map<String, Value>) -> Result<Option<(String, ProjectReport)>, MessageError> {
    let report = project_report(kind, message).transpose()?;
    Ok(report.map(|report| (project.to_owned(), report)))
}

/// A message with `type`, as on `project:{id}:events`; its fields may be in `data`.
fn story_message(channel: &str, mut message: Map<String, Value>, scale: ProgressScale) -> Result<ExternalReport, MessageError> {
    let kind = fields::text(&message, "type", limits::EXTERNAL_NAME).ok_or(MessageError::Unknown)?;
    if let Some(Value::Object(data)) = message.remove("data") {
        for (key, value) in data {
            message.entry(key).or_insert(value);
        }
    }
    let of_channel = project_of_channel(channel, EVENTS);
    if let Some(project) = of_channel.filter(|_| !message.contains_key("project_id")) {
        message.insert("project_id".to_owned(), project.into());
    }
    let project = match of_channel {
        Some(project) => said_of(project, &kind, &message)?,
        None => None,
    };
    let fact = story::task_fact(&kind, &message, "redis", scale).transpose().map_err(MessageError::Lacks)?;
    // Progress is never kept as an event, nor are tasks, whose state is.
    let is_kept = if project.is_some() { !kind.ends_with(".progress") } else { fact.is_none() };
    let tasks = fact.into_iter().collect();
    // Most have no id.
    let id = project.as_ref().and_then(|_| fields::text(&message, "id", limits::EXTERNAL_ID)).unwrap_or_default();
    let source = format!("redis:{channel}");
    let event = CloudEvent { source, id, kind, data: Some(Value::Object(message)), ..CloudEvent::default() };
    let events = if is_kept { vec![event] } else { Vec::new() };
    Ok(ExternalReport { tasks, events, project, ..ExternalReport::default() })
}

impl ExternalReport {
    /// The report without parts that came before. `is_new` is asked once for each, and notes it.
    #[must_use]
    pub fn without_seen(mut self, mut is_new: impl FnMut(u64) -> bool) -> Self {
        let keys = std::mem::take(&mut self.keys);
        let mut of_tasks = keys.iter().filter_map(|key| if let ReportKey::Task(key) = key { Some(*key) } else { None });
        self.tasks.retain(|_| of_tasks.next().is_none_or(&mut is_new));
        let mut of_workers = keys.iter().filter_map(|key| if let ReportKey::Worker(key) = key { Some(*key) } else { None });
        self.workers.retain(|_| of_workers.next().is_none_or(&mut is_new));
        self
    }
}
