//! What is known of an output of a task, from the task and the workflow that was sent.

use super::{
    facts::OutputFacts,
    sampling::Sampling,
    used_models::{loras, models},
};
use crate::{
    comfy::{Workflow, WorkflowNode},
    edit::{StartPicture, picture_ids_in},
    form::{Graph, PoolClasses, Role, is_mask, prompt_texts},
    prompts::take_lora_tags,
    task::{Output, OutputContent, OutputKind, Task},
};

impl OutputFacts {
    /// The facts of one output. `workflow`: what was sent, or what was submitted: templates of prompts count as the texts that they became.
    /// `classes`: what is known of its node classes; without it fewer workflows are understood. Width and height are those of the built-in form, and
    /// 0 where the task did not come from there.
    #[must_use]
    pub fn of(task: &Task, workflow: &Workflow, output: &Output, classes: &PoolClasses) -> Self {
        let graph = Graph::new(workflow, classes);
        let nodes = needed(&graph, output.node.as_str());
        let sampling = Sampling::find(&graph, &nodes);
        let start = task.start.as_ref().and_then(|start| start.picture());
        let mut facts = Self {
            kind: Some(output.kind).filter(|kind| matches!(kind, OutputKind::Image | OutputKind::Video | OutputKind::Audio)),
            filename: match &output.content {
                OutputContent::File { filename, .. } => filename.clone(),
                OutputContent::Text { .. } => String::new(),
            },
            models: models(&graph, &nodes, &sampling),
            loras: loras(&graph, &nodes),
            seed: sampling.seed(),
            sampler: sampling.sampler(),
            scheduler: sampling.scheduler(),
            steps: sampling.steps(),
            cfg: sampling.cfg(),
            name: task.name.clone(),
            workflow: workflow_name(task, start.as_ref()),
            backend: task.backend.as_ref().map(|backend| backend.as_str().to_owned()).unwrap_or_default(),
            parents: parents(&graph, &nodes, start.as_ref()),
            has_mask: match &start {
                // The masks of an outpaint are Darkroom's own, and so is that of a transparent picture.
                Some(start) => start.edit == "inpaint",
                None => nodes.iter().any(|id| graph.node(id).is_some_and(|node| gives_mask(&graph, &nodes, id, node))),
            },
            ..Self::default()
        };
        (facts.prompt, facts.negative) = prompts(task, &graph, &sampling);
        facts.take_recipe(task);
        facts
    }

    fn take_recipe(&mut self, task: &Task) {
        let Some(recipe) = &task.recipe else { return };
        let recipe = task.prompts.as_ref().map_or_else(|| recipe.clone(), |prompts| recipe.with_texts(prompts));
        if self.kind == Some(OutputKind::Image) {
            (self.width, self.height) = (recipe.width, recipe.height);
        }
        // The LoRAs that a prompt names are in the workflow.
        (self.prompt, self.negative) = (take_lora_tags(&recipe.prompt).0, take_lora_tags(&recipe.negative).0);
        (self.seed, self.steps) = (Some(recipe.seed), Some(recipe.steps));
        (self.cfg, self.sampler, self.scheduler) = (recipe.cfg, recipe.sampler, recipe.scheduler);
        if self.models.is_empty() && !recipe.checkpoint.is_empty() {
            self.models.push(recipe.checkpoint);
        }
    }
}

/// What the node needs, the nearest first. Nodes that were made during the run are in no workflow: then all of it.
fn needed<'a>(graph: &Graph<'a>, node: &str) -> Vec<&'a str> {
    match graph.workflow.0.get_key_value(node) {
        Some((id, _)) => graph.nearest_first([id.as_str()]),
        None => {
            let all = || graph.workflow.0.keys().map(|id| id.as_str());
            graph.nearest_first(all().filter(|id| graph.readers(id).is_empty()).chain(all()))
        }
    }
}

/// Of a workflow from a file, the name that its task got.
fn workflow_name(task: &Task, start: Option<&StartPicture>) -> String {
    match start.map(|start| start.edit.as_str()) {
        Some("redraw") => "image-to-image".to_owned(),
        Some(edit) => edit.to_owned(),
        None if task.recipe.is_some() => "text-to-image".to_owned(),
        None => task.name.clone(),
    }
}

/// The texts that the sampler got, and those it was to avoid; several one below the other.
fn prompts(task: &Task, graph: &Graph, sampling: &Sampling) -> (String, String) {
    let nodes = graph.nearest_first(sampling.nodes().iter().copied());
    let (mut positive, mut negative): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for found in prompt_texts(graph, sampling.nodes(), &nodes) {
        let resolved = task.prompts.as_ref().and_then(|prompts| prompts.at(found.node.as_str(), found.input));
        let text = resolved.filter(|resolved| resolved.template == found.text).map_or(found.text, |resolved| resolved.text.as_str());
        let texts = if found.role == Role::NegativePrompt { &mut negative } else { &mut positive };
        if !text.trim().is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    (positive.join("\n"), negative.join("\n"))
}

/// The picture that an edit started from, and the pictures of Darkroom that are loaded and not only used as masks.
fn parents(graph: &Graph, nodes: &[&str], start: Option<&StartPicture>) -> Vec<String> {
    let mut found: Vec<String> = start.map(|start| start.picture.as_str().to_owned()).into_iter().collect();
    for (id, node) in nodes.iter().filter_map(|id| Some((*id, graph.node(id)?))) {
        let is_mask = is_mask(graph, (id, node)) || node.class_type().contains("Mask") && graph.classes.class(node.class_type()).is_none();
        for picture in node.inputs().filter_map(|(_, value)| value.as_str()).flat_map(picture_ids_in).filter(|_| !is_mask) {
            if !found.iter().any(|known| known == picture.as_str()) {
                found.push(picture.into());
            }
        }
    }
    found
}

/// A loaded picture, of which one of these nodes reads a mask.
fn gives_mask(graph: &Graph, nodes: &[&str], id: &str, node: &WorkflowNode) -> bool {
    let class = node.class_type();
    let is_loaded = class.starts_with("LoadImage");
    let is_mask = |slot: u64| graph.classes.output_kind(node, slot).map_or(class == "LoadImageMask" || slot == 1, |kind| kind == "MASK");
    is_loaded && graph.readers(id).iter().any(|link| is_mask(link.slot) && nodes.contains(&link.reader.as_str()))
}
