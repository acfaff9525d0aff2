//! Renders JSON schemas as HTML.

use serde_json::Value;

use super::html::{escaped, words};

/// The type of a value in a few words; named schemas are links.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        let name = escaped(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[several].as_array() {
            return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| format!("<code>{}</code>", escaped(&word.to_string()))).collect::<Vec<_>>().join(", ");
    }
    let names = match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any value".into(),
    };
    let of = if schema["items"].is_object() { format!(" of {}", kind(&schema["items"])) } else { String::new() };
    let format = schema["format"].as_str().map(|format| format!(" ({})", escaped(format))).unwrap_or_default();
    format!("{}{of}{format}{}", escaped(&names), bounds(schema))
}

fn bounds(schema: &Value) -> String {
    let bound = |key: &str| schema.get(key).map(ToString::to_string);
    let range = match (bound("minimum"), bound("maximum")) {
        (Some(low), Some(high)) => format!(", {low} to {high}"),
        (Some(low), None) => format!(", from {low}"),
        (None, Some(high)) => format!(", up to {high}"),
        (None, None) => String::new(),
    };
    let default = bound("default").map(|default| format!(", else {}", escaped(&default))).unwrap_or_default();
    range + &default
}

/// The fields of a schema, with `$ref` resolved.
pub(super) fn shown<'a>(schema: &'a Value, document: &'a Value) -> String {
    let named =
        |schema: &'a Value| schema["$ref"].as_str().and_then(|path| document.pointer(path.trim_start_matches('#'))).unwrap_or(schema);
    match named(schema)["oneOf"].as_array() {
        Some(choices) => choices.iter().map(|choice| fields(named(choice))).collect::<Vec<_>>().join("<p>or</p>"),
        None => fields(named(schema)),
    }
}

/// The fields of an object, or the type of any other schema.
pub(super) fn fields(schema: &Value) -> String {
    let Some(properties) = schema["properties"].as_object() else { return format!("<p>{}</p>", kind(schema)) };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let field = |(name, schema): (&String, &Value)| {
        let required = if required.contains(&name.as_str()) { " · required" } else { "" };
        let example = schema.get("example").or_else(|| schema.get("examples")?.get(0));
        let example = example
            .map(|example| format!("<p class=\"example\">such as <code>{}</code></p>", escaped(&example.to_string())))
            .unwrap_or_default();
        format!(
            "<dt><code>{}</code> <small>{}{required}</small></dt><dd>{}{example}</dd>",
            escaped(name),
            kind(schema),
            words(&schema["description"])
        )
    };
    format!("<dl>{}</dl>", properties.iter().map(field).collect::<String>())
}
