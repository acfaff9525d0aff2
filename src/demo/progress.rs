//! The progress of the nodes of one run, as `progress_state` reports it (facts 15–17).

use serde_json::{Map, Value, json};

pub(super) struct Progress {
    prompt_id: String,
    /// In the order of node starts.
    nodes: Map<String, Value>,
}

impl Progress {
    pub(super) fn new(prompt_id: &str) -> Self {
        Self { prompt_id: prompt_id.to_owned(), nodes: Map::new() }
    }

    pub(super) fn start(&mut self, node: &str) {
        let entry = self.entry(node);
        entry["value"] = json!(0.0);
        entry["max"] = json!(1.0);
    }

    /// The maximum changes when a node's own bar starts (fact 16).
    pub(super) fn update(&mut self, node: &str, value: Value, max: Value) {
        let entry = self.entry(node);
        entry["value"] = value;
        entry["max"] = max;
    }

    pub(super) fn finish(&mut self, node: &str) {
        let entry = self.entry(node);
        entry["value"] = entry["max"].clone();
        entry["state"] = json!("finished");
    }

    /// The data of a `progress_state`: all nodes started so far.
    pub(super) fn state(&self) -> Value {
        json!({"prompt_id": self.prompt_id, "nodes": self.nodes})
    }

    /// The metadata of a type 4 preview, without the encoding.
    pub(super) fn metadata(&self, node: &str) -> Map<String, Value> {
        let names = ["node_id", "prompt_id", "display_node_id", "parent_node_id", "real_node_id"];
        let entry = self.nodes.get(node);
        names
            .iter()
            .map(|name| {
                let value = entry.map(|entry| entry[*name].clone());
                ((*name).to_owned(), value.unwrap_or_default())
            })
            .collect()
    }

    fn entry(&mut self, node: &str) -> &mut Value {
        let prompt_id = &self.prompt_id;
        self.nodes.entry(node).or_insert_with(|| {
            json!({
                "value": 0,
                "max": 1,
                "state": "running",
                "node_id": node,
                "prompt_id": prompt_id,
                "display_node_id": node,
                "parent_node_id": null,
                "real_node_id": node,
            })
        })
    }
}
