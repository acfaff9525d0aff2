//! What differs between two takes: only the parameters that are not the same.

use serde_json::Value;

use super::super::Take;

/// What was asked for with a take, by names for people.
fn facts(take: &Take) -> Vec<(String, String)> {
    let quality: &'static str = take.quality_preset.into();
    let mut facts = vec![("quality".to_owned(), quality.to_owned())];
    facts.extend(take.seed.map(|seed| ("seed".to_owned(), seed.to_string())));
    if let Some(prompt) = &take.composite_prompt {
        facts.push(("prompt".to_owned(), prompt.final_prompt.clone()));
        facts.extend(prompt.lora_models.iter().map(|lora| (format!("LoRA {}", lora.model_path), lora.weight.to_string())));
    }
    for (name, value) in &take.metadata {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => continue,
        };
        facts.push((name.replace('_', " "), text));
    }
    facts
}

/// Name, that of `one` and that of `other`, of what is not the same. "–": there is none.
#[must_use]
pub fn take_differences(one: &Take, other: &Take) -> Vec<(String, String, String)> {
    let (ones, others) = (facts(one), facts(other));
    let value = |facts: &[(String, String)], name: &str| {
        facts.iter().find(|(known, _)| known == name).map_or_else(|| "–".to_owned(), |(_, value)| value.clone())
    };
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in ones.iter().chain(&others) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let row = |name: &String| (name.clone(), value(&ones, name), value(&others, name));
    names.into_iter().map(row).filter(|(_, one, other)| one != other).collect()
}
