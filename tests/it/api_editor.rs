//! Workflows in the format of ComfyUI's editor: converted where they are opened, by programs, on pages and by `darkroom run`.

use crate::support::{
    api::Api,
    darkroom_server::{Both, call, darkroom},
};
use darkroom::{
    client::{ClientError, Options},
    proto::{graph::TaskWorkflow, ids::TaskId, submit::OpenedFile, workflow_file},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// An empty picture, a bypassed node, a preview and a note, as the editor saves them.
pub fn editor_file(class: &str) -> Value {
    json!({
        "nodes": [
            {"id": 1, "type": class, "widgets_values": [64, 8, 1, 255], "outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [1]}]},
            {"id": 3, "type": "ImageInvert", "mode": 4, "inputs": [{"name": "image", "type": "IMAGE", "link": 1}], "outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [2]}]},
            {"id": 2, "type": "PreviewImage", "title": "Look", "inputs": [{"name": "images", "type": "IMAGE", "link": 2}]},
            {"id": 4, "type": "MarkdownNote", "widgets_values": ["Made for a test"]},
        ],
        "links": [[1, 1, 0, 3, 0, "IMAGE"], [2, 3, 0, 2, 0, "IMAGE"]],
        "version": 0.4,
    })
}

fn is_converted(workflow: &Value) {
    assert_eq!(workflow["1"]["inputs"], json!({"width": 64, "height": 8, "batch_size": 1, "color": 255}), "{workflow}");
    assert_eq!(workflow["2"]["inputs"], json!({"images": ["1", 0]}), "{workflow}");
    assert_eq!(workflow["2"]["_meta"]["title"], "Look", "{workflow}");
    assert_eq!(workflow.as_object().map(serde_json::Map::len), Some(2), "{workflow}");
}

#[tokio::test]
async fn a_file_of_the_editor_is_converted_and_runs() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let converted = api.post_json("/api/workflows/convert", &editor_file("EmptyImage")).await;
    assert_eq!(converted.status, StatusCode::OK, "{}", converted.json);
    is_converted(&converted.json["workflow"]);
    let answer = api.post_json("/api/tasks", &json!({"workflow": editor_file("EmptyImage")})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.json);
    let notes = answer.json["notes"].to_string();
    assert!(notes.contains("bypassed: Invert Image (3)") || notes.contains("(3)"), "{notes}");
    assert!(notes.contains("(4)") && notes.contains("editor's format"), "{notes}");
    let id = answer.json["taskId"].as_str().unwrap();
    is_converted(&api.get(&format!("/api/tasks/{id}/workflow")).await.json);
    let bytes = editor_file("EmptyImage").to_string().into_bytes();
    let opened: Result<OpenedFile, String> = call(both.darkroom.addr, "open", &(&bytes,)).await;
    is_converted(&serde_json::from_str(&opened.unwrap().json).unwrap());
    for options in [Options::darkroom(&both.url("")), Options::comfyui(&format!("http://{}", both.engine.addr))] {
        let opened = options.unwrap().workflow_of(workflow_file::open(&bytes).unwrap()).await.unwrap();
        is_converted(&serde_json::to_value(opened.workflow).unwrap());
        assert!(opened.notes[0].contains("editor's format"), "{:?}", opened.notes);
    }
}

#[tokio::test]
async fn what_cannot_be_converted_is_named_node_by_node() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    for (path, body) in
        [("/api/tasks", json!({"workflow": editor_file("NoSuchClass")})), ("/api/workflows/convert", editor_file("NoSuchClass"))]
    {
        let refused = api.post_json(path, &body).await;
        assert_eq!((refused.status.as_u16(), refused.problem()), (422, "invalid-workflow"), "{}", refused.json);
        assert!(
            refused.json["detail"].as_str().unwrap().contains("Node 1 (NoSuchClass): No connected ComfyUI has this node class"),
            "{}",
            refused.json
        );
        assert_eq!(refused.json["nodeErrors"][0]["node"], "1", "{}", refused.json);
    }
    assert_eq!(api.get("/api/tasks").await.json["tasks"], json!([]));
    let bytes = editor_file("NoSuchClass").to_string().into_bytes();
    let opened: Result<OpenedFile, String> = call(both.darkroom.addr, "open", &(&bytes,)).await;
    assert!(opened.unwrap_err().contains("Node 1 (NoSuchClass)"));
    for options in [Options::darkroom(&both.url("")), Options::comfyui(&format!("http://{}", both.engine.addr))] {
        let error = options.unwrap().workflow_of(workflow_file::open(&bytes).unwrap()).await.unwrap_err();
        assert!(matches!(&error, ClientError::Usage(why) if why.contains("Node 1 (NoSuchClass)")), "{error:?}");
    }
}

#[tokio::test]
async fn without_a_comfyui_the_answer_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let darkroom = darkroom(folder.path().join("data"), closed).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    for (path, body) in
        [("/api/tasks", json!({"workflow": editor_file("EmptyImage")})), ("/api/workflows/convert", editor_file("EmptyImage"))]
    {
        let refused = api.post_json(path, &body).await;
        assert_eq!((refused.status.as_u16(), refused.problem()), (503, "unavailable"), "{}", refused.json);
        assert!(refused.json["detail"].as_str().unwrap().contains("none could be reached yet"), "{}", refused.json);
    }
    let options = Options::comfyui(&format!("http://{closed}")).unwrap();
    let file = workflow_file::open(editor_file("EmptyImage").to_string().as_bytes()).unwrap();
    let error = options.workflow_of(file).await.unwrap_err();
    assert!(matches!(&error, ClientError::Unreachable { why, .. } if why.contains("editor's format")), "{error:?}");
}

#[tokio::test]
async fn the_workflow_of_a_task_is_a_file_in_both_formats() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let prompt = json!({
        "12:1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 8, "batch_size": 1, "color": 255}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["12:1", 0]}, "_meta": {"title": "Look"}},
    });
    let answer = api.post_json("/api/tasks", &json!({"workflow": prompt, "name": "Weiß / 2"})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.json);
    let path = format!("/api/tasks/{}/workflow", answer.json["taskId"].as_str().unwrap());
    assert_eq!(api.get(&format!("{path}?format=api")).await.json, prompt);
    let editor = api.get(&format!("{path}?format=editor")).await;
    assert_eq!(editor.status, StatusCode::OK, "{}", editor.json);
    // Written back, it is the same prompt, with a number for the id of a node in a subgraph.
    let back = api.post_json("/api/workflows/convert", &editor.json).await;
    assert_eq!(back.status, StatusCode::OK, "{} of {}", back.json, editor.json);
    let workflow = &back.json["workflow"];
    assert_eq!(workflow["1"]["inputs"], prompt["12:1"]["inputs"], "{workflow}");
    assert_eq!(workflow["2"]["inputs"], json!({"images": ["1", 0]}), "{workflow}");
    let download = reqwest::get(both.url(&format!("{path}?format=editor&download=true"))).await.unwrap();
    assert_eq!(download.headers()["content-disposition"], "attachment; filename*=UTF-8''Wei%C3%9F%20%2F%202.json");
    assert_eq!(api.get(&format!("{path}?format=png")).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_task_gives_back_the_file_of_the_editor_that_came_with_it_until_its_seed_changes() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let file = editor_file("EmptyImage");
    let workflow = api.post_json("/api/workflows/convert", &file).await.json["workflow"].clone();
    let extra = json!({"extra_pnginfo": {"workflow": file}});
    let answer = api.post_json("/api/tasks", &json!({"workflow": workflow, "extra_data": extra})).await;
    let path = |answer: &Value| format!("/api/tasks/{}/workflow?format=editor", answer["taskId"].as_str().unwrap());
    assert_eq!(api.get(&path(&answer.json)).await.json, file);
    let mut other = workflow.clone();
    other["1"]["inputs"]["color"] = 7.into();
    let answer = api.post_json("/api/tasks", &json!({"workflow": other, "extra_data": extra})).await;
    let written = api.get(&path(&answer.json)).await.json;
    assert_eq!(written["nodes"].as_array().map(Vec::len), Some(2), "without what only the editor had: {written}");
    assert_eq!(written["nodes"][0]["widgets_values"], json!([64, 8, 1, 7]), "{written}");
}

#[tokio::test]
async fn the_page_of_a_task_gets_its_graph_and_the_request_that_makes_it_again() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let body = json!({"workflow": "text-to-image", "parameters": {"prompt": "it's \"quoted\"", "width": 64, "height": 64, "steps": 1, "seed": u64::MAX, "cfg": 6.5}, "priority": 3, "metadata": {"order": 1}});
    let answer = api.post_json("/api/tasks", &body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.json);
    let id = |answer: &Value| answer["taskId"].as_str().unwrap().parse::<TaskId>().unwrap();
    let first = id(&answer.json);
    let shown: Result<Option<TaskWorkflow>, String> = call(both.darkroom.addr, "task_workflow", &(first,)).await;
    let shown = shown.unwrap().unwrap();
    assert_eq!((shown.graph.nodes.len(), shown.left_out.as_str()), (7, ""), "{shown:?}");
    let request: Value = serde_json::from_str(&shown.request).unwrap();
    let again = api.post_json("/api/tasks", &request).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{} of {request}", again.json);
    let workflow = async |id: TaskId| api.get(&format!("/api/tasks/{id}/workflow")).await.json;
    assert_eq!(workflow(id(&again.json)).await, workflow(first).await);
    let report = api.get(&format!("/api/tasks/{}", id(&again.json))).await.json;
    assert_eq!((&report["metadata"], &report["priority"]), (&json!({"order": 1}), &json!(3)), "{report}");

    let secret = json!({"workflow": {"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 8, "batch_size": 1, "color": 1}}, "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}}, "extra_data": {"api_key_comfy_org": "comfyui-0123456789"}});
    let answer = api.post_json("/api/tasks", &secret).await;
    let shown: Result<Option<TaskWorkflow>, String> = call(both.darkroom.addr, "task_workflow", &(id(&answer.json),)).await;
    let shown = shown.unwrap().unwrap();
    assert!(!shown.request.contains("0123456789") && shown.left_out.contains("extra_data"), "{shown:?}");
    let missing: Result<Option<TaskWorkflow>, String> = call(both.darkroom.addr, "task_workflow", &(TaskId(uuid::Uuid::nil()),)).await;
    assert_eq!(missing, Ok(None));
}
