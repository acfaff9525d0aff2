//! `/object_info` of several ComfyUIs as one: a workflow goes to one that has what it needs.

use indexmap::IndexMap;
use serde_json::{Map, Value};

/// All classes; where several ComfyUIs have one, the choices of its inputs together. `uploads`: files that clients gave, for the inputs that take those.
#[must_use]
pub fn merged_object_info(all: Vec<Map<String, Value>>, uploads: &[String]) -> Map<String, Value> {
    let mut merged: IndexMap<String, Value> = IndexMap::new();
    for (name, class) in all.into_iter().flatten() {
        match merged.get_mut(&name) {
            Some(known) => inputs(&class).for_each(|(section, input, spec)| {
                if let Some(choices) = choices(spec)
                    && let Some(known) = known.pointer_mut(&format!("/input/{section}")).and_then(|section| section.get_mut(input))
                {
                    add_choices(known, choices);
                }
            }),
            None => {
                merged.insert(name, class);
            }
        }
    }
    if !uploads.is_empty() {
        for class in merged.values_mut() {
            let taken: Vec<_> =
                inputs(class).filter_map(|(section, input, spec)| Some((section, input.clone(), upload_kind(spec)?))).collect();
            for (section, input, kind) in taken {
                let fitting: Vec<Value> = uploads.iter().filter(|name| kind.takes(name)).map(|name| name.as_str().into()).collect();
                if let Some(spec) = class.pointer_mut(&format!("/input/{section}")).and_then(|section| section.get_mut(&input)) {
                    add_choices(spec, &fitting);
                }
            }
        }
    }
    merged.into_iter().collect()
}

/// The inputs of a class: section, name, `[type or choices, options]`.
fn inputs(class: &Value) -> impl Iterator<Item = (&'static str, &String, &Value)> {
    ["required", "optional"].into_iter().flat_map(move |section| {
        let inputs = class.get("input").and_then(|input| input.get(section)?.as_object());
        inputs.into_iter().flatten().map(move |(name, spec)| (section, name, spec))
    })
}

/// `[["a", "b"], {…}]` of older nodes, `["COMBO", {"options": ["a", "b"]}]` of newer ones.
fn choices(spec: &Value) -> Option<&Vec<Value>> {
    spec.get(0)?.as_array().or_else(|| spec.get(1)?.get("options")?.as_array())
}

fn add_choices(spec: &mut Value, more: &[Value]) {
    let is_old = spec.get(0).is_some_and(Value::is_array);
    let known = if is_old { spec.get_mut(0) } else { spec.get_mut(1).and_then(|options| options.get_mut("options")) };
    let Some(known) = known.and_then(Value::as_array_mut) else { return };
    for choice in more {
        if !known.contains(choice) {
            known.push(choice.clone());
        }
    }
}

/// What an input takes that can be uploaded.
#[derive(Clone, Copy)]
enum UploadChoices {
    Images,
    Other(&'static [&'static str]),
}

const IMAGES: [&str; 8] = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"];
const AUDIO: &[&str] = &["wav", "mp3", "flac", "ogg", "opus", "m4a", "aac", "mp4", "webm"];
const VIDEO: &[&str] = &["mp4", "webm", "mkv", "mov", "avi", "m4v"];

impl UploadChoices {
    fn takes(self, name: &str) -> bool {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
        match self {
            Self::Images => IMAGES.contains(&ending.as_str()),
            Self::Other(endings) => endings.contains(&ending.as_str()),
        }
    }
}

fn upload_kind(spec: &Value) -> Option<UploadChoices> {
    let options = spec.get(1)?;
    let has = |name: &str| options.get(name) == Some(&Value::Bool(true));
    if has("image_upload") || has("animated_image_upload") {
        Some(UploadChoices::Images)
    } else if has("audio_upload") {
        Some(UploadChoices::Other(AUDIO))
    } else if has("video_upload") {
        Some(UploadChoices::Other(VIDEO))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn classes_and_choices_are_united() {
        let object = |value: Value| if let Value::Object(members) = value { members } else { Map::new() };
        let loader = |files: &[&str]| json!({"input": {"required": {"file": [files], "size": ["INT", {"min": 1}]}}, "name": "Loader"});
        let newer = |files: &[&str]| json!({"input": {"optional": {"file": ["COMBO", {"options": files}]}}});
        let image = json!({"input": {"required": {"image": [["x.png"], {"image_upload": true}]}}});
        let first = object(json!({"Loader": loader(&["a", "b"]), "New": newer(&["m"])}));
        let second = object(json!({"Loader": loader(&["b", "c"]), "New": newer(&["n"]), "LoadImage": image}));
        let merged = Value::Object(merged_object_info(vec![first, second], &["mine.png".into(), "sound.wav".into()]));
        assert_eq!(merged["Loader"], loader(&["a", "b", "c"]));
        assert_eq!(merged["New"], newer(&["m", "n"]));
        assert_eq!(merged["LoadImage"]["input"]["required"]["image"][0], json!(["x.png", "mine.png"]));
    }
}
