//! The order of the nodes in a prompt, and circles among them.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::Value;

/// The node that an input is linked to.
pub(super) fn link(value: &Value) -> Option<&str> {
    match value.as_array()?.as_slice() {
        [Value::String(id), Value::Number(_)] => Some(id),
        _ => None,
    }
}

/// As the page's JSON has them: numbers in their order, then ids of nodes inside of subgraphs in the order of the file.
pub(super) fn sort(prompt: &mut IndexMap<String, Value>) {
    prompt.sort_by_cached_key(|id, _| id.parse::<u32>().map_or(u64::MAX, u64::from));
}

/// The nodes of a circle of links, with their classes.
pub(super) fn circle(prompt: &IndexMap<String, Value>) -> Option<Vec<String>> {
    enum Step<'a> {
        Enter(&'a str),
        Leave,
    }
    let mut done: HashMap<&str, bool> = HashMap::new();
    for start in prompt.keys() {
        let mut path: Vec<&str> = Vec::new();
        let mut steps = vec![Step::Enter(start)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Leave => {
                    if let Some(id) = path.pop() {
                        done.insert(id, true);
                    }
                }
                Step::Enter(id) => match done.get(id) {
                    Some(true) => {}
                    // It is on the path.
                    Some(false) => return Some(names(prompt, path.into_iter().skip_while(|other| *other != id).chain([id]))),
                    None => {
                        done.insert(id, false);
                        path.push(id);
                        steps.push(Step::Leave);
                        let inputs = prompt.get(id).and_then(|node| node.get("inputs")?.as_object());
                        steps.extend(inputs.into_iter().flatten().filter_map(|(_, value)| Some(Step::Enter(link(value)?))));
                    }
                },
            }
        }
    }
    None
}

fn names<'a>(prompt: &IndexMap<String, Value>, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let class = |id: &str| prompt.get(id).and_then(|node| node.get("class_type")?.as_str()).unwrap_or_default().to_owned();
    // Links lead backwards.
    let mut names: Vec<String> = ids.map(|id| format!("{id} ({})", class(id))).collect();
    names.reverse();
    names
}
