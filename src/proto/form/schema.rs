//! The inputs of a run as JSON Schema 2020-12, for programs.
//!
//! Besides the standard keywords, each property has: `x-darkroom-role`, `x-darkroom-label`, `x-darkroom-order` (its place in the form, from 0),
//! `x-darkroom-group`, `x-darkroom-pinned`, and where they apply `x-darkroom-step`, `x-darkroom-when` (`{key, value}` of a dynamic choice),
//! `x-darkroom-linked`, `x-darkroom-seed` and `x-darkroom-upload`. Beside them is `x-darkroom-loras`: the lists of LoRAs, and the files that they can
//! have.

use serde_json::{Map, Value, json};

use super::{
    FieldChoice, Form, FormField, LoraChain, LoraEntry, NumberBounds, SeedControl, Widget,
    text_value::{read_boolean, read_number},
};
use crate::comfy::UploadKind;

/// Whole numbers up to this are exact in JavaScript.
const SAFE: i128 = 9_007_199_254_740_991;

/// The schema of an object with a value per field: all are optional, and what is left out stays as the workflow has it.
#[must_use]
pub fn schema(form: &Form) -> Value {
    let mut properties = Map::new();
    for (order, field) in form.fields.iter().enumerate() {
        let mut one = property(form, field);
        if let Some(group) = form.groups.get(usize::from(field.group)) {
            one.insert("x-darkroom-group".into(), group.clone().into());
        }
        one.insert("x-darkroom-order".into(), order.into());
        match properties.get_mut(&field.key.to_string()) {
            // Two options of a dynamic choice have an input of this name.
            Some(Value::Object(known)) => merge(known, one),
            _ => drop(properties.insert(field.key.to_string(), Value::Object(one))),
        }
    }
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if let Some(members) = schema.as_object_mut().filter(|_| !form.loras.is_empty()) {
        members.insert("x-darkroom-loras".into(), loras(form));
    }
    schema
}

/// The lists as a run takes them.
fn loras(form: &Form) -> Value {
    let number = |text: &String| read_number(text).map_or_else(|| text.clone().into(), Value::Number);
    let entry = |entry: &LoraEntry| {
        let mut one = json!({"file": entry.file, "strength": number(&entry.strength), "on": entry.on});
        if let Some(strength) = &entry.clip_strength {
            one["promptStrength"] = number(strength);
        }
        one
    };
    let list = |chain: &LoraChain| json!({"model": chain.model.0, "entries": chain.entries.iter().map(entry).collect::<Vec<_>>()});
    let files: Vec<&str> = form.choices(form.lora_choices).iter().map(|choice| choice.value.as_str()).collect();
    json!({"lists": form.loras.iter().map(list).collect::<Vec<_>>(), "files": files})
}

/// Both descriptions of a value are possible.
fn merge(known: &mut Map<String, Value>, other: Map<String, Value>) {
    match known.get_mut("anyOf") {
        Some(Value::Array(options)) if known_is_merged(options) => options.push(Value::Object(other)),
        _ => {
            let first = std::mem::take(known);
            for hint in ["title", "x-darkroom-role", "x-darkroom-label", "x-darkroom-group", "x-darkroom-order"] {
                if let Some(value) = first.get(hint) {
                    known.insert(hint.into(), value.clone());
                }
            }
            known.insert("anyOf".into(), json!([first, other]));
        }
    }
}

fn known_is_merged(options: &[Value]) -> bool {
    options.iter().any(|option| option.get("x-darkroom-role").is_some())
}

fn property(form: &Form, field: &FormField) -> Map<String, Value> {
    let mut one = of_widget(form, &field.widget);
    let mut add = |name: &str, value: Value| drop(one.insert(name.to_owned(), value));
    add("title", field.label.clone().into());
    if let Some(help) = &field.help {
        add("description", help.clone().into());
    }
    add("default", typed(field));
    add("x-darkroom-role", <&str>::from(field.role).into());
    add("x-darkroom-label", field.label.clone().into());
    add("x-darkroom-pinned", field.pinned.into());
    if let Some((key, value)) = &field.when {
        add("x-darkroom-when", json!({"key": key, "value": value}));
    }
    if !field.linked.is_empty() {
        add("x-darkroom-linked", json!(field.linked));
    }
    if let Some(control) = field.seed.filter(|control| *control != SeedControl::Fixed) {
        add("x-darkroom-seed", <&str>::from(control).into());
    }
    one
}

/// The workflow's value in the type that it has there.
fn typed(field: &FormField) -> Value {
    let text = || Value::String(field.value.clone());
    let json = || serde_json::from_str(&field.value).unwrap_or_else(|_| text());
    match &field.widget {
        Widget::Number(_) | Widget::Seed(_) => read_number(&field.value).map_or_else(text, Value::Number),
        Widget::Switch { .. } => read_boolean(&field.value).unwrap_or_else(text),
        Widget::ManyOf(_) | Widget::Json => json(),
        _ => text(),
    }
}

fn of_widget(form: &Form, widget: &Widget) -> Map<String, Value> {
    let value = match widget {
        Widget::Prompt { .. } | Widget::Text { .. } => json!({"type": "string"}),
        Widget::Number(bounds) | Widget::Seed(bounds) => Value::Object(number(bounds)),
        Widget::Switch { .. } => json!({"type": "boolean"}),
        Widget::Choice(list) if form.choices(*list).is_empty() => json!({"type": "string"}),
        Widget::Choice(list) => json!({"enum": values(form.choices(*list))}),
        Widget::ManyOf(list) if form.choices(*list).is_empty() => json!({"type": "array", "items": {"type": "string"}}),
        Widget::ManyOf(list) => json!({"type": "array", "items": {"enum": values(form.choices(*list))}}),
        Widget::DynamicChoice(keys) => json!({"enum": keys}),
        Widget::Remote { route, .. } => json!({"type": "string", "x-darkroom-route": route}),
        Widget::Upload { kind, folder, several, .. } => {
            json!({"type": "string", "contentMediaType": media_type(*kind), "x-darkroom-upload": {"folder": folder, "several": several}})
        }
        Widget::Colour => json!({"type": "string", "pattern": "^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$"}),
        Widget::Json => json!({}),
    };
    if let Value::Object(object) = value { object } else { Map::new() }
}

/// Choices as texts; those that are also numbers or booleans may be sent as these.
fn values(choices: &[FieldChoice]) -> Vec<Value> {
    let typed = |text: &str| {
        read_number(text).map(Value::Number).filter(|number| is_written(number, text)).or_else(|| match text {
            "true" | "false" => Some(Value::Bool(text == "true")),
            _ => None,
        })
    };
    choices.iter().flat_map(|choice| [Some(Value::String(choice.value.clone())), typed(&choice.value)]).flatten().collect()
}

fn is_written(number: &Value, text: &str) -> bool {
    let written = number.to_string();
    written == text
}

fn media_type(kind: UploadKind) -> &'static str {
    match kind {
        UploadKind::Image => "image/*",
        UploadKind::Audio => "audio/*",
        UploadKind::Video => "video/*",
        UploadKind::File => "application/octet-stream",
    }
}

/// A number; where the bounds are beyond JavaScript's numbers, also as text.
fn number(bounds: &NumberBounds) -> Map<String, Value> {
    let mut one = Map::from_iter([("type".to_owned(), Value::from(if bounds.whole { "integer" } else { "number" }))]);
    for (name, bound) in [("minimum", &bounds.min), ("maximum", &bounds.max)] {
        if let Some(number) = bound.as_deref().and_then(read_number) {
            one.insert(name.into(), Value::Number(number));
        }
    }
    let is_beyond =
        |bound: &Option<String>| bound.as_ref().and_then(|text| text.parse::<i128>().ok()).is_none_or(|bound| bound.abs() > SAFE);
    let mut one = if bounds.whole && (is_beyond(&bounds.min) || is_beyond(&bounds.max)) {
        let text = json!({"type": "string", "pattern": "^-?[0-9]{1,20}$"});
        Map::from_iter([("anyOf".to_owned(), json!([one, text]))])
    } else {
        one
    };
    if let Some(step) = bounds.step.as_deref().and_then(read_number) {
        one.insert("x-darkroom-step".into(), Value::Number(step));
    }
    one
}
