//! One prompt as `/api/jobs` describes it (fact 43; `comfy_execution/jobs.py` of ComfyUI 0.8.0, and `cancelled` of later versions).

use serde_json::{Map, Value, json};

/// A job that waits (`pending`) or runs (`in_progress`), from its item of the queue: see [`super::ClientPrompt::queue_item`].
#[must_use]
pub fn waiting_job(item: &Value, status: &str) -> Value {
    let extra_data = &item[3];
    without_nulls(json!({
        "id": item[1],
        "status": status,
        "priority": item[0],
        "create_time": extra_data["create_time"],
        "outputs_count": 0,
        "workflow_id": workflow_id(extra_data),
    }))
}

/// A job that is over, from its entry in the history. `whole`: with its outputs and its workflow.
#[must_use]
pub fn finished_job(id: &str, entry: &Value, whole: bool) -> Value {
    let status = &entry["status"];
    let messages = status["messages"].as_array();
    let message = |wanted: &[&str]| {
        let found = messages?.iter().rev().find(|message| wanted.iter().any(|kind| message[0] == *kind));
        found.map(|message| &message[1])
    };
    let end = message(&["execution_success", "execution_error", "execution_interrupted"]);
    let word = match status["status_str"].as_str() {
        Some("error") if message(&["execution_interrupted"]).is_some() => "cancelled",
        Some("error") => "failed",
        _ => "completed",
    };
    let (count, preview) = summary(&entry["outputs"]);
    let mut job = without_nulls(json!({
        "id": id,
        "status": word,
        "priority": entry["prompt"][0],
        "create_time": entry["prompt"][3]["create_time"],
        "execution_start_time": message(&["execution_start"]).map(|message| &message["timestamp"]),
        "execution_end_time": end.map(|message| &message["timestamp"]),
        "execution_error": message(&["execution_error"]).map(error),
        "outputs_count": count,
        "preview_output": preview,
        "workflow_id": workflow_id(&entry["prompt"][3]),
    }));
    if whole {
        job["outputs"] = entry["outputs"].clone();
        job["execution_status"] = status.clone();
        job["workflow"] = json!({"prompt": entry["prompt"][2], "extra_data": entry["prompt"][3]});
    }
    job
}

/// With the members that ComfyUI's page insists on, in their types: one job without them would empty its whole list.
fn error(message: &Value) -> Value {
    let mut error = message.clone();
    let Some(members) = error.as_object_mut() else { return Value::Null };
    for name in ["node_id", "node_type", "exception_message", "exception_type"] {
        if !members.get(name).is_some_and(Value::is_string) {
            members.insert(name.to_owned(), "".into());
        }
    }
    let lines: Vec<Value> = match members.get("traceback") {
        Some(Value::Array(lines)) => lines.iter().filter(|line| line.is_string()).cloned().collect(),
        Some(Value::String(text)) => vec![text.as_str().into()],
        _ => Vec::new(),
    };
    members.insert("traceback".to_owned(), lines.into());
    error
}

const THREE_D: [&str; 4] = [".obj", ".fbx", ".gltf", ".glb"];

fn is_previewable(media: &str, item: &Map<String, Value>) -> bool {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    let filename = text("filename").to_lowercase();
    matches!(media, "images" | "video" | "audio")
        || ["video/", "audio/"].iter().any(|kind| text("format").starts_with(kind))
        || THREE_D.iter().any(|ending| filename.ends_with(ending))
}

/// The number of outputs, and the one to show: the first of type output, or else the first.
fn summary(outputs: &Value) -> (usize, Option<Value>) {
    let (mut count, mut first, mut first_output) = (0, None, None);
    for (node, output) in outputs.as_object().into_iter().flatten() {
        for (media, items) in output.as_object().into_iter().flatten().filter(|(media, _)| *media != "animated") {
            for item in items.as_array().into_iter().flatten().filter_map(Value::as_object) {
                count += 1;
                let has_file = item.get("filename").is_some_and(Value::is_string);
                let known_type = matches!(item.get("type").and_then(Value::as_str), Some("input" | "output" | "temp"));
                if !has_file || !known_type || !is_previewable(media, item) {
                    continue;
                }
                let mut shown = item.clone();
                shown.insert("nodeId".to_owned(), node.as_str().into());
                shown.insert("mediaType".to_owned(), media.as_str().into());
                if item.get("type").is_some_and(|kind| kind == "output") && first_output.is_none() {
                    first_output = Some(Value::Object(shown));
                } else if first.is_none() {
                    first = Some(Value::Object(shown));
                }
            }
        }
    }
    (count, first_output.or(first))
}

fn workflow_id(extra_data: &Value) -> Option<&Value> {
    extra_data.pointer("/extra_pnginfo/workflow/id")
}

fn without_nulls(job: Value) -> Value {
    match job {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(messages: &Value, word: &str) -> Value {
        json!({
            "prompt": [2, "p", {}, {"create_time": 5, "extra_pnginfo": {"workflow": {"id": "w"}}}, ["9"]],
            "outputs": {"8": {"images": [{"filename": "t.png", "subfolder": "", "type": "temp"}], "animated": [false]},
                "9": {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}], "text": ["said"]}},
            "status": {"status_str": word, "completed": word == "success", "messages": messages},
        })
    }

    #[test]
    fn a_finished_job_has_its_times_and_its_first_permanent_output() {
        let done = json!([["execution_start", {"timestamp": 10}], ["execution_success", {"timestamp": 30}]]);
        let job = finished_job("p", &entry(&done, "success"), false);
        let preview = json!({"filename": "a.png", "subfolder": "", "type": "output", "nodeId": "9", "mediaType": "images"});
        assert_eq!(
            job,
            json!({"id": "p", "status": "completed", "priority": 2, "create_time": 5, "execution_start_time": 10, "execution_end_time": 30,
                "outputs_count": 2, "preview_output": preview, "workflow_id": "w"})
        );
        assert_eq!(finished_job("p", &entry(&done, "success"), true)["workflow"]["extra_data"]["create_time"], 5);
    }

    #[test]
    fn an_error_has_what_the_page_insists_on() {
        let failed = json!([["execution_error", {"timestamp": 3, "exception_message": "no", "traceback": "one text"}]]);
        let job = finished_job("p", &entry(&failed, "error"), false);
        assert_eq!(job["status"], "failed");
        assert_eq!((&job["execution_error"]["node_id"], &job["execution_error"]["traceback"]), (&json!(""), &json!(["one text"])));
        let stopped = json!([["execution_interrupted", {"timestamp": 3}]]);
        assert_eq!(finished_job("p", &entry(&stopped, "error"), false)["status"], "cancelled");
    }
}
