//! The bodies of requests and responses about saved workflows.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use utoipa::ToSchema;

use super::super::{
    fields::{integer, not_null, not_null_integer},
    submit::{ApiNode, SeedInput, WorkflowChoice},
    webhooks::NewWebhook,
};
use crate::{clock::rfc3339, report::Urls, store::SavedWorkflowHead, workflow_library::LoraList};
use proto::{
    form::{LoraEntry, Overlay},
    ids::WorkflowId,
};

/// A saved workflow without its nodes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedWorkflowReport {
    #[schema(value_type = String, format = Uuid)]
    pub(super) id: WorkflowId,
    pub(super) name: String,
    /// Counts the versions of the workflow itself, from 1.
    pub(super) version: u32,
    /// Counts all changes, also of the name and the form. A change names the one that was read.
    pub(super) revision: u32,
    #[schema(format = DateTime)]
    pub(super) created_at: String,
    #[schema(format = DateTime)]
    pub(super) changed_at: String,
    pub(super) links: WorkflowLinks,
}

/// Where what belongs to a saved workflow is.
#[derive(Serialize, ToSchema)]
pub struct WorkflowLinks {
    #[serde(rename = "self")]
    pub(super) this: String,
    /// The JSON Schema of the inputs of a run.
    pub(super) schema: String,
    pub(super) runs: String,
    /// The page with its form.
    pub(super) page: String,
}

impl SavedWorkflowReport {
    pub(super) fn of(head: SavedWorkflowHead, urls: &Urls) -> Self {
        let SavedWorkflowHead { id, name, version, revision, created_at, changed_at } = head;
        let this = urls.at(&format!("/api/workflows/{id}"));
        let page = urls.at(&format!("/?workflow={id}"));
        let links = WorkflowLinks { schema: format!("{this}/schema"), runs: format!("{this}/runs"), page, this };
        Self { id, name, version, revision, created_at: rfc3339(created_at), changed_at: rfc3339(changed_at), links }
    }
}

/// All saved workflows.
#[derive(Serialize, ToSchema)]
pub struct SavedWorkflowList {
    /// The one that was changed last first.
    pub(super) workflows: Vec<SavedWorkflowReport>,
}

/// A saved workflow.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedWorkflowDetails {
    #[serde(flatten)]
    pub(super) head: SavedWorkflowReport,
    /// The version of `workflow` and `form`.
    pub(super) shown_version: u32,
    /// All versions that are kept, the newest first.
    pub(super) versions: Vec<VersionReport>,
    /// In API format: nodes by their ids.
    #[schema(value_type = std::collections::HashMap<String, ApiNode>)]
    pub(super) workflow: Value,
    /// What was changed of its form: see `PATCH`.
    #[schema(value_type = Object)]
    pub(super) form: Overlay,
}

/// A version of a saved workflow.
#[derive(Serialize, ToSchema)]
pub struct VersionReport {
    pub(super) version: u32,
    #[schema(format = DateTime)]
    pub(super) at: String,
}

/// A workflow to be saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSavedWorkflow {
    /// A name for people, 1 to 80 characters.
    #[schema(min_length = 1, max_length = 80, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$", example = "Portrait")]
    pub(super) name: String,
    /// As for `POST /api/tasks`.
    #[schema(value_type = WorkflowChoice)]
    pub(super) workflow: Value,
    /// What is to be changed of its form. Without it, the form is what Darkroom makes of the workflow.
    #[schema(value_type = Option<Object>, nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    pub(super) form: Option<Overlay>,
}

/// What of a saved workflow is to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 2)]
pub struct SavedWorkflowChange {
    /// The revision that was read.
    #[schema(minimum = 1)]
    pub(super) revision: u32,
    #[schema(min_length = 1, max_length = 80, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$", nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    pub(super) name: Option<String>,
    /// A new version. Its form is that of the version before, as far as it fits.
    #[schema(value_type = Option<WorkflowChoice>, nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    pub(super) workflow: Option<Value>,
    /// Replaces what was changed of its form.
    #[schema(value_type = Option<Object>, nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    pub(super) form: Option<Overlay>,
}

/// A saved workflow after a change.
#[derive(Serialize, ToSchema)]
pub struct SavedWorkflowChanged {
    #[serde(flatten)]
    pub(super) head: SavedWorkflowReport,
    /// What was changed of its form and does not fit the new version, for people. It is kept, and fits again when the nodes are back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(super) unmatched: Vec<String>,
}

/// A run of a saved workflow.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// Values by the names in the schema: `"3.seed": 7`. What is left out stays as the workflow has it; a seed that is to be new for each run is
    /// drawn.
    #[schema(value_type = Option<Object>, nullable = false, example = json!({"6.text": "a red door", "3.steps": 20}))]
    #[serde(default, deserialize_with = "not_null")]
    pub(super) inputs: Option<Map<String, Value>>,
    /// Lists of LoRAs in place of those of the workflow, which `x-darkroom-loras` of the schema names. A list that is left out stays.
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    pub(super) loras: Option<Vec<NewLoraList>>,
    /// The version to run. By default the newest.
    #[schema(minimum = 1, nullable = false)]
    #[serde(default, deserialize_with = "not_null_integer")]
    pub(super) version: Option<u32>,
    /// As for `POST /api/tasks`. By default that of the saved workflow.
    #[schema(min_length = 1, max_length = 80, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$", nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    pub(super) name: Option<String>,
    /// What the alternatives of its prompts are chosen with: see `POST /api/prompts/preview`. Random by default.
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "not_null", rename = "promptSeed")]
    pub(super) prompt_seed: Option<SeedInput>,
    #[schema(value_type = Option<Object>, nullable = false, example = json!({"order": 4711}))]
    #[serde(default, deserialize_with = "not_null")]
    pub(super) metadata: Option<Map<String, Value>>,
    #[schema(minimum = -100, maximum = 100, default = 0)]
    #[serde(default, deserialize_with = "integer")]
    pub(super) priority: i8,
    #[schema(value_type = Option<Object>, nullable = false, write_only)]
    #[serde(default)]
    pub(super) extra_data: Option<Value>,
    #[schema(value_type = Option<NewWebhook>, nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    pub(super) webhook: Option<NewWebhook>,
}

/// A list of LoRAs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLoraList {
    /// Which of the workflow's lists it replaces, from 0.
    #[schema(minimum = 0, default = 0)]
    #[serde(default, deserialize_with = "integer")]
    list: u32,
    /// All LoRAs that it is to have, in this order.
    entries: Vec<NewLora>,
}

/// A LoRA in a list.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLora {
    #[schema(example = "demo-grain.safetensors")]
    file: String,
    /// How much it changes the model.
    #[schema(value_type = f64, minimum = -100, maximum = 100, default = 1)]
    #[serde(default = "one")]
    strength: Number,
    /// How much it changes the text encoder, where the list changes one. By default as much.
    #[schema(value_type = Option<f64>, minimum = -100, maximum = 100, nullable = false)]
    #[serde(default, deserialize_with = "not_null", rename = "promptStrength")]
    prompt_strength: Option<Number>,
    #[schema(default = true)]
    #[serde(default = "yes")]
    on: bool,
}

fn one() -> Number {
    1.into()
}

fn yes() -> bool {
    true
}

impl From<NewLoraList> for LoraList {
    fn from(new: NewLoraList) -> Self {
        let entry = |NewLora { file, strength, prompt_strength, on }: NewLora| LoraEntry {
            node: None,
            file,
            strength: strength.to_string(),
            clip_strength: prompt_strength.map(|strength| strength.to_string()),
            on,
        };
        Self { list: usize::try_from(new.list).unwrap_or(usize::MAX), entries: new.entries.into_iter().map(entry).collect() }
    }
}
