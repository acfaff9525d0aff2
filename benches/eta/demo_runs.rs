//! Runs of a demo engine in this process, as the server would see them.

use std::time::{Duration, Instant};

use darkroom::{
    demo,
    proto::{comfy::Workflow, ids::TaskId, recipe::TextToImage},
};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::support::{
    Recording,
    replay::{Replay, replay},
};

/// 20 steps at 512×512 take 1.5 s.
const SPEED: f64 = 8.0;
const PATIENCE: Duration = Duration::from_secs(60);
const CLIENT: &str = "eta";

pub fn play() -> Replay {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(record())
}

/// The engine's traffic in the form of a recording, so that it is read in the same way.
async fn record() -> Replay {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let options = demo::Options { dir: folder.path().to_owned(), speed: SPEED, test_nodes: true, ..demo::Options::default() };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(demo::serve(listener, options, async {
        let _ = stopped.await;
    }));
    let start = Instant::now();
    let mut lines = Vec::new();
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{address}/ws?clientId={CLIENT}")).await.expect("a socket");
    let http = reqwest::Client::new();
    for (number, workflow) in workflows().into_iter().enumerate() {
        let id = TaskId(uuid::Uuid::from_u128(number as u128 + 1)).to_string();
        let body = json!({"prompt": workflow, "prompt_id": id, "client_id": CLIENT});
        // The frames of a run may overtake the answer: what is known of the task is known before.
        let mut line = json!({"kind": "http", "method": "POST", "path": "/prompt", "response_body": {"prompt_id": id}});
        line["t"] = json!(start.elapsed().as_secs_f64());
        line["request_body"] = body.clone();
        lines.push(line);
        let answer = http.post(format!("http://{address}/prompt")).body(body.to_string()).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
        loop {
            let message = tokio::time::timeout(PATIENCE, socket.next()).await.expect("a frame").expect("open").expect("a frame");
            let Message::Text(text) = message else { continue };
            lines.push(json!({"kind": "ws_text", "t": start.elapsed().as_secs_f64(), "text": text.as_str()}));
            let frame: Value = serde_json::from_str(&text).expect("JSON");
            if frame["type"] == "executing" && frame["data"]["node"].is_null() {
                break;
            }
        }
    }
    drop(socket);
    let _ = stop.send(());
    serving.await.expect("ends").expect("served");
    replay(&Recording { name: "demo engine".to_owned(), lines })
}

/// Cold first, then with other seeds, sizes and steps; two checkpoints, so that the engine has to load again; and graphs of other kinds.
fn workflows() -> Vec<Value> {
    let checkpoints = demo::Options::default().checkpoints;
    let mut workflows = Vec::new();
    let sizes =
        [(512, 512, 20), (512, 512, 20), (512, 768, 20), (512, 512, 12), (256, 256, 30), (768, 512, 25), (640, 640, 16), (512, 512, 20)];
    for (at, (width, height, steps)) in sizes.into_iter().enumerate() {
        for checkpoint in &checkpoints {
            let recipe = TextToImage {
                prompt: format!("a lighthouse at dusk, {at}"),
                seed: at as u64,
                checkpoint: checkpoint.clone(),
                width,
                height,
                steps,
                ..TextToImage::default()
            };
            let workflow: Workflow = recipe.workflow();
            workflows.push(serde_json::to_value(&workflow).expect("JSON"));
        }
        workflows.push(two_passes(&checkpoints[0], at as u64, steps));
        workflows.push(sleepers(at as u64));
    }
    workflows
}

/// Sampled small, made larger, sampled again in part.
fn two_passes(checkpoint: &str, seed: u64, steps: u32) -> Value {
    let sampler = |latent: &str, steps: u32, denoise: f64| {
        json!({"class_type": "KSampler", "inputs": {"seed": seed, "steps": steps, "cfg": 7, "sampler_name": "euler", "scheduler": "normal",
            "denoise": denoise, "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": [latent, 0]}})
    };
    json!({
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": checkpoint}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 384, "height": 384, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": format!("a harbour, {seed}"), "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["4", 1]}},
        "3": sampler("5", steps, 1.0),
        "10": {"class_type": "LatentUpscale", "inputs": {"samples": ["3", 0], "upscale_method": "nearest-exact", "width": 640, "height": 640, "crop": "disabled"}},
        "11": sampler("10", 10, 0.5),
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["11", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "eta", "images": ["8", 0]}},
    })
}

/// Nodes whose bars say nothing of one another.
fn sleepers(seed: u64) -> Value {
    let sleep = |seconds: f64| json!({"class_type": "TestSleep", "inputs": {"value": ["1", 0], "seconds": seconds}});
    json!({
        "1": {"class_type": "StubConstantImage", "inputs": {"value": 0.01 * seed as f64, "batch_size": 1, "height": 64, "width": 64}},
        "2": sleep(2.0),
        "3": {"class_type": "TestSleep", "inputs": {"value": ["2", 0], "seconds": 6.0}},
        "4": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    })
}
