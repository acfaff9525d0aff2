//! What Darkroom keeps of a prompt that a client of ComfyUI submitted, beside its task.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};

use crate::{
    comfy::{Catalog, ExtraData, Workflow},
    ids::{NodeId, TaskId},
    time::Timestamp,
};

/// A prompt of a client. It never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientPrompt {
    /// As the client knows it; its task has another id where this is no UUID.
    pub prompt_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The lowest is next.
    pub number: Number,
    /// When it was accepted.
    pub create_time: Timestamp,
    /// The nodes whose results are outputs.
    pub outputs: Vec<NodeId>,
    /// Of the body that was submitted: a repeated request is recognized by it.
    #[serde(default)]
    pub fingerprint: u64,
    /// The client chose how previews are made; else only those get some that ask for them on their socket.
    #[serde(default)]
    pub chooses_previews: bool,
    /// Who submitted it, as the server names callers. `None`: it is from before that was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitter: Option<String>,
}

impl ClientPrompt {
    /// The nodes of a workflow that ComfyUI runs for their results: those of output classes. `targets`: only these of them.
    #[must_use]
    pub fn outputs_of(workflow: &Workflow, catalogs: &[&Catalog], targets: Option<&Value>) -> Vec<NodeId> {
        let is_output = |class: &str| catalogs.iter().find_map(|catalog| catalog.class(class)).is_some_and(|class| class.is_output);
        let targets = targets.and_then(Value::as_array);
        let is_wanted = |id: &NodeId| targets.is_none_or(|targets| targets.iter().any(|target| target.as_str() == Some(id.as_str())));
        let outputs = workflow.0.iter().filter(|(id, node)| is_output(node.class_type()) && is_wanted(id));
        outputs.map(|(id, _)| id.clone()).collect()
    }

    /// Its extra data as ComfyUI shows it in its queue and history.
    #[must_use]
    pub fn shown_extra(&self, extra_data: &ExtraData) -> Map<String, Value> {
        let mut shown = extra_data.shown();
        if let Some(client) = &self.client_id {
            shown.insert("client_id".to_owned(), client.as_str().into());
        }
        shown.insert("create_time".to_owned(), self.create_time.0.into());
        shown
    }

    /// As an item of the queue: `[number, prompt_id, prompt, extra_data, outputs_to_execute]` (fact 40).
    #[must_use]
    pub fn queue_item(&self, prompt: &Value, extra_data: &Value) -> Value {
        json!([self.number, self.prompt_id, prompt, extra_data, self.outputs])
    }

    /// A text of ComfyUI in which the task's id is the client's own.
    #[must_use]
    pub fn renamed(&self, task: TaskId, text: String) -> String {
        let ours = task.to_string();
        if ours == self.prompt_id || !text.contains(&ours) {
            return text;
        }
        let quoted = Value::from(self.prompt_id.as_str()).to_string();
        text.replace(&format!("\"{ours}\""), &quoted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_prompt_as_the_client_does() {
        let task = TaskId(uuid::Uuid::from_u128(7));
        let prompt = ClientPrompt {
            prompt_id: "my \"first\"".into(),
            client_id: None,
            number: 0.into(),
            create_time: Timestamp(1),
            outputs: Vec::new(),
            fingerprint: 0,
            chooses_previews: false,
            submitter: None,
        };
        let text = format!("{{\"prompt_id\": \"{task}\", \"note\": \"about {task}\"}}");
        let renamed: Value = serde_json::from_str(&prompt.renamed(task, text)).unwrap();
        assert_eq!(renamed["prompt_id"], "my \"first\"");
        assert_eq!(renamed["note"], format!("about {task}"), "only whole values are ids");
    }

    #[test]
    fn secrets_are_not_shown() {
        let given =
            json!({"api_key_comfy_org": "comfyui-0123456789", "extra_pnginfo": {"workflow": {"id": "w"}}, "my_token": "0123456789"});
        let extra = ExtraData::from_value(given).unwrap().with_beside(Map::from_iter([("later".to_owned(), json!(1))]));
        let prompt = ClientPrompt {
            prompt_id: "p".into(),
            client_id: Some("c".into()),
            number: 3.into(),
            create_time: Timestamp(9),
            outputs: vec![NodeId::from("9")],
            fingerprint: 0,
            chooses_previews: false,
            submitter: None,
        };
        let shown = Value::Object(prompt.shown_extra(&extra));
        assert_eq!(shown, json!({"extra_pnginfo": {"workflow": {"id": "w"}}, "my_token": "•••", "client_id": "c", "create_time": 9}));
        assert_eq!(prompt.queue_item(&json!({}), &shown), json!([3, "p", {}, shown, ["9"]]));
    }
}
