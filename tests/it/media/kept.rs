//! What is kept is there without its ComfyUI, also after a restart.

use std::fs;

use crate::support::{
    darkroom_server::{Running, backend, darkroom_with},
    faults::{Answer, Fault, FaultyEngine},
    media::{MediaCaller, files, picture},
    metrics::Scrape,
    process,
};
use darkroom::server::config::{Config, MediaConfig};

async fn start(engine: &FaultyEngine, media: MediaConfig) -> (Running, MediaCaller) {
    let data = engine.folder.path().join("data");
    let darkroom = darkroom_with(Config { data, backends: vec![backend(engine.addr)], media, ..Config::default() }).await;
    let caller = MediaCaller::new(darkroom.addr);
    crate::support::page::Page::open(darkroom.addr).await.until_connected().await;
    (darkroom, caller)
}

#[tokio::test]
async fn a_kept_picture_survives_the_loss_of_comfyui_and_a_restart() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (darkroom, caller) = start(&engine, MediaConfig::default()).await;
    let (saved, shown) = (caller.submit(&picture(1, "SaveImage")).await, caller.submit(&picture(2, "PreviewImage")).await);
    let saved_bytes = {
        caller.until_kept(&saved).await;
        caller.bytes(&saved).await
    };
    assert!(saved_bytes.starts_with(b"\x89PNG"));
    let task = caller.until_kept(&shown).await;
    assert_eq!(task["outputs"][0]["temporary"], true);
    let data = engine.folder.path().join("data");
    let backends = vec![backend(engine.addr)];
    fs::remove_dir_all(engine.folder.path().join("comfy/output")).unwrap();
    fs::remove_dir_all(engine.folder.path().join("comfy/temp")).unwrap();
    assert_eq!(caller.bytes(&saved).await, saved_bytes, "its files are deleted");
    darkroom.stop().await;
    let darkroom = darkroom_with(Config { data, backends, ..Config::default() }).await;
    engine.fault(Fault::Http { route: "*".into(), answer: Answer::DropBefore }.always()).await;
    let caller = MediaCaller::new(darkroom.addr);
    assert_eq!(caller.bytes(&saved).await, saved_bytes, "after a restart, without ComfyUI");
    assert!(caller.bytes(&shown).await.starts_with(b"\x89PNG"));
    for (query, kind) in [("?thumb=320", "image/webp"), ("?thumb=640", "image/webp"), ("?preview=true", "image/webp"), ("", "image/png")] {
        let response = caller.output(&saved, query, &[]).await;
        assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()), (200, kind), "{query}");
    }
}

#[tokio::test]
async fn the_task_is_done_before_its_picture_is_copied() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (darkroom, caller) = start(&engine, MediaConfig::default()).await;
    engine.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Hang }.times(1)).await;
    let id = caller.submit(&picture(1, "SaveImage")).await;
    let task = caller.until_completed(&id).await;
    assert_eq!(task["outputs"][0]["storage"]["state"], "copying", "{task:#}");
    // The next does not wait for the one that hangs.
    let next = caller.submit(&picture(2, "SaveImage")).await;
    caller.until_kept(&next).await;
    assert_eq!(caller.task(&id).await["outputs"][0]["storage"]["state"], "copying");
    let retried = Scrape::of(darkroom.addr).await.get("darkroom_media_copies_total", &[("outcome", "retried")]);
    assert_eq!(retried, 0.0, "it still hangs");
}

#[tokio::test]
async fn the_same_bytes_are_kept_once() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (darkroom, caller) = start(&engine, MediaConfig::default()).await;
    for _ in 0..2 {
        // The engine answers the second from its cache, with the same file.
        let id = caller.submit(&picture(1, "SaveImage")).await;
        caller.until_kept(&id).await;
    }
    let kept = files(&engine.folder.path().join("data/media"));
    assert_eq!(kept.len(), 1, "{kept:?}");
    let scrape = Scrape::of(darkroom.addr).await;
    assert_eq!(scrape.get("darkroom_media_copies_total", &[("outcome", "kept")]), 2.0);
    assert_eq!(scrape.get("darkroom_media_files", &[]), 1.0);
    assert_eq!(scrape.get("darkroom_media_waiting", &[]), 0.0);
    assert_eq!(scrape.get("darkroom_media_bytes", &[]) * 2.0, scrape.get("darkroom_media_copied_bytes_total", &[]));
}

#[tokio::test]
async fn without_keeping_outputs_stay_at_comfyui_and_are_copied_once_it_is_on() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (darkroom, caller) = start(&engine, MediaConfig { keep: false, ..MediaConfig::default() }).await;
    let id = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_completed(&id).await;
    assert_eq!(caller.task(&id).await["outputs"][0]["storage"]["state"], "remote");
    assert!(caller.bytes(&id).await.starts_with(b"\x89PNG"), "passed on");
    assert_eq!(files(&engine.folder.path().join("data/media")), [""; 0]);
    darkroom.stop().await;
    let (_darkroom, caller) = start(&engine, MediaConfig::default()).await;
    caller.until_kept(&id).await;
}

/// An earlier version stored an absent `type` as an empty folder.
#[tokio::test]
async fn an_output_of_an_earlier_version_without_a_folder_is_copied() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (darkroom, caller) = start(&engine, MediaConfig { keep: false, ..MediaConfig::default() }).await;
    let id = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_completed(&id).await;
    darkroom.stop().await;
    let connection = rusqlite::Connection::open(engine.folder.path().join("data/darkroom.db")).unwrap();
    let change = r#"UPDATE tasks SET task = replace(CAST(task AS TEXT), '"folder":"output"', '"folder":""')"#;
    assert_eq!(connection.execute(change, ()).unwrap(), 1);
    let changed: String = connection.query_row("SELECT CAST(task AS TEXT) FROM tasks", [], |row| row.get(0)).unwrap();
    assert!(changed.contains(r#""folder":"""#), "{changed}");
    drop(connection);
    let (_darkroom, caller) = start(&engine, MediaConfig::default()).await;
    assert!(caller.bytes(&id).await.starts_with(b"\x89PNG"));
    caller.until_kept(&id).await;
}

#[tokio::test]
async fn kill_9_in_the_middle_of_copies_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let control = crate::support::faults::Control::new(engine.addr);
    let mut darkroom = process::darkroom(folder.path(), &[engine.addr], "").await;
    let caller = MediaCaller::new(darkroom.addr);
    let mut ids = Vec::new();
    for round in 0..4_u32 {
        // Some copies hang, others are just done.
        control.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Hang }.times(round)).await;
        for number in 0..4 {
            let class = if number % 2 == 0 { "SaveImage" } else { "PreviewImage" };
            let id = caller.submit(&picture(1_000 + round * 10 + number, class)).await;
            caller.until_completed(&id).await;
            ids.push(id);
        }
        darkroom.kill();
        control.clear().await;
        darkroom.restart().await;
    }
    for id in &ids {
        caller.until_kept(id).await;
    }
    let media = folder.path().join("data/media");
    let kept: Vec<String> = files(&media).into_iter().filter(|name| !name.starts_with("tmp/")).collect();
    assert_eq!(kept.len(), ids.len(), "{kept:?}");
    // Each file has the name of its bytes.
    for name in &kept {
        let hash = sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(fs::read(media.join(name)).unwrap()));
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(name.ends_with(&hash), "{name} has {hash}");
    }
}
