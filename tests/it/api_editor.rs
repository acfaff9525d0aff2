//! Workflows in the format of ComfyUI's editor: converted where they are opened, by programs, on pages and by `darkroom run`.

use crate::support::{
    api::Api,
    darkroom_server::{Both, call, darkroom},
};
use darkroom::{
    client::{ClientError, Options},
    proto::{submit::OpenedFile, workflow_file},
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
