//! The shapes that nodes report, and arbitrary JSON.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    comfy::{Catalog, ComfyEvent, HistoryEntry, Workflow, decode_text},
    ids::TaskId,
    task::{Change, Durations, Snapshot, end_by_history, interpret},
    time::Timestamp,
};

/// Each output in words: its kind and content.
fn outputs_in(output: &Value) -> Vec<String> {
    outputs_of(output).into_iter().map(|output| words(output.kind, output.temporary, &output.content)).collect()
}

fn words(kind: OutputKind, temporary: bool, content: &OutputContent) -> String {
    match content {
        OutputContent::Text { text } => format!("{kind:?} {text}"),
        OutputContent::File { filename, subfolder, folder } => {
            format!("{kind:?} {folder}:{subfolder}:{filename}{}", if temporary { " (temporary)" } else { "" })
        }
    }
}

fn file() -> Value {
    json!({"filename": "a.png", "subfolder": "", "type": "output"})
}

const FILE: &str = "Image output::a.png";

#[test]
fn a_string_that_was_iterated_is_one_text() {
    assert_eq!(outputs_in(&json!({"text": ["h", "e", "l", "l", "o"]})), ["Text hello"]);
    assert_eq!(outputs_in(&json!({"string": ["猫", " ", "🐈", "\n"]})), ["Text 猫 🐈\n"]);
    // One character is a text like any other, and so are texts among which one is longer.
    assert_eq!(outputs_in(&json!({"text": ["h"]})), ["Text h"]);
    assert_eq!(outputs_in(&json!({"text": ["h", "el", ""]})), ["Text h", "Text el", "Text "]);
    // Not a list: from a program that looks like ComfyUI.
    assert_eq!(outputs_in(&json!({"text": "hello"})), ["Text hello"]);
}

#[test]
fn equal_texts_and_values_are_all_kept() {
    assert_eq!(outputs_in(&json!({"text": ["same", "same"], "more": ["same"]})), ["Text same", "Text same", "Text same"]);
    assert_eq!(outputs_in(&json!({"values": [1, 1, 1]})), ["Text [1,1,1]"]);
}

#[test]
fn values_that_are_no_text_are_shown_as_data_beside_their_neighbours() {
    assert_eq!(outputs_in(&json!({"value": [5], "ok": [true], "none": [null]})), ["Text 5", "Text true", "Text null"]);
    assert_eq!(outputs_in(&json!({"seed": [18_446_744_073_709_551_615_u64], "x": [0.5]})), ["Text 18446744073709551615", "Text 0.5"]);
    let mixed = json!({"text": ["a", 5, true, null, ["b", [1.5]], {"k": "v"}], "images": [file()]});
    assert_eq!(outputs_in(&mixed), ["Text a", "Text 5", "Text true", "Text null", "Text [\"b\",[1.5]]", "Text {\"k\":\"v\"}", FILE]);
    // A list of numbers is one datum.
    assert_eq!(outputs_in(&json!({"histogram": [0, 3, 7]})), ["Text [0,3,7]"]);
    assert_eq!(outputs_in(&json!({"value": 7, "flag": false})), ["Text 7", "Text false"]);
    // Not an object.
    assert_eq!(outputs_in(&json!([file(), "note"])), [FILE]);
    assert_eq!(outputs_in(&json!("note")), ["Text note"]);
    // Nothing was reported.
    assert_eq!(outputs_in(&json!({"text": [], "images": null})), [""; 0]);
    assert_eq!(outputs_in(&json!(null)), [""; 0]);
}

#[test]
fn strings_and_nulls_among_files_are_no_texts() {
    assert_eq!(outputs_in(&json!({"images": ["filename", "subfolder", "type", null, file()]})), [FILE]);
    assert_eq!(outputs_in(&json!({"images": [file(), 5]})), [FILE, "Text 5"]);
    // Where texts are to be expected, they are.
    assert_eq!(outputs_in(&json!({"text": ["caption", file()]})), ["Text caption", FILE]);
}

#[test]
fn nested_files_are_found() {
    assert_eq!(outputs_in(&json!({"images": [[file()], [[file()]]]})), [FILE, FILE]);
    let label = outputs_in(&json!({"items": [{"label": "left", "image": file()}]}));
    assert_eq!(label[0], FILE);
    assert!(label[1].starts_with("Text {") && label[1].contains("left"), "{label:?}");
    assert_eq!(outputs_in(&json!({"images": file()})), [FILE]);
}

#[test]
fn flags_beside_files_are_no_outputs() {
    assert_eq!(outputs_in(&json!({"images": [file()], "animated": [true]})), [FILE]);
    // Without files it is data.
    assert_eq!(outputs_in(&json!({"animated": [true]})), ["Text true"]);
    // The picture itself came as a binary frame.
    assert_eq!(outputs_in(&json!({"images": [{"source": "websocket", "content-type": "image/png", "type": "output"}]})), [""; 0]);
}

#[test]
fn a_model_of_a_3d_preview_is_a_file() {
    assert_eq!(outputs_in(&json!({"result": ["mesh/out_00001_.glb", null, null]})), ["File output:mesh:out_00001_.glb"]);
    assert_eq!(outputs_in(&json!({"result": ["out.obj"]})), ["File output::out.obj"]);
    assert_eq!(outputs_in(&json!({"model_file": ["a/b\\c d.PLY [temp]"]})), ["File temp:a:b\\c d.PLY (temporary)"]);
    assert_eq!(outputs_in(&json!({"result": ["mesh\\out.glb"]})), ["File output:mesh:out.glb"]);
    let whole = outputs_in(&json!({"result": ["mesh/a.glb", {"zoom": 2}, "temp/bg_1.png"]}));
    assert_eq!(whole, ["File output:mesh:a.glb", "Text {\"zoom\":2}", "Image temp::bg_1.png (temporary)"]);
    // What a text node shows is a text.
    assert_eq!(outputs_in(&json!({"text": ["mesh/out_00001_.glb"]})), ["Text mesh/out_00001_.glb"]);
    assert_eq!(outputs_in(&json!({"result": ["saved as a.glb\nand more"]})), ["Text saved as a.glb\nand more"]);
    assert_eq!(outputs_in(&json!({"result": ["no model", null]})), ["Text no model", "Text null"]);
}

#[test]
fn missing_members_of_a_file_have_defaults() {
    let whole = "Image output::a.png";
    for odd in [
        json!({"filename": "a.png"}),
        json!({"filename": "a.png", "subfolder": null, "type": null}),
        json!({"filename": "a.png", "subfolder": 7, "type": ""}),
        json!({"filename": "a.png [output]", "type": "temp"}),
    ] {
        assert_eq!(outputs_in(&json!({"images": [odd]})), [whole], "{odd}");
    }
    // `/view` takes no folders in the name.
    assert_eq!(outputs_in(&json!({"images": [{"filename": "b/a.png", "subfolder": "s"}]})), ["Image output:s/b:a.png"]);
    assert_eq!(outputs_in(&json!({"images": [{"filename": "/b/a.png"}]})), ["Image output:/b:a.png"]);
    assert_eq!(
        outputs_in(&json!({"gifs": [{"filename": "a.mp4", "type": "temp", "format": "video/h264-mp4"}]})),
        ["Video temp::a.mp4 (temporary)"]
    );
    // An object without a name is data.
    assert_eq!(outputs_in(&json!({"images": [{"filename": ""}, {"filename": 3}]})), ["Text [{\"filename\":\"\"},{\"filename\":3}]"]);
}

#[test]
fn long_texts_are_cut_and_marked() {
    let long = "é".repeat(limits::OUTPUT_TEXT + 1);
    let letters: Vec<String> = long.chars().map(String::from).collect();
    let numbers: Vec<usize> = (0..limits::OUTPUT_TEXT).collect();
    for value in [json!({"text": [long]}), json!({"text": letters}), json!({"values": numbers})] {
        let outputs = outputs_of(&value);
        let [ReportedOutput { content: OutputContent::Text { text }, .. }] = &outputs[..] else { panic!("{} outputs", outputs.len()) };
        assert!(text.chars().count() <= limits::OUTPUT_TEXT && text.ends_with(CUT), "{}", text.chars().count());
    }
    let fits = "é".repeat(limits::OUTPUT_TEXT);
    assert_eq!(outputs_in(&json!({"text": [fits]})), [format!("Text {fits}")]);
}

/// A task with two nodes.
fn world() -> Snapshot {
    let workflow = Workflow::parse(r#"{"1": {"class_type": "A", "inputs": {}}, "2": {"class_type": "B", "inputs": {}}}"#).unwrap();
    let id = TaskId(uuid::Uuid::nil());
    let task = Task::new(id, "task", &workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
    Snapshot { tasks: vec![task], ..Snapshot::default() }
}

fn carry_out(world: &mut Snapshot, changes: Vec<Change>) {
    for change in changes {
        world.push(change);
    }
}

fn executed(node: &str, display: &str, output: &Value) -> ComfyEvent {
    let frame = json!({"type": "executed", "data": {"node": node, "display_node": display, "output": output, "prompt_id": "p"}});
    decode_text(&frame.to_string()).unwrap()
}

fn hear(world: &mut Snapshot, event: &ComfyEvent) {
    let changes = interpret(&world.tasks[0], event, Timestamp(1));
    carry_out(world, changes);
}

fn history(world: &mut Snapshot, entry: &Value) {
    // By way of text, as over HTTP: numbers are read the same way as in a frame.
    let entry: HistoryEntry = serde_json::from_str(&entry.to_string()).unwrap();
    let changes = end_by_history(&world.tasks[0], &entry, Timestamp(2));
    carry_out(world, changes);
}

fn of_task(world: &Snapshot) -> Vec<String> {
    let outputs = world.tasks[0].outputs.iter();
    outputs.map(|output| format!("{}: {}", output.node, words(output.kind, output.temporary, &output.content))).collect()
}

#[test]
fn a_repeated_report_adds_nothing() {
    let mut world = world();
    let output = json!({"text": ["one", "one", "b"], "images": [file(), file()]});
    for _ in 0..3 {
        hear(&mut world, &executed("1", "1", &output));
    }
    let once = ["1: Text one", "1: Text one", "1: Text b", "1: Image output::a.png", "1: Image output::a.png"];
    assert_eq!(of_task(&world), once);
    history(&mut world, &json!({"outputs": {"1": output, "2": {"text": ["one"]}}, "status": {"status_str": "success"}}));
    assert_eq!(of_task(&world), [&once[..], &["2: Text one"]].concat());
    assert!(world.tasks[0].outputs.iter().zip(0..).all(|(output, id)| output.id == id), "{:?}", world.tasks[0].outputs);
}

#[test]
fn the_history_names_nodes_made_while_running_and_the_node_that_shows_them() {
    let mut world = world();
    hear(&mut world, &executed("2.0.0.1", "2", &json!({"text": ["a"]})));
    let entry = json!({
        "outputs": {"2.0.0.1": {"text": ["a"]}, "2.0.0.2": {"text": ["a"]}},
        "meta": {"2.0.0.1": {"display_node": "2"}, "2.0.0.2": {"display_node": "2"}},
        "status": {"status_str": "success"},
    });
    history(&mut world, &entry);
    assert_eq!(of_task(&world), ["2: Text a", "2: Text a"]);
}

#[test]
fn a_history_of_odd_shape_still_ends_the_task() {
    for outputs in [json!(null), json!([]), json!("x"), json!({"1": null, "2": 5})] {
        let mut world = world();
        history(
            &mut world,
            &json!({"outputs": outputs, "meta": null, "status": {"status_str": "success", "completed": true, "messages": [5, ["x"]]}}),
        );
        assert_eq!(world.tasks[0].state, crate::task::TaskState::Completed, "{outputs}");
    }
}

#[test]
fn outputs_are_limited_and_files_come_first() {
    let mut world = world();
    let texts: Vec<String> = (0..2 * limits::OUTPUTS).map(|number| format!("text {number}")).collect();
    let files: Vec<Value> = (0..2 * limits::OUTPUTS).map(|number| json!({"filename": format!("{number}.png")})).collect();
    let output = json!({"text": texts, "images": files[..limits::OUTPUTS / 4]});
    for _ in 0..2 {
        hear(&mut world, &executed("1", "1", &output));
        let outputs = &world.tasks[0].outputs;
        assert_eq!(outputs.iter().filter(|output| output.kind == OutputKind::Image).count(), limits::OUTPUTS / 4);
        assert_eq!(outputs.iter().filter(|output| output.kind == OutputKind::Text).count(), limits::OUTPUT_TEXTS);
        assert!(outputs.iter().any(|output| output.content == note(TEXTS_FULL)), "it says that something is missing");
    }
    for _ in 0..2 {
        hear(&mut world, &executed("2", "2", &json!({"images": files})));
        let outputs = &world.tasks[0].outputs;
        assert_eq!(outputs.len(), limits::OUTPUTS);
        assert_eq!(outputs.last().map(|output| &output.content), Some(&note(OUTPUTS_FULL)));
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let name =
        prop_oneof![Just("filename"), Just("subfolder"), Just("type"), Just("images"), Just("text"), Just("result"), Just("animated")];
    let name = prop_oneof![name.prop_map(str::to_owned), "[a-z]{0,3}"];
    let text = prop_oneof![
        Just("a.png".to_owned()),
        Just("mesh/a.glb".to_owned()),
        Just("temp".to_owned()),
        Just(r"X:\out\run".to_owned()),
        any::<String>(),
        "[a-z]"
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
        (0_u32..3).prop_map(|number| json!({"filename": format!("{number}.png"), "subfolder": "", "type": "output"})),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((name.clone(), inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The names of all files in it, wherever they are.
fn files_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => match members.get("filename").and_then(Value::as_str).filter(|name| !name.is_empty()) {
            Some(name) => found.push(name.to_owned()),
            None => members.values().for_each(|value| files_in(value, found)),
        },
        Value::Array(items) => items.iter().for_each(|value| files_in(value, found)),
        _ => {}
    }
}

/// Numbers, wherever they are: they are never a part of a file's name here.
fn numbers_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) if members.get("filename").and_then(Value::as_str).is_some_and(|name| !name.is_empty()) => {}
        Value::Object(members) => members.values().for_each(|value| numbers_in(value, found)),
        Value::Array(items) => items.iter().for_each(|value| numbers_in(value, found)),
        Value::Number(number) => found.push(number.to_string()),
        _ => {}
    }
}

proptest! {
    #[test]
    fn files_and_numbers_of_any_report_are_kept(output in any_json()) {
        let outputs = outputs_of(&output);
        let (mut files, mut numbers) = (Vec::new(), Vec::new());
        files_in(&output, &mut files);
        numbers_in(&output, &mut numbers);
        let found = outputs.iter().filter(|output| matches!(output.content, OutputContent::File { .. })).count();
        prop_assert!(found >= files.len(), "{files:?} in {output}, and found {outputs:?}");
        for number in numbers {
            let says = |output: &&ReportedOutput| matches!(&output.content, OutputContent::Text { text } if text.contains(&number));
            prop_assert!(outputs.iter().any(|output| says(&output)), "{number} of {output} is lost: {outputs:?}");
        }
        for output in &outputs {
            match &output.content {
                OutputContent::Text { text } => prop_assert!(text.chars().count() <= limits::OUTPUT_TEXT),
                OutputContent::File { filename, folder, .. } => prop_assert!(!filename.is_empty() && !folder.is_empty(), "{output:?}"),
            }
        }
    }

    #[test]
    fn each_output_is_there_once_for_any_order_of_reports(
        reports in proptest::collection::vec((0_usize..3, any_json()), 1..4),
        order in proptest::collection::vec(0_usize..4, 0..8),
    ) {
        // Each node reports one value, as often as it likes.
        let mut by_node: Vec<(String, Value)> = Vec::new();
        for (node, output) in reports {
            let node = node.to_string();
            if by_node.iter().all(|(other, _)| *other != node) {
                by_node.push((node, output));
            }
        }
        let mut world = world();
        for at in order {
            if let Some((node, output)) = by_node.get(at) {
                hear(&mut world, &executed(node, node, output));
            }
        }
        let entry = json!({"outputs": Value::Object(by_node.iter().cloned().collect()), "status": {"status_str": "success"}});
        history(&mut world, &entry);
        let mut there = of_task(&world);
        let read = |output: &Value| serde_json::from_str::<Value>(&output.to_string()).unwrap();
        let of_node = |(node, output): &(String, Value)| outputs_in(&read(output)).into_iter().map(|output| format!("{node}: {output}")).collect::<Vec<_>>();
        let mut wanted: Vec<String> = by_node.iter().flat_map(of_node).collect();
        there.sort();
        wanted.sort();
        prop_assert_eq!(there, wanted);
    }
}

#[test]
fn a_picture_that_came_over_the_socket_is_no_output_of_the_report() {
    let sent = json!({"source": "websocket", "content-type": "image/png", "type": "output"});
    let unnamed = json!({"source": "websocket", "filename": "", "subfolder": "", "type": "output"});
    assert_eq!(outputs_in(&json!({"images": [sent, unnamed, {"filename": "a.png"}], "more": [unnamed]})), ["Image output::a.png"]);
    assert_eq!(outputs_in(&json!({"images": [sent, 7]})), ["Text 7"]);
    // Darkroom's own folder cannot be named from outside.
    assert_eq!(outputs_in(&json!({"images": [{"filename": "a.png", "type": "websocket"}]})), ["Image output::a.png"]);
}

#[test]
fn results_that_were_sent_and_did_not_arrive_are_named_once() {
    let sent = json!({"source": "websocket", "content-type": "image/png", "type": "output"});
    let output = json!({"images": [sent, sent]});
    let entry = json!({"outputs": {"9": output}, "status": {"status_str": "success", "completed": true, "messages": []}});
    let mut world = world();
    hear(&mut world, &executed("9", "9", &output));
    history(&mut world, &entry);
    let told = of_task(&world);
    assert!(told.len() == 1 && told[0].contains("Lost: the pictures that this node sent over ComfyUI's socket."), "{told:?}");
    // One of the two arrived.
    let mut world = self::world();
    let content = OutputContent::from_socket(&"a".repeat(32), 1, crate::comfy::ImageFormat::Png);
    let arrived = Output {
        id: 0,
        node: "9".into(),
        kind: OutputKind::Image,
        temporary: false,
        content,
        storage: OutputStorage::default(),
        outside: None,
    };
    let task = world.tasks[0].id;
    world.push(Change::OutputsAdded { task, outputs: vec![arrived] });
    history(&mut world, &entry);
    let told = of_task(&world);
    assert!(told.len() == 2 && told[1].contains("Lost: 1 of the 2 pictures"), "{told:?}");
}
