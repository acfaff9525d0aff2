//! The requirements of a workflow: the node classes and model files that a ComfyUI must have.

use serde_json::Value;

use super::{Catalog, InputKind, Workflow};
use crate::ids::NodeId;

/// Computed once for a workflow, then compared with the [`Catalog`] of each ComfyUI.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs(Vec<Need>);

/// One node's class, and the model files among its inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Need {
    node: NodeId,
    /// The displayed name.
    title: String,
    class: String,
    models: Vec<(String, String)>,
}

/// A node class or model file that a ComfyUI does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub node: NodeId,
    /// The node's title in the workflow, or its class.
    pub title: String,
    pub class: String,
    /// The input and the missing file. `None`: the class is missing.
    pub model: Option<(String, String)>,
}

impl Missing {
    /// "the file a.ckpt", or "the node class Abc".
    #[must_use]
    pub fn what(&self) -> String {
        match &self.model {
            Some((_, file)) => format!("the file {file}"),
            None => format!("the node class {}", self.class),
        }
    }
}

impl Missing {
    /// What to say when no ComfyUI has all that a workflow needs. `least`: the one that lacks least, of `pool`.
    #[must_use]
    pub fn words(&self, least: &str, pool: &[(&str, &Catalog)]) -> String {
        if pool.len() == 1 {
            return format!("ComfyUI does not have {}", self.what());
        }
        let owners: Vec<(&str, &Catalog)> = pool.iter().copied().filter(|(_, catalog)| self.is_in(catalog)).collect();
        if owners.is_empty() {
            return format!("None of these ComfyUIs has {}", self.what());
        }
        let names: Vec<&str> = owners.iter().map(|(name, _)| *name).collect();
        let module = self.model.is_none().then(|| owners.iter().find_map(|(_, catalog)| catalog.class(&self.class))).flatten();
        let module = module.filter(|class| !class.module.is_empty()).map(|class| format!(" (from {})", class.module)).unwrap_or_default();
        format!(
            "{least} does not have {}, which {} has{module}. No ComfyUI has all that this workflow needs",
            self.what(),
            names.join(" and ")
        )
    }

    /// Whether a ComfyUI has it.
    #[must_use]
    pub fn is_in(&self, catalog: &Catalog) -> bool {
        let Some(class) = catalog.class(&self.class) else { return false };
        self.model.as_ref().is_none_or(|(input, file)| class.spelling(input, file).is_some())
    }
}

/// File extensions of models. Other choices (an uploaded image, a sampler) are checked only by ComfyUI: nodes such as LoadImage accept values that
/// are not in their lists.
const MODEL_FILES: [&str; 9] = [".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx", ".pkl"];

impl Needs {
    #[must_use]
    pub fn of(workflow: &Workflow) -> Self {
        let need = |(id, node): (&NodeId, &super::WorkflowNode)| {
            let models = node.inputs().filter_map(|(name, value)| Some((name.to_owned(), model_file(value)?.to_owned())));
            let class = node.class_type();
            Need { node: id.clone(), title: node.title().unwrap_or(class).to_owned(), class: class.to_owned(), models: models.collect() }
        };
        Self(workflow.0.iter().map(need).collect())
    }

    /// What is missing, in the workflow's order. Empty while the catalog is unknown: then ComfyUI's validation reports it.
    #[must_use]
    pub fn missing(&self, catalog: &Catalog) -> Vec<Missing> {
        if catalog.is_empty() { Vec::new() } else { self.0.iter().flat_map(|need| need.missing(catalog)).collect() }
    }

    /// Whether nothing is missing, perhaps with other separators in the names of files ([`NodeClass::spelling`](super::NodeClass::spelling)).
    #[must_use]
    pub fn met_by(&self, catalog: &Catalog) -> bool {
        catalog.is_empty() || self.0.iter().all(|need| need.missing(catalog).is_empty())
    }
}

impl Needs {
    /// The files of models that the workflow names.
    pub fn model_files(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|need| need.models.iter().map(|(_, file)| file.as_str()))
    }

    /// Whether nothing is missing, and every file is listed exactly as the workflow spells it.
    #[must_use]
    pub fn spelled_by(&self, catalog: &Catalog) -> bool {
        self.met_by(catalog) && self.0.iter().all(|need| need.is_spelled_by(catalog))
    }
}

impl Need {
    fn is_spelled_by(&self, catalog: &Catalog) -> bool {
        let Some(class) = catalog.class(&self.class) else { return true };
        self.models.iter().all(|(input, file)| class.spelling(input, file).is_none_or(|spelling| spelling == file))
    }

    fn missing(&self, catalog: &Catalog) -> Vec<Missing> {
        let missing = |model| Missing { node: self.node.clone(), title: self.title.clone(), class: self.class.clone(), model };
        let Some(class) = catalog.class(&self.class) else { return vec![missing(None)] };
        let is_absent = |(input, file): &&(String, String)| {
            class.input(input).is_some_and(|input| matches!(input.kind, InputKind::Choice(_))) && class.spelling(input, file).is_none()
        };
        self.models.iter().filter(is_absent).map(|model| missing(Some(model.clone()))).collect()
    }
}

/// The value, if it is the name of a file of a model.
pub(crate) fn model_file(value: &Value) -> Option<&str> {
    let file = value.as_str()?;
    let lower = file.to_ascii_lowercase();
    MODEL_FILES.iter().any(|ending| lower.ends_with(ending)).then_some(file)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn needs() -> Needs {
        let workflow = Workflow::from_value(json!({
            "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "flux-dev.safetensors"}, "_meta": {"title": "Old favourite"}},
            "5": {"class_type": "LoadImage", "inputs": {"image": "mine.png [output]"}},
        }));
        Needs::of(&workflow.unwrap())
    }

    fn catalog(models: &[&str]) -> Catalog {
        Catalog::from_object_info(&json!({
            "CheckpointLoaderSimple": {"input": {"required": {"ckpt_name": [models]}}},
            "LoadImage": {"input": {"required": {"image": [["other.png"]]}}},
        }))
    }

    #[test]
    fn missing_models_and_classes_are_named_but_images_are_not_checked() {
        assert!(needs().met_by(&catalog(&["a.ckpt", "flux-dev.safetensors"])));
        let lacks = needs().missing(&catalog(&["a.ckpt"]));
        assert_eq!(lacks[0].model, Some(("ckpt_name".into(), "flux-dev.safetensors".into())));
        assert_eq!(lacks[0].title.as_str(), "Old favourite");
        assert_eq!(lacks.len(), 1);
        let other = Catalog::from_object_info(&json!({"LoadImage": {"input": {}}}));
        assert_eq!(needs().missing(&other)[0].model, None);
    }

    #[test]
    fn what_another_comfyui_has_is_named_with_that_and_its_module() {
        let with = |model: &str, pack: bool| {
            let mut classes = json!({"CheckpointLoaderSimple": {"input": {"required": {"ckpt_name": [[model]]}}}});
            if pack {
                classes["LoadImage"] = json!({"input": {}, "python_module": "custom_nodes.pack"});
            }
            Catalog::from_object_info(&classes)
        };
        let (first, second, third) = (with("a.ckpt", true), with("flux-dev.safetensors", false), with("a.ckpt", false));
        let words = |least: &Catalog, pool: &[(&str, &Catalog)]| {
            needs().missing(least).iter().map(|missing| missing.words("here", pool)).collect::<Vec<_>>()
        };
        assert_eq!(
            words(&second, &[("there", &first), ("here", &second)]),
            [
                "here does not have the node class LoadImage, which there has (from custom_nodes.pack). No ComfyUI has all that this workflow needs"
            ]
        );
        assert_eq!(
            words(&first, &[("here", &first), ("there", &second)]),
            ["here does not have the file flux-dev.safetensors, which there has. No ComfyUI has all that this workflow needs"]
        );
        let nobody = words(&third, &[("here", &third), ("there", &third)]);
        assert_eq!(nobody[1], "None of these ComfyUIs has the node class LoadImage");
        assert_eq!(words(&third, &[("here", &third)])[1], "ComfyUI does not have the node class LoadImage");
    }

    #[test]
    fn an_empty_catalog_reports_nothing_missing() {
        assert!(needs().met_by(&Catalog::default()));
    }
}
