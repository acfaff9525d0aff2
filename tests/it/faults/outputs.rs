//! Odd values that nodes report (facts 61 to 64): what becomes of them in the API, in pages and in `darkroom run`.

use darkroom::{
    proto::{ids::TaskId, task::OutputContent},
    server::config::Config,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::stage::{Stage, blur, brisk};
use crate::support::{
    api::Api,
    faults::{Answer, Fault},
};

/// What the node reports, and the outputs of the task: a text, or a file with its kind.
fn shapes() -> Vec<(Value, Vec<Value>)> {
    let text = |text: &str| json!(["text", text]);
    let image = || json!(["image", "blur_00001_.png"]);
    let file = json!({"filename": "blur_00001_.png", "subfolder": "", "type": "output"});
    vec![
        (json!({"text": ["h", "e", "l", "l", "o"]}), vec![text("hello")]),
        (json!({"text": ["same", "same"], "more": ["same"]}), vec![text("same"), text("same"), text("same")]),
        (
            json!({"text": ["a", 5, true, null, [[1.5], "b"]], "images": [file], "seed": [7]}),
            vec![text("a"), text("5"), text("true"), text("null"), text("[[1.5],\"b\"]"), image(), text("7")],
        ),
        (json!({"images": ["filename", "subfolder", "type", null, file]}), vec![image()]),
        (json!({"result": ["mesh/out_00001_.glb", null, null]}), vec![json!(["file", "out_00001_.glb"])]),
        (json!({"images": [{"filename": "blur_00001_.png"}]}), vec![image()]),
        (json!({"images": [{"filename": "blur_00001_.png", "subfolder": null, "type": null}]}), vec![image()]),
        (json!("not an object"), vec![text("not an object")]),
        (json!({"images": [file], "animated": [false]}), vec![image()]),
    ]
}

fn is_like(output: &Value, wanted: &Value) -> bool {
    output["type"] == wanted[0] && (output["text"] == wanted[1] || output["filename"] == wanted[1])
}

async fn with_output(stage: &mut Stage, color: u64, output: Value) -> TaskId {
    stage.engine().fault(Fault::NodeOutput { node: "SaveImage".into(), output }).await;
    let id = stage.submit_nodes(blur(color)).await;
    stage.page.until_ended(id).await;
    id
}

#[tokio::test]
async fn files_texts_and_values_of_any_report_become_outputs() {
    let mut stage = Stage::start().await;
    let api = Api::at(format!("http://{}", stage.addr())).await;
    for (color, (output, wanted)) in (1..).zip(shapes()) {
        let id = with_output(&mut stage, color, output.clone()).await;
        let task = api.get(&format!("/api/tasks/{id}")).await.json;
        let outputs = task["outputs"].as_array().expect("a list");
        let all_like = outputs.len() == wanted.len() && outputs.iter().zip(&wanted).all(|(output, wanted)| is_like(output, wanted));
        assert!(all_like, "{output} became {}", task["outputs"]);
        for (number, one) in outputs.iter().enumerate().filter(|(_, one)| one["filename"] == "blur_00001_.png") {
            let answer = api.get(&format!("/api/tasks/{id}/outputs/{number}")).await;
            assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "image/png"), "{one} of {output}");
        }
        let page = &stage.page.state.task(id).expect("in the page").outputs;
        assert_eq!(page.len(), wanted.len(), "{page:?}");
    }
    stage.judge().await;
}

#[tokio::test]
async fn a_model_of_a_3d_preview_can_be_downloaded() {
    let mut stage = Stage::start().await;
    let mesh = stage.engines[0].folder.path().join("comfy/output/mesh");
    std::fs::create_dir_all(&mesh).expect("a folder");
    std::fs::write(mesh.join("out_00001_.glb"), b"glTF and so on").expect("a file");
    let id = with_output(&mut stage, 1, json!({"result": ["mesh/out_00001_.glb", null, null]})).await;
    let answer = Api::at(format!("http://{}", stage.addr())).await.get(&format!("/api/tasks/{id}/outputs/0")).await;
    assert_eq!((answer.status, &answer.bytes[..]), (StatusCode::OK, &b"glTF and so on"[..]));
    assert!(answer.header("content-disposition").contains("out_00001_.glb"), "{:?}", answer.headers);
    stage.judge().await;
}

/// Only the test asks for files.
fn without_copies() -> Config {
    let mut config = brisk();
    config.media.keep = false;
    config
}

/// On Windows a folder on another drive is answered with 500 (fact 64).
#[tokio::test]
async fn a_file_outside_the_served_folders_is_reported_without_a_network_failure() {
    let mut stage = Stage::with(without_copies()).await;
    let api = Api::at(format!("http://{}", stage.addr())).await;
    for (color, subfolder, status) in [(1, r"X:\out\run", 403), (2, r"X:\out\run", 500), (3, "/srv/out", 403), (4, "../out", 403)] {
        let output = json!({"images": [{"filename": "a.png", "subfolder": subfolder, "type": "output"}]});
        let id = with_output(&mut stage, color, output).await;
        let before = stage.engine().state().await.wronged;
        stage.engine().fault(Fault::Http { route: "GET /view".into(), answer: Answer::Status(status) }.always()).await;
        let answer = api.get(&format!("/api/tasks/{id}/outputs/0")).await;
        let detail = answer.json["detail"].as_str().unwrap_or_default();
        let says =
            detail.starts_with("ComfyUI does not hand out files of this folder") && detail.contains(subfolder) && detail.contains("a.png");
        assert!(answer.status == StatusCode::FORBIDDEN && answer.problem() == "file-not-served" && says, "{}", answer.json);
        assert_eq!(answer.header("retry-after"), "", "there is nothing to wait for");
        let page = reqwest::get(format!("http://{}/tasks/{id}/outputs/0", stage.addr())).await.expect("an answer");
        assert_eq!(page.status(), StatusCode::FORBIDDEN);
        assert!(page.text().await.expect("text").contains(subfolder));
        assert_eq!(stage.engine().state().await.wronged, before + 2, "each request asks once");
        stage.engine().clear().await;
    }
    stage.judge().await;
}

/// 403 for a folder like any other says that Darkroom is locked out, which may change.
#[tokio::test]
async fn a_403_of_comfyui_for_an_output_is_answered_with_502() {
    let mut stage = Stage::with(without_copies()).await;
    let id = with_output(&mut stage, 1, json!({"images": [{"filename": "a.png", "subfolder": "sub", "type": "output"}]})).await;
    stage.engine().fault(Fault::Http { route: "GET /view".into(), answer: Answer::Status(403) }).await;
    let answer = Api::at(format!("http://{}", stage.addr())).await.get(&format!("/api/tasks/{id}/outputs/0")).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.json);
    stage.judge().await;
}

/// Everything twice, and again after a restart: values are counted, not added up.
#[tokio::test]
async fn equal_values_are_not_added_twice_when_reported_twice() {
    let mut stage = Stage::start().await;
    stage.engine().fault(Fault::DuplicateEvents).await;
    let id = with_output(&mut stage, 1, json!({"text": ["same", "same", "other"]})).await;
    let texts = |stage: &Stage| -> Vec<String> {
        let outputs = stage.page.state.task(id).expect("in the page").outputs.iter();
        outputs
            .map(|output| match &output.content {
                OutputContent::Text { text } => text.clone(),
                OutputContent::File { filename, .. } => filename.clone(),
            })
            .collect()
    };
    assert_eq!(texts(&stage), ["same", "same", "other"]);
    let mut stage = stage.restart_after(async |_| {}).await;
    stage.page.until(|state| state.task(id).is_some()).await;
    assert_eq!(texts(&stage), ["same", "same", "other"]);
    stage.judge().await;
}
