//! References to assets in a workflow: objects with `"__type": "core/ASSET"` where a file name would be, at any depth.

use std::collections::HashMap;

use serde_json::Value;

/// What a reference names. The id alone decides; a hash and a file path are only hints.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AssetReference(pub String);

/// What takes the place of each asset: the value of an input.
#[derive(Clone, Debug, Default)]
pub struct AssetValue {
    /// By the id of the asset.
    pub by_id: HashMap<String, String>,
    /// By the `file_path` of an uploaded asset: a plain file name works, too.
    pub by_path: HashMap<String, String>,
}

/// Assets that are not there. An id is empty where a reference has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissingAssets(pub Vec<String>);

impl AssetReference {
    /// The reference that this value is. `Some(Err)`: it is marked as one, and has no id.
    fn of(value: &Value) -> Option<Result<Self, ()>> {
        let object = value.as_object().filter(|object| object.get("__type").and_then(Value::as_str) == Some("core/ASSET"))?;
        let id = object.get("info").and_then(|info| info.get("id")).and_then(Value::as_str).filter(|id| !id.is_empty());
        Some(id.map(|id| Self(id.to_owned())).ok_or(()))
    }

    /// The ids of all references in a workflow, each once.
    #[must_use]
    pub fn all_in(workflow: &Value) -> Vec<String> {
        let mut found = Vec::new();
        each(workflow, &mut |value| {
            if let Some(Ok(Self(id))) = Self::of(value)
                && !found.contains(&id)
            {
                found.push(id);
            }
        });
        found
    }
}

fn each(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| each(item, visit)),
        Value::Object(members) => members.values().for_each(|member| each(member, visit)),
        _ => {}
    }
}

/// The texts that are inputs of nodes: those that may be the names of files.
#[must_use]
pub fn input_texts(workflow: &Value) -> Vec<String> {
    let inputs = workflow.as_object().into_iter().flat_map(|nodes| nodes.values()).filter_map(|node| node.get("inputs")?.as_object());
    inputs.flat_map(|inputs| inputs.values()).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Puts files in the place of references and of the names of uploaded files.
///
/// # Errors
/// A reference has no id, or its asset is not among `values`.
pub fn resolve_assets(workflow: &mut Value, values: &AssetValue) -> Result<(), MissingAssets> {
    if !values.by_path.is_empty() {
        let nodes = workflow.as_object_mut().into_iter().flat_map(|nodes| nodes.values_mut());
        for value in nodes.filter_map(|node| node.get_mut("inputs")?.as_object_mut()).flat_map(|inputs| inputs.values_mut()) {
            if let Some(file) = value.as_str().and_then(|text| values.by_path.get(text)) {
                *value = Value::String(file.clone());
            }
        }
    }
    let mut missing = MissingAssets::default();
    replace(workflow, values, &mut missing);
    if missing.0.is_empty() { Ok(()) } else { Err(missing) }
}

fn replace(value: &mut Value, values: &AssetValue, missing: &mut MissingAssets) {
    let found = match AssetReference::of(value) {
        None => {
            match value {
                Value::Array(items) => items.iter_mut().for_each(|item| replace(item, values, missing)),
                Value::Object(members) => members.values_mut().for_each(|member| replace(member, values, missing)),
                _ => {}
            }
            return;
        }
        Some(Ok(AssetReference(id))) => values.by_id.get(&id).cloned().ok_or(id),
        Some(Err(())) => Err(String::new()),
    };
    match found {
        Ok(file) => *value = Value::String(file),
        Err(id) if missing.0.contains(&id) => {}
        Err(id) => missing.0.push(id),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reference(id: &str) -> Value {
        json!({"__type": "core/ASSET", "info": {"id": id, "file_path": "other.png"}})
    }

    #[test]
    fn references_are_replaced_at_any_depth_and_names_only_as_whole_inputs() {
        let mut workflow = json!({
            "1": {"class_type": "LoadImage", "inputs": {"image": reference("a")}},
            "2": {"class_type": "Batch", "inputs": {"images": [{"file": reference("a")}, reference("b")], "link": ["1", 0]}},
            "3": {"class_type": "LoadImage", "inputs": {"image": "photo.png", "text": "a photo.png"}, "_meta": {"title": "photo.png"}},
        });
        assert_eq!(AssetReference::all_in(&workflow), ["a", "b"]);
        assert_eq!(input_texts(&workflow), ["photo.png", "a photo.png"]);
        let values = AssetValue {
            by_id: [("a", "A"), ("b", "B")].map(|(id, file)| (id.to_owned(), file.to_owned())).into(),
            by_path: [("photo.png".to_owned(), "P".to_owned())].into(),
        };
        resolve_assets(&mut workflow, &values).unwrap();
        let expected = json!({
            "1": {"class_type": "LoadImage", "inputs": {"image": "A"}},
            "2": {"class_type": "Batch", "inputs": {"images": [{"file": "A"}, "B"], "link": ["1", 0]}},
            "3": {"class_type": "LoadImage", "inputs": {"image": "P", "text": "a photo.png"}, "_meta": {"title": "photo.png"}},
        });
        assert_eq!(workflow, expected);
    }

    #[test]
    fn what_is_missing_or_malformed_is_named() {
        for malformed in [json!({"__type": "core/ASSET"}), json!({"__type": "core/ASSET", "info": "x"}), reference("")] {
            let mut workflow = json!({"1": {"inputs": {"image": malformed}}});
            assert_eq!(resolve_assets(&mut workflow, &AssetValue::default()), Err(MissingAssets(vec![String::new()])));
        }
        let mut workflow = json!({"1": {"inputs": {"a": reference("x"), "b": reference("y"), "c": reference("x")}}});
        assert_eq!(resolve_assets(&mut workflow, &AssetValue::default()), Err(MissingAssets(vec!["x".into(), "y".into()])));
        let mut other = json!({"1": {"inputs": {"image": {"__type": "core/OTHER", "info": {"id": "x"}}}}});
        let before = other.clone();
        assert_eq!(resolve_assets(&mut other, &AssetValue::default()), Ok(()));
        assert_eq!(other, before);
    }
}
