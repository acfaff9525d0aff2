use std::io::Write;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    comfy::{Catalog, Workflow},
    limits,
};

fn plain() -> Value {
    json!({
        "3": {"class_type": "KSampler", "inputs": {"seed": u64::MAX, "cfg": 7.5, "model": ["4", 0]}, "_meta": {"title": "Grüße 🐈"}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "näht.safetensors"}},
    })
}

fn editor() -> Value {
    json!({"last_node_id": 9, "nodes": [{"id": 3, "type": "KSampler"}], "links": [], "version": 0.4})
}

fn expected() -> Workflow {
    Workflow::from_value(plain()).unwrap()
}

fn opened(bytes: &[u8]) -> OpenedWorkflow {
    open(bytes).and_then(no_catalog).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

fn no_catalog(opened: Opened) -> Result<OpenedWorkflow, FileError> {
    opened.convert::<Catalog>(&[])
}

fn why(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    match open(bytes).and_then(no_catalog) {
        Ok(opened) => panic!("{opened:?}: {}", String::from_utf8_lossy(bytes)),
        Err(error) => error.to_string(),
    }
}

/// The wrappers that programs use around a workflow.
fn wrapped(nodes: &Value) -> Vec<Value> {
    let tuple = json!([7.0, "0197", nodes, {"client_id": "x"}, ["9"]]);
    vec![
        nodes.clone(),
        json!({"prompt": nodes}),
        json!({"prompt": nodes, "client_id": "x", "extra_data": {"extra_pnginfo": {"workflow": editor()}}}),
        json!({"workflow": editor(), "prompt": nodes}),
        json!({"workflow": editor(), "output": nodes}),
        json!({"workflow": nodes, "name": "a"}),
        json!({"input": {"workflow": nodes, "images": []}}),
        json!({"prompt": nodes.to_string()}),
        json!(nodes.to_string()),
        json!([nodes]),
        tuple.clone(),
        json!({"queue_running": [tuple], "queue_pending": []}),
        json!({"0197": {"prompt": tuple, "outputs": {}, "status": {"status_str": "success"}}}),
        json!({"prompt": tuple, "outputs": {}, "status": {}}),
        json!({"id": "0197", "status": "completed", "workflow": {"prompt": nodes, "extra_data": {}}}),
    ]
}

fn encoded(text: &str) -> Vec<Vec<u8>> {
    let utf16 = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let utf32 = |unit: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| unit(c.into())).collect::<Vec<u8>>();
    let marked = |mark: &[u8], rest: Vec<u8>| [mark, &rest].concat();
    let mut all = vec![
        text.into(),
        format!("\n {text} \r\n").into(),
        marked(b"\xef\xbb\xbf", text.into()),
        marked(b"\xff\xfe", utf16(u16::to_le_bytes)),
        marked(b"\xfe\xff", utf16(u16::to_be_bytes)),
        marked(b"\xff\xfe\0\0", utf32(u32::to_le_bytes)),
        marked(b"\0\0\xfe\xff", utf32(u32::to_be_bytes)),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
    ];
    // Latin-1 is what is not UTF-8.
    let latin1: Option<Vec<u8>> =
        text.chars().map(|c| u8::try_from(u32::from(c)).ok().filter(|byte| !(0x80..0xa0).contains(byte))).collect();
    all.extend(latin1.filter(|bytes| std::str::from_utf8(bytes).is_err()));
    all
}

#[test]
fn every_wrapper_in_every_encoding_holds_the_same_workflow() {
    for value in wrapped(&plain()) {
        for bytes in encoded(&value.to_string()) {
            let opened = opened(&bytes);
            let is_body = value.get("prompt").is_some_and(Value::is_object);
            let extra_data = value.get("extra_data").filter(|_| is_body).cloned().unwrap_or_default();
            assert_eq!(
                opened,
                OpenedWorkflow { workflow: expected(), extra_data, linear_data: Value::Null, notes: Vec::new() },
                "{value} as {:?}",
                &bytes[..8]
            );
        }
    }
    let latin1 = plain().to_string().replace('🐈', "");
    assert_eq!(encoded(&latin1).len(), encoded(&plain().to_string()).len() + 1);
    for bytes in encoded(&latin1) {
        assert_eq!(opened(&bytes).workflow, Workflow::parse(&latin1).unwrap());
    }
}

#[test]
fn nan_in_python_json_is_read_and_left_out() {
    let text = r#"{"5": {"inputs": {"seed": 7, "image": "a.png"}, "class_type": "LoadImage", "is_changed": [NaN]},
        "6": {"class_type": "X", "inputs": {}, "is_changed": ["abc"], "score": {"best": -Infinity}, "_meta": {"title": "a\ud800b"}}}"#;
    let OpenedWorkflow { workflow, notes, .. } = opened(text.as_bytes());
    let nodes = json!({
        "5": {"inputs": {"seed": 7, "image": "a.png"}, "class_type": "LoadImage"},
        "6": {"class_type": "X", "inputs": {}, "_meta": {"title": "a\u{fffd}b"}},
    });
    assert_eq!(workflow, Workflow::from_value(nodes).unwrap());
    let notes = notes.join("\n");
    for part in ["“is_changed” of 2 nodes", "“score” of node 6", "\u{fffd}"] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
}

#[test]
fn a_number_that_cannot_be_sent_is_named_by_node_and_input() {
    for word in ["NaN", "Infinity", "-Infinity"] {
        for value in [word.to_owned(), format!("[1, {{\"a\": {word}}}]")] {
            let why = why(format!("{{\"12\": {{\"class_type\": \"KSampler\", \"inputs\": {{\"cfg\": {value}}}}}}}"));
            assert!(why.contains("Node 12 (KSampler), input \"cfg\"") && why.contains(word), "{why}");
        }
    }
    // In a text it is a text.
    let text = r#"{"1": {"class_type": "X", "inputs": {"a": "NaN", "b": "\u0000NaN"}}}"#;
    assert_eq!(
        opened(text.as_bytes()),
        OpenedWorkflow { workflow: Workflow::parse(text).unwrap(), extra_data: Value::Null, linear_data: Value::Null, notes: Vec::new() }
    );
}

#[test]
fn members_that_are_no_nodes_are_left_out_with_a_note() {
    let mut nodes = plain();
    for (name, value) in
        [("version", json!(1)), ("_meta", json!({})), ("extra", json!({"ds": [1]})), ("client_id", json!("x")), ("none", json!(null))]
    {
        nodes[name] = value;
    }
    let OpenedWorkflow { workflow, notes, .. } = opened(nodes.to_string().as_bytes());
    assert_eq!(workflow, expected());
    assert_eq!(notes, ["Left out, because it is no node: “version”, “_meta”, “extra”, “client_id”, “none”."]);
    let null = r#"{"1": {"class_type": "X", "inputs": null}}"#;
    assert_eq!(opened(null.as_bytes()).workflow.0["1"].inputs().count(), 0);
}

#[test]
fn a_broken_node_is_named() {
    for (text, part) in [
        (r#"{"7": {"inputs": {}}}"#, "Node \"7\": it has no class_type"),
        (r#"{"1": {"class_type": "X", "inputs": {}}, "7": {"class_typ": "Y"}}"#, "Node \"7\""),
        (r#"{"1": {"class_type": "X", "inputs": {"a": ["load", 0]}}, "load": {"type": "Y"}}"#, "Node \"load\""),
        (r#"{"1": {"class_type": null, "inputs": {}}}"#, "Node \"1\": its class_type is not a text"),
        (r#"{"1": {"class_type": "X", "inputs": [1]}}"#, "Node \"1\": its inputs are not an object"),
    ] {
        let why = why(text);
        assert!(why.contains(part), "{text}: {why}");
    }
}

#[test]
fn an_error_names_what_the_file_is_instead() {
    let tuple = |id: &str| json!([1, id, plain(), {}, []]);
    for (bytes, part) in [
        (b"".to_vec(), "is empty"),
        (b" \n\t".to_vec(), "is empty"),
        (b"\xef\xbb\xbf".to_vec(), "is empty"),
        (b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>".to_vec(), "web page"),
        (b"a cat on a mat".to_vec(), "begins \"a cat on a mat\""),
        (b"{'3': {'class_type': 'KSampler', 'inputs': {}}}".to_vec(), "Python dictionary"),
        (b"{\"3\": {\"class_type\": \"KSampler\", \"inputs\": {\"seed".to_vec(), "ends too early"),
        (b"{\n  \"3\": {\"class_type\": \"KSampler\",}\n}".to_vec(), "in line 2, at \"}\", trailing comma"),
        (b"PK\x03\x04\x14\0\0\0".to_vec(), "ZIP"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0".to_vec(), "This video holds no workflow"),
        (b"\x08\0\0\0\0\0\0\0{\"__metadata__\":{}}".to_vec(), "model file"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0".to_vec(), "a file of another kind"),
        (editor().to_string().into(), "Export (API)"),
        (json!({"workflow": editor()}).to_string().into(), "editor's format"),
        (json!({}).to_string().into(), "no nodes"),
        (json!([]).to_string().into(), "no nodes"),
        (json!({"prompt": {}}).to_string().into(), "not a workflow"),
        (json!(7).to_string().into(), "a single value"),
        (json!([1, 2]).to_string().into(), "a list of values"),
        (json!([plain(), plain()]).to_string().into(), "2 things in a list"),
        (json!({"queue_running": [tuple("a")], "queue_pending": [tuple("b")]}).to_string().into(), "2 prompts of ComfyUI's queue"),
        (json!({"queue_running": [], "queue_pending": []}).to_string().into(), "queue, which is empty"),
        (json!({"a": {"prompt": tuple("a")}, "b": {"prompt": tuple("b")}}).to_string().into(), "2 prompts of ComfyUI's history"),
        (
            json!({"error": {"type": "x", "message": "Prompt has no outputs"}, "node_errors": {}}).to_string().into(),
            "Prompt has no outputs",
        ),
        (json!({"detail": "Not authenticated"}).to_string().into(), "Not authenticated"),
        (json!({"KSampler": {"input": {}, "display_name": "KSampler"}}).to_string().into(), "/object_info"),
        (json!({"name": "x", "steps": 3}).to_string().into(), "it has \"name\", \"steps\", and no nodes"),
    ] {
        let why = why(&bytes);
        assert!(why.contains(part), "{part}: {why} ({})", String::from_utf8_lossy(&bytes));
        assert!(!why.contains("column"), "{why}");
    }
}

#[test]
fn files_of_the_editor_are_converted_with_the_catalog_that_knows_most_of_their_nodes() {
    let catalog = |steps: &str, class: &str| {
        let inputs = json!({"required": {steps: ["INT", {}]}});
        Catalog::from_object_info(&json!({class: {"input": inputs}, "Other": {"input": inputs}}))
    };
    let nodes = json!([{"id": 3, "type": "Own", "widgets_values": [5]}, {"id": 4, "type": "Other", "widgets_values": [6]}]);
    let file = json!({"nodes": nodes, "links": [], "version": 0.4});
    let picture = png(&[("workflow", &file.to_string())], false);
    for bytes in [file.to_string().into_bytes(), json!({"workflow": file}).to_string().into_bytes(), picture] {
        let file = open(&bytes).unwrap();
        let made = file.clone().convert(&[Catalog::default(), catalog("old", "X"), catalog("steps", "Own")]).unwrap();
        let input = |id: &str| made.workflow.0[id].inputs().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        assert_eq!((input("3"), input("4")), (vec!["steps=5".to_owned()], vec!["steps=6".to_owned()]));
        assert!(made.notes[0].contains("editor's format"), "{:?}", made.notes);
        let lacking = file.convert(&[catalog("old", "X")]).unwrap_err();
        assert_eq!(
            lacking.to_string(),
            "This workflow in the editor's format cannot be converted. \
             Node 3 (Own): No connected ComfyUI has this node class, and the file does not say which of its values belongs to which input."
        );
        let problems = lacking.problems();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].node, Some("3".into()));
    }
}

#[test]
fn nodes_with_the_same_problem_are_named_together() {
    let nodes: Vec<Value> = (0..30).map(|id| json!({"id": id, "type": if id < 8 { "A".to_owned() } else { format!("B{id}") }})).collect();
    let file = open(json!({"nodes": nodes, "links": []}).to_string().as_bytes()).unwrap();
    let catalog = Catalog::from_object_info(&json!({"Known": {"input": {}}}));
    let why = file.convert(&[catalog]).unwrap_err().to_string();
    assert!(why.contains("Nodes 0, 1, 2, 3, 4 and 3 more (A): No connected ComfyUI has this node class."), "{why}");
    assert!(why.contains("Node 11 (B11)") && !why.contains("B12"), "{why}");
    assert!(why.ends_with("18 more nodes have problems."), "{why}");
}

#[test]
fn files_over_the_limit_are_refused() {
    assert!(why(vec![b'1'; limits::WORKFLOW + 1]).contains("too large"));
    let nodes: serde_json::Map<String, Value> =
        (0..=limits::WORKFLOW_NODES).map(|id| (id.to_string(), json!({"class_type": "X"}))).collect();
    assert!(why(Value::Object(nodes).to_string()).contains("5001 nodes"));
    assert!(why("[".repeat(100_000)).contains("not JSON"));
}

/// A picture as ComfyUI's SaveImage writes it.
fn png(texts: &[(&str, &str)], packed: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    for (key, text) in texts {
        match (packed, text.is_ascii()) {
            (true, _) => encoder.add_ztxt_chunk((*key).into(), (*text).into()).unwrap(),
            (false, true) => encoder.add_text_chunk((*key).into(), (*text).into()).unwrap(),
            (false, false) => encoder.add_itxt_chunk((*key).into(), (*text).into()).unwrap(),
        }
    }
    encoder.write_header().unwrap().write_image_data(&[0]).unwrap();
    bytes
}

/// TIFF with these texts as the fields 0x010f (Make) and 0x0110 (Model).
fn tiff(texts: &[(u16, &str)]) -> Vec<u8> {
    let count = u16::try_from(texts.len()).unwrap();
    let mut at = 8 + 2 + 12 * u32::from(count) + 4;
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend(count.to_le_bytes());
    for (tag, text) in texts {
        let length = u32::try_from(text.len()).unwrap() + 1;
        bytes.extend(tag.to_le_bytes());
        bytes.extend(2_u16.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend(at.to_le_bytes());
        at += length;
    }
    bytes.extend([0; 4]);
    for (_, text) in texts {
        bytes.extend(text.as_bytes());
        bytes.push(0);
    }
    bytes
}

fn webp(exif: &[u8]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (name, data) in [(b"VP8X", &[8_u8, 0, 0, 0, 0, 0, 0, 0, 0, 0][..]), (b"EXIF", exif)] {
        body.extend(name);
        body.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        body.extend(data);
        body.extend(vec![0; data.len() % 2]);
    }
    [b"RIFF", &u32::try_from(body.len()).unwrap().to_le_bytes()[..], &body].concat()
}

fn jpeg(exif: &[u8]) -> Vec<u8> {
    let length = u16::try_from(exif.len() + 8).unwrap().to_be_bytes();
    [b"\xff\xd8\xff\xe1", &length[..], b"Exif\0\0", exif, b"\xff\xd9"].concat()
}

#[test]
fn pictures_that_comfyui_made_are_opened() {
    let (nodes, editor) = (plain().to_string(), editor().to_string());
    let ascii = nodes.replace('ü', "\\u00fc").replace('ß', "\\u00df").replace('ä', "\\u00e4").replace('🐈', "\\ud83d\\udc08");
    let fields = tiff(&[(0x010f, &format!("workflow:{editor}")), (0x0110, &format!("prompt:{nodes}"))]);
    for picture in [
        png(&[("prompt", &ascii), ("workflow", &editor)], false),
        png(&[("prompt", &nodes)], false),
        png(&[("workflow", &editor), ("prompt", &ascii)], true),
        webp(&fields),
        jpeg(&fields),
    ] {
        assert_eq!(
            opened(&picture),
            OpenedWorkflow { workflow: expected(), extra_data: Value::Null, linear_data: Value::Null, notes: Vec::new() }
        );
    }
    let changed = png(&[("prompt", r#"{"5": {"class_type": "X", "inputs": {}, "is_changed": [NaN]}}"#)], false);
    assert_eq!(opened(&changed).notes.len(), 1);
    // The text comes before the picture itself: the beginning of a large file is enough.
    let mut start = png(&[("prompt", &ascii)], false);
    start.truncate(start.len() - 20);
    assert_eq!(opened(&start).workflow, expected());
}

#[test]
fn what_an_author_chose_for_the_app_mode_comes_along() {
    let chosen = serde_json::json!({"inputs": [["3", "steps"]], "outputs": ["9"]});
    let mut with_app = editor();
    with_app["extra"] = serde_json::json!({"linearMode": true, "linearData": chosen});
    let (nodes, text) = (plain().to_string(), with_app.to_string());
    assert_eq!(opened(&png(&[("prompt", &nodes), ("workflow", &text)], false)).linear_data, chosen);
    let body = serde_json::json!({"prompt": plain(), "extra_data": {"extra_pnginfo": {"workflow": with_app}}});
    assert_eq!(opened(body.to_string().as_bytes()).linear_data, chosen);
    assert_eq!(
        opened(&png(&[("prompt", &nodes), ("workflow", "{\"linearData\"")], false)).linear_data,
        Value::Null,
        "what is damaged is left out"
    );
}

#[test]
fn pictures_without_a_workflow_say_so() {
    let editor = editor().to_string();
    for (picture, part) in [
        (png(&[], false), "holds no workflow"),
        (png(&[("workflow", &editor)], false), "none could be reached yet"),
        (webp(&tiff(&[(0x010f, &format!("workflow:{editor}"))])), "none could be reached yet"),
        (png(&[("parameters", "a cat")], false), "another program than ComfyUI: it holds a description (parameters)"),
        (png(&[("prompt", "{\"7\": {\"inputs\": {}}}")], false), "in this file cannot be used. Node \"7\""),
        (jpeg(&tiff(&[])), "holds no workflow"),
        (b"\x89PNG\r\n\x1a\n\0\0".to_vec(), "cannot be read"),
    ] {
        let why = why(&picture);
        assert!(why.contains(part), "{part}: {why}");
    }
}

#[test]
fn a_picture_cannot_unpack_to_more_than_a_workflow() {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..200 {
        packed.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let data = [b"prompt\0\0", packed.finish().unwrap().as_slice()].concat();
    let mut picture = png(&[], false);
    let mut chunk = b"zTXt".to_vec();
    chunk.extend(data);
    let sum = crc(&chunk);
    let chunk = [&u32::try_from(chunk.len() - 4).unwrap().to_be_bytes()[..], &chunk, &sum.to_be_bytes()].concat();
    // After the header, which is 25 bytes long.
    picture.splice(33..33, chunk);
    assert!(open(&picture).is_err());
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn a_body_is_split_into_the_workflow_and_the_rest() {
    let body = parse_body(br#"{"workflow": {"1": {"class_type": "X", "inputs": {}, "is_changed": NaN}}, "metadata": {"a": NaN}}"#).unwrap();
    let (rest, workflow) = body.split_off("workflow");
    assert_eq!(rest, json!({"metadata": {"a": null}}));
    let opened = open_json(workflow.unwrap()).and_then(no_catalog);
    assert_eq!(opened.unwrap().workflow.0.len(), 1);
}

fn workflows() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        any::<i64>().prop_map(|number| json!(number)),
        any::<u64>().prop_map(|number| json!(number)),
        any::<bool>().prop_map(|on| json!(on)),
        any::<String>().prop_map(|text| json!(text)),
        (0_u8..9, 0_u8..3).prop_map(|(node, slot)| json!([node.to_string(), slot])),
    ];
    let inputs = proptest::collection::btree_map("[a-z_é]{1,8}", scalar, 0..4);
    let node = ("[A-Za-z ()|é]{1,12}", inputs)
        .prop_map(|(class, inputs)| json!({"class_type": class, "inputs": inputs, "_meta": {"title": class}}));
    proptest::collection::btree_map("[0-9]{1,3}(:[0-9])?", node, 1..6).prop_map(|mut nodes| {
        // Links lead to nodes.
        for id in 0..9 {
            nodes.entry(id.to_string()).or_insert_with(|| json!({"class_type": "X", "inputs": {}}));
        }
        json!(nodes)
    })
}

proptest! {
    #[test]
    fn a_workflow_is_the_same_in_every_wrapper_and_encoding(nodes in workflows(), wrapper in 0_usize..15, encoding in 0_usize..10) {
        let all = encoded(&wrapped(&nodes)[wrapper].to_string());
        let bytes = &all[encoding % all.len()];
        let opened = open(bytes).and_then(no_catalog);
        prop_assert_eq!(opened.as_ref().map(|opened| &opened.workflow), Ok(&Workflow::from_value(nodes.clone()).unwrap()));
        prop_assert_eq!(opened.map(|opened| opened.notes), Ok(Vec::new()));
    }

    #[test]
    fn any_bytes_are_a_workflow_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = open(&bytes);
    }

    #[test]
    fn any_json_like_text_is_a_workflow_or_an_error(text in r#"(\{|\}|\[|\]|"|:|,|NaN|Infinity|-|\\u0000|\\ud800|"3"|"class_type"|"inputs"|"prompt"|"nodes"|é|7){0,40}"#) {
        let _ = open(text.as_bytes());
        let _ = open_text(&text);
    }

    #[test]
    fn a_damaged_picture_is_a_workflow_or_an_error(at in any::<prop::sample::Index>(), byte in any::<u8>(), end in any::<prop::sample::Index>(), kind in 0..3) {
        let fields = tiff(&[(0x0110, &format!("prompt:{}", plain()))]);
        let mut bytes = match kind {
            0 => png(&[("prompt", &plain().to_string())], false),
            1 => webp(&fields),
            _ => jpeg(&fields),
        };
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(end.index(bytes.len()) + 1);
        let _ = open(&bytes);
    }
}
