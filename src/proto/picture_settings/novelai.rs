//! NovelAI: `Software` names it, and `Comment` is a JSON text.

use serde_json::Value;

use super::{
    read::{object, shown, text},
    samplers,
    settings::PictureSettings,
    why,
};
use crate::recipe::Field;

pub(super) fn read(texts: &[(String, String)]) -> Option<PictureSettings> {
    let named = |name: &str| texts.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str());
    named("Software").filter(|software| software.starts_with("NovelAI"))?;
    let comment = object(named("Comment")?)?;
    let mut read = PictureSettings { program: "NovelAI", ..PictureSettings::default() };
    let prompt = |name: &str| comment.get(name).and_then(Value::as_str).unwrap_or_default();
    let texts = [(Field::Prompt, prompt("prompt")), (Field::Negative, prompt("uc"))];
    if texts.iter().any(|(_, text)| text.contains(['{', '['])) {
        read.skip("Emphasis", "{…} and […]", why::EMPHASIS);
    }
    for (field, text) in texts {
        read.set(field, text.replace('{', "(").replace('}', ")"));
    }
    let fields =
        [(Field::Seed, "seed"), (Field::Steps, "steps"), (Field::Cfg, "scale"), (Field::Width, "width"), (Field::Height, "height")];
    for (field, name) in fields {
        if let Some(text) = comment.get(name).and_then(text) {
            read.set(field, text);
        }
    }
    if let Some(sampler) = comment.get("sampler").and_then(Value::as_str) {
        samplers::of_diffusers(&mut read, sampler);
    }
    match comment.get("noise_schedule").and_then(Value::as_str) {
        Some(schedule @ ("karras" | "exponential")) => read.set(Field::Scheduler, schedule),
        Some("polyexponential") => read.set(Field::Scheduler, "exponential"),
        Some("native") | None => {}
        Some(other) => read.skip("noise_schedule", other, why::SCHEDULER),
    }
    for (name, value) in &comment {
        let why = match name.as_str() {
            "strength" | "noise" | "extra_noise_seed" => why::START,
            "cfg_rescale" | "sm" | "sm_dyn" | "dynamic_thresholding" | "skip_cfg_above_sigma" => why::NO_FIELD,
            "reference_information_extracted_multiple" | "director_reference_strengths" => why::CONTROL,
            _ => continue,
        };
        if !super::read::is_nothing(value) && value.as_f64() != Some(0.0) {
            read.skip(name, shown(value), why);
        }
    }
    if let Some(source) = named("Source") {
        read.skip("Model", source, "It runs at NovelAI only. The checkpoint in the form stays.");
    }
    Some(read)
}
