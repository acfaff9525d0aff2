//! What the client of a prompt hears of its run, in the order of ComfyUI: the run's own messages as they come, and what was missed of them made up for.
//!
//! The end waits until the history is written: `execution_success` (or `_error`, `_interrupted`), `status`, `executing` without a node (facts 6 and 10).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::RunRecord;
use crate::comfy::python_json;
use crate::{
    comfy::ComfyEvent,
    ids::NodeId,
    task::{Task, TaskState},
    time::Timestamp,
};

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunMessage {
    /// The number of prompts in the queue, to everybody.
    Status,
    /// A message as text, to the client of the prompt.
    Text(String),
}

/// The messages of the present run of a prompt.
#[derive(Clone, Debug, Default)]
pub struct ClientRun {
    prompt_id: String,
    started: Option<(String, Timestamp)>,
    cached: Option<(String, Vec<NodeId>)>,
    progress: Option<String>,
    current: Option<String>,
    executed: Vec<String>,
    executed_nodes: BTreeSet<NodeId>,
    /// Held until the prompt is in the history.
    end: Option<String>,
}

impl ClientRun {
    #[must_use]
    pub fn new(prompt_id: &str) -> Self {
        Self { prompt_id: prompt_id.to_owned(), ..Self::default() }
    }

    /// ComfyUI said this of the run; `text` is its message, in which the prompt has its client's id.
    pub fn hear(&mut self, event: &ComfyEvent, text: &str, now: Timestamp) -> Vec<RunMessage> {
        let said = RunMessage::Text(text.to_owned());
        match event {
            ComfyEvent::ExecutionStart(start) => {
                // A run that begins again begins from nothing.
                *self = Self::new(&self.prompt_id);
                self.started = Some((text.to_owned(), start.timestamp.map_or(now, Timestamp)));
                return vec![RunMessage::Status, said];
            }
            ComfyEvent::Executing(executing) if executing.node.is_none() => return Vec::new(),
            _ => {}
        }
        let mut messages = if self.started.is_none() { self.begin(now, event) } else { Vec::new() };
        match event {
            ComfyEvent::ExecutionCached(cached) => self.cached = Some((text.to_owned(), cached.nodes.clone())),
            ComfyEvent::Executing(_) => self.current = Some(text.to_owned()),
            ComfyEvent::ProgressState(_) => self.progress = Some(text.to_owned()),
            ComfyEvent::Executed(executed) => {
                self.executed.push(text.to_owned());
                self.executed_nodes.insert(executed.node.clone());
            }
            ComfyEvent::ExecutionSuccess(_) | ComfyEvent::ExecutionError(_) | ComfyEvent::ExecutionInterrupted(_) => {
                // An error after which the run went on was not its end (fact 27).
                messages.extend(self.end.replace(text.to_owned()).map(RunMessage::Text));
                return messages;
            }
            _ => {}
        }
        messages.extend(self.end.take().map(RunMessage::Text));
        messages.push(said);
        messages
    }

    /// The run began, and its first messages were not heard.
    pub fn began(&mut self, now: Timestamp) -> Vec<RunMessage> {
        if self.started.is_some() { Vec::new() } else { self.begin_with(now, true) }
    }

    fn begin(&mut self, now: Timestamp, next: &ComfyEvent) -> Vec<RunMessage> {
        self.begin_with(now, !matches!(next, ComfyEvent::ExecutionCached(_)))
    }

    fn begin_with(&mut self, now: Timestamp, is_cached_missing: bool) -> Vec<RunMessage> {
        let start = self.message("execution_start", json!({"prompt_id": self.prompt_id, "timestamp": now.0}));
        self.started = Some((start.clone(), now));
        let mut messages = vec![RunMessage::Status, RunMessage::Text(start)];
        if is_cached_missing {
            let cached = self.message("execution_cached", json!({"nodes": [], "prompt_id": self.prompt_id, "timestamp": now.0}));
            self.cached = Some((cached.clone(), Vec::new()));
            messages.push(RunMessage::Text(cached));
        }
        messages
    }

    fn message(&self, kind: &str, data: Value) -> String {
        python_json(&json!({"type": kind, "data": data}))
    }

    /// The run is lost, and the prompt waits for another.
    pub fn lost(&mut self) {
        *self = Self::new(&self.prompt_id);
    }

    /// For a client that comes back: where the run is. Not what was cached: ComfyUI's page takes the nodes that it hears of for all there are if it did not submit
    /// them itself, as after a reload, and would show 100 % until the end.
    #[must_use]
    pub fn present(&self) -> Vec<String> {
        let started = self.started.iter().map(|(text, _)| text);
        started.chain(&self.progress).chain(&self.current).cloned().collect()
    }

    /// The prompt is in the history, as `record`: the rest of its messages. The client hears also of results whose messages were missed.
    pub fn ended(&mut self, task: &Task, record: &RunRecord, now: Timestamp) -> Vec<RunMessage> {
        let mut messages = self.began(now);
        for (node, output) in record.outputs() {
            if self.executed_nodes.insert(NodeId::from(node.as_str())) {
                let shown = record.display_node(node);
                let data = json!({"node": node, "display_node": shown, "output": output, "prompt_id": self.prompt_id});
                let text = self.message("executed", data);
                self.executed.push(text.clone());
                messages.push(RunMessage::Text(text));
            }
        }
        let heard = self.end.take().filter(|text| is_end_of(text, task.state));
        let end = heard.unwrap_or_else(|| {
            let (kind, data) = record.end_message().unwrap_or_else(|| self.end_of(task, now));
            self.message(&kind, data)
        });
        messages.push(RunMessage::Text(end));
        messages.push(RunMessage::Status);
        messages.push(RunMessage::Text(self.message("executing", json!({"node": null, "prompt_id": self.prompt_id}))));
        messages
    }

    /// All that a client has to hear of a run that ended while it was away, given the messages of its end.
    #[must_use]
    pub fn whole(&self, end: Vec<RunMessage>) -> Vec<RunMessage> {
        let known: BTreeSet<&String> =
            end.iter().filter_map(|message| if let RunMessage::Text(text) = message { Some(text) } else { None }).collect();
        let started = self.started.iter().map(|(text, _)| text);
        let cached = self.cached.iter().map(|(text, _)| text);
        let earlier = started.chain(cached).chain(&self.executed).filter(|text| !known.contains(text));
        let earlier: Vec<RunMessage> = earlier.cloned().map(RunMessage::Text).collect();
        earlier.into_iter().chain(end).collect()
    }

    /// What the history says of the run's messages where no ComfyUI's history says it: those that were heard, and the end.
    #[must_use]
    pub fn history_messages(&self, task: &Task, now: Timestamp) -> Value {
        let data = |text: &String| serde_json::from_str::<Value>(text).map(|message| message["data"].clone()).unwrap_or_default();
        let at = self.started.as_ref().map_or(now, |(_, at)| *at);
        let started = self.started.as_ref().map(|(text, _)| data(text));
        let started = started.unwrap_or_else(|| json!({"prompt_id": self.prompt_id, "timestamp": at.0}));
        let cached = self.cached.as_ref().map(|(text, _)| data(text));
        let cached = cached.unwrap_or_else(|| json!({"nodes": [], "prompt_id": self.prompt_id, "timestamp": at.0}));
        let (kind, end) = match &self.end {
            Some(text) if is_end_of(text, task.state) => {
                let message: Value = serde_json::from_str(text).unwrap_or_default();
                (message["type"].as_str().unwrap_or_default().to_owned(), message["data"].clone())
            }
            _ => self.end_of(task, now),
        };
        json!([["execution_start", started], ["execution_cached", cached], [kind, end]])
    }

    /// The message about how a task ended.
    fn end_of(&self, task: &Task, now: Timestamp) -> (String, Value) {
        let mut data = Map::from_iter([("prompt_id".to_owned(), json!(self.prompt_id)), ("timestamp".to_owned(), json!(now.0))]);
        let executed: Vec<&str> = self.executed_nodes.iter().map(NodeId::as_str).collect();
        let kind = match task.state {
            TaskState::Completed => "execution_success",
            TaskState::Cancelled => {
                let node = task.current_node();
                data.extend([
                    ("node_id".to_owned(), json!(node.map(|node| &node.id))),
                    ("node_type".to_owned(), json!(node.map(|node| &node.class))),
                    ("executed".to_owned(), json!(executed)),
                ]);
                "execution_interrupted"
            }
            _ => {
                let error = task.error.as_ref();
                let node = error.and_then(|error| error.node.as_ref()).map_or("", NodeId::as_str);
                let class = error.and_then(|error| error.class.as_deref()).unwrap_or_default();
                let exception = error.and_then(|error| error.exception.as_deref()).unwrap_or("RuntimeError");
                data.extend([
                    ("node_id".to_owned(), json!(node)),
                    ("node_type".to_owned(), json!(class)),
                    ("executed".to_owned(), json!(executed)),
                    ("exception_message".to_owned(), json!(error.map_or("", |error| &error.message))),
                    ("exception_type".to_owned(), json!(exception)),
                    ("traceback".to_owned(), json!(error.map(|error| &error.traceback).unwrap_or(&Vec::new()))),
                    ("current_inputs".to_owned(), json!({})),
                    ("current_outputs".to_owned(), json!([])),
                ]);
                "execution_error"
            }
        };
        (kind.to_owned(), data.into())
    }
}

/// Whether a message is of such an end: a run that was lost may have ended otherwise before.
fn is_end_of(text: &str, state: TaskState) -> bool {
    let kind = match state {
        TaskState::Completed => "execution_success",
        TaskState::Cancelled => "execution_interrupted",
        _ => "execution_error",
    };
    serde_json::from_str::<Value>(text).is_ok_and(|message| message["type"] == kind)
}

#[cfg(test)]
mod tests;
