//! The node classes of a workflow, merged over the pool.

use std::{collections::HashMap, sync::Arc};

use super::{MissingClass, model::Form};
use crate::comfy::{Availability, Catalog, Input, InputKind, NodeClass, PoolClass, Workflow, WorkflowNode, pool_class};

/// The classes that a list of LoRAs is written with: the first also changes the text encoder.
pub(super) const LORA_CLASSES: [&str; 2] = ["LoraLoader", "LoraLoaderModelOnly"];

/// The classes of a workflow as all ComfyUIs together have them.
#[derive(Clone, Debug, Default)]
pub struct PoolClasses {
    classes: HashMap<String, Arc<PoolClass>>,
    /// ComfyUIs whose catalogs are known.
    of: u32,
}

impl PoolClasses {
    /// The classes that this workflow needs, and those that a list of LoRAs is written with. Catalogs of ComfyUIs that were never reached are empty, and do not count.
    #[must_use]
    pub fn for_workflow<'a>(workflow: &Workflow, catalogs: impl IntoIterator<Item = &'a Catalog, IntoIter: Clone>) -> Self {
        let names = workflow.0.values().map(WorkflowNode::class_type).chain(LORA_CLASSES);
        Self::named(names, catalogs)
    }

    /// The classes of these names.
    #[must_use]
    pub fn named<'a, 'n>(
        names: impl IntoIterator<Item = &'n str>,
        catalogs: impl IntoIterator<Item = &'a Catalog, IntoIter: Clone>,
    ) -> Self {
        let catalogs = catalogs.into_iter();
        let of = u32::try_from(catalogs.clone().filter(|catalog| !catalog.is_empty()).count()).unwrap_or(u32::MAX);
        let mut classes = HashMap::new();
        for name in names {
            if !classes.contains_key(name)
                && let Some(class) = pool_class(catalogs.clone(), name)
            {
                classes.insert(name.to_owned(), Arc::new(class));
            }
        }
        Self { classes, of }
    }

    #[must_use]
    pub fn get(&self, class_type: &str) -> Option<&PoolClass> {
        self.classes.get(class_type).map(Arc::as_ref)
    }

    #[must_use]
    pub fn class(&self, class_type: &str) -> Option<&NodeClass> {
        self.get(class_type).map(|pool| &pool.class)
    }

    /// The type of what a node gives at this slot, such as "IMAGE".
    pub(crate) fn output_kind(&self, node: &WorkflowNode, slot: u64) -> Option<&str> {
        let outputs = &self.class(node.class_type())?.outputs;
        outputs.get(usize::try_from(slot).ok()?).map(|output| output.kind.as_str())
    }

    /// The classes that not every ComfyUI has, in the workflow's order. Empty while no catalog is known.
    pub(super) fn missing(&self, workflow: &Workflow) -> Vec<MissingClass> {
        let mut missing: Vec<MissingClass> = Vec::new();
        if self.of == 0 {
            return missing;
        }
        for node in workflow.0.values() {
            let class = node.class_type();
            let known = self.get(class);
            let on = known.map_or(Availability { have: 0, of: self.of }, |pool| pool.available);
            if on.everywhere() {
                continue;
            }
            let title = self.title(node).to_owned();
            match missing.iter_mut().find(|missing| missing.class == class) {
                Some(missing) => missing.titles.push(title),
                None => missing.push(MissingClass {
                    class: class.to_owned(),
                    titles: vec![title],
                    on,
                    module: known.map(|pool| pool.class.module.clone()).filter(|module| !module.is_empty()),
                }),
            }
        }
        missing
    }

    /// The node's title, else its class's name for people.
    pub(super) fn title<'a>(&'a self, node: &'a WorkflowNode) -> &'a str {
        let class = node.class_type();
        node.title().unwrap_or_else(|| self.class(class).map_or(class, |class| class.display_name.as_str()))
    }
}

impl Form {
    /// The classes that no ComfyUI has: the workflow cannot run.
    pub fn classes_nobody_has(&self) -> impl Iterator<Item = &MissingClass> {
        self.missing.iter().filter(|class| class.on.have == 0)
    }
}

/// The description of an input of this node, by its name in the workflow. Of an input of a dynamic choice: that of the option which is chosen.
pub(super) fn describe<'a>(class: &'a NodeClass, node: &WorkflowNode, name: &str) -> Option<&'a Input> {
    describe_in(&class.inputs, node, "", name)
}

/// `prefix`: the names of the dynamic inputs around these, each with a dot.
fn describe_in<'a>(inputs: &'a [Input], node: &WorkflowNode, prefix: &str, name: &str) -> Option<&'a Input> {
    let rest = name.strip_prefix(prefix)?;
    if let Some(exact) = inputs.iter().find(|input| input.name == rest) {
        return Some(exact);
    }
    let outer = inputs.iter().find(|input| rest.strip_prefix(&input.name).is_some_and(|inner| inner.starts_with('.')))?;
    let outer_name = format!("{prefix}{}", outer.name);
    match &outer.kind {
        InputKind::DynamicChoice(options) => {
            let chosen = node.input(&outer_name).and_then(serde_json::Value::as_str);
            let option = options.iter().find(|option| Some(option.key.as_str()) == chosen)?;
            describe_in(&option.inputs, node, &format!("{outer_name}."), name)
        }
        InputKind::Autogrow(group) => {
            let inner = rest.strip_prefix(&outer.name)?.strip_prefix('.')?;
            group.position(inner).map(|_| group.input.as_ref())
        }
        _ => None,
    }
}
