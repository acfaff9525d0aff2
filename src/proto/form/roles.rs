//! What a value is for, whether it is important enough to be seen at once, and what people call it.

use std::collections::HashMap;

use super::{
    Role,
    graph::Graph,
    spec::{Spec, holds_value},
};
use crate::comfy::{InputKind, UploadKind, WorkflowNode};

/// What a loader gives.
const MODELS: [&str; 9] =
    ["MODEL", "CLIP", "VAE", "CONTROL_NET", "CLIP_VISION", "STYLE_MODEL", "UPSCALE_MODEL", "GLIGEN", "LATENT_UPSCALE_MODEL"];
/// What belongs to sampling and is a node of its own.
pub(crate) const SAMPLING: [&str; 4] = ["SAMPLER", "SIGMAS", "GUIDER", "NOISE"];
const SIZES: [&str; 6] = ["width", "height", "batch_size", "length", "video_frames", "megapixels"];
const SAMPLING_NAMES: [&str; 15] = [
    "steps",
    "cfg",
    "guidance",
    "sampler_name",
    "scheduler",
    "denoise",
    "start_at_step",
    "end_at_step",
    "add_noise",
    "return_with_leftover_noise",
    "shift",
    "max_shift",
    "base_shift",
    "min_cfg",
    "cfg_conds",
];
/// Those that people change from run to run.
const PINNED_SAMPLING: [&str; 6] = ["steps", "cfg", "guidance", "sampler_name", "scheduler", "denoise"];
const PINNED_MODELS: [&str; 4] = ["ckpt_name", "unet_name", "model_name", "gguf_name"];

/// Labels of common inputs, as the built-in form has them. Others are made of the input's name.
const LABELS: &[(&str, &str)] = &[
    ("ckpt_name", "Checkpoint"),
    ("unet_name", "Diffusion model"),
    ("vae_name", "VAE"),
    ("clip_name", "Text encoder"),
    ("clip_name1", "Text encoder 1"),
    ("clip_name2", "Text encoder 2"),
    ("clip_name3", "Text encoder 3"),
    ("control_net_name", "ControlNet"),
    ("lora_name", "LoRA"),
    ("model_name", "Model"),
    ("strength_model", "Strength"),
    ("strength_clip", "Strength for the prompt"),
    ("cfg", "Guidance"),
    ("sampler_name", "Sampler"),
    ("noise_seed", "Seed"),
    ("batch_size", "Batch"),
    ("filename_prefix", "File name"),
    ("fps", "Frames per second"),
    ("clip_l", "CLIP-L"),
    ("clip_g", "CLIP-G"),
    ("t5xxl", "T5-XXL"),
];

/// `prompts`: the nodes whose texts are prompts. `owner`: the node that the value is in.
pub(super) fn role(graph: &Graph, spec: &Spec, owner: (&str, &WorkflowNode), is_text: bool, prompts: &HashMap<&str, Role>) -> Role {
    let (name, node) = (last_part(&spec.name), spec.node);
    if let Some(upload) = spec.input.and_then(|input| input.upload.as_ref()) {
        return if upload.kind == UploadKind::Image && is_mask(graph, owner) { Role::Mask } else { Role::Picture };
    }
    if is_words(spec, owner.1, is_text) {
        if let Some(role) = prompts.get(owner.0).or_else(|| prompts.get(spec.node_id)) {
            return *role;
        }
        if name.contains("prompt") {
            return if name.contains("neg") { Role::NegativePrompt } else { Role::Prompt };
        }
    }
    let is_number = spec.kind.as_deref().is_none_or(|kind| matches!(kind, InputKind::Number(range) if range.whole));
    if is_number && !is_text && (name == "seed" || name.ends_with("_seed") || name.starts_with("seed_")) {
        return Role::Seed;
    }
    let gives_any = |kinds: &[&str]| kinds.iter().any(|kind| graph.gives(node, kind));
    let reads_nothing = node.links().next().is_none();
    if node.class_type().to_ascii_lowercase().contains("lora") && (name.contains("lora") || name.starts_with("strength")) {
        Role::Lora
    } else if graph.classes.class(node.class_type()).is_some_and(|class| class.is_output) || name == "filename_prefix" {
        Role::Output
    } else if SAMPLING_NAMES.contains(&name) || gives_any(&SAMPLING) || is_sampler(node) {
        Role::Sampling
    } else if SIZES.contains(&name) {
        Role::Size
    } else if reads_nothing && gives_any(&MODELS) || name.ends_with("ckpt_name") || name == "unet_name" || name == "vae_name" {
        Role::Model
    } else {
        Role::Other
    }
}

/// The value is a text for people or models, such as a prompt, and not a name or a choice.
pub(super) fn is_words(spec: &Spec, owner: &WorkflowNode, is_text: bool) -> bool {
    let name = last_part(&spec.name);
    match spec.kind.as_deref() {
        Some(InputKind::Text { multiline, dynamic_prompts, .. }) => {
            *multiline || *dynamic_prompts || holds_value(owner, "value") || name.contains("text") || name.contains("prompt")
        }
        Some(_) => false,
        None => is_text && (name.contains("text") || name.contains("prompt")) && !name.contains("prefix"),
    }
}

/// The node samples, or guides what does.
pub(crate) fn is_sampler(node: &WorkflowNode) -> bool {
    node.link("model").is_some() && (node.link("latent_image").is_some() || node.link("positive").is_some())
}

/// The picture is only used as a mask.
pub(crate) fn is_mask(graph: &Graph, (id, node): (&str, &WorkflowNode)) -> bool {
    let readers = graph.readers(id);
    let gives_masks = |slot| graph.classes.output_kind(node, slot) == Some("MASK");
    !readers.is_empty() && readers.iter().all(|link| gives_masks(link.slot))
        || readers.is_empty() && graph.gives(node, "MASK") && !graph.gives(node, "IMAGE")
}

/// Whether the value is seen without unfolding anything, by the rules alone.
pub(super) fn pinned(graph: &Graph, spec: &Spec, role: Role, is_reached: bool) -> bool {
    let name = last_part(&spec.name);
    match role {
        Role::Prompt | Role::NegativePrompt => is_reached || name.contains("prompt"),
        Role::Picture | Role::Mask | Role::Seed => true,
        Role::Lora => name.contains("lora") || name.starts_with("strength"),
        Role::Sampling => PINNED_SAMPLING.contains(&name),
        Role::Model => PINNED_MODELS.contains(&name),
        Role::Output => name == "filename_prefix",
        Role::Size => {
            let takes_latents = spec.node.links().any(|(_, source, slot)| graph.output_kind(source, slot) == Some("LATENT"));
            graph.gives(spec.node, "LATENT") && !takes_latents
        }
        Role::Other => false,
    }
}

pub(super) fn label(spec: &Spec, role: Role) -> String {
    let name = last_part(&spec.name);
    if let Some(label) = spec.input.and_then(|input| input.label.clone()) {
        return label;
    }
    match role {
        Role::Prompt if matches!(name, "text" | "prompt" | "value" | "string") => return "Prompt".into(),
        Role::NegativePrompt if matches!(name, "text" | "prompt" | "value" | "string" | "negative_prompt") => {
            return "Negative prompt".into();
        }
        _ => {}
    }
    LABELS.iter().find(|(known, _)| *known == name).map_or_else(|| plain(name), |(_, label)| (*label).to_owned())
}

/// "upscale_method" → "Upscale method".
fn plain(name: &str) -> String {
    let words = name.replace('_', " ");
    let words = words.trim();
    let mut letters = words.chars();
    letters.next().map_or_else(|| name.to_owned(), |first| first.to_uppercase().chain(letters).collect())
}

/// Of an input of a dynamic one its own name. "blocks.0." is one name.
pub(super) fn last_part(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((_, last)) if !last.is_empty() && !last.bytes().all(|byte| byte.is_ascii_digit()) => last,
        _ => name,
    }
}
