//! How a run ended, as the history keeps it: `outputs`, `status` and `meta` (fact 41).

use serde_json::{Map, Value, json};

use super::{ClientPrompt, mark_outputs};
use crate::comfy::python_json;
use crate::{
    comfy::HistoryEntry,
    ids::TaskId,
    task::{OutputContent, OutputKind, Task, TaskState},
};

/// These members of an entry of the history. Prompts have the ids that ComfyUI knows.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord(Map<String, Value>);

impl RunRecord {
    /// As ComfyUI wrote it.
    #[must_use]
    pub fn of_comfyui(entry: &HistoryEntry) -> Self {
        Self(entry.to_members())
    }

    /// From what Darkroom knows, where no ComfyUI's history could be read. `messages`: those of the run, see
    /// [`super::ClientRun::history_messages`].
    #[must_use]
    pub fn of_task(task: &Task, messages: Value) -> Self {
        let mut outputs = Map::new();
        for output in &task.outputs {
            let (name, item) = match &output.content {
                OutputContent::Text { text } => ("text", json!(text)),
                OutputContent::File { .. } if output.content.came_over_socket() => continue,
                OutputContent::File { filename, subfolder, folder } => {
                    let name = match output.kind {
                        OutputKind::Video => "video",
                        OutputKind::Audio => "audio",
                        OutputKind::File => "files",
                        OutputKind::Image | OutputKind::Text => "images",
                    };
                    let folder = if folder.is_empty() { "output" } else { folder };
                    (name, json!({"filename": filename, "subfolder": subfolder, "type": folder}))
                }
            };
            let node = outputs.entry(output.node.as_str()).or_insert_with(|| json!({}));
            if let Some(items) =
                node.as_object_mut().map(|node| node.entry(name).or_insert_with(|| json!([]))).and_then(Value::as_array_mut)
            {
                items.push(item);
            }
        }
        let meta = outputs
            .keys()
            .map(|node| (node.clone(), json!({"node_id": node, "display_node": node, "parent_node": null, "real_node_id": node})));
        let meta: Map<String, Value> = meta.collect();
        let is_done = task.state == TaskState::Completed;
        let status = json!({
            "status_str": if is_done { "success" } else { "error" },
            "completed": is_done,
            "messages": messages,
        });
        Self(Map::from_iter([("outputs".to_owned(), outputs.into()), ("status".to_owned(), status), ("meta".to_owned(), meta.into())]))
    }

    /// With files that are found by their task: see [`mark_outputs`].
    pub fn mark(&mut self, task: TaskId) {
        if let Some(outputs) = self.0.get_mut("outputs") {
            mark_outputs(outputs, task);
        }
    }

    pub(super) fn outputs(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.get("outputs").and_then(Value::as_object).into_iter().flatten()
    }

    /// The node on which the outputs of a node are shown.
    pub(super) fn display_node<'a>(&'a self, node: &'a str) -> &'a str {
        self.0.get("meta").and_then(|meta| meta.get(node)?.get("display_node")?.as_str()).unwrap_or(node)
    }

    /// The last of its messages that says how it ended.
    pub(super) fn end_message(&self) -> Option<(String, Value)> {
        let messages = self.0.get("status")?.get("messages")?.as_array()?;
        let ends = ["execution_success", "execution_error", "execution_interrupted"];
        let end = messages.iter().rev().find(|message| ends.iter().any(|kind| message[0] == *kind))?;
        Some((end[0].as_str()?.to_owned(), end[1].clone()))
    }

    /// The whole entry, as text, in which the prompt has its client's id.
    #[must_use]
    pub fn entry(&self, prompt: &ClientPrompt, task: TaskId, workflow: &Value, extra_data: &Value) -> String {
        let mut entry = Map::from_iter([("prompt".to_owned(), prompt.queue_item(workflow, extra_data))]);
        entry.extend(self.0.clone());
        prompt.renamed(task, python_json(&Value::Object(entry)))
    }

    /// The same with the client's id of the prompt.
    #[must_use]
    pub fn renamed(self, prompt: &ClientPrompt, task: TaskId) -> Self {
        let text = prompt.renamed(task, Value::Object(self.0.clone()).to_string());
        Self(serde_json::from_str(&text).unwrap_or(self.0))
    }
}
