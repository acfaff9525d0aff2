//! Which texts describe the picture, and which describe what it should not show: found along the links, backwards from the samplers.

use std::collections::{HashMap, HashSet};

use super::{Role, graph::Graph};

const CONDITIONING: &str = "CONDITIONING";

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
    let mut stack = vec![(source, slot)];
    while let Some((id, slot)) = stack.pop() {
        let Some(node) = graph.node(id).filter(|_| seen.insert((id, slot, role))) else { continue };
        // A text that is used for both, by way of ConditioningZeroOut, is the prompt.
        let known = found.entry(id).or_insert(role);
        *known = (*known).min(role);
        let has_both = node.links().any(|(input, ..)| role_of(input) == Role::NegativePrompt);
        for (input, source, from) in node.links() {
            let is_text = graph.output_kind(source, from) == Some("STRING");
            if !is_text && !is_conditioning(graph, input, source, from) {
                continue;
            }
            // ControlNet and the like take both, and give the positive one first.
            let other_one = has_both && !is_text && slot < 2 && (role_of(input) == Role::NegativePrompt) != (slot == 1);
            if !other_one {
                stack.push((source, from));
            }
        }
    }
}
