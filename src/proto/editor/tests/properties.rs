//! Whatever the file is, the conversion ends, without a panic, and its links lead to nodes of the prompt.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{convert, node_types};
use crate::comfy::Catalog;

fn catalog() -> Catalog {
    Catalog::from_object_info(&json!({
        "A": {"input": {"required": {"text": ["STRING", {"multiline": true, "dynamicPrompts": true}], "seed": ["INT", {}], "image": ["IMAGE"]}}, "output": ["IMAGE", "MASK"]},
        "B": {"input": {"required": {"mode": ["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": "x", "inputs": {"required": {"n": ["INT", {}], "image": ["IMAGE"]}}}, {"key": "y", "inputs": {}}]}],
            "images": ["COMFY_AUTOGROW_V3", {"template": {"input": {"required": {"i": ["IMAGE"]}}, "prefix": "i", "min": 2}}]}}, "output": ["IMAGE"]},
        "SaveImage": {"input": {"required": {"images": ["IMAGE"], "filename_prefix": ["STRING", {}]}}, "output": []},
    }))
}

/// Texts, numbers and ids that mean something to the conversion.
fn atom() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-20_i64..30).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "x",
            "y",
            "*",
            "IMAGE",
            "IMAGE,MASK",
            "text",
            "seed",
            "image",
            "images",
            "mode",
            "mode.n",
            "-1",
            "-10",
            "3",
            "S",
            "T",
            "{a|b",
            "%A.seed%",
            "/* // {}\\",
            "workflow>G",
        ])
        .prop_map(Value::from),
    ]
}

fn small_json() -> impl Strategy<Value = Value> {
    atom().prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,3}", inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
}

fn node() -> impl Strategy<Value = Value> {
    let kinds = vec![
        "A",
        "B",
        "SaveImage",
        "Unknown",
        "Reroute",
        "PrimitiveNode",
        "Note",
        "SetNode",
        "GetNode",
        "S",
        "T",
        "workflow>G",
        "Label (rgthree)",
    ];
    let slot = (
        prop::sample::select(vec!["text", "seed", "image", "images", "mode", "mode.n", "images.i0", "images.i5", "in", ""]),
        0_u32..12,
        any::<bool>(),
    );
    let slot = slot.prop_map(|(name, link, has_widget)| {
        let mut slot = json!({"name": name, "type": if link % 2 == 0 { "IMAGE" } else { "*" }, "link": link});
        if has_widget {
            slot["widget"] = json!({"name": name});
        }
        slot
    });
    let proxies = prop::option::of(prop::collection::vec(
        (prop::sample::select(vec!["-1", "1", "2"]), prop::sample::select(vec!["in", "text"])),
        0..3,
    ));
    (0_u32..8, prop::sample::select(kinds), prop::collection::vec(slot, 0..4), small_json(), prop::sample::select(vec![0, 2, 4]), proxies).prop_map(
        |(id, kind, inputs, values, mode, proxies)| {
            json!({"id": id, "type": kind, "inputs": inputs, "outputs": [{"type": "IMAGE"}, {"type": "*"}], "widgets_values": values, "mode": mode,
                "properties": {"proxyWidgets": proxies, "Run widget replace on values": mode == 0}})
        },
    )
}

fn links() -> impl Strategy<Value = Value> {
    let end = || prop_oneof![(0_i32..8), Just(-10), Just(-20)];
    let link = (0_u32..12, end(), 0_u32..3, end(), 0_u32..3, any::<bool>()).prop_map(|(id, from, from_slot, to, to_slot, as_list)| {
        if as_list {
            json!([id, from, from_slot, to, to_slot, "IMAGE"])
        } else {
            json!({"id": id, "origin_id": from, "origin_slot": from_slot, "target_id": to, "target_slot": to_slot, "type": "IMAGE"})
        }
    });
    prop::collection::vec(link, 0..12).prop_map(Value::from)
}

fn graph(id: &'static str) -> impl Strategy<Value = Value> {
    (prop::collection::vec(node(), 0..7), links(), prop::collection::vec(0_u32..12, 0..4)).prop_map(move |(nodes, links, ports)| {
        let port = json!([{"name": "in", "type": "IMAGE", "linkIds": ports}, {"name": "text", "type": "STRING", "linkIds": ports}]);
        json!({"id": id, "name": id, "nodes": nodes, "links": links, "inputs": port, "outputs": port})
    })
}

fn file() -> impl Strategy<Value = Value> {
    (graph(""), graph("S"), graph("T"), graph("G")).prop_map(|(mut file, one, two, group)| {
        let external = json!([[0, 0, "IMAGE"], [1, 0, "IMAGE"]]);
        file["definitions"] = json!({"subgraphs": [one, two]});
        file["extra"] = json!({"groupNodes": {"G": {"nodes": group["nodes"], "links": [[0, 0, 1, 0, 1, "IMAGE"], [1, 1, 2, 1, 1, "INT"]], "external": external}}});
        file
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_graph_is_converted_or_an_error(file in file()) {
        let catalog = catalog();
        let _ = node_types(&file);
        if let Ok(made) = convert(&file, |class| catalog.class(class)) {
            prop_assert!(!made.workflow.0.is_empty());
            for node in made.workflow.0.values() {
                for (input, id, _) in node.links() {
                    prop_assert!(made.workflow.0.contains_key(id), "{input} is linked to {id}");
                }
            }
        }
    }

    #[test]
    fn any_json_is_converted_or_an_error(nodes in small_json(), links in small_json(), definitions in small_json(), extra in small_json()) {
        let catalog = catalog();
        let file = json!({"nodes": nodes, "links": links, "definitions": {"subgraphs": definitions}, "extra": {"groupNodes": extra}});
        let _ = convert(&file, |class| catalog.class(class));
        let _ = convert(&nodes, |class| catalog.class(class));
    }

    #[test]
    fn any_text_is_processed(text in r"(\{|\}|\\|\||/|\*|%|\n|é|a|//|/\*|\*/|%A\.seed%){0,40}") {
        let catalog = catalog();
        let file = json!({"nodes": [{"id": 1, "type": "A", "widgets_values": [text, 7]}, {"id": 2, "type": "SaveImage", "widgets_values": [text]}], "links": []});
        prop_assert!(convert(&file, |class| catalog.class(class)).is_ok());
    }
}
