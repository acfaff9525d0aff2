//! Reads one class of `/object_info`. Whatever has an unexpected shape is left out; what is around it stays.

use serde_json::{Map, Number, Value};

use super::{
    class::{NodeClass, Output},
    input::{
        AfterRun, Autogrow, AutogrowNames, DynamicOption, Input, InputKind, LinkUse, NumberRange, RemoteChoices, UploadKind, UploadTarget,
    },
};

/// Inputs nest (a dynamic choice within another); deeper ones than this are left out.
const DEPTH: u32 = 8;

/// `None`: it is not an object.
pub(super) fn read_class(name: &str, class: &Value) -> Option<NodeClass> {
    let class = class.as_object()?;
    let text = |key: &str| class.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let flag = |key: &str| class.get(key).and_then(Value::as_bool).unwrap_or_default();
    let display_name = Some(text("display_name")).filter(|name| !name.is_empty()).unwrap_or_else(|| name.to_owned());
    Some(NodeClass {
        name: name.to_owned(),
        display_name,
        description: text("description"),
        category: text("category"),
        module: text("python_module"),
        inputs: class.get("input").map(|groups| read_groups(groups, class.get("input_order"), DEPTH)).unwrap_or_default(),
        outputs: read_outputs(class),
        is_output: flag("output_node"),
        deprecated: flag("deprecated"),
        experimental: flag("experimental"),
        api_node: flag("api_node"),
    })
}

fn read_outputs(class: &Map<String, Value>) -> Vec<Output> {
    let list = |key: &str| class.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let output = |(at, kind): (usize, &Value)| {
        // In old classes an output of choices is the list of them.
        let kind = kind.as_str().unwrap_or("COMBO").to_owned();
        let name = list("output_name").get(at).and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or(&kind).to_owned();
        Output { name, kind, is_list: list("output_is_list").get(at).and_then(Value::as_bool).unwrap_or_default() }
    };
    list("output").iter().enumerate().map(output).collect()
}

/// `{required, optional, hidden}`; what is hidden ComfyUI fills in itself. `order`: the names per group, because JSON written by others need
/// not keep the order.
fn read_groups(groups: &Value, order: Option<&Value>, depth: u32) -> Vec<Input> {
    let group = |group: &'static str| {
        let inputs = groups.get(group).and_then(Value::as_object);
        let order: Vec<&str> =
            order.and_then(|order| order.get(group)?.as_array()).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut inputs: Vec<_> = inputs.into_iter().flatten().collect();
        inputs.sort_by_key(|(name, _)| order.iter().position(|listed| listed == name).unwrap_or(order.len()));
        inputs.into_iter().filter_map(move |(name, spec)| read_input(name, group == "required", spec, depth))
    };
    group("required").chain(group("optional")).collect()
}

/// `[type, options?]`, or the type alone. The type is a name or, in older versions, the list of choices.
fn read_input(name: &str, required: bool, spec: &Value, depth: u32) -> Option<Input> {
    let (kind, options) = match spec {
        Value::Array(spec) => (spec.first()?, spec.get(1).and_then(Value::as_object)),
        Value::String(_) => (spec, None),
        _ => return None,
    };
    let options = Options(options);
    Some(Input {
        name: name.to_owned(),
        required,
        kind: options.kind(kind, depth)?,
        default: options.get("default").filter(|value| !value.is_null()).cloned(),
        label: options.text("display_name"),
        tooltip: options.text("tooltip"),
        advanced: options.flag("advanced"),
        hidden: options.flag("hidden"),
        link: options.link(required),
        upload: options.upload(),
        after_run: options.after_run(name, kind),
    })
}

/// The second element of an input's description.
struct Options<'a>(Option<&'a Map<String, Value>>);

impl<'a> Options<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.0?.get(key)
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or_default()
    }

    fn number(&self, key: &str) -> Option<Number> {
        self.get(key)?.as_number().cloned()
    }

    fn kind(&self, kind: &Value, depth: u32) -> Option<InputKind> {
        let kind = match kind {
            Value::Array(choices) => return Some(self.choice(choices)),
            Value::String(kind) => kind.as_str(),
            _ => return None,
        };
        Some(match kind {
            "INT" | "FLOAT" => InputKind::Number(NumberRange {
                whole: kind == "INT",
                min: self.number("min"),
                max: self.number("max"),
                step: self.number("step"),
                display: self.text("display"),
            }),
            "STRING" => InputKind::Text {
                multiline: self.flag("multiline"),
                placeholder: self.text("placeholder"),
                dynamic_prompts: self.flag("dynamicPrompts"),
            },
            "BOOLEAN" => InputKind::Switch { on: self.text("label_on"), off: self.text("label_off") },
            "COMBO" => match (self.get("options").and_then(Value::as_array), self.remote()) {
                (_, Some(remote)) => InputKind::Remote(remote),
                (choices, None) => self.choice(choices.map(Vec::as_slice).unwrap_or_default()),
            },
            "COMFY_DYNAMICCOMBO_V3" => InputKind::DynamicChoice(self.dynamic_options(depth)),
            "COMFY_AUTOGROW_V3" => match self.autogrow(depth) {
                Some(group) => InputKind::Autogrow(group),
                None => InputKind::Other(kind.to_owned()),
            },
            "COMFY_MATCHTYPE_V3" => {
                let allowed = self.get("template").and_then(|template| template.get("allowed_types")?.as_str());
                InputKind::Other(allowed.unwrap_or("*").to_owned())
            }
            other => InputKind::Other(other.to_owned()),
        })
    }

    fn choice(&self, choices: &[Value]) -> InputKind {
        let texts = || choices.iter().map(|choice| choice.as_str().map_or_else(|| choice.to_string(), str::to_owned)).collect();
        // One is a flag, the other, of the newer page, an object of settings.
        if self.flag("multiselect") || self.get("multi_select").is_some_and(|settings| settings.is_object() || settings == true) {
            return InputKind::ManyOf(texts());
        }
        let typed = choices.iter().any(|choice| choice.is_number() || choice.is_boolean());
        if typed { InputKind::TypedChoice { texts: texts(), values: choices.to_vec() } } else { InputKind::Choice(texts()) }
    }

    fn remote(&self) -> Option<RemoteChoices> {
        let remote = self.get("remote")?;
        let route = remote.get("route")?.as_str()?;
        let relative = route.starts_with('/') && !route.starts_with("//") && !route.contains(['\\', '?', '#']) && !route.contains("..");
        relative.then(|| RemoteChoices {
            route: route.to_owned(),
            response_key: remote.get("response_key").and_then(Value::as_str).unwrap_or_default().to_owned(),
            refresh_button: remote.get("refresh_button").and_then(Value::as_bool).unwrap_or_default(),
        })
    }

    fn dynamic_options(&self, depth: u32) -> Vec<DynamicOption> {
        let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
        let options = self.get("options").and_then(Value::as_array).into_iter().flatten();
        let option = |option: &Value| {
            let inputs = option.get("inputs").map(|groups| read_groups(groups, None, depth)).unwrap_or_default();
            Some(DynamicOption { key: option.get("key")?.as_str()?.to_owned(), inputs })
        };
        options.filter_map(option).collect()
    }

    fn autogrow(&self, depth: u32) -> Option<Autogrow> {
        let depth = depth.checked_sub(1)?;
        let template = self.get("template")?;
        let input = read_groups(template.get("input")?, None, depth).into_iter().next()?;
        let names = match template.get("names").and_then(Value::as_array) {
            Some(names) => AutogrowNames::Listed(names.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            None => AutogrowNames::Prefix(template.get("prefix")?.as_str()?.to_owned()),
        };
        let count = |key: &str| template.get(key).and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
        Some(Autogrow { input: Box::new(input), names, min: count("min").unwrap_or_default(), max: count("max").unwrap_or(100).min(100) })
    }

    /// Of a required input, `defaultInput` has no effect any more.
    fn link(&self, required: bool) -> LinkUse {
        if self.flag("socketless") {
            LinkUse::Never
        } else if self.flag("forceInput") || self.flag("rawLink") || self.flag("defaultInput") && !required {
            LinkUse::Expected
        } else {
            LinkUse::Possible
        }
    }

    fn upload(&self) -> Option<UploadTarget> {
        let flags = [
            ("image_upload", UploadKind::Image),
            ("animated_image_upload", UploadKind::Image),
            ("audio_upload", UploadKind::Audio),
            ("video_upload", UploadKind::Video),
            ("file_upload", UploadKind::File),
        ];
        let kind = flags.into_iter().find(|(flag, _)| self.flag(flag))?.1;
        Some(UploadTarget { kind, folder: self.text("image_folder").unwrap_or_else(|| "input".into()), several: self.flag("allow_batch") })
    }

    /// True, or one of ComfyUI's words for it. Whole numbers named as seeds have it unless the class says false.
    fn after_run(&self, name: &str, kind: &Value) -> Option<AfterRun> {
        let Some(control) = self.get("control_after_generate") else {
            return (kind == "INT" && ["seed", "noise_seed"].contains(&name)).then_some(AfterRun::Randomize);
        };
        match control {
            Value::Bool(true) => Some(AfterRun::Randomize),
            Value::String(word) => match word.as_str() {
                "fixed" => Some(AfterRun::Keep),
                "increment" => Some(AfterRun::Increment),
                "decrement" => Some(AfterRun::Decrement),
                _ => Some(AfterRun::Randomize),
            },
            _ => None,
        }
    }
}
