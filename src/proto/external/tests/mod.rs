mod cloud_events;
mod commands;
mod decoding;
mod projects;
mod properties;
mod reading;
mod recording;
mod traps;
mod workers;

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{ExternalTask, ExternalWorker, ProgressScale, TaskFact, message::read_message};
use crate::time::Timestamp;

/// A record of `tests/recordings/celery/wire.jsonl`.
#[derive(Clone, Deserialize)]
pub(super) struct WireRecord {
    ms: u64,
    cmd: String,
    key: String,
    value: String,
}

pub(super) fn recording() -> Vec<WireRecord> {
    let text = include_str!("../../../../tests/recordings/celery/wire.jsonl");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Everything that was heard, reduced as the server does it.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) tasks: BTreeMap<String, ExternalTask>,
    pub(super) workers: BTreeMap<String, ExternalWorker>,
    seen: HashSet<u64>,
}

impl Heard {
    pub(super) fn message(&mut self, channel: &str, payload: &[u8], now: u64) {
        let report = read_message(channel, payload, ProgressScale::Auto).unwrap();
        let report = report.without_seen(|key| self.seen.insert(key));
        for fact in &report.tasks {
            self.fact(fact, now);
        }
        for fact in &report.workers {
            let now = Timestamp(now);
            self.workers
                .entry(fact.hostname.clone())
                .and_modify(|worker| worker.apply(fact, now))
                .or_insert_with(|| ExternalWorker::first(fact, now));
        }
    }

    pub(super) fn fact(&mut self, fact: &TaskFact, now: u64) {
        let now = Timestamp(now);
        if let Some(task) = self.tasks.get_mut(&fact.id) {
            task.apply(fact, now);
        } else {
            self.tasks.insert(fact.id.clone(), ExternalTask::first(fact, now));
        }
    }

    /// A value of the result backend, as it is published.
    pub(super) fn meta(&mut self, id: &str, meta: &Value) -> &ExternalTask {
        self.message(&format!("celery-task-meta-{id}"), meta.to_string().as_bytes(), 1_000);
        &self.tasks[id]
    }

    /// An event as it is published: `fields` besides those that all have. `clock`: also its time, in milliseconds.
    pub(super) fn event(&mut self, id: &str, kind: &str, clock: u64, fields: Value) -> &ExternalTask {
        self.message("/0.celeryev/task.multi", &envelope(&json!([task_event(id, kind, clock, fields)])), 1_000);
        &self.tasks[id]
    }
}

pub(super) fn task_event(id: &str, kind: &str, clock: u64, fields: Value) -> Value {
    let mut event = json!({"hostname": "gpu@vm", "utcoffset": 0.0, "pid": 7, "clock": clock, "timestamp": clock as f64 / 1000.0});
    event["uuid"] = id.into();
    event["type"] = kind.into();
    event.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap_or_default());
    event
}

pub(super) fn envelope(body: &Value) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    json!({
        "body": STANDARD.encode(body.to_string()),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"hostname": "gpu@vm"},
        "properties": {"body_encoding": "base64", "delivery_tag": "1"},
    })
    .to_string()
    .into_bytes()
}

pub(super) fn progress(current: u64, total: u64) -> Value {
    json!({"status": "PROGRESS", "result": {"current": current, "total": total, "message": format!("frame {current}")}})
}

pub(super) fn status(word: &str) -> Value {
    json!({"status": word, "result": null})
}
