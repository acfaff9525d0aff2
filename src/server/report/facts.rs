//! Facts about a result besides its pictures, from the workflow and from the metadata of the submission.

use std::collections::{HashSet, VecDeque};

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::store::Origin;
use proto::{
    comfy::{Workflow, WorkflowNode},
    task::Task,
};

/// An unknown fact is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub prompt: Option<String>,
    pub seed: Option<Seed>,
    /// The name of a built-in workflow, or `custom`.
    pub workflow: String,
    pub inpaint: bool,
    /// This and the next two come only from the metadata of the submission.
    pub description: Option<String>,
    pub inpaint_area: Option<Value>,
    pub uid: Option<Value>,
}

/// A seed: a number, or the digits of one that JavaScript cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Seed {
    Number(u64),
    Digits(String),
}

/// 2^53 − 1.
const SAFE: u64 = 9_007_199_254_740_991;

impl From<u64> for Seed {
    fn from(seed: u64) -> Self {
        if seed <= SAFE { Self::Number(seed) } else { Self::Digits(seed.to_string()) }
    }
}

/// The name of a submitted workflow.
pub(super) const CUSTOM: &str = "custom";
/// The name of the built-in form's workflow.
pub(super) const TEXT_TO_IMAGE: &str = "text-to-image";

impl Facts {
    /// `workflow`: `None` if unknown. Of the metadata only `description`, `inpaint`, `inpaintArea` and `uid` are read; `prompt` and `seed`
    /// always come from the workflow.
    #[must_use]
    pub fn of(task: &Task, workflow: Option<&Workflow>, origin: &Origin) -> Self {
        let metadata = |key: &str| origin.metadata.get(key).filter(|value| !value.is_null());
        let own = task.recipe.as_ref();
        Self {
            prompt: own
                .map(|recipe| task.prompts.as_ref().map_or_else(|| recipe.prompt.clone(), |prompts| recipe.with_texts(prompts).prompt))
                .or_else(|| prompt(workflow?)),
            seed: own.map(|recipe| recipe.seed).or_else(|| seed(workflow?)).map(Seed::from),
            workflow: workflow_name(task).to_owned(),
            inpaint: metadata("inpaint").and_then(Value::as_bool).unwrap_or_else(|| workflow.is_some_and(inpaints)),
            description: metadata("description").and_then(Value::as_str).map(str::to_owned),
            inpaint_area: metadata("inpaintArea").cloned(),
            uid: metadata("uid").cloned(),
        }
    }
}

pub(super) fn workflow_name(task: &Task) -> &str {
    match &task.start {
        Some(start) => start.edit(),
        None if task.recipe.is_some() => TEXT_TO_IMAGE,
        None => CUSTOM,
    }
}

/// The text that leads to the `positive` input of the first node that has one; else the text of the first encoder.
fn prompt(workflow: &Workflow) -> Option<String> {
    let order = workflow.order();
    let nodes = || order.iter().filter_map(|id| workflow.0.get(id));
    let positive = nodes().find_map(|node| text_behind(workflow, node.link("positive")?));
    positive.or_else(|| nodes().filter(|node| node.class_type().contains("TextEncode")).find_map(|node| text_of(workflow, node)))
}

fn text_behind(workflow: &Workflow, start: &str) -> Option<String> {
    let (mut seen, mut next) = (HashSet::new(), VecDeque::from([start]));
    while let Some(id) = next.pop_front() {
        let Some(node) = workflow.0.get(id).filter(|_| seen.insert(id)) else { continue };
        if let Some(text) = text_of(workflow, node) {
            return Some(text);
        }
        next.extend(node.links().map(|(_, id, _)| id));
    }
    None
}

/// The names of inputs that hold a prompt, in encoders and in nodes that only hold a text.
const TEXTS: [&str; 5] = ["text", "prompt", "value", "string", "t5xxl"];

fn text_of(workflow: &Workflow, node: &WorkflowNode) -> Option<String> {
    let own = |node: &WorkflowNode| {
        let texts = TEXTS.iter().filter_map(|name| node.input(name)?.as_str());
        texts.filter(|text| !text.trim().is_empty()).map(str::to_owned).next()
    };
    let linked = || TEXTS.iter().find_map(|name| own(workflow.0.get(node.link(name)?)?));
    own(node).or_else(linked)
}

fn seed(workflow: &Workflow) -> Option<u64> {
    let seed = |node: &WorkflowNode| ["seed", "noise_seed"].iter().find_map(|name| node.input(name)?.as_u64());
    workflow.order().iter().find_map(|id| seed(workflow.0.get(id)?))
}

fn inpaints(workflow: &Workflow) -> bool {
    let of_inpainting = |class: &str| class.to_ascii_lowercase().contains("inpaint") || class == "SetLatentNoiseMask";
    workflow.0.values().any(|node| of_inpainting(node.class_type()))
}
