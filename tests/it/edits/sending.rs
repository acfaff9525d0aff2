//! Pictures reach the ComfyUI that gets the task.

use std::path::Path;

use darkroom::{
    demo::Options,
    proto::{ids::TaskId, task::TaskState},
};
use serde_json::{Value, json};

use super::support::{FAST, Studio, inpaint};
use crate::support::{
    api::Api,
    darkroom_server::{Both, backend, darkroom_with, demo_engine_at, demo_engine_with},
    media::{MediaCaller, files},
    page::Page,
};
use darkroom::server::config::Config;

fn inputs(folder: &Path) -> Vec<String> {
    files(&folder.join("comfy/input"))
}

async fn submitted(studio: &Studio, given: &(String, String), seed: u64) -> TaskId {
    let mut parameters = inpaint(given);
    parameters["seed"] = json!(seed);
    studio.api.accepted(&json!({"workflow": "inpaint", "parameters": parameters})).await
}

#[tokio::test]
async fn pictures_are_sent_once_and_again_to_an_engine_that_lost_them() {
    let mut studio = Studio::start().await;
    let given = studio.photo_and_mask().await;
    let folder = studio.both.folder.path().to_owned();
    assert_eq!(inputs(&folder), Vec::<String>::new(), "nothing is sent before it is needed");
    let first = submitted(&studio, &given, 1).await;
    studio.kept(first).await;
    let sent = inputs(&folder);
    assert_eq!(sent.len(), 3, "the source and two masks: {sent:?}");
    assert!(sent.contains(&format!("darkroom/{}.png", given.0)), "{sent:?}");
    // Its folder is emptied while it runs on.
    std::fs::remove_dir_all(folder.join("comfy/input/darkroom")).unwrap();
    let second = submitted(&studio, &given, 2).await;
    studio.kept(second).await;
    assert_eq!(inputs(&folder), sent);
    // It is stopped, and another one with an empty folder takes its place. The task waits meanwhile.
    let addr = studio.both.engine.addr;
    let Studio { both: Both { engine, darkroom, folder: kept }, api, caller, mut page } = studio;
    engine.stop().await;
    page.until(|state| !state.backends[0].takes_tasks()).await;
    std::fs::remove_dir_all(folder.join("comfy")).unwrap();
    let mut parameters = inpaint(&given);
    parameters["seed"] = json!(3);
    let third = api.accepted(&json!({"workflow": "inpaint", "parameters": parameters})).await;
    page.until(|state| state.task(third).is_some_and(|task| task.state == TaskState::Accepted)).await;
    let engine = demo_engine_at(&kept, FAST, addr).await;
    let mut studio = Studio { both: Both { engine, darkroom, folder: kept }, api, caller, page };
    studio.kept(third).await;
    assert_eq!(inputs(&folder), sent);
}

/// A rerun and a workflow of somebody else load them as well: only the name counts.
#[tokio::test]
async fn every_workflow_that_names_a_stored_picture_gets_it() {
    let mut studio = Studio::start().await;
    let (picture, _) = studio.photo_and_mask().await;
    let workflow = json!({
        "1": {"class_type": "LoadImage", "inputs": {"image": format!("darkroom/{picture}.png")}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "copy"}},
    });
    let id = studio.api.accepted(&json!({"workflow": workflow})).await;
    let task = studio.kept(id).await;
    assert_eq!(studio.pixels(&task, 0).await, super::support::photo());
    let gone = json!({"1": {"class_type": "LoadImage", "inputs": {"image": format!("darkroom/{}.png", "0".repeat(64))}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}});
    let answer = studio.api.post_json("/api/tasks", &json!({"workflow": gone})).await;
    assert_eq!(answer.pointers(), ["/workflow/1/inputs/image"], "{}", answer.json);
    assert!(answer.json["detail"].as_str().unwrap().contains("Give it again"), "{}", answer.json);
}

#[tokio::test]
async fn each_of_two_engines_gets_them_and_a_missing_class_is_done_without() {
    let folder = tempfile::tempdir().unwrap();
    let engine = |name: &str| {
        let options = Options {
            dir: folder.path().join(name).join("comfy"),
            speed: FAST,
            without_classes: vec!["DifferentialDiffusion".into()],
            ..Options::default()
        };
        demo_engine_with(options, "127.0.0.1:0".parse().unwrap())
    };
    let (one, two) = (engine("one").await, engine("two").await);
    let config = Config { data: folder.path().join("data"), backends: vec![backend(one.addr), backend(two.addr)], ..Config::default() };
    let darkroom = darkroom_with(config).await;
    let mut page = Page::open(darkroom.addr).await;
    page.until_connected().await;
    let (api, caller) = (Api::at(format!("http://{}", darkroom.addr)).await, MediaCaller::new(darkroom.addr));
    let both = Both { engine: one, darkroom, folder: tempfile::tempdir().unwrap() };
    let mut studio = Studio { both, api, caller, page };
    let given = studio.photo_and_mask().await;
    // Named before and after it is paid for; the page does it with the same function.
    let body = json!({"workflow": "inpaint", "parameters": inpaint(&given)});
    let checked = studio.api.post_json("/api/tasks/check", &body).await.json;
    assert_eq!((checked["warnings"].as_array().map(Vec::len), &checked["warnings"][0]["kind"]), (Some(1), &json!("fallback")), "{checked}");
    let answer = studio.api.post_json("/api/tasks", &body).await.json;
    assert_eq!(answer["notes"], json!([checked["warnings"][0]["message"]]), "{answer}");
    assert!(answer["notes"][0].as_str().unwrap().contains("DifferentialDiffusion"), "{answer}");
    let mut ids = Vec::new();
    for seed in 0..8 {
        ids.push(submitted(&studio, &given, seed).await);
    }
    for id in ids {
        let task: Value = studio.kept(id).await;
        assert_eq!(task["outputs"][0]["outside"]["changed"], 0, "{task}");
        let workflow = studio.api.get(&format!("/api/tasks/{id}/workflow")).await.json;
        let has_it = workflow.as_object().unwrap().values().any(|node| node["class_type"] == "DifferentialDiffusion");
        assert!(!has_it, "{workflow}");
    }
    drop(two);
    for name in ["one", "two"] {
        assert_eq!(inputs(&folder.path().join(name)).len(), 3, "{name}");
    }
}
