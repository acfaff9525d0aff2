//! The models and LoRAs that an output was made with, found in a workflow.

use serde_json::Value;

use super::{
    facts::LoraFact,
    sampling::{Sampling, held},
};
use crate::{
    comfy::{WorkflowNode, model_file},
    form::{Graph, is_link},
};

/// Inputs of loaders that name what is sampled with, perhaps without the ending of a file.
const SAMPLED: [&str; 3] = ["ckpt_name", "unet_name", "gguf_name"];
/// What loaders give that is of little interest beside the model.
const CODERS: [&str; 3] = ["CLIP", "VAE", "CLIP_VISION"];
/// Where LoRA nodes of various packs have their strength; what follows the name of the file's input (`lora_name_1`) follows these too.
const STRENGTHS: [&str; 6] = ["strength_model", "strength", "lora_wt", "lora_strength", "model_weight", "model_str"];

/// How much of the output a model makes up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Sampled,
    Helping,
    Coding,
}

/// The main one first; text encoders and VAEs only if there is nothing else. `nodes`: what the output needs, the nearest first.
pub(super) fn models(graph: &Graph, nodes: &[&str], sampling: &Sampling) -> Vec<String> {
    let mut found: Vec<(Rank, &str)> = Vec::new();
    // What the sampler reads comes before what other stages read.
    let of_sampler = sampling.nodes().iter().filter_map(|id| graph.node(id)?.link("model"));
    let chain = graph.nearest_first(of_sampler);
    for id in chain.iter().chain(nodes) {
        let Some(node) = graph.node(id).filter(|node| !is_lora(node)) else { continue };
        let files = node.inputs().filter_map(|(name, value)| Some((rank(graph, node, name), file(name, value)?)));
        for (rank, file) in files {
            match found.iter_mut().find(|(_, known)| *known == file) {
                Some((known, _)) => *known = rank.min(*known),
                None => found.push((rank, file)),
            }
        }
    }
    if found.is_empty() {
        // A service elsewhere: "gemini-3-pro-image-preview".
        let nodes = sampling.nodes().iter().filter_map(|id| graph.node(id));
        let named = nodes.filter_map(|node| ["model", "model_name"].iter().find_map(|name| node.input(name)?.as_str()));
        return named.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    }
    found.sort_by_key(|(rank, _)| *rank);
    let has_others = found.iter().any(|(rank, _)| *rank != Rank::Coding);
    found.into_iter().filter(|(rank, _)| !has_others || *rank != Rank::Coding).map(|(_, file)| file.to_owned()).collect()
}

fn file<'a>(name: &str, value: &'a Value) -> Option<&'a str> {
    model_file(value).or_else(|| value.as_str().filter(|text| SAMPLED.contains(&name) && !text.is_empty()))
}

fn rank(graph: &Graph, node: &WorkflowNode, name: &str) -> Rank {
    let is_coder = |name: &str| name == "vae_name" || name == "text_encoder" || name.starts_with("clip_name");
    let is_known = graph.classes.class(node.class_type()).is_some();
    let (is_sampled, is_coder) = if is_known {
        (graph.gives(node, "MODEL"), CODERS.iter().any(|kind| graph.gives(node, kind)))
    } else {
        (SAMPLED.contains(&name), is_coder(name))
    };
    match (is_sampled, is_coder) {
        (true, _) => Rank::Sampled,
        (false, true) => Rank::Coding,
        (false, false) => Rank::Helping,
    }
}

fn is_lora(node: &WorkflowNode) -> bool {
    node.class_type().to_ascii_lowercase().contains("lora")
}

/// Each once, in the order in which they are applied; without those of strength 0.
pub(super) fn loras(graph: &Graph, nodes: &[&str]) -> Vec<LoraFact> {
    let mut found: Vec<LoraFact> = Vec::new();
    // The nearest to the loader are applied first.
    for node in nodes.iter().rev().filter_map(|id| graph.node(id)).filter(|node| is_lora(node)) {
        for (name, weight) in node.inputs().filter_map(|(input, value)| lora(graph, node, input, value)) {
            if !found.iter().any(|known| known.name == name && known.weight == weight) {
                found.push(LoraFact { name, weight });
            }
        }
    }
    found
}

/// The LoRA that an input names, with its weight.
fn lora(graph: &Graph, node: &WorkflowNode, input: &str, value: &Value) -> Option<(String, String)> {
    if let Value::Object(entry) = value {
        // A row of rgthree's Power Lora Loader.
        let name = entry.get("lora")?.as_str().and_then(lora_file)?;
        let is_on = entry.get("on").and_then(Value::as_bool) != Some(false);
        let weight = entry.get("strength").filter(|value| value.is_number());
        return (is_on && weight.is_none_or(|weight| !is_zero(weight))).then(|| (name.to_owned(), text(weight)));
    }
    let suffix = input.strip_prefix("lora_name").or_else(|| input.strip_prefix("lora"))?;
    let name = value.as_str().filter(|_| !is_link(value)).and_then(lora_file)?;
    let number = |name: &str| held(graph, node, &format!("{name}{suffix}")).filter(|value| value.is_number());
    let weight = STRENGTHS.iter().find_map(|name| number(name));
    let is_off = weight.is_some_and(is_zero) && number("strength_clip").is_none_or(is_zero);
    (!is_off).then(|| (name.to_owned(), text(weight)))
}

/// Packs write "None" where none is chosen.
fn lora_file(name: &str) -> Option<&str> {
    (!name.is_empty() && !name.eq_ignore_ascii_case("none")).then_some(name)
}

fn is_zero(value: &Value) -> bool {
    value.as_f64() == Some(0.0)
}

fn text(weight: Option<&Value>) -> String {
    weight.map_or_else(|| "1".to_owned(), ToString::to_string)
}
