use serde_json::json;

use super::*;

#[test]
fn tells_the_editors_format_from_the_api_format() {
    let editor = r#"{"last_node_id": 9, "nodes": [{"id": 3, "type": "KSampler"}], "links": []}"#;
    assert_eq!(Workflow::parse(editor), Err(WorkflowError::EditorFormat));
}

#[test]
fn takes_the_body_of_a_prompt_request() {
    let workflow = Workflow::parse(r#"{"prompt": {"1": {"class_type": "EmptyImage", "inputs": {}}}, "client_id": "x"}"#).unwrap();
    assert_eq!(workflow.0.keys().map(NodeId::as_str).collect::<Vec<_>>(), ["1"]);
}

#[test]
fn a_bad_file_gives_an_error_that_names_the_problem() {
    assert!(matches!(Workflow::parse("a cat"), Err(WorkflowError::NotJson)));
    assert!(matches!(Workflow::parse("[1]"), Err(WorkflowError::NotAWorkflow(_))));
    assert!(matches!(Workflow::parse("{}"), Err(WorkflowError::Empty)));
    let error = Workflow::parse(r#"{"7": {"inputs": {}}}"#).unwrap_err().to_string();
    assert!(error.contains("node \"7\""), "{error}");
}

#[test]
fn a_workflow_is_serialized_unchanged() {
    let text = r#"{"3":{"class_type":"KSampler","inputs":{"seed":18446744073709551615,"cfg":7.0},"_meta":{"title":"Sampler"}}}"#;
    assert_eq!(serde_json::to_string(&Workflow::parse(text).unwrap()).unwrap(), text);
}

#[test]
fn orders_nodes_after_what_they_need_and_survives_cycles() {
    let order = |value| Workflow::from_value(value).unwrap().order().into_iter().map(|id| id.0).collect::<Vec<_>>();
    let chain = json!({
        "save": {"class_type": "SaveImage", "inputs": {"images": ["blur", 0]}},
        "blur": {"class_type": "ImageBlur", "inputs": {"image": ["empty", 0], "sigma": 1.0}},
        "empty": {"class_type": "EmptyImage", "inputs": {}},
    });
    assert_eq!(order(chain), ["empty", "blur", "save"]);
    let cycle = json!({
        "a": {"class_type": "X", "inputs": {"in": ["b", 0]}},
        "b": {"class_type": "X", "inputs": {"in": ["a", 0], "missing": ["zz", 0]}},
    });
    assert_eq!(order(cycle), ["b", "a"]);
}

#[test]
fn orders_a_chain_of_thousands_without_recursion() {
    let nodes: Map<String, Value> = (0..limits::WORKFLOW_NODES)
        .map(|i| (i.to_string(), json!({"class_type": "X", "inputs": {"in": [(i + 1).to_string(), 0]}})))
        .collect();
    let order = Workflow::from_value(Value::Object(nodes)).unwrap().order();
    assert_eq!(order.first(), Some(&NodeId((limits::WORKFLOW_NODES - 1).to_string())));
}

#[test]
fn other_seeds_are_equal_where_the_old_ones_were() {
    let mut workflow = Workflow::parse(
        &json!({
            "1": {"class_type": "KSampler", "inputs": {"seed": 18_446_744_073_709_551_615_u64}},
            "2": {"class_type": "KSamplerAdvanced", "inputs": {"noise_seed": 18_446_744_073_709_551_615_u64}},
            "3": {"class_type": "KSampler", "inputs": {"seed": 7, "noise_seed": ["1", 0]}},
            "4": {"class_type": "Text", "inputs": {"seed": "7", "steps": 7}},
        })
        .to_string(),
    )
    .unwrap();
    let mut next = 100;
    workflow.set_seeds(|| {
        next += 1;
        next
    });
    let input = |node: &str, name: &str| workflow.0[node].input(name).cloned();
    assert_eq!([input("1", "seed"), input("2", "noise_seed"), input("3", "seed")], [Some(json!(101)), Some(json!(101)), Some(json!(102))]);
    assert_eq!(
        [input("3", "noise_seed"), input("4", "seed"), input("4", "steps")],
        [Some(json!(["1", 0])), Some(json!("7")), Some(json!(7))]
    );
}
