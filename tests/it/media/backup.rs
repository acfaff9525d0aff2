//! A copy made while Darkroom runs, as the README says, and what a Darkroom makes of it.

use std::{fs, path::Path};

use crate::support::{
    darkroom_server::{backend, darkroom_with},
    faults::{Answer, Fault, FaultyEngine},
    media::{MediaCaller, picture},
    page::Page,
};
use darkroom::server::config::Config;
use serde_json::Value;

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else if let Err(error) = fs::copy(entry.path(), target) {
            // What is being written is renamed meanwhile.
            assert!(entry.path().starts_with(from.join("tmp")) || from.ends_with("tmp"), "{}: {error}", entry.path().display());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_the_database_and_then_of_the_media_folder_has_every_kept_picture() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let data = engine.folder.path().join("data");
    let config = |data: &Path| Config { data: data.to_owned(), backends: vec![backend(engine.addr)], ..Config::default() };
    let darkroom = darkroom_with(config(&data)).await;
    Page::open(darkroom.addr).await.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    let mut ids = Vec::new();
    for color in 0..6 {
        let id = caller.submit(&picture(color, "SaveImage")).await;
        caller.until_kept(&id).await;
        ids.push(id);
    }
    // More are made while the copy is made.
    let busy = caller.clone();
    let working = tokio::spawn(async move {
        let mut more = Vec::new();
        for color in 100..140 {
            more.push(busy.submit(&picture(color, "SaveImage")).await);
        }
        more
    });
    let copy = engine.folder.path().join("copy");
    fs::create_dir(&copy).unwrap();
    let (from, to) = (data.clone(), copy.clone());
    tokio::task::spawn_blocking(move || {
        let connection = rusqlite::Connection::open(from.join("darkroom.db")).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
        connection.execute("VACUUM INTO ?1", [to.join("darkroom.db").to_str().unwrap()]).unwrap();
        copy_folder(&from.join("media"), &to.join("media"));
    })
    .await
    .unwrap();
    let more = working.await.unwrap();
    for id in &more {
        caller.until_completed(id).await;
    }
    darkroom.stop().await;
    fs::remove_dir_all(&data).unwrap();

    engine.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Status(404) }.always()).await;
    let restored = darkroom_with(config(&copy)).await;
    let caller = MediaCaller::new(restored.addr);
    for id in &ids {
        assert_eq!(caller.task(id).await["status"], "completed");
        assert!(caller.bytes(id).await.starts_with(b"\x89PNG"));
    }
    // Of those that came later it has what was kept by then, and none that it says it kept is missing.
    for id in &more {
        let task = caller.task(id).await;
        if task["outputs"].get(0).map(|output| &output["storage"]["state"]) == Some(&Value::from("kept")) {
            assert!(caller.bytes(id).await.starts_with(b"\x89PNG"), "{task:#}");
        }
    }
}
