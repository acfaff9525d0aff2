//! Files that a prompt names by their folder (`name.png [output]`), with several ComfyUIs: they come to the one that runs it.

use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

use crate::gateway_stage::{GatewayStage, is_over, picture};

/// Seeds of pictures that keep an engine busy: none is in a cache.
static BUSY: AtomicU64 = AtomicU64::new(1_000);

/// Loads a picture, and saves it.
fn load(image: &str) -> Value {
    json!({"client_id": "c", "prompt": {
        "1": {"class_type": "LoadImage", "inputs": {"image": image}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "again"}}}})
}

async fn entry_of(stage: &GatewayStage, id: &str) -> Value {
    stage.get(&format!("/history/{id}")).await[id].clone()
}

async fn bytes(stage: &GatewayStage, file: &Value) -> Vec<u8> {
    let text = |name: &str| file[name].as_str().expect("a text").to_owned();
    let path = format!("/view?filename={}&subfolder={}&type={}", text("filename"), text("subfolder"), text("type"));
    let response = stage.request(Method::GET, &path).send().await.expect("an answer");
    assert_eq!(response.status(), 200, "{path}");
    response.bytes().await.expect("whole").to_vec()
}

/// Which engine ran it.
async fn place_of(stage: &GatewayStage, id: &str) -> usize {
    usize::from(stage.engines[0].executions_of(id).await.is_empty())
}

/// Runs a prompt at that engine: the other is kept busy.
async fn run_at(stage: &GatewayStage, engine: usize, body: &Value) -> String {
    for engine in &stage.engines {
        engine.hold_at_step("KSampler", 1).await;
    }
    let (wanted, other) = (&stage.engines[engine], &stage.engines[1 - engine]);
    let busy = stage.submit(&picture(BUSY.fetch_add(1, Ordering::Relaxed), None)).await;
    while stage.engines[0].executions_of(&busy).await.is_empty() && stage.engines[1].executions_of(&busy).await.is_empty() {
        tokio::task::yield_now().await;
    }
    if place_of(stage, &busy).await == engine {
        stage.submit(&picture(BUSY.fetch_add(1, Ordering::Relaxed), None)).await;
    }
    other.held().await;
    wanted.clear().await;
    let mut socket = stage.socket("c").await;
    let id = stage.submit(body).await;
    socket.until("the end", |frames| is_over(frames, &id)).await;
    assert_eq!(place_of(stage, &id).await, engine);
    other.clear().await;
    id
}

#[tokio::test]
async fn an_output_of_one_comfyui_is_loaded_at_the_other() {
    let stage = GatewayStage::of(2, |config| config.prompts_at_once = 1).await;
    let mut socket = stage.socket("c").await;
    let made = stage.submit(&picture(1, Some("c"))).await;
    socket.until("the end", |frames| is_over(frames, &made)).await;
    let entry = stage.get(&format!("/history/{made}")).await[&made].clone();
    let file = entry["outputs"]["9"]["images"][0].clone();
    let picture_bytes = image::load_from_memory(&bytes(&stage, &file).await).expect("a picture").to_rgb8();
    let other = 1 - place_of(&stage, &made).await;
    let (name, folder) = (file["filename"].as_str().unwrap(), file["subfolder"].as_str().unwrap());
    // As clients know it, and by its bare name, which is the newest of that name.
    for value in [format!("{folder}/{name} [output]"), format!("{name} [output]")] {
        let id = run_at(&stage, other, &load(&value)).await;
        let entry = entry_of(&stage, &id).await;
        assert_eq!(entry["status"]["status_str"], "success", "{value}: {entry}");
        assert_eq!(entry["prompt"][2]["1"]["inputs"]["image"], value, "shown as it was submitted");
        let loaded = bytes(&stage, &entry["outputs"]["9"]["images"][0]).await;
        assert_eq!(image::load_from_memory(&loaded).expect("a picture").to_rgb8(), picture_bytes, "{value}");
    }
}

#[tokio::test]
async fn a_file_that_only_the_other_comfyui_has_is_brought() {
    let stage = GatewayStage::of(2, |config| config.prompts_at_once = 1).await;
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbaImage::from_pixel(8, 8, image::Rgba([9, 8, 7, 255])).write_to(&mut png, image::ImageFormat::Png).unwrap();
    // Put there without Darkroom.
    for (folder, name) in [("input", "a.png"), ("temp", "b.png"), ("output", "c.png")] {
        let part = reqwest::multipart::Part::bytes(png.get_ref().clone()).file_name(name);
        let form = reqwest::multipart::Form::new().text("type", folder).part("image", part);
        let sent = stage.http.post(format!("http://{}/upload/image", stage.engines[0].addr)).multipart(form).send().await.unwrap();
        assert_eq!(sent.status(), 200);
        let id = run_at(&stage, 1, &load(&format!("{name} [{folder}]"))).await;
        let entry = entry_of(&stage, &id).await;
        assert_eq!(entry["status"]["status_str"], "success", "{folder}: {entry}");
    }
    let (status, answer) = stage.post("/prompt", &load("nowhere.png [output]")).await;
    assert_eq!((status, &answer["node_errors"]["1"]["class_type"]), (400, &json!("LoadImage")), "{answer}");
}
