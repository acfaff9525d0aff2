//! InvokeAI: `invokeai_metadata`, else `invokeai_graph`, and before 3.0 `sd-metadata` and `Dream`, the command that made the picture.

use serde_json::{Map, Value};

use super::{
    read::{is_nothing, object, shown, text},
    samplers,
    settings::PictureSettings,
    why,
};
use crate::{prompts::LoraTag, recipe::Field};

pub(super) fn read(texts: &[(String, String)]) -> Option<PictureSettings> {
    let named = |name: &str| texts.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, text)| text.as_str());
    let now = || Some(present(&object(named("invokeai_metadata")?)?));
    let graph = || graph(&object(named("invokeai_graph")?)?);
    let old = || old(object(named("sd-metadata")?)?);
    let dream = || dream(named("Dream")?);
    now().or_else(graph).or_else(old).or_else(dream)
}

fn named() -> PictureSettings {
    PictureSettings { program: "InvokeAI", ..PictureSettings::default() }
}

fn present(metadata: &Map<String, Value>) -> PictureSettings {
    let mut read = named();
    for (name, value) in metadata {
        let field = match name.as_str() {
            "positive_prompt" => Field::Prompt,
            "negative_prompt" => Field::Negative,
            "seed" => Field::Seed,
            "steps" => Field::Steps,
            "cfg_scale" => Field::Cfg,
            "width" => Field::Width,
            "height" => Field::Height,
            "model" => {
                if let Some(model) = model_name(value) {
                    read.set(Field::Checkpoint, model);
                }
                continue;
            }
            "scheduler" => {
                samplers::of_diffusers(&mut read, &shown(value));
                continue;
            }
            "loras" => {
                loras(&mut read, value);
                continue;
            }
            // They concern that program alone.
            "app_version" | "generation_mode" | "rand_device" => continue,
            _ if is_nothing(value) || is_zero(value) => continue,
            "clip_skip" => {
                read.skip(name, shown(value), why::CLIP_SKIP);
                continue;
            }
            "vae" => {
                read.skip(name, model_name(value).unwrap_or_else(|| shown(value)), why::VAE);
                continue;
            }
            "strength" | "init_image" => {
                read.skip(name, shown(value), why::START);
                continue;
            }
            "controlnets" | "ipAdapters" | "t2iAdapters" | "control_layers" | "ref_images" => {
                read.skip(name, shown(value), why::CONTROL);
                continue;
            }
            _ if name.starts_with("hrf") || name.starts_with("refiner") => {
                read.skip(name, shown(value), why::UPSCALE);
                continue;
            }
            _ => {
                read.skip(name, shown(value), why::NO_FIELD);
                continue;
            }
        };
        match text(value) {
            Some(text) => read.set(field, text),
            None if value.is_null() => {}
            None => read.skip(name, shown(value), why::NO_FIELD),
        }
    }
    read
}

/// The graph that was run, of a picture without metadata. Its node `core_metadata` has what would have been the metadata; what other nodes give it is in
/// the edges, such as the seed of each picture of a batch.
fn graph(graph: &Map<String, Value>) -> Option<PictureSettings> {
    let nodes = graph.get("nodes")?.as_object()?;
    let kind = |node: &Value, kind: &str| node.get("type").and_then(Value::as_str) == Some(kind);
    let (id, node) = nodes.iter().find(|(_, node)| kind(node, "core_metadata"))?;
    let mut metadata = node.as_object()?.clone();
    let at = |edge: &Value, end: &str, what: &str| edge.get(end)?.get(what)?.as_str().map(str::to_owned);
    for edge in graph.get("edges").and_then(Value::as_array).into_iter().flatten() {
        let Some(field) = at(edge, "destination", "field").filter(|_| at(edge, "destination", "node_id").as_ref() == Some(id)) else {
            continue;
        };
        let value = at(edge, "source", "node_id").and_then(|source| nodes.get(&source)?.get("value").cloned());
        metadata.extend(value.map(|value| (field, value)));
    }
    for of_the_node in ["id", "type", "is_intermediate", "use_cache"] {
        metadata.shift_remove(of_the_node);
    }
    metadata.retain(|_, value| !value.is_null());
    Some(present(&metadata))
}

fn is_zero(value: &Value) -> bool {
    value.as_f64() == Some(0.0)
}

/// Also as version 3 wrote it: `model_name`.
fn model_name(value: &Value) -> Option<String> {
    ["name", "model_name"].iter().find_map(|key| value.get(key)?.as_str()).or(value.as_str()).map(str::to_owned)
}

/// `[{model: {name}, weight}]`; version 3 named the model `lora`.
fn loras(read: &mut PictureSettings, value: &Value) {
    for lora in value.as_array().into_iter().flatten() {
        let Some(name) = lora.get("model").or(lora.get("lora")).and_then(model_name) else { continue };
        let strength = lora.get("weight").and_then(text).unwrap_or_else(|| "1".to_owned());
        read.loras.push(LoraTag { name, clip_strength: strength.clone(), strength });
    }
}

/// Version 1.15 to 2.3.
fn old(metadata: Map<String, Value>) -> Option<PictureSettings> {
    let image = metadata.get("image")?.as_object()?;
    let mut read = named();
    match image.get("prompt") {
        Some(Value::Array(parts)) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part.get("prompt")?.as_str()).collect();
            prompts(&mut read, &texts.join(", "));
        }
        Some(Value::String(prompt)) => prompts(&mut read, prompt),
        _ => {}
    }
    let fields =
        [(Field::Seed, "seed"), (Field::Steps, "steps"), (Field::Cfg, "cfg_scale"), (Field::Width, "width"), (Field::Height, "height")];
    for (field, name) in fields {
        if let Some(text) = image.get(name).and_then(text) {
            read.set(field, text);
        }
    }
    if let Some(sampler) = image.get("sampler").and_then(Value::as_str) {
        samplers::of_diffusers(&mut read, sampler);
    }
    if let Some(model) = metadata.get("model_weights").and_then(Value::as_str) {
        read.set(Field::Checkpoint, model);
    }
    for (name, value) in image {
        let why = match name.as_str() {
            "strength" | "init_image_path" | "orig_hash" | "mask_hash" => why::START,
            "variations" => why::VARIATION,
            "postprocessing" => why::UPSCALE,
            "threshold" | "perlin" | "seamless" | "hires_fix" | "facetool_strength" => why::NO_FIELD,
            _ => continue,
        };
        if !is_nothing(value) && !is_zero(value) {
            read.skip(name, shown(value), why);
        }
    }
    Some(read)
}

/// `"prompt" -s 50 -S 42 -W 512 -H 512 -C 7.5 -A k_lms`. A value may follow its switch directly: `-s50`.
fn dream(command: &str) -> Option<PictureSettings> {
    let (prompt, switches) = command.trim().strip_prefix('"')?.rsplit_once('"')?;
    let mut read = named();
    prompts(&mut read, prompt);
    let mut words = switches.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let Some(switch) = word.strip_prefix('-').and_then(|rest| rest.chars().next()) else { continue };
        let behind = word.get(1 + switch.len_utf8()..).unwrap_or_default();
        let value = match behind {
            "" => words.next_if(|next| !next.starts_with('-')).unwrap_or_default(),
            behind => behind,
        };
        match switch {
            's' => read.set(Field::Steps, value),
            'S' => read.set(Field::Seed, value),
            'W' => read.set(Field::Width, value),
            'H' => read.set(Field::Height, value),
            'C' => read.set(Field::Cfg, value),
            'A' => samplers::of_diffusers(&mut read, value),
            'I' | 'f' | 'M' => read.skip(word, value, why::START),
            'v' | 'V' => read.skip(word, value, why::VARIATION),
            'G' | 'U' => read.skip(word, value, why::UPSCALE),
            _ => read.skip(word, value, why::NO_FIELD),
        }
    }
    Some(read)
}

/// What is in brackets is the negative prompt.
fn prompts(read: &mut PictureSettings, prompt: &str) {
    let (mut positive, mut negative) = (String::new(), Vec::new());
    let mut rest = prompt;
    while let Some((before, inside)) = rest.split_once('[') {
        positive.push_str(before);
        let (inside, after) = inside.split_once(']').unwrap_or((inside, ""));
        negative.push(inside.trim());
        rest = after;
    }
    positive.push_str(rest);
    read.set(Field::Prompt, positive.trim());
    read.set(Field::Negative, negative.join(", "));
}
