//! `GET /object_info`: the node classes of a ComfyUI, their display names, and the values their inputs accept.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

/// Node classes by `class_type`. The JSON has several megabytes; only the fields that Darkroom uses are kept.
#[derive(Clone, Debug, Default)]
pub struct Catalog(HashMap<String, NodeClass>);

#[derive(Clone, Debug, Default)]
pub struct NodeClass {
    pub display_name: String,
    inputs: HashMap<String, InputSpec>,
}

/// The values an input accepts.
#[derive(Clone, Debug, PartialEq)]
pub enum InputSpec {
    /// One of these texts: names of files, samplers, …
    Choice(Vec<String>),
    /// A number, within the bounds that the class declares, if any.
    Number { min: Option<f64>, max: Option<f64>, step: Option<f64> },
    /// Anything else: a text, a link to another node, or a type of a custom node.
    Other(String),
}

#[derive(Deserialize)]
struct RawClass {
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    input: HashMap<String, Value>,
}

impl Catalog {
    /// Parses a response of `/object_info`. Skips classes that cannot be parsed: one broken custom node must not hide the others.
    #[must_use]
    pub fn from_object_info(value: Value) -> Self {
        let Value::Object(classes) = value else { return Self::default() };
        let class = |(class, value): (String, Value)| {
            let raw = RawClass::deserialize(value).ok()?;
            let inputs = raw.input.iter().filter(|(group, _)| *group != "hidden").filter_map(|(_, group)| group.as_object()).flatten();
            let inputs = inputs.filter_map(|(name, spec)| Some((name.clone(), InputSpec::read(spec)?))).collect();
            let display_name = raw.display_name.filter(|name| !name.is_empty()).unwrap_or_else(|| class.clone());
            Some((class, NodeClass { display_name, inputs }))
        };
        Self(classes.into_iter().filter_map(class).collect())
    }

    #[must_use]
    pub fn class(&self, class_type: &str) -> Option<&NodeClass> {
        self.0.get(class_type)
    }

    /// The choices of an input. Empty if the class or input is unknown, or the input is not a choice.
    #[must_use]
    pub fn choices(&self, class_type: &str, input: &str) -> &[String] {
        match self.class(class_type).and_then(|class| class.inputs.get(input)) {
            Some(InputSpec::Choice(choices)) => choices,
            _ => &[],
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl NodeClass {
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&InputSpec> {
        self.inputs.get(name)
    }
}

impl InputSpec {
    /// `[type, options?]`. The type is a name or, in older versions, the list of choices; newer versions send `["COMBO", {"options": […]}]`.
    fn read(spec: &Value) -> Option<Self> {
        let spec = spec.as_array()?;
        let options = spec.get(1);
        let number = |key: &str| options.and_then(|options| options.get(key)).and_then(Value::as_f64);
        Some(match spec.first()? {
            Value::Array(choices) => Self::Choice(texts(choices)),
            Value::String(kind) => match kind.as_str() {
                "INT" | "FLOAT" => Self::Number { min: number("min"), max: number("max"), step: number("step") },
                "COMBO" => Self::Choice(texts(options?.get("options")?.as_array()?)),
                other => Self::Other(other.to_owned()),
            },
            _ => return None,
        })
    }
}

fn texts(choices: &[Value]) -> Vec<String> {
    choices.iter().map(|choice| choice.as_str().map_or_else(|| choice.to_string(), str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_choices_old_and_new_and_bounds() {
        let catalog = Catalog::from_object_info(json!({
            "CheckpointLoaderSimple": {
                "display_name": "Load Checkpoint",
                "input": {"required": {"ckpt_name": [["a.safetensors", "b.safetensors"], {"tooltip": "…"}]}},
            },
            "New": {"input": {"required": {"mode": ["COMBO", {"options": ["x", 2]}], "n": ["INT", {"min": 1, "max": 8}]}}},
            "Broken": 7,
        }));
        assert_eq!(catalog.choices("CheckpointLoaderSimple", "ckpt_name"), ["a.safetensors", "b.safetensors"]);
        assert_eq!(catalog.choices("New", "mode"), ["x", "2"]);
        let new = catalog.class("New").unwrap();
        assert_eq!(new.display_name, "New");
        assert_eq!(new.input("n"), Some(&InputSpec::Number { min: Some(1.0), max: Some(8.0), step: None }));
        assert!(catalog.class("Broken").is_none());
    }
}
