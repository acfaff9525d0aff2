//! What determines the duration of a workflow: its shape, the amount of work per node, and the dependencies.

use std::collections::HashMap;

use serde_json::Value;

use crate::{
    comfy::{Workflow, WorkflowNode},
    ids::NodeId,
};

/// Computed once per task.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    shape: Shape,
    parts: HashMap<NodeId, Part>,
}

#[derive(Clone, Debug, Default)]
struct Part {
    work: Work,
    needed_by: Vec<NodeId>,
}

/// Workflows of one shape have the same classes and links, and name the same models and samplers, which determine the cost of a step.
/// Node ids, prompts, seeds and sizes do not count. Stable across machines and Rust versions, because it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape(pub(super) u64);

/// The parameters that scale a node's work, from its own inputs or from linked nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    pub steps: Option<u64>,
    /// Of all images together: width × height × batch × frames.
    pub pixels: Option<u64>,
}

impl Work {
    /// The amount of work, in steps × pixels; 1 for nodes that scale with neither.
    #[must_use]
    pub fn amount(self) -> u64 {
        self.steps.unwrap_or(1).saturating_mul(self.pixels.unwrap_or(1)).max(1)
    }
}

/// Inputs that carry the size of an image.
const PICTURE: [&str; 6] = ["latent_image", "samples", "latent", "pixels", "image", "images"];
/// Maximum links followed to find a size or a number of steps.
const FOLLOWED: usize = 64;

impl Plan {
    #[must_use]
    pub fn new(workflow: &Workflow) -> Self {
        let mut parts: HashMap<NodeId, Part> =
            workflow.0.iter().map(|(id, node)| (id.clone(), Part { work: work(workflow, node), needed_by: Vec::new() })).collect();
        for (id, node) in &workflow.0 {
            for (_, source, _) in node.links() {
                if let Some(part) = parts.get_mut(source) {
                    part.needed_by.push(id.clone());
                }
            }
        }
        Self { shape: shape(workflow), parts }
    }

    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    #[must_use]
    pub fn work(&self, node: &NodeId) -> Work {
        self.parts.get(node).map_or(Work::default(), |part| part.work)
    }

    /// The largest number of pixels that a node works on. `None`: no node says a size.
    #[must_use]
    pub fn largest(&self) -> Option<u64> {
        self.parts.values().filter_map(|part| part.work.pixels).max()
    }

    /// The sum over all nodes: the duration of the whole run scales with it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.parts.values().fold(0, |sum, part| part.work.amount().saturating_add(sum))
    }

    /// The nodes that use an output of this one. Empty for output nodes.
    #[must_use]
    pub fn needed_by(&self, node: &NodeId) -> &[NodeId] {
        self.parts.get(node).map_or(&[], |part| &part.needed_by)
    }
}

fn work(workflow: &Workflow, node: &WorkflowNode) -> Work {
    Work { steps: steps(workflow, node), pixels: pixels(workflow, node) }
}

fn steps(workflow: &Workflow, node: &WorkflowNode) -> Option<u64> {
    // Custom samplers get their steps from the scheduler linked to `sigmas`.
    let node = follow(workflow, node, &["sigmas"], |node| node.input("steps").is_some())?;
    let steps = number(workflow, node, "steps").filter(|steps| (1..=10_000).contains(steps))?;
    let first = number(workflow, node, "start_at_step").unwrap_or(0);
    let last = number(workflow, node, "end_at_step").unwrap_or(steps).min(steps);
    Some(last.saturating_sub(first).max(1))
}

fn pixels(workflow: &Workflow, node: &WorkflowNode) -> Option<u64> {
    let side = |node: &WorkflowNode, name: &str| number(workflow, node, name).filter(|side| (1..=65_536).contains(side));
    let sized = follow(workflow, node, &PICTURE, |node| side(node, "width").is_some() && side(node, "height").is_some())?;
    let times = |name| number(workflow, sized, name).filter(|times| (1..=65_536).contains(times)).unwrap_or(1);
    let frames = times("batch_size").saturating_mul(times("length"));
    Some(frames.saturating_mul(side(sized, "width")? * side(sized, "height")?))
}

/// The first node for which `found` holds, from `node` upstream along the links of these names.
fn follow<'a>(
    workflow: &'a Workflow,
    node: &'a WorkflowNode,
    through: &[&str],
    found: impl Fn(&WorkflowNode) -> bool,
) -> Option<&'a WorkflowNode> {
    let mut node = node;
    for _ in 0..FOLLOWED {
        if found(node) {
            return Some(node);
        }
        let link = through.iter().find_map(|name| node.link(name))?;
        node = workflow.0.get(link)?;
    }
    None
}

/// A number given directly, or by a linked number node (`PrimitiveInt`).
fn number(workflow: &Workflow, node: &WorkflowNode, name: &str) -> Option<u64> {
    let given = node.input(name).and_then(Value::as_u64);
    given.or_else(|| workflow.0.get(node.link(name)?)?.input("value")?.as_u64())
}

fn shape(workflow: &Workflow) -> Shape {
    let mut hashes: HashMap<NodeId, u64> = HashMap::with_capacity(workflow.0.len());
    let mut all = 0_u64;
    for id in workflow.order() {
        let Some(node) = workflow.0.get(&id) else { continue };
        let mut hash = fnv(FNV, node.class_type().as_bytes());
        // Sums, so that the order of inputs and nodes in a file does not matter.
        let mut inputs = 0_u64;
        for (name, source, slot) in node.links() {
            // Zero for a cycle; ComfyUI will refuse it.
            let source = hashes.get(source).copied().unwrap_or(0);
            let link = fnv(fnv(FNV, name.as_bytes()), &source.to_le_bytes());
            inputs = inputs.wrapping_add(fnv(link, &slot.to_le_bytes()));
        }
        for (name, value) in node.inputs().filter(|(name, _)| name.ends_with("_name")) {
            let named = value.as_str().unwrap_or_default();
            inputs = inputs.wrapping_add(fnv(fnv(FNV, name.as_bytes()), named.as_bytes()));
        }
        hash = fnv(hash, &inputs.to_le_bytes());
        all = all.wrapping_add(hash);
        hashes.insert(id, hash);
    }
    Shape(all)
}

/// The offset basis of FNV-1a, 64 bits.
pub(crate) const FNV: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, continued from `hash`. The length ends each text, so that "ab", "c" and "a", "bc" differ.
pub(crate) fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    let length = (bytes.len() as u64).to_le_bytes();
    bytes.iter().chain(&length).fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::recipe::TextToImage;

    fn plan(value: Value) -> Plan {
        Plan::new(&Workflow::from_value(value).unwrap())
    }

    fn amount(plan: &Plan, id: &str) -> u64 {
        plan.work(&NodeId::from(id)).amount()
    }

    #[test]
    fn a_shape_is_classes_links_and_models() {
        let of = |recipe: &TextToImage| Plan::new(&recipe.workflow()).shape();
        let recipe = TextToImage { prompt: "a cat".into(), checkpoint: "one".into(), ..TextToImage::default() };
        let same = TextToImage { prompt: "a dog".into(), seed: 7, steps: 30, width: 64, ..recipe.clone() };
        assert_eq!(of(&recipe), of(&same));
        assert_ne!(of(&recipe), of(&TextToImage { checkpoint: "two".into(), ..recipe.clone() }));
        let pair = |a: &str, b: &str, from: &str| {
            plan(json!({a: {"class_type": "A", "inputs": {}}, b: {"class_type": "B", "inputs": {"x": [from, 0]}}})).shape()
        };
        assert_eq!(pair("1", "2", "1"), pair("7", "5", "7"), "ids are names");
        assert_ne!(pair("1", "2", "1"), pair("1", "2", "9"), "links are not");
        // Stored on disk: must be the same in every build.
        assert_eq!(pair("1", "2", "1").0, 15_510_114_484_883_134_345);
    }

    #[test]
    fn work_is_steps_times_pixels_times_images_wherever_they_are_given() {
        let graph = plan(json!({
            "w": {"class_type": "PrimitiveInt", "inputs": {"value": 64}},
            "5": {"class_type": "EmptyLatentImage", "inputs": {"width": ["w", 0], "height": 32, "batch_size": 2}},
            "s": {"class_type": "BasicScheduler", "inputs": {"steps": 10}},
            "t": {"class_type": "SplitSigmas", "inputs": {"sigmas": ["s", 0]}},
            "3": {"class_type": "SamplerCustomAdvanced", "inputs": {"latent_image": ["5", 0], "sigmas": ["t", 0]}},
            "a": {"class_type": "KSamplerAdvanced", "inputs": {"latent_image": ["3", 0], "steps": 20, "start_at_step": 5, "end_at_step": 10_000}},
            "8": {"class_type": "VAEDecode", "inputs": {"samples": ["a", 0], "vae": ["4", 2]}},
            "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x"}},
        }));
        let picture = 64 * 32 * 2;
        assert_eq!(["5", "3", "a", "8", "4"].map(|id| amount(&graph, id)), [picture, 10 * picture, 15 * picture, picture, 1]);
        assert_eq!(graph.needed_by(&NodeId::from("3")), [NodeId::from("a")]);
    }

    #[test]
    fn cycles_and_invalid_values_count_as_no_work() {
        let graph = plan(json!({
            "1": {"class_type": "A", "inputs": {"image": ["2", 0], "width": -3, "height": "x", "steps": 0}},
            "2": {"class_type": "A", "inputs": {"image": ["1", 0], "sigmas": ["2", 0]}},
        }));
        assert_eq!(["1", "2", "nowhere"].map(|id| amount(&graph, id)), [1, 1, 1]);
        let huge = plan(
            json!({"1": {"class_type": "A", "inputs": {"width": 65_536, "height": 65_536, "batch_size": 65_536, "length": 65_536, "steps": 10_000}}}),
        );
        assert_eq!(amount(&huge, "1"), u64::MAX);
    }
}
