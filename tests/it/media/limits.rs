//! The limits of the media store.

use crate::support::{
    darkroom_server::{backend, darkroom_with},
    faults::{Fault, FaultyEngine},
    media::{MediaCaller, files, picture},
    page::Page,
};
use darkroom::server::config::{Config, MediaConfig};

#[tokio::test]
async fn a_file_over_the_limit_stays_at_comfyui_with_that_reason() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let data = engine.folder.path().join("data");
    let media = MediaConfig { max_file: 50_000, ..MediaConfig::default() };
    let darkroom = darkroom_with(Config { data: data.clone(), backends: vec![backend(engine.addr)], media, ..Config::default() }).await;
    Page::open(darkroom.addr).await.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    engine.fault(Fault::PutOut { filename: "large.bin".into(), content: None, bytes: 50_001 }).await;
    let large = caller.submit(&picture(1, "SaveImage")).await;
    let task = caller.until_storage(&large, "state", "not-kept").await;
    let storage = &task["outputs"][0]["storage"];
    assert_eq!((&storage["reason"], &storage["message"]), (&"too_large".into(), &"the file is larger than [media] max_file_mb".into()));
    assert_eq!(caller.bytes(&large).await.len(), 50_001, "passed on");
    engine.fault(Fault::PutOut { filename: "fits.bin".into(), content: None, bytes: 50_000 }).await;
    let fits = caller.submit(&picture(2, "SaveImage")).await;
    caller.until_kept(&fits).await;
    assert_eq!(files(&data.join("media")).len(), 1);
}

#[tokio::test]
async fn a_large_file_is_kept_whole() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let data = engine.folder.path().join("data");
    let darkroom = darkroom_with(Config { data: data.clone(), backends: vec![backend(engine.addr)], ..Config::default() }).await;
    Page::open(darkroom.addr).await.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    let bytes = 30 * 1024 * 1024 + 7;
    engine.fault(Fault::PutOut { filename: "large.bin".into(), content: None, bytes }).await;
    let id = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_kept(&id).await;
    let original = std::fs::read(engine.folder.path().join("comfy/output/large.bin")).unwrap();
    std::fs::remove_file(engine.folder.path().join("comfy/output/large.bin")).unwrap();
    assert!(caller.bytes(&id).await == original);
    let end = caller.output(&id, "", &[("range", "bytes=31457270-")]).await;
    assert!(end.bytes().await.unwrap() == original[31_457_270..]);
}

#[tokio::test]
async fn over_the_limit_the_oldest_files_are_removed() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let data = engine.folder.path().join("data");
    let media = MediaConfig { max_bytes: 100_000, ..MediaConfig::default() };
    let darkroom = darkroom_with(Config { data: data.clone(), backends: vec![backend(engine.addr)], media, ..Config::default() }).await;
    Page::open(darkroom.addr).await.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    let mut ids = Vec::new();
    for number in 0..4 {
        engine.fault(Fault::PutOut { filename: format!("{number}.bin"), content: None, bytes: 40_000 }).await;
        let id = caller.submit(&picture(number, "SaveImage")).await;
        caller.until_kept(&id).await;
        caller.until_completed(&id).await;
        ids.push(id);
    }
    // Looked at after a task was removed, too.
    let last = ids.pop().unwrap();
    caller.remove(&last).await;
    let task = caller.until_storage(&ids[0], "state", "not-kept").await;
    assert_eq!(task["outputs"][0]["storage"]["reason"], "expired");
    assert_eq!(caller.task(&ids[1]).await["outputs"][0]["storage"]["state"], "kept");
    assert_eq!(caller.task(&ids[2]).await["outputs"][0]["storage"]["state"], "kept");
}
