//! A prompt that is written as a file of the editor and converted back is the same prompt.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{
    super::{convert, file_of, write, write::written_ids},
    pages::{as_javascript, links, recorded},
};
use crate::comfy::{Catalog, Workflow};

/// The inputs of a prompt by node, with the ids that its nodes have in the file.
fn renamed(workflow: &Workflow, ids: &[String]) -> HashMap<String, Value> {
    let new: HashMap<&str, &String> = workflow.0.keys().map(|id| id.as_str()).zip(ids).collect();
    let inputs = |node: &crate::comfy::WorkflowNode| -> Map<String, Value> {
        let input = |(name, value): (&str, &Value)| {
            let link = value.as_array().and_then(|link| match link.as_slice() {
                [Value::String(id), slot] => new.get(id.as_str()).map(|id| json!([id, slot])),
                _ => None,
            });
            (name.to_owned(), link.unwrap_or_else(|| value.clone()))
        };
        node.inputs().map(input).collect()
    };
    workflow.0.iter().map(|(id, node)| (new[id.as_str()].clone(), Value::Object(inputs(node)))).collect()
}

fn own(workflow: &Workflow) -> HashMap<String, Value> {
    let ids: Vec<String> = workflow.0.keys().map(ToString::to_string).collect();
    renamed(workflow, &ids)
}

#[test]
fn every_recorded_workflow_comes_back_from_a_written_file() {
    let recorded = recorded();
    let catalog = Catalog::from_object_info(&recorded["object_info"]);
    let (mut compared, mut added, mut named) = (0, 0, Vec::new());
    for (name, case) in recorded["cases"].as_object().unwrap() {
        let first = convert(&case["editor"], |class| catalog.class(class)).unwrap_or_else(|error| panic!("{name}: {error}")).workflow;
        let written = write(&first, |class| catalog.class(class));
        let second =
            convert(&written.file, |class| catalog.class(class)).unwrap_or_else(|error| panic!("{name}: {error}\n{}", written.file));
        let (expected, found) = (renamed(&first, &written_ids(&written.file)), own(&second.workflow));
        assert_eq!(found.len(), expected.len(), "{name}: other nodes");
        for (id, expected) in &expected {
            let found = found.get(id).unwrap_or_else(|| panic!("{name}: node {id} did not come back"));
            let (old, node) = first.0.iter().zip(written_ids(&written.file)).find(|(_, other)| other == id).unwrap().0;
            let class = node.class_type();
            assert_eq!(links(found), links(expected), "{name}: {id} ({class})");
            if let Some(problem) = written.problems.iter().find(|problem| problem.node == *old) {
                named.push(format!("{name}: {problem}"));
            } else {
                // A value that the prompt lacks, as behind a muted node, is the default of the class.
                let mut found = found.clone();
                if let Some(members) = found.as_object_mut() {
                    let before = members.len();
                    members.retain(|name, _| expected.get(name).is_some());
                    added += before - members.len();
                }
                assert_eq!(as_javascript(&found), as_javascript(expected), "{name}: {id} ({class})");
                compared += 1;
            }
        }
    }
    assert!(added < 5, "{added} values are new");
    assert!(compared > 800 && named.len() < 10, "{compared} nodes are the same, {} are not: {named:#?}", named.len());
}

fn catalog() -> Catalog {
    Catalog::from_object_info(&json!({
        "Text": {"input": {"required": {"text": ["STRING", {"multiline": true, "dynamicPrompts": true}], "seed": ["INT", {"control_after_generate": true}]}}, "output": ["TEXT"], "display_name": "A text"},
        "Show": {"input": {"required": {"text": ["TEXT"], "mode": [["a", "b"]]}}, "output": [], "output_node": true},
    }))
}

fn workflow(value: Value) -> Workflow {
    Workflow::from_value(value).unwrap()
}

#[test]
fn values_are_in_the_order_of_the_class_with_what_happens_to_a_seed() {
    let prompt = workflow(json!({
        "7": {"class_type": "Text", "inputs": {"seed": 18_446_744_073_709_551_615_u64, "text": "a {red|blue} door"}, "_meta": {"title": "Mine"}},
        "12:3": {"class_type": "Show", "inputs": {"text": ["7", 0], "mode": "b"}},
    }));
    let catalog = catalog();
    let file = write(&prompt, |class| catalog.class(class)).file;
    let (text, show) = (&file["nodes"][0], &file["nodes"][1]);
    assert_eq!(text["widgets_values"], json!(["a \\{red\\|blue\\} door", 18_446_744_073_709_551_615_u64, "fixed"]));
    assert_eq!((&text["id"], &text["title"], &show["id"]), (&json!(7), &json!("Mine"), &json!(1)));
    assert_eq!(file["links"], json!([[1, 7, 0, 1, 0, "TEXT"]]));
    assert_eq!(show["inputs"][0], json!({"name": "text", "type": "TEXT", "link": 1}));
    assert_eq!(text["outputs"][0], json!({"name": "TEXT", "type": "TEXT", "links": [1]}));
    assert!(text["pos"][0].as_u64() < show["pos"][0].as_u64(), "{file}");
    assert_eq!(show.get("title"), None);
}

#[test]
fn nodes_of_unknown_classes_keep_names_and_values() {
    let inputs = json!({"seed": 5, "mode": "fixed", "strength": 0.5, "image": ["2", 3]});
    let prompt = workflow(json!({"1": {"class_type": "Nobody", "inputs": inputs}, "2": {"class_type": "Has", "inputs": {}}}));
    let file = write(&prompt, |_| None).file;
    let back = convert(&file, |_| None).unwrap().workflow;
    assert_eq!(own(&back)["1"], inputs, "{file}");
}

#[test]
fn what_the_editor_cannot_store_is_named() {
    let prompt = workflow(json!({
        "1": {"class_type": "Text", "inputs": {"text": "see https://example.org", "seed": 1}},
        "2": {"class_type": "Show", "inputs": {"text": "typed", "mode": "a"}},
    }));
    let catalog = catalog();
    let problems = write(&prompt, |class| catalog.class(class)).problems;
    let named: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(named.len(), 2, "{named:?}");
    assert!(named[0].contains("comment") && named[1].contains("“text” has a value"), "{named:?}");
}

#[test]
fn the_own_file_of_a_task_is_given_while_it_makes_its_prompt() {
    let own = json!({"nodes": [{"id": 3, "type": "Text", "widgets_values": ["a door", 5, "randomize"], "color": "#223"}], "links": [], "version": 0.4});
    let prompt = |seed: u64| workflow(json!({"3": {"class_type": "Text", "inputs": {"text": "a door", "seed": seed}}}));
    let catalogs = [Catalog::default(), catalog()];
    assert_eq!(file_of(&prompt(5), Some(&own), &catalogs).unwrap().file, own);
    let written = file_of(&prompt(6), Some(&own), &catalogs).unwrap().file;
    assert_eq!(written["nodes"][0]["widgets_values"], json!(["a door", 6, "fixed"]), "another seed, so another prompt");
    assert_eq!(file_of(&prompt(5), None, &[Catalog::default()]), None);
}

proptest! {
    #[test]
    fn any_prompt_text_without_comments_comes_back(text in r"([a-z ,(]|\{|\}|\||:|\n|é){0,30}", seed in any::<u64>()) {
        let prompt = workflow(json!({"1": {"class_type": "Text", "inputs": {"text": text, "seed": seed}}}));
        let catalog = catalog();
        let file = write(&prompt, |class| catalog.class(class)).file;
        let back = convert(&file, |class| catalog.class(class)).unwrap().workflow;
        prop_assert_eq!(own(&back), own(&prompt), "{}", file);
    }
}
