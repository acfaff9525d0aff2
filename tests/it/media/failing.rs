//! Copies that fail: ComfyUI is away or has no such file, the media store is full or cannot be written.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::support::{
    darkroom_server::{Running, backend, darkroom_with},
    faults::{Answer, Fault, FaultyEngine},
    media::{MediaCaller, files, picture},
    metrics::Scrape,
    page::Page,
};
use darkroom::server::config::{Config, MediaConfig, MediaPlace};
use std::{path::PathBuf, time::Duration};

fn quick() -> MediaConfig {
    MediaConfig { retry_first: Duration::from_millis(50), retry_max: Duration::from_millis(200), ..MediaConfig::default() }
}

async fn start(engine: &FaultyEngine, media: MediaConfig) -> (Running, MediaCaller) {
    let data = engine.folder.path().join("data");
    let darkroom = darkroom_with(Config { data, backends: vec![backend(engine.addr)], media, ..Config::default() }).await;
    Page::open(darkroom.addr).await.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    (darkroom, caller)
}

#[tokio::test]
async fn a_refused_download_is_final_with_its_reason() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (_darkroom, caller) = start(&engine, quick()).await;
    for (status, reason) in [(404, "gone"), (403, "forbidden"), (400, "refused")] {
        engine.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Status(status) }.times(1)).await;
        let id = caller.submit(&picture(u32::from(status), "SaveImage")).await;
        let task = caller.until_storage(&id, "state", "not-kept").await;
        assert_eq!(task["outputs"][0]["storage"]["reason"], reason);
        assert_eq!(caller.until_completed(&id).await["status"], "completed");
    }
}

#[tokio::test]
async fn a_failed_download_of_an_output_is_retried() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (darkroom, caller) = start(&engine, quick()).await;
    for answer in [Answer::Status(500), Answer::Status(502), Answer::DropAfter] {
        engine.fault(Fault::Http { route: "GET /view".into(), answer }.times(2)).await;
    }
    let id = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_kept(&id).await;
    let scrape = Scrape::of(darkroom.addr).await;
    assert!(scrape.get("darkroom_media_copies_total", &[("outcome", "retried")]) >= 3.0);
}

#[tokio::test]
async fn copies_wait_for_an_unreachable_comfyui() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (_darkroom, caller) = start(&engine, quick()).await;
    // The copies hang until the engine is gone.
    engine.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Hang }.always()).await;
    let id = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_completed(&id).await;
    engine.fault(Fault::Restart { memory_lost: true, down_ms: 8_000 }).await;
    let task = caller.until_storage(&id, "delay", "comfyui_unreachable").await;
    assert_eq!(task["outputs"][0]["storage"]["message"], "its ComfyUI cannot be reached");
    engine.until_up().await;
    engine.clear().await;
    caller.until_kept(&id).await;
}

/// A folder that is full: on Linux, writing to a device that always is.
#[tokio::test]
async fn a_store_that_cannot_be_written_delays_copies_and_nothing_else() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let folder: PathBuf = engine.folder.path().join("pictures");
    let media = MediaConfig { place: MediaPlace::Folder(Some(folder.clone())), ..quick() };
    let (darkroom, caller) = start(&engine, media).await;
    let writable = |can: bool| {
        // Root may write into any folder: a file in the place of the folder stops it, too.
        if can {
            fs::remove_file(folder.join("tmp")).unwrap();
        } else {
            fs::write(folder.join("tmp"), "").unwrap();
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    };
    writable(false);
    let mut ids = Vec::new();
    for color in 0..3 {
        let id = caller.submit(&picture(color, "SaveImage")).await;
        caller.until_completed(&id).await;
        ids.push(id);
    }
    for id in &ids {
        let task = caller.until_storage(id, "delay", "store_unavailable").await;
        assert_eq!(task["status"], "completed");
        assert!(caller.bytes(id).await.starts_with(b"\x89PNG"), "passed on meanwhile");
    }
    let scrape = Scrape::of(darkroom.addr).await;
    assert_eq!(scrape.get("darkroom_media_writable", &[]), 0.0);
    assert_eq!(scrape.get("darkroom_media_waiting", &[]), 3.0);
    writable(true);
    for id in &ids {
        caller.until_kept(id).await;
    }
    assert_eq!(files(&folder).len(), 3);
    assert_eq!(Scrape::of(darkroom.addr).await.get("darkroom_media_writable", &[]), 1.0);
}

#[tokio::test]
async fn a_kept_file_that_is_missing_is_copied_again() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (_darkroom, caller) = start(&engine, quick()).await;
    let id = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_kept(&id).await;
    let media = engine.folder.path().join("data/media");
    for name in files(&media) {
        fs::remove_file(media.join(name)).unwrap();
    }
    assert!(caller.bytes(&id).await.starts_with(b"\x89PNG"), "its ComfyUI still has it");
    caller.until_kept(&id).await;
    assert_eq!(files(&media).len(), 1);
}
