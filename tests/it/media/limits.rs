//! The limits of the media store.

use crate::support::{
    darkroom_server::{backend, darkroom_with},
    faults::{Answer, At, Fault, FaultyEngine},
    media::{MediaCaller, files, picture},
    metrics::Scrape,
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

#[tokio::test]
async fn files_older_than_the_limit_are_removed() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let data = engine.folder.path().join("data");
    let start = async |keep_days: u32| {
        let media = MediaConfig { keep_days, ..MediaConfig::default() };
        darkroom_with(Config { data: data.clone(), backends: vec![backend(engine.addr)], media, ..Config::default() }).await
    };
    let darkroom = start(0).await;
    Page::open(darkroom.addr).await.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    let mut ids = Vec::new();
    for color in [1, 2] {
        let id = caller.submit(&picture(color, "SaveImage")).await;
        caller.until_kept(&id).await;
        caller.until_completed(&id).await;
        ids.push(id);
    }
    darkroom.stop().await;
    let days = |count: i64| count * 24 * 60 * 60 * 1_000;
    let age = "UPDATE media_files SET kept_at = kept_at - ?1 WHERE hash = (SELECT hash FROM media_outputs WHERE task = ?2)";
    let connection = rusqlite::Connection::open(data.join("darkroom.db")).unwrap();
    for (id, age_ms) in ids.iter().zip([days(4), days(2)]) {
        assert_eq!(connection.execute(age, (age_ms, id)).unwrap(), 1);
    }
    drop(connection);
    let darkroom = start(3).await;
    let caller = MediaCaller::new(darkroom.addr);
    let task = caller.until_storage(&ids[0], "state", "not-kept").await;
    assert_eq!(task["outputs"][0]["storage"]["reason"], "expired");
    assert_eq!(caller.task(&ids[1]).await["outputs"][0]["storage"]["state"], "kept");
}

#[tokio::test]
async fn copies_are_limited_from_each_comfyui_and_in_all() {
    let engines = [FaultyEngine::start(f64::INFINITY).await, FaultyEngine::start(f64::INFINITY).await];
    let media = MediaConfig { copies_at_once: 3, copies_per_comfyui: 2, ..MediaConfig::default() };
    let data = engines[0].folder.path().join("data");
    let backends = engines.iter().map(|engine| backend(engine.addr)).collect();
    let darkroom = darkroom_with(Config { data, backends, media, ..Config::default() }).await;
    Page::open(darkroom.addr).await.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    for engine in &engines {
        engine.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Hang }.always()).await;
    }
    // Two outputs are to come from the second, and all others from the first.
    engines[1].hold(At::Queued).await;
    let mut submit = 0..;
    let mut submit = async |count: usize| {
        for color in submit.by_ref().take(count) {
            caller.submit(&picture(color, "SaveImage")).await;
        }
    };
    let until_found = async |outputs: f64| {
        while Scrape::of(darkroom.addr).await.get("darkroom_media_waiting", &[]) < outputs {
            tokio::task::yield_now().await;
        }
    };
    let copies = async || [engines[0].state().await.wronged, engines[1].state().await.wronged];
    submit(12).await;
    until_found(10.0).await;
    // When one more is found, what could begin for those before has begun.
    submit(1).await;
    until_found(11.0).await;
    engines[0].until_wronged(2).await;
    assert_eq!(copies().await, [2, 0]);
    engines[1].release().await;
    until_found(13.0).await;
    for outputs in [14.0, 15.0, 16.0] {
        submit(1).await;
        until_found(outputs).await;
    }
    engines[1].until_wronged(1).await;
    assert_eq!(copies().await, [2, 1]);
}
