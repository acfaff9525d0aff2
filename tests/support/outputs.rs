//! Outputs that tests put into the gallery.

use std::path::Path;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::api::Api;

/// A file of `tests/recordings/described`.
pub fn recorded(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/described").join(name)).expect("a recording")
}

/// A PNG of one pixel, different for each number, with a prompt.
pub fn tiny_png(number: u32, prompt: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.set_color(png::ColorType::Rgba);
    encoder.add_text_chunk("parameters".into(), format!("{prompt}\nSteps: 20, Sampler: Euler a, Seed: {number}")).expect("a text");
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(&number.to_be_bytes()).expect("a pixel");
    drop(writer);
    bytes
}

/// Imports a file, and returns what the gallery knows of it.
pub async fn import(api: &Api, name: &str, made_at: &str, bytes: Vec<u8>) -> Value {
    let path = format!("/api/outputs?filename={name}&createdAt={made_at}");
    let answer = api.send(api.request(Method::POST, &path).header("content-type", "application/octet-stream").body(bytes)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    answer.json
}

/// Where the bytes of an output are in the data folder.
pub fn kept_path(data: &Path, bytes: &[u8]) -> std::path::PathBuf {
    use sha2::{Digest, Sha256};
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    data.join("media").join(&hash[..2]).join(hash)
}

pub fn id(output: &Value) -> &str {
    output["outputId"].as_str().expect("an id")
}
