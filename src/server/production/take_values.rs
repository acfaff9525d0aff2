//! Which values of a workflow a name means, and what becomes of the LoRAs of a cast.

use proto::{
    form::{Form, FormField, LoraEntry, Role},
    production::LoraModel,
    recipe::Field,
};
use serde_json::Value;

use crate::workflow_library::LoraList;

/// Which names count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Of a parameter, or of a node and its input.
    Any,
    /// Of a parameter only.
    ByName,
}

/// The values that a name means: the parameter of the built-in workflow in all nodes that have it, or the input of one node.
pub(super) fn fields_named<'f>(form: &'f Form, name: &str, wanted: Wanted) -> Vec<&'f FormField> {
    let there = || form.fields.iter().filter(|field| form.is_there(field));
    match Field::of_name(name) {
        Some(Field::Negative) => there().filter(|field| field.role == Role::NegativePrompt).collect(),
        Some(field) => {
            let input = field.place().map_or(name, |(_, input)| input);
            there().filter(|known| known.key.input == input).collect()
        }
        None if wanted == Wanted::Any => there().filter(|field| field.key.to_string() == name).collect(),
        None => Vec::new(),
    }
}

/// Where the prompt goes: the value of this name, or else the first prompt of the form and those with the same text.
pub(super) fn prompt_fields<'f>(form: &'f Form, named: Option<&str>) -> Vec<&'f FormField> {
    if let Some(name) = named {
        return fields_named(form, name, Wanted::Any);
    }
    let Some(first) = form.fields.iter().find(|field| field.role == Role::Prompt && form.is_there(field)) else { return Vec::new() };
    form.fields.iter().filter(|field| field.key == first.key || first.same_as.contains(&field.key)).collect()
}

/// As people type it.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// For the prompt of the built-in workflow.
pub(super) fn lora_tags(loras: &[LoraModel]) -> String {
    loras.iter().map(|lora| format!(" <lora:{}:{}>", lora.model_path, lora.weight)).collect()
}

/// The first list of LoRAs of a workflow with these at its end. Empty: there are none, or the workflow has no list.
pub(super) fn lora_list(form: &Form, loras: &[LoraModel]) -> Vec<LoraList> {
    let Some(chain) = form.loras.first().filter(|_| !loras.is_empty()) else { return Vec::new() };
    let entry = |lora: &LoraModel| LoraEntry {
        node: None,
        file: lora.model_path.clone(),
        strength: lora.weight.to_string(),
        clip_strength: None,
        on: true,
    };
    let entries = chain.entries.iter().cloned().map(|known| LoraEntry { node: None, ..known }).chain(loras.iter().map(entry)).collect();
    vec![LoraList { list: 0, entries }]
}
