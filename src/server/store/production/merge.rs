//! Changes fields by a part of their JSON (JSON Merge Patch, RFC 7396).

use proto::production::FieldProblem;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

/// The fields after the change: `null` takes a field away, and objects are merged.
///
/// # Errors
/// A field is unknown, or its value is not what it should be.
pub(super) fn merge_fields<F: Serialize + DeserializeOwned>(fields: &F, patch: &Map<String, Value>) -> Result<F, FieldProblem> {
    let damaged = |_| FieldProblem::new("", "It cannot be changed: what is stored of it cannot be read.");
    let mut json = serde_json::to_value(fields).map_err(damaged)?;
    merge(&mut json, patch);
    let merged: F = serde_path_to_error::deserialize(json).map_err(|error| {
        let segments = error.path().iter().filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { .. } | Segment::Unknown => None,
        });
        FieldProblem::new(segments.collect::<Vec<_>>().join("/"), error.inner().to_string())
    })?;
    // So that a typing error is not ignored silently. A field that is taken away need not be there any more.
    let known = serde_json::to_value(&merged).map_err(damaged)?;
    match patch.iter().find(|(key, value)| !value.is_null() && known.get(key.as_str()).is_none()) {
        Some((key, _)) => Err(FieldProblem::new(key.replace('~', "~0").replace('/', "~1"), "There is no such field.")),
        None => Ok(merged),
    }
}

fn merge(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(target) = target.as_object_mut() else { return };
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.shift_remove(key);
            }
            Value::Object(members) => merge(target.entry(key.clone()).or_insert(Value::Null), members),
            value => {
                target.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::production::ShotFields;
    use serde_json::json;

    use super::*;

    fn changed(patch: Value) -> Result<ShotFields, FieldProblem> {
        let mut fields = ShotFields { title: "A door".into(), duration_frames: 48, ..ShotFields::default() };
        fields.agent_notes.insert("Editor".into(), Default::default());
        merge_fields(&fields, patch.as_object().unwrap())
    }

    #[test]
    fn only_what_is_named_changes() {
        let fields =
            changed(json!({"camera": "35 mm", "agent_notes": {"Editor": {"in_prompt": true}, "Producer": {"text": "cheap"}}})).unwrap();
        assert_eq!((fields.title.as_str(), fields.duration_frames, fields.camera.as_str()), ("A door", 48, "35 mm"));
        assert!(fields.agent_notes["Editor"].in_prompt && fields.agent_notes["Producer"].text == "cheap");
        let fields = changed(json!({"duration_frames": null, "agent_notes": {"Editor": null}})).unwrap();
        assert_eq!((fields.duration_frames, fields.agent_notes.len()), (0, 0));
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        assert_eq!(changed(json!({"status": "done"})).unwrap_err().field, "status");
        assert_eq!(changed(json!({"agent_notes": {"a/b": {"text": 1}}})).unwrap_err().field, "agent_notes/a~1b/text");
        assert_eq!(changed(json!({"titel": "x"})).unwrap_err().field, "titel");
        assert!(changed(json!({"agent_notes": {"a": {"txt": "x"}}})).unwrap_err().message.contains("unknown field `txt`"));
    }
}
