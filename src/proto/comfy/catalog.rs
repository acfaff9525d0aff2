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
    /// One of these values, of which some are numbers or booleans. `texts`: the same as people read and type them.
    TypedChoice { texts: Vec<String>, values: Vec<Value> },
    /// A number, within the bounds that the class declares, if any. `whole`: without a fraction.
    Number { whole: bool, min: Option<f64>, max: Option<f64>, step: Option<f64> },
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
            Some(InputSpec::Choice(texts) | InputSpec::TypedChoice { texts, .. }) => texts,
            _ => &[],
        }
    }

    /// The option that reads as `text`, in the type that ComfyUI wants. `None`: the input takes texts, or has no such option.
    #[must_use]
    pub fn typed_choice(&self, class_type: &str, input: &str, text: &str) -> Option<&Value> {
        self.class(class_type)?.inputs.get(input)?.typed_choice(text)
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
            Value::Array(options) => Self::choice(options),
            Value::String(kind) => match kind.as_str() {
                "INT" | "FLOAT" => Self::Number { whole: kind == "INT", min: number("min"), max: number("max"), step: number("step") },
                "COMBO" => Self::choice(options?.get("options")?.as_array()?),
                other => Self::Other(other.to_owned()),
            },
            _ => return None,
        })
    }

    fn choice(options: &[Value]) -> Self {
        let texts = texts(options);
        let typed = options.iter().any(|option| option.is_number() || option.is_boolean());
        if typed { Self::TypedChoice { texts, values: options.to_vec() } } else { Self::Choice(texts) }
    }

    /// See [`Catalog::typed_choice`]. Of two options that read the same, such as 1 and "1", the text.
    #[must_use]
    pub fn typed_choice(&self, text: &str) -> Option<&Value> {
        let Self::TypedChoice { texts, values } = self else { return None };
        let mut same = texts.iter().zip(values).filter(|(read, _)| *read == text).map(|(_, value)| value);
        let first = same.next()?;
        Some(same.find(|value| value.is_string()).unwrap_or(first))
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
        assert_eq!(new.input("n"), Some(&InputSpec::Number { whole: true, min: Some(1.0), max: Some(8.0), step: None }));
        assert_eq!(catalog.typed_choice("New", "mode", "2"), Some(&json!(2)));
        assert_eq!(catalog.typed_choice("New", "mode", "x"), Some(&json!("x")));
        assert_eq!(catalog.typed_choice("New", "mode", "y"), None);
        assert_eq!(catalog.typed_choice("CheckpointLoaderSimple", "ckpt_name", "a.safetensors"), None, "all are texts");
        assert!(catalog.class("Broken").is_none());
    }
}
