//! Which texts describe the picture, and which describe what it should not show: found along the links, backwards from the samplers.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{
    Role,
    graph::Graph,
    roles::is_words,
    spec::{Spec, holds_value, literals},
};
use crate::ids::NodeId;

const CONDITIONING: &str = "CONDITIONING";
const STRING: &str = "STRING";

/// A text that describes what a picture should show, or should not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PromptText<'a> {
    pub(crate) node: &'a NodeId,
    pub(crate) input: &'a str,
    /// [`Role::Prompt`] or [`Role::NegativePrompt`].
    pub(crate) role: Role,
    pub(crate) text: &'a str,
}

/// The texts that these samplers get: as conditioning, and as prompts of their own where they take texts. In the order of `nodes`, in which they are
/// looked for.
pub(crate) fn prompt_texts<'a>(graph: &Graph<'a>, samplers: &[&'a str], nodes: &[&'a str]) -> Vec<PromptText<'a>> {
    let mut found = HashMap::new();
    let mut seen = HashSet::new();
    for sampler in samplers {
        for (input, source, slot) in graph.node(sampler).into_iter().flat_map(|node| node.links()) {
            if is_conditioning(graph, input, source, slot) || is_prompt(input) {
                walk(graph, source, slot, role_of(input), &mut found, &mut seen);
            }
        }
    }
    let mut texts = Vec::new();
    for id in nodes {
        let Some((id, node)) = graph.workflow.0.get_key_value(*id) else { continue };
        let role = found.get(id.as_str()).copied();
        let is_sampler = samplers.contains(&id.as_str());
        for (input, value) in literals(node) {
            let spec = Spec::of(graph, id, node, input);
            let is_text = is_words(&spec, node, value.is_string()) || spec.kind.is_none() && holds_value(node, input);
            let Some(text) = value.as_str().filter(|_| is_text) else { continue };
            let role = role.or_else(|| (is_sampler && is_prompt(input)).then(|| role_of(input)));
            texts.extend(role.map(|role| PromptText { node: id, input, role, text }));
        }
    }
    texts
}

/// The guidance that the prompts of these nodes carry, such as that of FluxGuidance.
pub(crate) fn prompt_guidance<'a>(graph: &Graph<'a>, samplers: &[&'a str]) -> Option<&'a Value> {
    let conditioned = |id: &&'a str| graph.node(id).into_iter().flat_map(|node| node.links()).collect::<Vec<_>>();
    let links = samplers.iter().flat_map(conditioned).filter(|(input, source, slot)| is_conditioning(graph, input, source, *slot));
    let carriers = graph.nearest_first(links.filter(|(input, ..)| role_of(input) == Role::Prompt).map(|(_, source, _)| source));
    carriers.into_iter().find_map(|id| graph.node(id)?.input("guidance").filter(|value| value.is_number()))
}

/// What a language model is told about itself describes no picture.
pub(crate) fn is_prompt(input: &str) -> bool {
    input.contains("prompt") && !input.contains("system")
}

/// The nodes whose texts are prompts.
pub(super) fn prompts<'a>(graph: &Graph<'a>) -> HashMap<&'a str, Role> {
    let mut found = HashMap::new();
    let mut seen = HashSet::new();
    for node in graph.workflow.0.values() {
        // What passes conditioning on is reached from its reader.
        if graph.gives(node, CONDITIONING) {
            continue;
        }
        for (input, source, slot) in node.links() {
            if is_conditioning(graph, input, source, slot) {
                walk(graph, source, slot, role_of(input), &mut found, &mut seen);
            }
        }
    }
    found
}

fn role_of(input: &str) -> Role {
    if input.to_ascii_lowercase().contains("neg") { Role::NegativePrompt } else { Role::Prompt }
}

fn is_conditioning(graph: &Graph, input: &str, source: &str, slot: u64) -> bool {
    match graph.output_kind(source, slot) {
        Some(kind) => kind == CONDITIONING,
        None => ["positive", "negative", "conditioning", "cond"].iter().any(|name| input.starts_with(name)),
    }
}

fn walk<'a>(
    graph: &Graph<'a>,
    source: &'a str,
    slot: u64,
    role: Role,
    found: &mut HashMap<&'a str, Role>,
    seen: &mut HashSet<(&'a str, u64, Role)>,
) {
    let mut stack = vec![(source, slot, role)];
    while let Some((id, slot, role)) = stack.pop() {
        let Some(node) = graph.node(id).filter(|_| seen.insert((id, slot, role))) else { continue };
        // A text that is used for both, by way of ConditioningZeroOut, is the prompt.
        let known = found.entry(id).or_insert(role);
        *known = (*known).min(role);
        let has_both = node.links().any(|(input, ..)| role_of(input) == Role::NegativePrompt);
        for (input, source, from) in node.links() {
            let is_text = match graph.output_kind(source, from) {
                Some(kind) => kind == STRING,
                None => ["text", "prompt", "string"].iter().any(|name| input.contains(name)),
            };
            if !is_text && !is_conditioning(graph, input, source, from) {
                continue;
            }
            // ControlNet and the like take both, and give the positive one first.
            let other_one = has_both && !is_text && slot < 2 && (role_of(input) == Role::NegativePrompt) != (slot == 1);
            // DualCFGGuider of an editing model takes the negative conditioning with the picture as `cond2`.
            let role = if has_both && !is_text && slot == 1 { Role::NegativePrompt } else { role };
            if !other_one {
                stack.push((source, from, role));
            }
        }
    }
}
