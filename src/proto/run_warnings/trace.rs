//! What of a run is compared with other runs.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    comfy::{Needs, Workflow, WorkflowNode},
    ids::NodeId,
    prompts::{FILE_NAME, TaskPrompts},
    task::{FNV, Plan, fnv},
};

/// Made from what is sent to ComfyUI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunTrace {
    /// Of the classes and inputs of all nodes by their ids. Titles and the order in a file do not count, as in the keys of ComfyUI's cache. Names of files
    /// count as they were written, because `%date:…%` differs from run to run, and the picture does not.
    inputs: u64,
    /// Alternatives of its prompts were chosen: the next run of the same form may have other texts.
    has_choices: bool,
    /// The files of its models.
    models: BTreeSet<String>,
    /// The largest number of pixels that a node works on: width × height × batch × frames. `None`: no node says a size.
    pixels: Option<u64>,
}

impl RunTrace {
    #[must_use]
    pub fn of(workflow: &Workflow, prompts: &TaskPrompts) -> Self {
        // A sum, so that the order of nodes does not matter.
        let inputs = workflow.0.iter().fold(0_u64, |sum, (id, node)| sum.wrapping_add(hash_of(id, node, prompts)));
        Self {
            inputs,
            has_choices: prompts.prompts().next().is_some(),
            models: Needs::of(workflow).model_files().map(str::to_owned).collect(),
            pixels: Plan::new(workflow).largest(),
        }
    }

    /// Whether a run with this trace gives what a run with the other gave.
    #[must_use]
    pub fn repeats(&self, other: &Self) -> bool {
        !self.has_choices && self.inputs == other.inputs
    }

    /// Both load the same models, so that their need of memory depends on their sizes.
    pub(super) fn has_models_of(&self, other: &Self) -> bool {
        self.models == other.models
    }

    pub(super) fn pixels(&self) -> Option<u64> {
        self.pixels
    }
}

fn hash_of(id: &NodeId, node: &WorkflowNode, prompts: &TaskPrompts) -> u64 {
    let inputs = node.inputs().fold(0_u64, |sum, (name, value)| {
        let template = prompts.at(id.as_str(), name).filter(|_| name == FILE_NAME);
        let text = template.map_or_else(|| value.to_string(), |template| Value::from(template.template.as_str()).to_string());
        sum.wrapping_add(fnv(fnv(FNV, name.as_bytes()), text.as_bytes()))
    });
    fnv(fnv(fnv(FNV, id.as_str().as_bytes()), node.class_type().as_bytes()), &inputs.to_le_bytes())
}
