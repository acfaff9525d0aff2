//! All node classes of one ComfyUI.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Value, value::RawValue};

use super::{class::NodeClass, read::read_class};
use crate::comfy::json::parse_lenient;

/// Node classes by `class_type`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog(HashMap<String, Arc<NodeClass>>);

impl Catalog {
    /// Parses a response of `/object_info`, also with Python's `NaN` and `Infinity`. Classes that cannot be read are left out.
    ///
    /// # Errors
    /// The text is not a JSON object.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let classes: HashMap<String, Box<RawValue>> = parse_lenient(text)?;
        let class = |(name, raw): (String, Box<RawValue>)| {
            Some((name.clone(), Arc::new(read_class(&name, &serde_json::from_str(raw.get()).ok()?)?)))
        };
        Ok(Self(classes.into_iter().filter_map(class).collect()))
    }

    /// The same, of parsed JSON.
    #[must_use]
    pub fn from_object_info(value: &Value) -> Self {
        let classes = value.as_object().into_iter().flatten();
        Self(classes.filter_map(|(name, class)| Some((name.clone(), Arc::new(read_class(name, class)?)))).collect())
    }

    /// The classes of `newer` replace those of the same name.
    pub fn update(&mut self, newer: Self) {
        self.0.extend(newer.0);
    }

    /// Uses the memory of `other` for classes that are the same there: ComfyUIs of one pool mostly have the same.
    pub fn share(&mut self, other: &Self) {
        for (name, class) in &mut self.0 {
            if let Some(same) = other.0.get(name).filter(|same| *same == class) {
                *class = same.clone();
            }
        }
    }

    #[must_use]
    pub fn class(&self, class_type: &str) -> Option<&NodeClass> {
        self.0.get(class_type).map(Arc::as_ref)
    }

    /// All classes, in no order.
    pub fn classes(&self) -> impl Iterator<Item = &NodeClass> {
        self.0.values().map(Arc::as_ref)
    }

    /// The choices of an input as text. Empty if the class or input is unknown, or the input is not a choice.
    #[must_use]
    pub fn choices(&self, class_type: &str, input: &str) -> &[String] {
        self.class(class_type).and_then(|class| class.input(input)).map(|input| input.kind.choices()).unwrap_or_default()
    }

    /// The option that reads as `text`, in the type that ComfyUI wants. `None`: the input takes texts, or has no such option.
    #[must_use]
    pub fn typed_choice(&self, class_type: &str, input: &str, text: &str) -> Option<&Value> {
        self.class(class_type)?.input(input)?.kind.typed_choice(text)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
