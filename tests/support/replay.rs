//! Applies a recording to the reducer as the server would, and keeps every change.

use std::collections::HashMap;

use darkroom::proto::{
    comfy::{Catalog, ComfyEvent, HistoryEntry, Workflow, decode_text, parse_lenient},
    ids::{BackendId, TaskId},
    task::{
        Change, Durations, Estimate, Forecast, Numbered, Snapshot, Task, TaskState, end_by_history, end_by_socket, estimate, interpret,
    },
    time::Timestamp,
};
use serde_json::Value;

use super::Recording;

/// The state over time as changes: `snapshots[k]` is the state before `changes[k]`.
#[derive(Debug, Default)]
pub struct Replay {
    pub end: Snapshot,
    pub changes: Vec<Numbered>,
    /// When each change was made, in the recording's time.
    pub times: Vec<Timestamp>,
    pub durations: Durations,
    forecasts: HashMap<TaskId, Forecast>,
}

pub fn replay(recording: &Recording) -> Replay {
    replay_knowing(recording, Durations::default())
}

/// The same, with durations learned before.
pub fn replay_knowing(recording: &Recording, durations: Durations) -> Replay {
    let mut replay = Replay { durations, ..Replay::default() };
    for (at, line) in recording.lines.iter().enumerate() {
        let now = Timestamp((line["t"].as_f64().unwrap_or_default() * 1000.0) as u64);
        let rest = &recording.lines[at..];
        match line["kind"].as_str() {
            Some("http") => replay.http(line, now),
            Some("ws_text") => replay.frame(line["text"].as_str().unwrap_or_default(), rest, now),
            _ => {}
        }
    }
    // What a final history request would add.
    for id in replay.end.tasks.iter().filter(|task| !task.state.is_final()).map(|task| task.id).collect::<Vec<_>>() {
        if let Some(entry) = history(&recording.lines, id) {
            let changes = replay.end.task(id).map(|task| end_by_history(task, &entry, Timestamp(0))).unwrap_or_default();
            replay.push(changes, Timestamp(0));
        }
    }
    replay
}

impl Replay {
    fn push(&mut self, changes: Vec<Change>, now: Timestamp) {
        for change in changes {
            let task = change.task().and_then(|id| self.end.task(id));
            if let Some(task) = task
                && let Some(forecast) = self.forecasts.get_mut(&task.id)
            {
                forecast.watch(task, &change, now, &mut self.durations);
            }
            self.times.push(now);
            let numbered = self.end.push(change);
            self.changes.push(numbered);
        }
    }

    fn http(&mut self, line: &Value, now: Timestamp) {
        let path = line["path"].as_str().unwrap_or_default().trim_start_matches("/api");
        let answer = &line["response_body"];
        let (true, true, Some(id)) = (line["method"] == "POST", path == "/prompt", answer["prompt_id"].as_str()) else { return };
        let Ok(id) = id.parse::<TaskId>() else { return };
        let Ok(workflow) = Workflow::from_value(line["request_body"]["prompt"].clone()) else { return };
        if self.end.task(id).is_none() {
            let name = format!("task {}", self.end.tasks.len() + 1);
            let task = Task::new(id, &name, &workflow, &Catalog::default(), &self.durations, now);
            self.forecasts.insert(id, Forecast::new(&workflow));
            self.push(vec![Change::TaskAdded(Box::new(task)), Change::TaskQueued { task: id, backend: BackendId::from("recorded") }], now);
        }
    }

    fn frame(&mut self, text: &str, rest: &[Value], now: Timestamp) {
        let event = decode_text(text).expect("every recorded frame decodes");
        let Some(id) = event.prompt_id().and_then(|prompt| prompt.task()) else { return };
        let Some(task) = self.end.task(id) else { return };
        let changes = interpret(task, &event, now);
        if let Some(forecast) = self.forecasts.get_mut(&id) {
            forecast.observe(&event);
        }
        self.push(changes, now);
        self.tell_progress(id, now);
        if matches!(&event, ComfyEvent::Executing(executing) if executing.node.is_none()) {
            let task = self.end.task(id).expect("known");
            let changes = history(rest, id).map_or_else(|| end_by_socket(task, now), |entry| end_by_history(task, &entry, now));
            self.push(changes, now);
        }
    }

    fn tell_progress(&mut self, id: TaskId, now: Timestamp) {
        let Some(task) = self.end.task(id).filter(|task| task.state == TaskState::Running) else { return };
        let Some(forecast) = self.forecasts.get(&id) else { return };
        let Estimate { permille, ends_at, within_ms } = estimate(task, forecast, now);
        self.push(vec![Change::TaskProgress { task: id, permille, ends_at, within_ms }], now);
    }
}

/// The `/history` entry of this run that the recording client read, if any.
fn history(lines: &[Value], id: TaskId) -> Option<HistoryEntry> {
    let key = id.to_string();
    let answers =
        lines.iter().filter(|line| line["method"] == "GET" && line["path"].as_str().is_some_and(|path| path.contains("/history")));
    let entries = answers.filter_map(|line| match line["response_text"].as_str() {
        Some(text) => parse_lenient::<Value>(text).ok()?.get(&key).cloned(),
        None => line["response_body"].get(&key).cloned(),
    });
    entries.filter_map(|entry| serde_json::from_value(entry).ok()).next()
}
