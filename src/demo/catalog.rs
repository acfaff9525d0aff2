//! The supported node classes and their inputs: `/object_info`, from a recorded answer of ComfyUI.

use serde_json::{Map, Value};

use super::{files::Folders, options::Options};

/// Recorded entries of the supported classes; the lists of files are filled in.
const OBJECT_INFO: &str = include_str!("object_info.json");

pub(super) struct Catalog {
    classes: Map<String, Value>,
}

/// One input as a class declares it: `["INT", {"default": …}]`.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) name: &'a str,
    pub(super) required: bool,
    /// A type name, or the list of choices.
    pub(super) kind: &'a Value,
    /// The declaration as error messages quote it.
    pub(super) config: &'a Value,
}

impl Input<'_> {
    pub(super) fn option(&self, name: &str) -> Option<&Value> {
        self.config.get(1)?.get(name)
    }

    /// The choices, if the input is a choice list in either form.
    pub(super) fn choices(&self) -> Option<&Vec<Value>> {
        match self.kind {
            Value::Array(choices) => Some(choices),
            Value::String(kind) if kind == "COMBO" => self.option("options")?.as_array(),
            _ => None,
        }
    }
}

impl Catalog {
    pub(super) fn new(options: &Options) -> Self {
        // The JSON is compiled in, and a test parses it.
        let mut classes: Map<String, Value> = serde_json::from_str(OBJECT_INFO).unwrap_or_default();
        classes.retain(|name, _| !options.without_classes.contains(name));
        if !options.test_nodes {
            classes.retain(|_, class| !class["python_module"].as_str().is_some_and(|module| module.ends_with("testing-pack")));
        }
        let mut catalog = Self { classes };
        let spelled = |name: &String| if options.windows_paths { name.replace('/', "\\") } else { name.clone() };
        let checkpoints = options.checkpoints.iter().map(|name| Value::String(spelled(name))).collect();
        catalog.set_choices("CheckpointLoaderSimple", "ckpt_name", checkpoints);
        let all = |names: &[String]| -> Vec<Value> { names.iter().map(|name| Value::String(spelled(name))).collect() };
        catalog.set_choices("UpscaleModelLoader", "model_name", all(&options.upscale_models));
        catalog.set_choices("LoraLoader", "lora_name", all(&options.loras));
        catalog.set_choices("LoraLoaderModelOnly", "lora_name", all(&options.loras));
        catalog
    }

    fn set_choices(&mut self, class: &str, input: &str, choices: Vec<Value>) {
        let Some(spec) = self.classes.get_mut(class).and_then(|class| class.pointer_mut(&format!("/input/required/{input}"))) else {
            return;
        };
        // Newer classes list their choices among the options.
        let place = if spec[0] == "COMBO" { "/1/options" } else { "/0" };
        if let Some(known) = spec.pointer_mut(place) {
            *known = Value::Array(choices);
        }
    }

    pub(super) fn checkpoints(&self) -> Value {
        self.files("CheckpointLoaderSimple", "ckpt_name")
    }

    pub(super) fn loras(&self) -> Value {
        self.files("LoraLoader", "lora_name")
    }

    fn files(&self, class: &str, input: &str) -> Value {
        let class = self.classes.get(class);
        class.and_then(|class| class.pointer(&format!("/input/required/{input}/0"))).cloned().unwrap_or_default()
    }

    /// `/object_info` with the current input files, top level only (fact 46).
    pub(super) fn object_info(&self, folders: &Folders) -> Map<String, Value> {
        let mut now = Self { classes: self.classes.clone() };
        let files = folders.input_files();
        let pictures = files.iter().filter(|name| is_of(name, PICTURES)).cloned();
        now.set_choices("LoadImage", "image", pictures.map(Value::String).collect());
        let named = |types: &[&str]| files.iter().filter(|name| is_of(name, types)).cloned().map(Value::String).collect();
        now.set_choices("LoadAudio", "audio", named(&[AUDIO, VIDEO].concat()));
        now.set_choices("LoadVideo", "file", named(VIDEO));
        now.set_choices("LoadImageMask", "image", files.into_iter().map(Value::String).collect());
        now.classes
    }

    pub(super) fn class(&self, name: &str) -> Option<&Value> {
        self.classes.get(name)
    }

    pub(super) fn is_output(&self, class: &str) -> bool {
        self.classes.get(class).is_some_and(|class| class["output_node"] == Value::Bool(true))
    }

    /// Whether a class takes its node's id as an input: the id is then part of the cache signature.
    pub(super) fn wants_unique_id(&self, class: &str) -> bool {
        self.classes.get(class).is_some_and(|class| class.pointer("/input/hidden/unique_id").is_some())
    }

    /// The type of an output slot.
    pub(super) fn output_type(&self, class: &str, slot: usize) -> Option<&str> {
        self.classes.get(class)?["output"].get(slot)?.as_str()
    }

    /// Required inputs first, then optional ones, each in the class's order.
    pub(super) fn inputs(&self, class: &str) -> Vec<Input<'_>> {
        let mut inputs = Vec::new();
        let Some(class) = self.classes.get(class) else {
            return inputs;
        };
        for (category, required) in [("required", true), ("optional", false)] {
            let Some(entries) = class["input"].get(category).and_then(Value::as_object) else {
                continue;
            };
            inputs.extend(entries.iter().map(|(name, config)| Input { name, required, kind: &config[0], config }));
        }
        inputs
    }
}

const PICTURES: &[&str] = &[".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"];
const AUDIO: &[&str] = &[".wav", ".mp3", ".flac", ".ogg", ".m4a"];
const VIDEO: &[&str] = &[".mp4", ".webm", ".mkv", ".mov"];

fn is_of(name: &str, endings: &[&str]) -> bool {
    let name = name.to_lowercase();
    endings.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_classes_are_offered_only_on_request() {
        let plain = Catalog::new(&Options::default());
        let with_tests = Catalog::new(&Options { test_nodes: true, ..Options::default() });
        assert!(plain.class("KSampler").is_some());
        assert!(plain.class("TestSleep").is_none());
        assert!(with_tests.class("TestSleep").is_some());
        assert_eq!(plain.checkpoints().as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn files_in_folders_are_listed_with_the_separator_of_the_system() {
        let options = Options { checkpoints: vec!["sd/xl/a.ckpt".into(), "b.ckpt".into()], ..Options::default() };
        assert_eq!(Catalog::new(&options).checkpoints(), serde_json::json!(["sd/xl/a.ckpt", "b.ckpt"]));
        let windows = Catalog::new(&Options { windows_paths: true, ..options });
        assert_eq!(windows.checkpoints(), serde_json::json!([r"sd\xl\a.ckpt", "b.ckpt"]));
    }
}
