//! Names of outputs that several ComfyUIs gave independently of one another: both may have made `ComfyUI_00001_.png`. In what clients hear, the folder of a file
//! begins with its task.

use serde_json::Value;

use crate::ids::TaskId;

/// Begins the folders of outputs; the id of their task follows.
pub const TASK_FOLDER: &str = "darkroom-";

/// A folder at a ComfyUI, with the task before it whose outputs are meant.
#[must_use]
pub fn marked(task: TaskId, folder: &str) -> String {
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{TASK_FOLDER}{}{slash}{folder}", task.0.simple())
}

/// Puts the task before the folder of every file in `outputs`, at any depth.
pub fn mark_outputs(outputs: &mut Value, task: TaskId) {
    match outputs {
        Value::Array(items) => items.iter_mut().for_each(|item| mark_outputs(item, task)),
        Value::Object(members) => {
            let is_file = members.get("filename").is_some_and(Value::is_string) && members.get("type").is_some_and(Value::is_string);
            if is_file {
                let folder = members.get("subfolder").and_then(Value::as_str).unwrap_or_default();
                let marked = marked(task, folder);
                members.insert("subfolder".to_owned(), marked.into());
            } else {
                members.values_mut().for_each(|value| mark_outputs(value, task));
            }
        }
        _ => {}
    }
}

/// The task and the folder at its ComfyUI of a folder that [`mark_outputs`] made.
#[must_use]
pub fn unmarked(subfolder: &str) -> Option<(TaskId, &str)> {
    let rest = subfolder.strip_prefix(TASK_FOLDER)?;
    let (task, folder) = rest.split_once('/').unwrap_or((rest, ""));
    let is_simple = task.len() == 32;
    Some((task.parse().ok().filter(|_| is_simple)?, folder))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_files_are_marked() {
        let task = TaskId(uuid::Uuid::from_u128(0xab));
        let file = |folder: &str| json!({"filename": "a.png", "subfolder": folder, "type": "output", "format": "x"});
        let mut outputs = json!({"9": {"images": [file(""), file("day/1")], "text": ["a"], "animated": [true]}});
        mark_outputs(&mut outputs, task);
        let id = task.0.simple();
        let marked = [file(&format!("darkroom-{id}")), file(&format!("darkroom-{id}/day/1"))];
        assert_eq!(outputs, json!({"9": {"images": marked, "text": ["a"], "animated": [true]}}));
        assert_eq!(unmarked("darkroom-"), None);
        assert_eq!(unmarked("darkroom-x/a"), None);
    }

    proptest! {
        #[test]
        fn a_mark_can_be_taken_off(folder in "([a-z0-9 ]{1,8}(/[a-z]{1,4}){0,2})?", id in any::<u128>()) {
            let task = TaskId(uuid::Uuid::from_u128(id));
            let mut outputs = json!([{"filename": "a.png", "subfolder": folder, "type": "temp"}]);
            mark_outputs(&mut outputs, task);
            prop_assert_eq!(unmarked(outputs[0]["subfolder"].as_str().unwrap()), Some((task, folder.as_str())));
        }
    }
}
