//! SwarmUI: a JSON text with `sui_image_params`. Its parameters are named as those of ComfyUI, on which it runs.

use serde_json::{Map, Value};

use super::{
    read::{is_nothing, object, shown, text},
    settings::PictureSettings,
    why,
};
use crate::{prompts::LoraTag, recipe::Field};

const PARAMETERS: &str = "sui_image_params";

pub(super) fn read(texts: &[(String, String)]) -> Option<PictureSettings> {
    let with_it = texts.iter().filter(|(_, text)| text.contains(PARAMETERS));
    let parameters = with_it
        .filter_map(|(_, text)| object(text)?.shift_remove(PARAMETERS))
        .find_map(|value| if let Value::Object(object) = value { Some(object) } else { None })?;
    let mut read = PictureSettings { program: "SwarmUI", ..PictureSettings::default() };
    loras(&mut read, &parameters);
    for (name, value) in &parameters {
        take(&mut read, name, value);
    }
    Some(read)
}

fn take(read: &mut PictureSettings, name: &str, value: &Value) {
    let field = match name {
        "prompt" => Field::Prompt,
        "negativeprompt" => Field::Negative,
        "seed" => Field::Seed,
        "steps" => Field::Steps,
        "cfgscale" => Field::Cfg,
        "width" => Field::Width,
        "height" => Field::Height,
        "model" => Field::Checkpoint,
        "sampler" => Field::Sampler,
        "scheduler" => Field::Scheduler,
        // What they do is in the other parameters, or concerns that program alone.
        "swarm_version"
        | "aspectratio"
        | "sidelength"
        | "automaticvae"
        | "images"
        | "batchsize"
        | "loras"
        | "loraweights"
        | "loratencweights"
        | "lorasectionconfinement"
        | "noseedincrement"
        | "donotsave"
        | "nopreviews"
        | "personalnote"
        | "imageformat"
        | "wildcardseed"
        | "wildcardseedbehavior"
        | "modelspecificenhancements"
        | "original_prompt"
        | "original_negativeprompt" => return,
        _ if is_nothing(value) => return,
        _ => {
            let why = match name {
                "vae" if value == "Automatic" || value == "None" => return,
                "vae" => why::VAE,
                "clipstopatlayer" if value == -1 || value == "-1" => return,
                "clipstopatlayer" => why::CLIP_SKIP,
                "variationseed" | "variationseedstrength" => why::VARIATION,
                _ if name.starts_with("initimage") || name.starts_with("mask") => why::START,
                _ if name.starts_with("refiner") => why::UPSCALE,
                _ if name.starts_with("controlnet") => why::CONTROL,
                _ => why::NO_FIELD,
            };
            return read.skip(name, shown(value), why);
        }
    };
    match text(value) {
        Some(text) => read.set(field, text),
        None => read.skip(name, shown(value), why::NO_FIELD),
    }
}

/// Lists, or texts with commas.
fn loras(read: &mut PictureSettings, parameters: &Map<String, Value>) {
    let list = |name: &str| -> Vec<String> {
        match parameters.get(name) {
            Some(Value::Array(items)) => items.iter().filter_map(text).collect(),
            Some(Value::String(joined)) if !joined.is_empty() => joined.split(',').map(|one| one.trim().to_owned()).collect(),
            _ => Vec::new(),
        }
    };
    let (weights, clip_weights) = (list("loraweights"), list("loratencweights"));
    for (at, name) in list("loras").into_iter().enumerate() {
        let strength = weights.get(at).cloned().unwrap_or_else(|| "1".to_owned());
        let clip_strength = clip_weights.get(at).cloned().unwrap_or_else(|| strength.clone());
        read.loras.push(LoraTag { name, strength, clip_strength });
    }
}
