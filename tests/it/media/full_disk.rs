//! A disk that is really full: under the media store, and under the whole data folder.

use crate::support::{
    faults::{At, Fault, FaultyEngine},
    media::{MediaCaller, files, picture},
    metrics::Scrape,
    process::darkroom_with_disk,
    small_disk::SmallDisk,
};
use darkroom::proto::limits;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

const MB: u64 = 1024 * 1024;

/// `None`: this system permits none, which is printed.
fn small_disk(engine: &FaultyEngine, name: &str, bytes: u64) -> Option<SmallDisk> {
    SmallDisk::mount(&engine.folder.path().join(name), bytes)
        .inspect_err(|why| eprintln!("SKIPPED, because no small disk can be mounted here: {why}"))
        .ok()
}

#[tokio::test]
async fn with_the_media_store_full_outputs_wait_with_that_reason_and_tasks_go_on() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let Some(disk) = small_disk(&engine, "pictures", 24 * MB) else { return };
    let (folder, pictures) = (engine.folder.path(), engine.folder.path().join("pictures"));
    let settings = format!("[media]\nfolder = {pictures:?}\nretry_first_s = 0.05\nretry_max_s = 0.2\n");
    let mut darkroom = darkroom_with_disk(&disk, folder, &folder.join("data"), &[engine.addr], &settings).await;
    let caller = MediaCaller::new(darkroom.addr);
    let before = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_kept(&before).await;

    disk.fill();
    let mut ids = vec![caller.submit(&picture(2, "SaveImage")).await, caller.submit(&picture(3, "PreviewImage")).await];
    // Streamed to the disk, unlike the others.
    engine.fault(Fault::PutOut { filename: "large.bin".into(), content: None, bytes: limits::COPY_IN_MEMORY + 100_000 }).await;
    ids.push(caller.submit(&picture(4, "SaveImage")).await);
    for id in &ids {
        caller.until_completed(id).await;
        let task = caller.until_storage(id, "delay", "store_full").await;
        let storage = json!({"state": "copying", "delay": "store_full", "message": "the media store is full"});
        assert_eq!((&task["status"], &task["outputs"][0]["storage"]), (&json!("completed"), &storage));
        assert!(!caller.bytes(id).await.is_empty(), "passed on meanwhile");
    }
    assert!(caller.bytes(&before).await.starts_with(b"\x89PNG"), "what is kept is read");
    assert_eq!(caller.output(&before, "?thumb=320", &[]).await.headers()["content-type"], "image/webp", "made, and not kept");
    let scrape = Scrape::of(darkroom.addr).await;
    assert_eq!((scrape.get("darkroom_media_writable", &[]), scrape.get("darkroom_media_waiting", &[])), (0.0, 3.0));

    darkroom.kill();
    darkroom.restart().await;
    for id in &ids {
        let task = caller.until_storage(id, "delay", "store_full").await;
        assert_eq!(task["status"], "completed", "{task:#}");
    }
    disk.free();
    for id in &ids {
        caller.until_kept(id).await;
    }
    let kept = files(&disk.path());
    assert!(kept.len() == 4 && kept.iter().all(|name| !name.starts_with("tmp")), "{kept:?}");
    let scrape = Scrape::of(darkroom.addr).await;
    assert_eq!((scrape.get("darkroom_media_writable", &[]), scrape.get("darkroom_media_waiting", &[])), (1.0, 0.0));
}

/// Everything on one disk: the database, the pictures, and what comes over the socket.
#[tokio::test]
async fn with_the_data_folder_full_running_tasks_end_and_nothing_is_lost() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let Some(disk) = small_disk(&engine, "data", 8 * MB) else { return };
    let folder = engine.folder.path();
    let settings = "[media]\nretry_first_s = 0.05\nretry_max_s = 0.2\n";
    let mut darkroom = darkroom_with_disk(&disk, folder, &folder.join("data"), &[engine.addr], settings).await;
    let caller = MediaCaller::new(darkroom.addr);
    let before = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_kept(&before).await;
    caller.until_completed(&before).await;
    engine.fault(Fault::Hold { at: At::Node, node: Some("2".into()), step: None }).await;
    let running = caller.submit(&picture(2, "SaveImage")).await;
    engine.held().await;
    caller.until(&running, "its start", |task| task["status"] == "in-progress").await;

    disk.fill();
    engine.release().await;
    let waits = json!({"state": "copying", "delay": "database_unwritable", "message": "Darkroom's database cannot be written"});
    let with_its_reason = |task: &Value| task["status"] == "completed" && task["outputs"][0]["storage"] == waits;
    caller.until(&running, "the end, and why its picture waits", with_its_reason).await;
    let body = json!({"workflow": picture(3, "SaveImage")});
    let submit = async || Client::new().post(format!("http://{}/api/tasks", darkroom.addr)).json(&body).send().await.expect("answers");
    let refused = submit().await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem: Value = refused.json().await.expect("JSON");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("the disk is full. Nothing was sent")), "{problem}");
    assert_eq!(Scrape::of(darkroom.addr).await.get("darkroom_store_writable", &[]), 0.0);

    darkroom.kill();
    darkroom.spawn();
    let healthy = format!("http://{}/healthz", darkroom.addr);
    while !reqwest::get(&healthy).await.is_ok_and(|answer| answer.status().is_success()) {
        tokio::time::sleep(std::time::Duration::from_millis(15)).await;
    }
    assert!(caller.bytes(&before).await.starts_with(b"\x89PNG"));
    caller.until(&running, "the same after kill -9", with_its_reason).await;
    assert!(caller.bytes(&running).await.starts_with(b"\x89PNG"), "passed on");

    disk.free();
    caller.until_kept(&running).await;
    darkroom.until_ready().await;
    let later = caller.submit(&picture(3, "SaveImage")).await;
    caller.until_kept(&later).await;
    assert_eq!(files(&disk.path().join("media")).len(), 3);
    assert_eq!(Scrape::of(darkroom.addr).await.get("darkroom_store_writable", &[]), 1.0);
}
