//! Events of workers: what happens to tasks, and that a worker is there.

use serde_json::{Map, Value};

use super::{envelope::KombuEnvelope, error::CeleryError, python};
use crate::{
    external::{
        fact::{FactOrigin, ProgressScale, TaskFact, WorkerFact},
        fields,
        join::JoinedBy,
        task::{ExternalResult, ExternalState, ResultFormat},
    },
    limits,
};

/// An event, typed by the word before its first dash.
#[derive(Clone, Debug)]
pub enum CeleryEvent {
    Task(CeleryTaskEvent),
    Worker(CeleryWorkerEvent),
    /// Of another type: somebody's own.
    Other {
        kind: String,
        fields: Map<String, Value>,
    },
}

#[derive(Clone, Debug)]
pub struct CeleryTaskEvent {
    pub kind: TaskEventKind,
    /// The task's id.
    pub uuid: String,
    pub hostname: String,
    pub pid: u64,
    /// Counts the messages that its process saw (Lamport). Only within one process it says what was first.
    pub clock: u64,
    /// Microseconds since 1970, by the clock of the worker.
    pub at_us: Option<u64>,
    pub fields: Map<String, Value>,
}

/// What happened to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskEventKind {
    /// By the program that wants it done, not by a worker.
    Sent,
    Received,
    Started,
    Succeeded,
    Failed,
    Retried,
    Revoked,
    Rejected,
    /// The task's own (`send_event("task-progress", …)`), by the word after the dash.
    Custom(String),
}

#[derive(Clone, Debug)]
pub struct CeleryWorkerEvent {
    pub kind: WorkerEventKind,
    pub hostname: String,
    pub pid: u64,
    pub clock: u64,
    pub fields: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerEventKind {
    Online,
    Heartbeat,
    Offline,
    Custom(String),
}

/// All events of a message on `/{db}.celeryev/…`, in their order. One that is no event is left out, and the others are read.
///
/// # Errors
/// The message cannot be read.
pub fn read_event(envelope: &KombuEnvelope) -> Result<Vec<CeleryEvent>, CeleryError> {
    let events: Vec<&Value> = match &envelope.body {
        Value::Array(events) => events.iter().take(limits::EXTERNAL_BATCH).collect(),
        event @ Value::Object(_) => vec![event],
        _ => return Err(CeleryError::Damaged("its body is neither an event nor a list of events")),
    };
    Ok(events.into_iter().filter_map(|event| event.as_object().and_then(CeleryEvent::of)).collect())
}

impl CeleryEvent {
    fn of(event: &Map<String, Value>) -> Option<Self> {
        let kind = event.get("type")?.as_str()?;
        let hostname = fields::text(event, "hostname", limits::EXTERNAL_NAME).unwrap_or_default();
        let number = |key: &str| event.get(key).and_then(fields::whole).unwrap_or_default();
        let (pid, clock, own) = (number("pid"), number("clock"), event.clone());
        Some(match kind.split_once('-') {
            Some(("task", word)) => {
                let uuid = event.get("uuid")?.as_str().filter(|id| !id.is_empty() && id.len() <= limits::EXTERNAL_ID)?.to_owned();
                let at_us = event.get("timestamp").and_then(Value::as_f64).map(|seconds| (seconds * 1e6) as u64);
                Self::Task(CeleryTaskEvent { kind: TaskEventKind::of(word), uuid, hostname, pid, clock, at_us, fields: own })
            }
            Some(("worker", word)) if !hostname.is_empty() => {
                Self::Worker(CeleryWorkerEvent { kind: WorkerEventKind::of(word), hostname, pid, clock, fields: own })
            }
            _ => Self::Other { kind: fields::cut(kind, limits::EXTERNAL_NAME).0, fields: own },
        })
    }

    /// By what a repetition is recognized: `(uuid, type, clock, pid)`.
    #[must_use]
    pub fn repetition_key(&self) -> u64 {
        let text = match self {
            Self::Task(event) => format!("{} {:?} {} {}", event.uuid, event.kind, event.clock, event.pid),
            Self::Worker(event) => format!("{} {:?} {} {}", event.hostname, event.kind, event.clock, event.pid),
            Self::Other { kind, fields } => format!("{kind} {}", Value::Object(fields.clone())),
        };
        fields::content_hash(text.as_bytes())
    }
}

impl TaskEventKind {
    fn of(word: &str) -> Self {
        match word {
            "sent" => Self::Sent,
            "received" => Self::Received,
            "started" => Self::Started,
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "retried" => Self::Retried,
            "revoked" => Self::Revoked,
            "rejected" => Self::Rejected,
            word => Self::Custom(fields::cut(word, limits::EXTERNAL_NAME).0),
        }
    }
}

impl WorkerEventKind {
    fn of(word: &str) -> Self {
        match word {
            "online" => Self::Online,
            "heartbeat" => Self::Heartbeat,
            "offline" => Self::Offline,
            word => Self::Custom(fields::cut(word, limits::EXTERNAL_NAME).0),
        }
    }
}

impl CeleryTaskEvent {
    /// What the event says about its task.
    #[must_use]
    pub fn fact(&self, scale: ProgressScale) -> TaskFact {
        let event = &self.fields;
        let text = |key: &str, limit| fields::text(event, key, limit);
        let mut fact = TaskFact {
            id: self.uuid.clone(),
            source: "celery".to_owned(),
            origin: FactOrigin::Event,
            name: text("name", limits::EXTERNAL_NAME),
            retries: event.get("retries").and_then(fields::whole).and_then(|retries| u32::try_from(retries).ok()),
            parent_id: text("parent_id", limits::EXTERNAL_ID).filter(|parent| *parent != self.uuid),
            worker_us: self.at_us,
            worker: Some(self.hostname.clone()).filter(|name| !name.is_empty() && self.kind != TaskEventKind::Sent),
            join: python::join_of_arguments(event.get("kwargs").and_then(Value::as_str).unwrap_or_default()),
            ..TaskFact::default()
        };
        let error = || {
            let exception = event.get("exception").and_then(Value::as_str).unwrap_or_default();
            Some(python::exception(exception, event.get("traceback").and_then(Value::as_str)))
        };
        fact.state = match &self.kind {
            TaskEventKind::Sent => Some(ExternalState::Pending),
            TaskEventKind::Received => Some(ExternalState::Received),
            TaskEventKind::Started => Some(ExternalState::Started),
            TaskEventKind::Succeeded => {
                fact.result = event.get("result").and_then(Value::as_str).map(|repr| {
                    let (text, is_cut) = fields::cut(repr, limits::EXTERNAL_RESULT);
                    ExternalResult { format: ResultFormat::Python, text, is_cut }
                });
                Some(ExternalState::Success)
            }
            TaskEventKind::Failed => {
                fact.error = error();
                Some(ExternalState::Failure)
            }
            TaskEventKind::Retried => {
                fact.error = error();
                Some(ExternalState::Retry)
            }
            TaskEventKind::Revoked => Some(ExternalState::Revoked),
            // With `requeue` it waits for a worker again.
            TaskEventKind::Rejected if event.get("requeue") == Some(&Value::Bool(true)) => Some(ExternalState::Pending),
            TaskEventKind::Rejected => Some(ExternalState::Rejected),
            TaskEventKind::Custom(word) => {
                fact.progress = fields::progress(event, scale);
                fact.message = fields::message(event);
                fact.join.merge(&fields::join(event, JoinedBy::Meta));
                fact.stage = (word != "progress").then(|| word.clone());
                fact.progress.is_some().then_some(ExternalState::Progress)
            }
        };
        fact
    }
}

impl CeleryWorkerEvent {
    /// What the event says about its worker.
    #[must_use]
    pub fn fact(&self) -> WorkerFact {
        let event = &self.fields;
        let number = |key: &str| event.get(key).and_then(fields::whole);
        let words = ["sw_ident", "sw_ver"].into_iter().filter_map(|key| fields::text(event, key, limits::EXTERNAL_WORD));
        let software = words.collect::<Vec<_>>().join(" ");
        let load = event.get("loadavg").and_then(Value::as_array).and_then(|load| {
            let hundredths = |value| fields::thousandths(value).and_then(|load| u32::try_from(load / 10).ok());
            <[u32; 3]>::try_from(load.iter().filter_map(hundredths).collect::<Vec<_>>()).ok()
        });
        WorkerFact {
            hostname: self.hostname.clone(),
            pid: Some(self.pid),
            clock: self.clock,
            stops: self.kind == WorkerEventKind::Offline,
            active: number("active"),
            processed: number("processed"),
            load,
            software: Some(software).filter(|text| !text.is_empty()),
            system: fields::text(event, "sw_sys", limits::EXTERNAL_WORD),
        }
    }
}
