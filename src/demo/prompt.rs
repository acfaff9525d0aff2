//! One accepted prompt.

use serde_json::{Map, Value, json};

/// An accepted prompt.
#[derive(Debug, Clone)]
pub(super) struct Prompt {
    /// Integer, or float when the client set it (fact 40).
    pub(super) number: Value,
    pub(super) id: String,
    pub(super) graph: Map<String, Value>,
    pub(super) extra_data: Map<String, Value>,
    /// The output nodes that passed validation.
    pub(super) outputs: Vec<String>,
}

impl Prompt {
    /// Its form in `/queue` and in a history entry.
    pub(super) fn to_json(&self) -> Value {
        json!([self.number, self.id, self.graph, self.extra_data, self.outputs])
    }

    /// The client that receives its events. A client id that is not a string matches no socket: no events are sent.
    pub(super) fn client(&self) -> Option<String> {
        match self.extra_data.get("client_id") {
            None | Some(Value::Null) => None,
            Some(Value::String(client)) => Some(client.clone()),
            Some(_) => Some(String::new()),
        }
    }

    fn order(&self) -> (f64, &str) {
        (self.number.as_f64().unwrap_or(0.0), &self.id)
    }

    pub(super) fn before(&self, other: &Self) -> bool {
        self.order() < other.order()
    }
}
