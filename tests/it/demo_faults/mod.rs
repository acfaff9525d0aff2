//! The demo engine commits exactly the ordered faults, and no others.

mod listener;
mod runs;
mod sockets;

use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::faults::{Control, Ending, Execution};

const FAST: f64 = 1e9;
const PATIENCE: Duration = Duration::from_secs(60);

/// Three nodes and, on a sampler, `steps` steps.
fn graph(steps: u64, seed: u64) -> Value {
    json!({
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "demo-safelight.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a pier", "clip": ["4", 1]}},
        "3": {"class_type": "KSampler", "inputs": {
            "seed": seed, "steps": steps, "cfg": 7, "sampler_name": "euler", "scheduler": "normal", "denoise": 1,
            "model": ["4", 0], "positive": ["6", 0], "negative": ["6", 0], "latent_image": ["5", 0]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "x"}},
    })
}

async fn post(engine: &Control, path: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
    Client::new().post(format!("http://{}{path}", engine.addr)).body(body.to_string()).send().await
}

/// A request that gets no response.
fn hanging(engine: &Control, path: &'static str, body: &Value) -> JoinHandle<()> {
    let (engine, body) = (engine.clone(), body.clone());
    tokio::spawn(async move { drop(post(&engine, path, &body).await) })
}

async fn get(engine: &Control, path: &str) -> Value {
    let text = reqwest::get(format!("http://{}{path}", engine.addr)).await.expect("an answer").text().await.expect("text");
    serde_json::from_str(&text).expect("JSON")
}

async fn submit(engine: &Control, id: &str, steps: u64) {
    let body = json!({"prompt": graph(steps, 1), "client_id": "me", "prompt_id": id});
    assert_eq!(post(engine, "/prompt", &body).await.expect("an answer").status(), 200);
}

fn endings(executions: &[Execution]) -> Vec<(String, Option<Ending>)> {
    executions.iter().map(|execution| (execution.prompt_id.clone(), execution.outcome)).collect()
}
