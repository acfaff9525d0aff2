//! Prompts as ComfyUI lists them: `GET /history/{id}` and `GET /queue`. The `messages` show how a run ended; `status_str` does not.

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::ExtraData;
use super::event::{ComfyEvent, ExecutionError, decode_value};
use crate::{
    ids::{NodeId, PromptId},
    time::Timestamp,
};

/// A run in `/history` (fact 41). ComfyUI writes it after it sends `execution_success` (fact 10).
#[derive(Clone, Debug, Deserialize)]
pub struct HistoryEntry {
    /// By the node that made them. Nodes that were made while running have no place of their own: see [`HistoryEntry::outputs`].
    #[serde(default, deserialize_with = "object_or_nothing")]
    outputs: IndexMap<NodeId, Value>,
    /// May be null.
    #[serde(default)]
    pub status: Option<HistoryStatus>,
    #[serde(default, deserialize_with = "object_or_nothing")]
    meta: IndexMap<NodeId, NodeMeta>,
}

/// The node of the workflow on which a node is displayed: itself, or the one that created it (fact 23).
#[derive(Clone, Debug)]
struct NodeMeta {
    display_node: Option<NodeId>,
    /// As ComfyUI wrote it.
    whole: Value,
}

impl From<Value> for NodeMeta {
    fn from(meta: Value) -> Self {
        Self { display_node: meta.get("display_node").and_then(Value::as_str).map(NodeId::from), whole: meta }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HistoryStatus {
    #[serde(default)]
    pub status_str: String,
    #[serde(default)]
    pub completed: bool,
    /// `[type, data]` pairs.
    #[serde(default, deserialize_with = "pairs")]
    pub messages: Vec<(String, Value)>,
}

/// Anything but an object counts as an empty one: the end of a run is not to be lost for it.
fn object_or_nothing<'de, D: Deserializer<'de>, T: From<Value>>(deserializer: D) -> Result<IndexMap<NodeId, T>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Object(members) => members.into_iter().map(|(node, value)| (NodeId(node), value.into())).collect(),
        _ => IndexMap::new(),
    })
}

/// Without what is no pair.
fn pairs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, Value)>, D::Error> {
    let Value::Array(items) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(items.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect())
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    Success,
    Error(Option<Box<ExecutionError>>),
    Interrupted,
}

impl HistoryEntry {
    /// Hides the secrets that were handed in with the prompt (see [`ExtraData::hide`]).
    pub fn hide(&mut self, extra_data: &ExtraData) {
        let messages = self.status.iter_mut().flat_map(|status| status.messages.iter_mut().map(|(_, data)| data));
        self.outputs.values_mut().chain(messages).for_each(|value| extra_data.hide_in(value));
    }

    /// The outputs by the node that displays them, as in `executed`. `is_known`: whether the prompt has a node. Only the node of an expansion,
    /// which it has not, is displayed as another: the `meta` of a cached output is that of the run that made it, whose ids may be others.
    pub fn outputs(&self, is_known: impl Fn(&NodeId) -> bool) -> impl Iterator<Item = (&NodeId, &Value)> {
        let displayed = move |node| {
            let other = self.meta.get(node).and_then(|meta| meta.display_node.as_ref());
            other.filter(|_| !is_known(node)).unwrap_or(node)
        };
        self.outputs.iter().map(move |(node, output)| (displayed(node), output))
    }

    /// Its members `outputs`, `status` and `meta`, as ComfyUI wrote them.
    #[must_use]
    pub fn to_members(&self) -> Map<String, Value> {
        let outputs: Map<String, Value> = self.outputs.iter().map(|(node, output)| (node.0.clone(), output.clone())).collect();
        let meta: Map<String, Value> = self.meta.iter().map(|(node, meta)| (node.0.clone(), meta.whole.clone())).collect();
        // A status of texts and JSON can always be written.
        let status = serde_json::to_value(&self.status).unwrap_or_default();
        Map::from_iter([("outputs".to_owned(), outputs.into()), ("status".to_owned(), status), ("meta".to_owned(), meta.into())])
    }

    /// When it ended, by the last message with a time (milliseconds since 1970, fact 41).
    #[must_use]
    pub fn last_message_at(&self) -> Option<Timestamp> {
        let messages = self.status.iter().flat_map(|status| status.messages.iter().rev());
        messages.into_iter().find_map(|(_, data)| data.get("timestamp")?.as_u64()).map(Timestamp)
    }

    /// From the last message that ends a run. `status_str` is "error" for both failures and interrupts (fact 30), and "success" for a
    /// cycle found at run time (fact 28).
    #[must_use]
    pub fn ending(&self) -> Ending {
        let Some(status) = &self.status else { return Ending::Success };
        // By its kind alone, where its data cannot be read.
        let last = status.messages.iter().rev().find_map(|(kind, data)| match kind.as_str() {
            "execution_success" => Some(Ending::Success),
            "execution_interrupted" => Some(Ending::Interrupted),
            "execution_error" => Some(Ending::Error(match decode_value(kind, data) {
                ComfyEvent::ExecutionError(error) => Some(error),
                _ => None,
            })),
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
    fn the_last_message_says_how_it_ended_also_without_any_data() {
        let ending = |status_str: &str, messages: Value| {
            let entry: HistoryEntry = serde_json::from_value(json!({"status": {"status_str": status_str, "messages": messages}})).unwrap();
            entry.ending()
        };
        assert_eq!(ending("error", json!([["execution_start", {}], ["execution_interrupted", {}]])), Ending::Interrupted);
        assert_eq!(ending("error", json!([["execution_error", {}]])), Ending::Error(None));
        assert_eq!(ending("error", json!([["execution_success", null]])), Ending::Success);
        assert_eq!(ending("error", json!([["execution_start", {}]])), Ending::Error(None));
        assert_eq!(ending("success", json!([])), Ending::Success);
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
