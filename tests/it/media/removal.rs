//! What becomes of files when their tasks are removed.

use std::time::Duration;

use crate::support::{
    darkroom_server::{backend, darkroom_with},
    faults::FaultyEngine,
    media::{MediaCaller, files, picture},
    page::Page,
};
use darkroom::server::config::Config;
use serde_json::json;

#[tokio::test]
async fn removing_a_task_removes_files_that_no_other_task_has() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let data = engine.folder.path().join("data");
    let darkroom = darkroom_with(Config { data: data.clone(), backends: vec![backend(engine.addr)], ..Config::default() }).await;
    Page::open(darkroom.addr).await.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let id = caller.submit(&picture(7, "SaveImage")).await;
        let task = caller.until_kept(&id).await;
        ids.push((id, task["outputs"][0]["filename"].clone(), task["backend"].clone()));
    }
    assert!(caller.output(&ids[0].0, "?thumb=320", &[]).await.status().is_success());
    for ((id, filename, backend), (removed, shared, left)) in ids.iter().zip([(0, 1, 2), (1, 0, 0)]) {
        caller.until_completed(id).await;
        let file = json!({"backend": backend, "filename": filename, "subfolder": "", "type": "output"});
        let expected = json!({"taskId": id, "filesRemoved": removed, "filesShared": shared, "atComfyui": [file]});
        assert_eq!(caller.remove(id).await, expected);
        let mut found = files(&data.join("media"));
        for _ in 0..1_000 {
            if found.len() == left {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            found = files(&data.join("media"));
        }
        assert_eq!(found.len(), left, "the picture and its thumbnail: {found:?}");
    }
}
