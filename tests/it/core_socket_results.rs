//! Every recorded picture is sorted into results and previews: only SaveImageWebsocket sent results.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use darkroom::proto::{
    comfy::{BinaryFrame, Workflow, decode_binary, decode_text},
    ids::TaskId,
    task::{SocketResult, SocketResults},
};
use serde_json::Value;

use crate::support::{Recording, recordings};

/// How many results each class sent, and how many previews there were.
fn sorted(recording: &Recording) -> (BTreeMap<String, usize>, usize) {
    let mut workflows: HashMap<TaskId, Arc<Workflow>> = HashMap::new();
    let mut sockets: HashMap<&str, SocketResults> = HashMap::new();
    let (mut results, mut previews) = (BTreeMap::new(), 0);
    for line in &recording.lines {
        if let (Some(prompt), Some(id)) = (line["request_body"].get("prompt"), line["response_body"]["prompt_id"].as_str())
            && let (Ok(workflow), Ok(id)) = (Workflow::from_value(prompt.clone()), id.parse())
        {
            workflows.insert(id, Arc::new(workflow));
        }
        let known = |task: TaskId| workflows.get(&task).cloned();
        let name = line["sock"].as_str().unwrap_or_default();
        let found: Vec<SocketResult> = match line["kind"].as_str() {
            Some("ws_open") => {
                sockets.insert(name, SocketResults::default());
                Vec::new()
            }
            Some("ws_text") => {
                let event = decode_text(line["text"].as_str().unwrap()).unwrap();
                let task = event.prompt_id().and_then(|prompt| prompt.task()).filter(|task| known(*task).is_some());
                sockets.entry(name).or_default().event(task, &event, known)
            }
            Some("ws_binary") => {
                let frame = STANDARD.decode(line["base64"].as_str().unwrap()).unwrap();
                let Ok(BinaryFrame::Preview(preview)) = decode_binary(&frame) else { continue };
                let pictures = sockets.entry(name).or_default().picture(&preview, known);
                previews += usize::from(pictures.preview.is_some());
                pictures.results
            }
            _ => Vec::new(),
        };
        for SocketResult { task, node, .. } in found {
            *results.entry(workflows[&task].0[&node].class_type().to_owned()).or_default() += 1;
        }
    }
    (results, previews)
}

#[test]
fn only_nodes_that_send_their_results_have_results() {
    let mut previews = 0;
    for recording in recordings() {
        let (results, seen) = sorted(&recording);
        previews += seen;
        // Two pictures without metadata, and two with.
        let expected =
            if recording.name == "multiple-outputs" { BTreeMap::from([("SaveImageWebsocket".to_owned(), 4)]) } else { BTreeMap::new() };
        assert_eq!(results, expected, "{}", recording.name);
    }
    assert!(previews > 100, "only {previews} previews");
}

/// Of a class whose name does not say that it sends results, its PNGs are results because no other node takes its outputs.
#[test]
fn the_name_of_the_class_is_not_needed() {
    let mut recording = recordings().into_iter().find(|recording| recording.name == "multiple-outputs").unwrap();
    for line in &mut recording.lines {
        let text = line.to_string().replace("SaveImageWebsocket", "SaveElsewhere");
        *line = serde_json::from_str::<Value>(&text).unwrap();
    }
    assert_eq!(sorted(&recording).0, BTreeMap::from([("SaveElsewhere".to_owned(), 4)]));
}
