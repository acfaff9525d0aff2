//! Odd values that nodes report, as `darkroom run` sees them: by the same rules as the server.

use serde_json::{Value, json};

use super::watched::{FAST, direct, nodes, run, through};
use crate::support::{
    darkroom_server::darkroom,
    faults::{Answer, Fault, FaultyEngine},
};
use darkroom::client::{ClientError, Outcome};

fn saving(color: u64) -> Value {
    json!({
        "1": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": color}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "odd"}},
    })
}

async fn reported(engine: &FaultyEngine, output: Value) {
    engine.fault(Fault::NodeOutput { node: "SaveImage".into(), output }).await;
}

fn texts(outcome: &Outcome) -> Vec<&str> {
    outcome.texts().map(|(_, text)| text).collect()
}

#[tokio::test]
async fn a_run_has_the_same_outputs_via_comfyui_and_via_darkroom() {
    let engine = FaultyEngine::start(FAST).await;
    let folder = tempfile::tempdir().unwrap();
    let server = darkroom(folder.path().join("data"), engine.addr).await;
    let mesh = engine.folder.path().join("comfy/output/mesh");
    std::fs::create_dir_all(&mesh).unwrap();
    std::fs::write(mesh.join("out_00001_.glb"), b"glTF").unwrap();
    let output = json!({
        "text": ["h", "e", "y"],
        "more": ["same", "same", 5, null],
        "images": ["filename", "subfolder", "type", null, {"filename": "odd_00001_.png"}],
        "result": ["mesh/out_00001_.glb", null, null],
    });
    for (color, options) in (1..).zip([direct(engine.addr), through(server.addr)]) {
        reported(&engine, output.clone()).await;
        let outcome = run(nodes(saving(color)), options).end().await.0.unwrap();
        assert_eq!(texts(&outcome), ["hey", "same", "same", "5", "null"]);
        let saved = outcome.save(&folder.path().join(color.to_string())).await.unwrap();
        let names: Vec<_> = saved.iter().map(|file| file.path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["odd_00001_.png", "out_00001_.glb"]);
        assert_eq!(std::fs::read(&saved[1].path).unwrap(), b"glTF");
    }
}

#[tokio::test]
async fn an_output_outside_the_served_folders_is_named_and_not_retried() {
    let engine = FaultyEngine::start(FAST).await;
    let folder = tempfile::tempdir().unwrap();
    let server = darkroom(folder.path().join("data"), engine.addr).await;
    for (color, options) in (1..).zip([direct(engine.addr), through(server.addr)]) {
        reported(&engine, json!({"images": [{"filename": "a.png", "subfolder": r"X:\out\run", "type": "output"}]})).await;
        let outcome = run(nodes(saving(color)), options).end().await.0.unwrap();
        let before = engine.state().await.wronged;
        engine.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Status(403) }.always()).await;
        let error = outcome.save(folder.path()).await.unwrap_err();
        let ClientError::Output { name, why } = error else { panic!("{error:?}") };
        assert_eq!(name, "a.png");
        assert!(why.contains("ComfyUI does not hand out files of this folder") && why.contains(r"X:\out\run"), "{why}");
        assert_eq!(engine.state().await.wronged, before + 1, "asked once");
        engine.clear().await;
    }
}
