//! The prompts that ComfyUI's own page makes, of template workflows and of hand-made ones for what these lack.

use std::{collections::HashSet, io::Read};

use serde_json::{Map, Value};

use super::super::convert;
use crate::comfy::Catalog;

/// See `tests/recordings/README.md`.
pub(super) fn recorded() -> Value {
    let file = include_bytes!("../../../../tests/recordings/editor/page-prompts.json.gz");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&file[..]).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn prompts_are_those_of_comfyuis_page() {
    let recorded = recorded();
    let catalog = Catalog::from_object_info(&recorded["object_info"]);
    let cases = recorded["cases"].as_object().unwrap();
    assert!(cases.len() > 80, "{} cases", cases.len());
    for (name, case) in cases {
        let made = convert(&case["editor"], |class| catalog.class(class)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let ours = serde_json::to_value(&made.workflow).unwrap();
        let (ours, page) = (ours.as_object().unwrap(), case["page"].as_object().unwrap());
        let ids: HashSet<&String> = ours.keys().chain(page.keys()).collect();
        for id in ids {
            let (Some(ours), Some(page)) = (ours.get(id), page.get(id)) else { panic!("{name}: node {id} is in one of both only") };
            let class = ours["class_type"].as_str().unwrap();
            assert_eq!(
                ours["_meta"],
                *page.get("_meta").filter(|meta| meta["title"].is_string()).unwrap_or(&ours["_meta"]),
                "{name}: {id}"
            );
            if catalog.class(class).is_some() {
                assert_eq!(page["class_type"], class, "{name}: {id}");
                assert_eq!(as_javascript(&ours["inputs"]), as_javascript(&page["inputs"]), "{name}: {id} ({class})");
            } else {
                // The page has neither its class nor the names of its values.
                assert_eq!(links(&ours["inputs"]), links(&page["inputs"]), "{name}: {id} ({class})");
                assert!(made.problems.iter().any(|problem| problem.node.as_str() == id), "{name}: {id} ({class}) is no problem");
            }
        }
    }
}

/// JavaScript has one type of numbers: 1.0 is 1, and seeds above 2⁵³ are rounded.
pub(super) fn as_javascript(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(items) => items.iter().map(as_javascript).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), as_javascript(value))).collect::<Map<_, _>>().into(),
        other => other.clone(),
    }
}

pub(super) fn links(inputs: &Value) -> Map<String, Value> {
    inputs
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| value.is_array())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
