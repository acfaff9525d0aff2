//! Odd values that nodes report, as `darkroom run` sees them: by the same rules as the server.

use serde_json::{Value, json};

use super::watched::{FAST, direct, nodes, run, through};
use crate::support::{
    darkroom_server::{darkroom, lighthouse},
    faults::{Answer, At, Fault, FaultyEngine, SocketManner},
};
use darkroom::{
    client::{ClientError, Outcome},
    proto::recipe::TextToImage,
};

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

/// Two pictures from a sampler with previews, which this node sends over the socket.
fn sent(seed: u64, class: &str) -> Value {
    let recipe = TextToImage { width: 64, height: 64, batch: 2, ..lighthouse(seed, 4) };
    let mut workflow = serde_json::to_value(recipe.workflow()).unwrap();
    workflow["9"]["class_type"] = json!(class);
    workflow
}

#[tokio::test]
async fn results_that_nodes_send_over_the_socket_are_saved() {
    let engine = FaultyEngine::start(FAST).await;
    let folder = tempfile::tempdir().unwrap();
    let server = darkroom(folder.path().join("data"), engine.addr).await;
    for (seed, options) in (1..).zip([direct(engine.addr), through(server.addr), direct(engine.addr), through(server.addr)]) {
        let class = if seed > 2 { "PreviewImage" } else { "SaveImageWebsocket" };
        if seed > 2 {
            engine.fault(Fault::SocketResults(SocketManner { jpeg: true, plain: true, executed: true })).await;
        }
        let outcome = run(nodes(sent(seed, class)), options).end().await.0.unwrap();
        let into = folder.path().join(seed.to_string());
        let saved = outcome.save(&into).await.unwrap();
        let names: Vec<_> = saved.iter().map(|file| file.path.file_name().unwrap().to_str().unwrap()).collect();
        let (ending, width) = if seed > 2 { ("jpg", 512) } else { ("png", 64) };
        assert_eq!(names, [format!("websocket_00001_.{ending}"), format!("websocket_00002_.{ending}")], "{seed}");
        let pictures: Vec<_> = saved.iter().map(|file| std::fs::read(&file.path).unwrap()).collect();
        assert!(pictures[0] != pictures[1], "{seed}");
        for (picture, file) in pictures.iter().zip(&saved) {
            assert_eq!((image::load_from_memory(picture).unwrap().width(), picture.len() as u64), (width, file.bytes), "{seed}");
        }
        assert_eq!(texts(&outcome), [""; 0]);
    }
}

#[tokio::test]
async fn results_that_were_sent_while_the_socket_was_away_are_named_as_lost() {
    let engine = FaultyEngine::start(FAST).await;
    engine.fault(Fault::Hold { at: At::Node, node: Some("9".into()), step: None }).await;
    let running = run(nodes(sent(1, "SaveImageWebsocket")), direct(engine.addr));
    engine.held().await;
    engine.fault(Fault::RefuseSockets { status: Some(503) }.always()).await;
    engine.fault(Fault::Drop).await;
    engine.until_sockets(0).await;
    engine.release().await;
    let outcome = running.end().await.0.unwrap();
    assert_eq!(outcome.kept().count(), 0);
    let texts = texts(&outcome);
    assert!(texts.len() == 1 && texts[0].starts_with("Lost: the pictures that this node sent"), "{texts:?}");
}
