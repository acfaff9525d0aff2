//! The sampler that made an output, and the values it was run with, found in a workflow.

use serde_json::Value;

use crate::{
    comfy::WorkflowNode,
    form::{Graph, SAMPLING, is_prompt, is_sampler, prompt_guidance},
};

/// Links that are followed for a value that other nodes hold, and samplers that only go on with the noise of another.
const FOLLOWED: usize = 64;
/// Inputs that belong to a sampler, where the types of outputs are unknown.
const PARTS: [&str; 4] = ["noise", "guider", "sampler", "sigmas"];
const SEEDS: [&str; 2] = ["seed", "noise_seed"];
/// The inputs in which nodes hold a value for others.
const HELD: [&str; 6] = ["value", "seed", "noise_seed", "int", "float", "number"];

pub(super) struct Sampling<'a, 'g> {
    graph: &'g Graph<'a>,
    /// The sampler first, then the nodes that hold its noise, guider and sigmas. Empty: nothing samples.
    nodes: Vec<&'a str>,
}

impl<'a, 'g> Sampling<'a, 'g> {
    /// `nodes`: what the output needs, the nearest first. Without any sampler, the nearest node with a seed, else with a prompt: that of a service elsewhere.
    pub(super) fn find(graph: &'g Graph<'a>, nodes: &[&'a str]) -> Self {
        let nearest = |fits: fn(&WorkflowNode) -> bool| nodes.iter().copied().find(|id| graph.node(id).is_some_and(fits));
        let sampler = nearest_sampler(graph, nodes).map(|nearest| first_noise(graph, nearest));
        let found = sampler
            .or_else(|| nearest(|node| SEEDS.iter().any(|name| node.input(name).is_some())))
            .or_else(|| nearest(|node| node.inputs().any(|(name, _)| is_prompt(name))));
        Self { graph, nodes: found.map(|id| with_parts(graph, id)).unwrap_or_default() }
    }

    pub(super) fn nodes(&self) -> &[&'a str] {
        &self.nodes
    }

    pub(super) fn seed(&self) -> Option<u64> {
        SEEDS.iter().find_map(|name| self.value(name)?.as_u64())
    }

    pub(super) fn steps(&self) -> Option<u32> {
        u32::try_from(self.value("steps")?.as_u64()?).ok()
    }

    /// The guidance; that of the prompt where the sampler has none.
    pub(super) fn cfg(&self) -> String {
        let own = ["cfg", "cfg_conds"].into_iter().find_map(|name| self.value(name).filter(|value| value.is_number()));
        own.or_else(|| prompt_guidance(self.graph, &self.nodes)).map(ToString::to_string).unwrap_or_default()
    }

    pub(super) fn sampler(&self) -> String {
        self.value("sampler_name").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// A node for one scheduler, such as KarrasScheduler, says it by its class.
    pub(super) fn scheduler(&self) -> String {
        let by_class = || {
            let mut classes = self.nodes.iter().filter_map(|id| self.graph.node(id)).map(WorkflowNode::class_type);
            classes.find_map(|class| class.strip_suffix("Scheduler")).map(str::to_ascii_lowercase)
        };
        let named = self.value("scheduler").and_then(Value::as_str).map(str::to_owned);
        named.or_else(by_class).unwrap_or_default()
    }

    fn value(&self, input: &str) -> Option<&'a Value> {
        self.nodes.iter().find_map(|id| held(self.graph, self.graph.node(id)?, input))
    }
}

/// The value of an input, or that of the node which holds it.
pub(super) fn held<'a>(graph: &Graph<'a>, node: &'a WorkflowNode, input: &str) -> Option<&'a Value> {
    let (mut node, mut input) = (node, input);
    for _ in 0..FOLLOWED {
        let Some(source) = node.link(input) else { return node.input(input) };
        node = graph.node(source)?;
        input = HELD.into_iter().find(|name| node.input(name).is_some())?;
    }
    None
}

fn nearest_sampler<'a>(graph: &Graph<'a>, nodes: &[&'a str]) -> Option<&'a str> {
    nodes.iter().copied().find(|id| graph.node(id).is_some_and(|node| is_sampler(node) || node.link("guider").is_some()))
}

/// A sampler that adds no noise goes on with what another began: that one has the seed, and the prompt of most of the steps.
fn first_noise<'a>(graph: &Graph<'a>, nearest: &'a str) -> &'a str {
    let mut sampler = nearest;
    for _ in 0..FOLLOWED {
        let earlier = graph.node(sampler).filter(|node| adds_no_noise(graph, node)).and_then(|node| node.link("latent_image"));
        match earlier.and_then(|latent| nearest_sampler(graph, &graph.nearest_first([latent]))) {
            Some(earlier) if earlier != sampler => sampler = earlier,
            _ => return sampler,
        }
    }
    nearest
}

fn adds_no_noise(graph: &Graph, sampler: &WorkflowNode) -> bool {
    let is_off = |value: &Value| value.as_str() == Some("disable") || value.as_bool() == Some(false);
    let noise = sampler.link("noise").and_then(|id| graph.node(id));
    sampler.input("add_noise").is_some_and(is_off) || noise.is_some_and(|node| node.class_type() == "DisableNoise")
}

fn with_parts<'a>(graph: &Graph<'a>, sampler: &'a str) -> Vec<&'a str> {
    let mut nodes = vec![sampler];
    let mut at = 0;
    while let Some(node) = nodes.get(at).and_then(|id| graph.node(id)) {
        for (input, source, slot) in node.links() {
            let is_part = graph.output_kind(source, slot).map_or(PARTS.contains(&input), |kind| SAMPLING.contains(&kind));
            if is_part && !nodes.contains(&source) && graph.node(source).is_some() {
                nodes.push(source);
            }
        }
        at += 1;
    }
    nodes
}
