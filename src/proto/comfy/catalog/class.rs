//! One node class, and its inputs by their names in workflows.

use super::input::{Input, InputKind};

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
