//! What is left out, changed or wrong is named; where the page fails or loses something, this does not.

use serde_json::{Value, json};

use super::super::{Conversion, EditorError, convert, node_types};
use crate::{comfy::Catalog, limits};

fn catalog() -> Catalog {
    Catalog::from_object_info(&json!({
        "Source": {"input": {"required": {"text": ["STRING", {"multiline": true, "dynamicPrompts": true}], "seed": ["INT", {}], "steps": ["INT", {}]}}, "output": ["IMAGE"]},
        "Change": {"input": {"required": {"image": ["IMAGE"]}}, "output": ["IMAGE"]},
        "SaveImage": {"input": {"required": {"images": ["IMAGE"], "filename_prefix": ["STRING", {"default": "x"}]}}, "output": [], "display_name": "Save Image"},
    }))
}

fn converted(file: &Value) -> Conversion {
    let catalog = catalog();
    convert(file, |class| catalog.class(class)).unwrap_or_else(|error| panic!("{error}"))
}

fn error(file: &Value) -> EditorError {
    let catalog = catalog();
    convert(file, |class| catalog.class(class)).unwrap_err()
}

fn inputs(made: &Conversion, id: &str) -> Value {
    made.workflow.0[id].inputs().map(|(name, value)| (name.to_owned(), value.clone())).collect::<serde_json::Map<_, _>>().into()
}

fn problems(made: &Conversion) -> Vec<String> {
    made.problems.iter().map(ToString::to_string).collect()
}

/// Source 1 → `middle`… → SaveImage 9.
fn file(middle: &[Value], links: Value) -> Value {
    let mut nodes = vec![
        json!({"id": 1, "type": "Source", "widgets_values": ["a cat", 5, "randomize", 20], "outputs": [{"type": "IMAGE"}]}),
        json!({"id": 9, "type": "SaveImage", "inputs": [{"name": "images", "type": "IMAGE", "link": 1}], "widgets_values": ["out"]}),
    ];
    nodes.extend(middle.iter().cloned());
    json!({"nodes": nodes, "links": links, "version": 0.4})
}

#[test]
fn a_plain_file_has_no_findings() {
    let made = converted(&file(&[], json!([[1, 1, 0, 9, 0, "IMAGE"]])));
    assert_eq!((made.notes.len(), problems(&made)), (0, vec![]), "{:?}", made.notes);
    assert_eq!(inputs(&made, "1"), json!({"text": "a cat", "seed": 5, "steps": 20}));
    assert_eq!(inputs(&made, "9"), json!({"images": ["1", 0], "filename_prefix": "out"}));
    assert_eq!(made.workflow.0["9"].title(), Some("Save Image"));
}

#[test]
fn numbers_keep_their_digits() {
    let mut file = file(&[], json!([[1, 1, 0, 9, 0, "IMAGE"]]));
    file["nodes"][0]["widgets_values"] = json!(["a", u64::MAX, "fixed", 20]);
    assert_eq!(inputs(&converted(&file), "1")["seed"], json!(u64::MAX));
}

#[test]
fn broken_links_are_problems_of_the_nodes_that_have_them() {
    for (links, part) in [
        (json!([]), "Nothing reaches its input “images”: link 1 is not in the file."),
        (json!([[1, 66, 0, 9, 0, "IMAGE"]]), "node 66, which it is linked to, is not in the file"),
        (json!([[1, 1, 3, 9, 0, "IMAGE"]]), "node 1 (Source) has no output 3 in this version of the node"),
    ] {
        let made = converted(&file(&[], links));
        assert_eq!(problems(&made).len(), 1, "{:?}", problems(&made));
        assert!(problems(&made)[0].starts_with("Node 9 “Save Image” (SaveImage): "), "{:?}", problems(&made));
        assert!(problems(&made)[0].contains(part), "{part}: {:?}", problems(&made));
        assert_eq!(inputs(&made, "9"), json!({"filename_prefix": "out"}));
    }
}

#[test]
fn what_is_left_out_is_noted() {
    let change = |mode: u32| json!({"id": 5, "type": "Change", "mode": mode, "inputs": [{"name": "image", "type": "IMAGE", "link": 2}], "outputs": [{"type": "IMAGE"}]});
    let links = json!([[1, 5, 0, 9, 0, "IMAGE"], [2, 1, 0, 5, 0, "IMAGE"]]);
    let muted = converted(&file(&[change(2), json!({"id": 6, "type": "Note", "widgets_values": ["hi"]})], links.clone()));
    assert_eq!(
        muted.notes,
        ["Left out, because they are muted: Change (5).", "Left out, because they are notes or buttons of the editor: Note (6)."]
    );
    assert_eq!(inputs(&muted, "9"), json!({"filename_prefix": "out"}));
    let bypassed = converted(&file(&[change(4)], links));
    assert_eq!(bypassed.notes, ["Passed over, because they are bypassed: Change (5)."]);
    assert_eq!(inputs(&bypassed, "9")["images"], json!(["1", 0]));
}

#[test]
fn a_node_is_named_by_the_property_that_the_page_stores() {
    let mut file = file(&[], json!([[1, 1, 0, 9, 0, "IMAGE"]]));
    file["nodes"][0]["properties"] = json!({"Node name for S&R": "First"});
    file["nodes"][0]["title"] = json!("Mine");
    file["nodes"][1]["widgets_values"][0] = json!("%First.steps%_%Source.steps%");
    let made = converted(&file);
    assert_eq!(inputs(&made, "9")["filename_prefix"], json!("20_%Source.steps%"), "the property replaces the class");
}

#[test]
fn alternatives_and_dates_stay_and_are_noted() {
    let mut file = file(&[], json!([[1, 1, 0, 9, 0, "IMAGE"]]));
    file["nodes"][0]["widgets_values"][0] = json!("a {red|blue} cat // comment");
    file["nodes"][1]["widgets_values"][0] = json!("%date:yyyy%_%Source.steps%_%width%");
    let made = converted(&file);
    assert_eq!(inputs(&made, "1")["text"], json!("a {red|blue} cat // comment"));
    assert_eq!(inputs(&made, "9")["filename_prefix"], json!("%date:yyyy%_20_%width%"));
    assert!(made.notes[0].contains("alternatives") && made.notes[1].contains("date"), "{:?}", made.notes);
}

#[test]
fn unknown_classes_keep_what_can_be_named() {
    let node = |inputs: Value, values: Value| {
        let mut unknown = json!({"id": 5, "type": "Else", "title": "Mine", "outputs": [{"type": "IMAGE"}], "inputs": [{"name": "image", "type": "IMAGE", "link": 2}]});
        unknown["inputs"].as_array_mut().unwrap().extend(inputs.as_array().unwrap().iter().cloned());
        unknown["widgets_values"] = values;
        converted(&file(&[unknown], json!([[1, 5, 0, 9, 0, "IMAGE"], [2, 1, 0, 5, 0, "IMAGE"]])))
    };
    let widget = |name: &str| json!({"name": name, "type": "INT", "widget": {"name": name}});
    let named = node(json!([widget("seed"), widget("size")]), json!([7, "randomize", 2]));
    assert_eq!(inputs(&named, "5"), json!({"image": ["1", 0], "seed": 7, "size": 2}));
    assert_eq!(problems(&named), ["Node 5 “Mine” (Else): No connected ComfyUI has this node class."]);
    let by_name = node(json!([]), json!({"size": 3, "list": [1, 2]}));
    assert_eq!(inputs(&by_name, "5"), json!({"image": ["1", 0], "size": 3, "list": {"__value__": [1, 2]}}));
    let unnamed = node(json!([widget("seed")]), json!([7, "randomize", 2, 3]));
    assert_eq!(inputs(&unnamed, "5"), json!({"image": ["1", 0]}));
    assert!(problems(&unnamed)[0].contains("does not say which of its values belongs to which input"), "{:?}", problems(&unnamed));
}

#[test]
fn values_by_name_are_those_of_the_widgets() {
    let mut file = file(&[], json!([[1, 1, 0, 9, 0, "IMAGE"]]));
    file["nodes"][0]["widgets_values"] = json!({"steps": 8, "text": "b", "pixel_format": "yuv"});
    assert_eq!(inputs(&converted(&file), "1"), json!({"text": "b", "seed": 0, "steps": 8, "pixel_format": "yuv"}));
}

#[test]
fn set_and_get_nodes_are_links() {
    let set = json!({"id": 5, "type": "SetNode", "widgets_values": ["pic"], "inputs": [{"name": "IMAGE", "type": "IMAGE", "link": 2}], "outputs": [{"type": "IMAGE"}]});
    let get = |name: &str| json!({"id": 6, "type": "GetNode", "widgets_values": [name], "outputs": [{"type": "IMAGE"}]});
    let links = json!([[1, 6, 0, 9, 0, "IMAGE"], [2, 1, 0, 5, 0, "IMAGE"]]);
    let made = converted(&file(&[set.clone(), get("pic")], links.clone()));
    assert_eq!(inputs(&made, "9")["images"], json!(["1", 0]));
    assert!(problems(&made).is_empty());
    let lost = converted(&file(&[set, get("other")], links));
    assert!(problems(&lost)[0].contains("no SetNode is named “other”"), "{:?}", problems(&lost));
}

/// A subgraph with this name as id and these nodes and links, one input and one output.
fn subgraph(name: &str, nodes: Value, links: Value) -> Value {
    let port = |name: &str, link: u32| json!([{"name": name, "type": "IMAGE", "linkIds": [link]}]);
    json!({"id": name, "name": name, "nodes": nodes, "links": links, "inputs": port("in", 11), "outputs": port("out", 12)})
}

fn with_subgraphs(uses: &str, definitions: Value) -> Value {
    let outer = json!({"id": 5, "type": uses, "inputs": [{"name": "in", "type": "IMAGE", "link": 2}], "outputs": [{"type": "IMAGE"}]});
    let mut file = file(&[outer], json!([[1, 5, 0, 9, 0, "IMAGE"], [2, 1, 0, 5, 0, "IMAGE"]]));
    file["definitions"] = json!({"subgraphs": definitions});
    file
}

fn link(id: u32, from: i32, to: i32) -> Value {
    json!({"id": id, "origin_id": from, "origin_slot": 0, "target_id": to, "target_slot": 0, "type": "IMAGE"})
}

#[test]
fn a_subgraph_that_only_passes_on_is_a_link() {
    let straight = subgraph(
        "Pass",
        json!([]),
        json!([{"id": 12, "origin_id": -10, "origin_slot": 0, "target_id": -20, "target_slot": 0, "type": "IMAGE"}]),
    );
    assert_eq!(inputs(&converted(&with_subgraphs("Pass", json!([straight]))), "9")["images"], json!(["1", 0]));
}

#[test]
fn each_use_of_a_subgraph_has_its_own_values() {
    let text = json!({"name": "text", "type": "STRING", "link": 11, "widget": {"name": "text"}});
    let inner =
        json!([{"id": 3, "type": "Source", "inputs": [text], "outputs": [{"type": "IMAGE"}], "widgets_values": ["inner", 1, "fixed", 2]}]);
    let definition = subgraph("Make", inner, json!([link(11, -10, 3), link(12, 3, -20)]));
    let made = |id: u32, text: &str| json!({"id": id, "type": "Make", "inputs": [{"name": "in", "type": "STRING", "widget": {"name": "in"}}], "widgets_values": [text]});
    let mut file = file(&[made(5, "one"), made(6, "two")], json!([[1, 5, 0, 9, 0, "IMAGE"]]));
    file["definitions"] = json!({"subgraphs": [definition]});
    let made = converted(&file);
    assert_eq!((&inputs(&made, "5:3")["text"], &inputs(&made, "6:3")["text"]), (&json!("one"), &json!("two")));
}

#[test]
fn subgraphs_that_contain_each_other_are_an_error_that_names_them() {
    let holds = |name: &str, inner: &str| subgraph(name, json!([{"id": 1, "type": inner}]), json!([]));
    let file = with_subgraphs("A", json!([holds("A", "B"), holds("B", "C"), holds("C", "B")]));
    assert_eq!(error(&file), EditorError::SubgraphCycle(vec!["B".into(), "C".into(), "B".into()]));
    assert!(error(&file).to_string().contains("“B” → “C” → “B”"));
}

#[test]
fn circles_of_links_are_an_error_that_names_the_nodes() {
    let change = |id: u32, link: u32| json!({"id": id, "type": "Change", "inputs": [{"name": "image", "type": "IMAGE", "link": link}], "outputs": [{"type": "IMAGE"}]});
    let circle = file(&[change(5, 2), change(6, 3)], json!([[1, 1, 0, 9, 0, "IMAGE"], [2, 6, 0, 5, 0, "IMAGE"], [3, 5, 0, 6, 0, "IMAGE"]]));
    let EditorError::LinkCycle(names) = error(&circle) else { panic!("{:?}", error(&circle)) };
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.contains(&"5 (Change)".to_owned()) && names.contains(&"6 (Change)".to_owned()), "{names:?}");
    let reroute = |id: u32, link: u32| json!({"id": id, "type": "Reroute", "inputs": [{"name": "", "type": "*", "link": link}], "outputs": [{"type": "*"}]});
    let links = json!([[1, 5, 0, 9, 0, "IMAGE"], [2, 6, 0, 5, 0, "*"], [3, 5, 0, 6, 0, "*"]]);
    assert_eq!(
        error(&file(&[reroute(5, 2), reroute(6, 3)], links)),
        EditorError::LinkCycle(vec!["5 (Reroute)".into(), "6 (Reroute)".into()])
    );
}

#[test]
fn what_never_ends_or_is_too_large_is_an_error() {
    // Each holds the next one twice: 2 to the power of 20 uses.
    let doubled = |at: usize| json!({"id": format!("S{at}"), "name": "S", "links": [], "nodes": [{"id": 1, "type": format!("S{}", at + 1)}, {"id": 2, "type": format!("S{}", at + 1)}]});
    let definitions: Vec<Value> = (0..20).map(doubled).collect();
    assert_eq!(error(&with_subgraphs("S0", definitions.into())), EditorError::TooManyNodes);
    let definitions: Vec<Value> = (0..=limits::EDITOR_DEPTH).map(doubled).collect();
    assert_eq!(error(&with_subgraphs("S0", definitions.into())), EditorError::TooDeep);
    let many: Vec<Value> = (100..=100 + limits::EDITOR_NODES).map(|id| json!({"id": id, "type": "Note"})).collect();
    assert_eq!(error(&file(&many, json!([]))), EditorError::TooManyNodes);
    assert_eq!(error(&json!({"nodes": [{"id": 1, "type": "Note"}], "links": []})), EditorError::NothingRuns);
}

#[test]
fn long_chains_of_reroutes_end() {
    // Every node's link passes through all reroutes.
    let chain = 4_000;
    let mut nodes = vec![json!({"id": 1, "type": "Source", "outputs": [{"type": "IMAGE"}]})];
    let mut links = vec![json!([0, 1, 0, 10, 0, "*"])];
    for at in 0..chain {
        nodes
            .push(json!({"id": 10 + at, "type": "Reroute", "inputs": [{"name": "", "type": "*", "link": at}], "outputs": [{"type": "*"}]}));
        links.push(json!([at + 1, 10 + at, 0, 11 + at, 0, "*"]));
    }
    for at in 0..1_000 {
        nodes.push(json!({"id": 100_000 + at, "type": "Change", "inputs": [{"name": "image", "type": "IMAGE", "link": chain}]}));
    }
    assert_eq!(error(&json!({"nodes": nodes, "links": links})), EditorError::TooManyLinks);
}

#[test]
fn unreadable_and_double_nodes_are_problems() {
    let made = converted(&file(
        &[json!({"id": 5}), json!({"type": "Change"}), json!({"id": 1, "type": "Source", "title": "Second"})],
        json!([[1, 1, 0, 9, 0, "IMAGE"]]),
    ));
    let problems = problems(&made);
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(
        problems.iter().any(|problem| problem == "Node 1 “Second” (Source): Two nodes have this id; the second is used."),
        "{problems:?}"
    );
}

#[test]
fn types_of_nodes_are_listed_once() {
    let inner = subgraph("In", json!([{"id": 1, "type": "Change"}, {"id": 2, "type": "Change"}]), json!([]));
    assert_eq!(node_types(&with_subgraphs("In", json!([inner]))), ["Change", "In", "SaveImage", "Source"]);
}
