//! What a client hears that lost its connection and comes back with its client id: in ComfyUI only which node runs (fact 2), from the gateway where its prompt is, and
//! how it ended.

use serde_json::{Value, json};

use super::meant::{is_message, message};

fn said(sock: &Value, t: &Value, kind: &str, data: &Value) -> Value {
    json!({"kind": "ws_text", "sock": sock, "t": t, "text": json!({"type": kind, "data": data}).to_string()})
}

/// These messages of the begin of a run, as they were told to the socket that was lost.
fn begin(kinds: &[&str], lines: &[Value], prompt: &str, sock: &Value, t: &Value) -> Vec<Value> {
    let told = |kind: &str| {
        let is_it =
            |line: &&Value| line["kind"] == "ws_text" && message(line)["type"] == *kind && message(line)["data"]["prompt_id"] == prompt;
        lines.iter().find(is_it).map(|line| said(sock, t, kind, &message(line)["data"]))
    };
    kinds.iter().copied().filter_map(told).collect()
}

/// The node is said with its prompt, and behind the begin of the run.
pub fn in_the_middle(lines: &mut Vec<Value>) {
    let is_bare =
        |line: &Value| line["kind"] == "ws_text" && message(line)["type"] == "executing" && message(line)["data"]["prompt_id"].is_null();
    let at = lines.iter().position(is_bare).expect("the node that runs");
    let (sock, t) = (lines[at]["sock"].clone(), lines[at]["t"].clone());
    let before = lines[..at].iter().rev().find(|line| line["kind"] == "ws_text" && message(line)["type"] == "execution_start");
    let prompt = message(before.expect("its run"))["data"]["prompt_id"].as_str().expect("an id").to_owned();
    let mut data = message(&lines[at])["data"].clone();
    data["display_node"] = data["node"].clone();
    data["prompt_id"] = prompt.as_str().into();
    let mut told = begin(&["execution_start"], &lines[..at], &prompt, &sock, &t);
    told.push(said(&sock, &t, "executing", &data));
    lines.splice(at..=at, told);
}

/// A run that ended meanwhile is told once.
pub fn after_the_end(lines: &mut Vec<Value>) {
    let greeting = lines.iter().position(|line| is_message(line, "A3", "status")).expect("the third socket");
    let (sock, t) = (lines[greeting]["sock"].clone(), lines[greeting]["t"].clone());
    let path = "/history/";
    let history = lines[greeting..].iter().find(|line| line["path"].as_str().is_some_and(|found| found.starts_with(path)));
    let (prompt, entry) = history.expect("its history")["response_body"].as_object().expect("an object").iter().next().expect("an entry");
    let mut told = begin(&["execution_start", "execution_cached"], &lines[..greeting], prompt, &sock, &t);
    for (node, output) in entry["outputs"].as_object().expect("outputs") {
        let data = json!({"node": node, "display_node": entry["meta"][node]["display_node"], "output": output, "prompt_id": prompt});
        told.push(said(&sock, &t, "executed", &data));
    }
    let end = entry["status"]["messages"].as_array().and_then(|messages| messages.last()).expect("its end");
    told.push(said(&sock, &t, end[0].as_str().expect("a type"), &end[1]));
    told.push(said(&sock, &t, "executing", &json!({"node": null, "prompt_id": prompt})));
    lines.splice(greeting + 1..greeting + 1, told);
}
