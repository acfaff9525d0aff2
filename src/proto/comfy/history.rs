//! Prompts as ComfyUI lists them: `GET /history/{id}` and `GET /queue`. The `messages` tell how a run ended; `status_str` does not.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::event::{ComfyEvent, ExecutionError, decode_value};
use crate::ids::{NodeId, PromptId};

/// A run in `/history` (fact 41). ComfyUI writes it after it sends `execution_success` (fact 10).
#[derive(Clone, Debug, Deserialize)]
pub struct HistoryEntry {
    #[serde(default)]
    pub outputs: IndexMap<NodeId, Value>,
    /// May be null.
    #[serde(default)]
    pub status: Option<HistoryStatus>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct HistoryStatus {
    #[serde(default)]
    pub status_str: String,
    #[serde(default)]
    pub completed: bool,
    /// `[type, data]` pairs.
    #[serde(default)]
    pub messages: Vec<(String, Value)>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    Success,
    Error(Option<Box<ExecutionError>>),
    Interrupted,
}

impl HistoryEntry {
    /// From the last message that ends a run. `status_str` is "error" for both failures and interrupts (fact 30), and "success" for a
    /// cycle found at run time (fact 28).
    #[must_use]
    pub fn ending(&self) -> Ending {
        let Some(status) = &self.status else { return Ending::Success };
        let last = status.messages.iter().rev().find_map(|(kind, data)| match decode_value(kind, data) {
            ComfyEvent::ExecutionSuccess(_) => Some(Ending::Success),
            ComfyEvent::ExecutionError(error) => Some(Ending::Error(Some(error))),
            ComfyEvent::ExecutionInterrupted(_) => Some(Ending::Interrupted),
            _ => None,
        });
        last.unwrap_or(if status.completed || status.status_str == "success" { Ending::Success } else { Ending::Error(None) })
    }
}

/// `GET /queue`. Items are `[number, prompt_id, prompt, extra_data, outputs]`; `queue_pending` is in heap order (fact 40).
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Queue {
    #[serde(default)]
    queue_running: Vec<Vec<Value>>,
    #[serde(default)]
    queue_pending: Vec<Vec<Value>>,
}

/// An item of `/queue`.
#[derive(Clone, Debug)]
pub struct Queued<'a> {
    pub prompt: PromptId,
    pub running: bool,
    /// The extra data of the client, with `client_id` and `create_time` (ms).
    pub extra_data: Option<&'a Value>,
}

impl Queue {
    #[must_use]
    pub fn runs(&self, prompt: &PromptId) -> bool {
        count(&self.queue_running, prompt) > 0
    }

    /// Whether the prompt runs or waits.
    #[must_use]
    pub fn has(&self, prompt: &PromptId) -> bool {
        self.count(prompt) > 0
    }

    /// How often it is there, running or waiting: ComfyUI does not refuse an id that it has (fact 38).
    #[must_use]
    pub fn count(&self, prompt: &PromptId) -> usize {
        count(&self.queue_running, prompt) + count(&self.queue_pending, prompt)
    }

    /// The running prompts, then the pending ones in the order of execution.
    #[must_use]
    pub fn items(&self) -> Vec<Queued<'_>> {
        let mut pending: Vec<_> = self.queue_pending.iter().collect();
        pending.sort_by(|a, b| number(a).total_cmp(&number(b)));
        let items = self.queue_running.iter().map(|item| (item, true)).chain(pending.into_iter().map(|item| (item, false)));
        items.filter_map(|(item, running)| Some(Queued { prompt: prompt_id(item)?.into(), running, extra_data: item.get(3) })).collect()
    }
}

fn count(items: &[Vec<Value>], prompt: &PromptId) -> usize {
    items.iter().filter(|item| prompt_id(item) == Some(prompt.as_str())).count()
}

fn number(item: &[Value]) -> f64 {
    item.first().and_then(Value::as_f64).unwrap_or(f64::MAX)
}

fn prompt_id(item: &[Value]) -> Option<&str> {
    item.get(1).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pending_prompts_are_listed_in_execution_order() {
        let queue = json!({
            "queue_running": [[3, "now", {}, {"client_id": "x"}, []]],
            "queue_pending": [[-1000.0, "first", {}, {}, []], [57, "last", {}, {}, []], [-58, "second", {}, {}, []]],
        });
        let queue: Queue = serde_json::from_value(queue).unwrap();
        let order: Vec<(String, bool)> = queue.items().into_iter().map(|item| (item.prompt.0, item.running)).collect();
        let waits = |id: &str| (id.to_owned(), false);
        assert_eq!(order, [("now".to_owned(), true), waits("first"), waits("second"), waits("last")]);
        assert!(queue.runs(&"now".into()) && queue.has(&"last".into()));
        assert!(!queue.runs(&"last".into()) && !queue.has(&"other".into()));
    }

    #[test]
    fn one_id_may_be_there_several_times() {
        let queue = json!({
            "queue_running": [[3, "both", {}, {}, []]],
            "queue_pending": [[4, "both", {}, {}, []], [5, "waits", {}, {}, []], [6, "waits", {}, {}, []]],
        });
        let queue: Queue = serde_json::from_value(queue).unwrap();
        assert_eq!(["both", "waits", "none"].map(|id| queue.count(&id.into())), [2, 2, 0]);
    }
}
