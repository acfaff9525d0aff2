//! `GET /object_info`: the node classes of a ComfyUI, and what each of their inputs accepts.
//!
//! The shapes are those of ComfyUI 0.3.64 and 0.8.0 (`comfy_api/latest/_io.py`, `nodes.py`), and what older and custom nodes send. The text has
//! several megabytes; it is decoded class by class, so that one class that cannot be read hides no other, and only one is in memory as JSON.

mod input;
mod pool;
mod read;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use serde_json::{Value, value::RawValue};

pub use input::{
    AfterRun, Autogrow, AutogrowNames, DynamicOption, Input, InputKind, LinkUse, NumberRange, RemoteChoices, Upload, UploadKind,
};
pub use pool::{Availability, PoolClass, pool_class};

use super::json::parse_lenient;
use read::read_class;

/// Node classes by `class_type`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog(HashMap<String, Arc<NodeClass>>);

/// One node class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeClass {
    /// `class_type` in workflows.
    pub name: String,
    /// The class's name for people; its `class_type` if it has none.
    pub display_name: String,
    pub description: String,
    /// Where ComfyUI's menu has it: "sampling/custom_sampling".
    pub category: String,
    /// The Python module that it comes from: "nodes", "custom_nodes.some-pack".
    pub module: String,
    /// The required inputs, then the optional ones, each in the order of the class.
    pub inputs: Vec<Input>,
    pub outputs: Vec<Output>,
    /// Its results are outputs of the workflow: ComfyUI runs what these nodes need, and nothing else.
    pub is_output: bool,
    pub deprecated: bool,
    pub experimental: bool,
    /// It calls a paid service outside ComfyUI.
    pub api_node: bool,
}

/// One output of a class, by its position the slot in links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub name: String,
    /// "IMAGE"; a list of choices is "COMBO".
    pub kind: String,
    /// The node gives a list: what follows runs once per element.
    pub is_list: bool,
}

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

impl NodeClass {
    /// The input of this name. A name with a dot, `resize_type.width`, is an input of a dynamic one: of any of its options.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&Input> {
        find(&self.inputs, name)
    }
}

fn find<'a>(inputs: &'a [Input], name: &str) -> Option<&'a Input> {
    if let Some(exact) = inputs.iter().find(|input| input.name == name) {
        return Some(exact);
    }
    let (outer, inner) = inputs.iter().find_map(|input| Some((input, name.strip_prefix(&input.name)?.strip_prefix('.')?)))?;
    match &outer.kind {
        InputKind::DynamicChoice(options) => options.iter().find_map(|option| find(&option.inputs, inner)),
        InputKind::Autogrow(group) => group.position(inner).map(|_| group.input.as_ref()),
        _ => None,
    }
}
