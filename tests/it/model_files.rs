//! Previews and trigger words of models: from the ComfyUI that has them, through routes of Darkroom.

use crate::support::darkroom_server::{Both, Running, backend, call, darkroom_with, demo_engine_with};
use darkroom::{demo, proto::prompts::PromptModel, server::config::Config};
use reqwest::{Response, StatusCode, header};

async fn preview(both: &Both, folder: &str, file: &str) -> Response {
    reqwest::Client::new().get(both.url(&format!("/model-previews/{folder}"))).query(&[("file", file)]).send().await.unwrap()
}

async fn words(both: &Both, name: &str) -> Result<Vec<String>, String> {
    call(both.darkroom.addr, "trigger_words", &(PromptModel::Lora, name)).await
}

#[tokio::test]
async fn a_preview_is_made_small_and_kept() {
    let mut both = Both::start(1e9).await;
    let first = preview(&both, "loras", "demo-grain.safetensors").await;
    assert_eq!((first.status(), first.headers()[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "image/webp"));
    assert_eq!(first.headers()["x-content-type-options"], "nosniff");
    let bytes = first.bytes().await.unwrap();
    let picture = image::load_from_memory(&bytes).unwrap();
    assert_eq!((picture.width(), picture.height()), (96, 96), "ComfyUI's has 256");
    assert_eq!(preview(&both, "loras", "gone.safetensors").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(preview(&both, "loras", "../checkpoints/demo-safelight.safetensors").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(preview(&both, "embeddings", "soft").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(preview(&both, "vae", "demo-grain.safetensors").await.status(), StatusCode::NOT_FOUND);
    let other = other_engine(&both).await;
    std::mem::replace(&mut both.engine, other).stop().await;
    assert_eq!(preview(&both, "loras", "demo-grain.safetensors").await.bytes().await.unwrap(), bytes, "kept without its ComfyUI");
}

/// Another engine, which no Darkroom is connected to.
async fn other_engine(both: &Both) -> Running {
    let options = demo::Options { dir: both.folder.path().join("other"), ..demo::Options::default() };
    demo_engine_with(options, "127.0.0.1:0".parse().unwrap()).await
}

#[tokio::test]
async fn trigger_words_come_from_the_file_of_the_model() {
    let both = Both::start(1e9).await;
    assert_eq!(words(&both, "demo-grain.safetensors").await.unwrap(), ["grain", "grain (style)", "analog photo", "soft light"]);
    assert_eq!(words(&both, "gone.safetensors").await, Ok(Vec::new()));
}

#[tokio::test]
async fn models_of_every_comfyui_are_found_also_with_folders_and_signs_in_their_names() {
    let mut both = Both::start(1e9).await;
    let name = "art/ink & wash #1.safetensors";
    let options =
        demo::Options { dir: both.folder.path().join("second"), loras: vec![name.to_owned()], speed: 1e9, ..demo::Options::default() };
    let second = demo_engine_with(options, "127.0.0.1:0".parse().unwrap()).await;
    let backends = vec![backend(both.engine.addr), backend(second.addr)];
    let config = Config { data: both.folder.path().join("two"), backends, ..Config::default() };
    both.darkroom = darkroom_with(config).await;
    both.page().await.until_connected().await;
    // Which of the two is connected first is open.
    let found = async {
        while preview(&both, "loras", name).await.status() != StatusCode::OK {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), found).await.expect("the second is connected");
    assert!(words(&both, name).await.unwrap().contains(&"ink & wash #1 (style)".to_owned()));
    assert!(words(&both, "demo-grain.safetensors").await.is_ok());
}
