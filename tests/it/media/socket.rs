//! Results that nodes send over the socket: ComfyUI has no file of them. No page is open in these tests.

use std::{fs, net::SocketAddr, path::Path};

use serde_json::{Value, json};

use crate::support::{
    darkroom_server::{Running, backend, darkroom_with, lighthouse},
    faults::{Answer, At, Fault, FaultyEngine, SocketManner},
    media::{MediaCaller, files},
    process,
    proxy::{Proxy, Way},
};
use darkroom::{
    proto::{link::LinkConfig, recipe::TextToImage},
    server::config::{Config, MediaConfig},
};

/// Samples two small pictures, with previews, and gives them to a node of this class.
fn sampled(seed: u64, class: &str) -> Value {
    let recipe = TextToImage { width: 64, height: 64, batch: 2, ..lighthouse(seed, 4) };
    let mut workflow = serde_json::to_value(recipe.workflow()).unwrap();
    workflow["9"]["class_type"] = json!(class);
    workflow
}

/// Two pictures of one colour, sent over the socket.
fn plain(color: u32) -> Value {
    json!({
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 48, "batch_size": 2, "color": color}},
        "2": {"class_type": "SaveImageWebsocket", "inputs": {"images": ["1", 0]}},
    })
}

async fn start(engine: &FaultyEngine, media: MediaConfig) -> (Running, MediaCaller) {
    let darkroom = at(engine.addr, engine.folder.path(), media).await;
    until_ready(darkroom.addr).await;
    let caller = MediaCaller::new(darkroom.addr);
    (darkroom, caller)
}

async fn at(engine: SocketAddr, folder: &Path, media: MediaConfig) -> Running {
    let link = LinkConfig { ..crate::support::link::brisk_link() };
    darkroom_with(Config { data: folder.join("data"), backends: vec![backend(engine)], media, link, ..Config::default() }).await
}

/// Until a ComfyUI takes tasks over its socket.
async fn until_ready(addr: SocketAddr) {
    let url = format!("http://{addr}/readyz");
    while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
        tokio::task::yield_now().await;
    }
}

fn outputs(task: &Value) -> &Vec<Value> {
    task["outputs"].as_array().expect("outputs")
}

/// What the outputs are, in short: the kind, and of texts their beginning.
fn summary(task: &Value) -> Vec<String> {
    let of_one = |output: &Value| {
        let text: String = output["text"].as_str().unwrap_or_default().chars().take(46).collect();
        format!("{} {text}", output["type"].as_str().unwrap_or_default()).trim_end().to_owned()
    };
    outputs(task).iter().map(of_one).collect()
}

const LOST: &str = "text Lost: the pictures that this node sent over Co";

/// From both addresses of an output, which must have the same bytes.
async fn both(addr: SocketAddr, id: &str, number: usize) -> (String, Vec<u8>) {
    let mut got = Vec::new();
    for base in ["/tasks", "/api/tasks"] {
        let response = reqwest::get(format!("http://{addr}{base}/{id}/outputs/{number}")).await.expect("answers");
        assert_eq!(response.status(), 200, "{base} {number}");
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        got.push((kind, response.bytes().await.expect("whole").to_vec()));
    }
    assert!(got[0] == got[1], "output {number} differs");
    got.swap_remove(0)
}

#[tokio::test]
async fn results_outlive_comfyui_and_a_restart() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (darkroom, caller) = start(&engine, MediaConfig::default()).await;
    let id = caller.submit(&sampled(1, "SaveImageWebsocket")).await;
    caller.until_completed(&id).await;
    let task = caller.until_kept(&id).await;
    assert_eq!(outputs(&task).len(), 2, "{task:#}");
    assert_eq!(task["outputs"][1]["filename"], "websocket_00002_.png");
    let before = [both(darkroom.addr, &id, 0).await, both(darkroom.addr, &id, 1).await];
    assert!(before[0] != before[1], "two pictures");
    darkroom.stop().await;
    engine.fault(Fault::Http { route: "*".into(), answer: Answer::DropBefore }.always()).await;
    let darkroom = at(engine.addr, engine.folder.path(), MediaConfig::default()).await;
    for (number, before) in before.iter().enumerate() {
        assert_eq!(before.0, "image/png");
        assert!(both(darkroom.addr, &id, number).await == *before, "output {number} after a restart, without ComfyUI");
    }
    let caller = MediaCaller::new(darkroom.addr);
    assert_eq!(caller.output(&id, "?thumb=320", &[]).await.status(), 200);
    assert_eq!(files(&engine.folder.path().join("data/frames")), [""; 0], "all were moved");
    assert_eq!(caller.remove(&id).await["atComfyui"], json!([]), "ComfyUI has no files of them");
}

#[tokio::test]
async fn in_whatever_manner_results_come_they_are_outputs_and_previews_are_not() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (darkroom, caller) = start(&engine, MediaConfig::default()).await;
    let mut seed = 100;
    for class in ["SaveImageWebsocket", "PreviewImage"] {
        for number in 0..8 {
            let manner = SocketManner { jpeg: number & 1 > 0, plain: number & 2 > 0, executed: number & 4 > 0 };
            engine.fault(Fault::SocketResults(manner)).await;
            seed += 1;
            let id = caller.submit(&sampled(seed, class)).await;
            let task = caller.until_completed(&id).await;
            // JPEG with progress and without a word about results is what samplers send.
            let are_previews = class == "PreviewImage" && manner == SocketManner { jpeg: true, ..SocketManner::default() };
            let expected: &[&str] = if are_previews { &[] } else { &["image", "image"] };
            assert_eq!(summary(&task), expected, "{class} {manner:?}");
            if !are_previews {
                caller.until_kept(&id).await;
                let kind = if manner.jpeg { "image/jpeg" } else { "image/png" };
                assert_eq!([both(darkroom.addr, &id, 0).await.0, both(darkroom.addr, &id, 1).await.0], [kind; 2], "{class} {manner:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_same_picture_twice_is_two_outputs_and_one_file() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (darkroom, caller) = start(&engine, MediaConfig::default()).await;
    let id = caller.submit(&plain(7)).await;
    caller.until_completed(&id).await;
    let task = caller.until_kept(&id).await;
    assert_eq!(summary(&task), ["image", "image"]);
    assert_eq!(both(darkroom.addr, &id, 0).await, both(darkroom.addr, &id, 1).await);
    let kept = files(&engine.folder.path().join("data/media"));
    assert_eq!(kept.len(), 1, "{kept:?}");
}

#[tokio::test]
async fn previews_of_a_sampler_are_no_outputs() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (darkroom, caller) = start(&engine, MediaConfig::default()).await;
    for (seed, has_metadata) in [(1, true), (2, false)] {
        if !has_metadata {
            engine.fault(Fault::PlainPreviews).await;
        }
        engine.hold_at_step("3", 3).await;
        let id = caller.submit(&sampled(seed, "SaveImage")).await;
        engine.held().await;
        let address = format!("http://{}/tasks/{id}/preview", darkroom.addr);
        while reqwest::get(&address).await.expect("answers").status() != 200 {
            tokio::task::yield_now().await;
        }
        assert_eq!(summary(&caller.task(&id).await), [""; 0], "metadata: {has_metadata}");
        engine.release().await;
        let task = caller.until_completed(&id).await;
        let saved =
            outputs(&task).iter().filter(|output| !output["filename"].as_str().unwrap_or_default().starts_with("websocket_")).count();
        assert_eq!((saved, summary(&task)), (2, vec!["image".to_owned(); 2]), "metadata: {has_metadata}");
    }
}

#[tokio::test]
async fn a_second_attempt_has_only_its_own_results() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (_darkroom, caller) = start(&engine, MediaConfig::default()).await;
    engine.hold(At::End).await;
    let id = caller.submit(&sampled(1, "SaveImageWebsocket")).await;
    engine.held().await;
    caller.until(&id, "the results of the first attempt", |task| outputs(task).len() == 2).await;
    engine.fault(Fault::Restart { memory_lost: true, down_ms: 300 }).await;
    let task = caller.until_completed(&id).await;
    assert_eq!((&task["attempt"], summary(&task)), (&json!(2), vec!["image".to_owned(); 2]));
    caller.until_kept(&id).await;
    let left = || files(&engine.folder.path().join("data/frames"));
    while !left().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_cannot_be_kept_says_why() {
    for (media, reason) in [
        (MediaConfig { max_file: 10, ..MediaConfig::default() }, "too_large"),
        (MediaConfig { keep: false, ..MediaConfig::default() }, "keeping_off"),
    ] {
        let engine = FaultyEngine::start(f64::INFINITY).await;
        let (darkroom, caller) = start(&engine, media.clone()).await;
        let id = caller.submit(&sampled(1, "SaveImageWebsocket")).await;
        caller.until_completed(&id).await;
        caller.until_storage(&id, "reason", reason).await;
        darkroom.stop().await;
        let darkroom = at(engine.addr, engine.folder.path(), media).await;
        let caller = MediaCaller::new(darkroom.addr);
        if reason == "too_large" {
            assert_eq!(caller.task(&id).await["outputs"][0]["storage"]["reason"], reason, "after a restart");
        }
        let response = caller.output(&id, "", &[]).await;
        assert_eq!(response.status(), 404, "{reason}");
        let text = response.text().await.expect("words");
        assert!(text.contains("came over ComfyUI's socket"), "{text}");
    }
}

/// A file in the place of the folder stops root, too.
#[tokio::test]
async fn a_data_folder_that_cannot_be_written_holds_up_no_task() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let data = engine.folder.path().join("data");
    fs::create_dir_all(data.join("media")).unwrap();
    fs::write(data.join("frames"), "").unwrap();
    fs::write(data.join("media/tmp"), "").unwrap();
    let (darkroom, caller) = start(&engine, MediaConfig::default()).await;
    fs::write(data.join("media/tmp"), "").unwrap();
    let id = caller.submit(&plain(7)).await;
    caller.until_completed(&id).await;
    let task = caller.until_storage(&id, "delay", "store_unavailable").await;
    assert_eq!(summary(&task), ["image", "image"]);
    assert!(both(darkroom.addr, &id, 0).await.1.starts_with(b"\x89PNG"), "from memory");
    fs::remove_file(data.join("media/tmp")).unwrap();
    caller.until_kept(&id).await;
}

#[tokio::test]
async fn kill_9_between_the_frame_and_the_end_of_the_copy_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let control = crate::support::faults::Control::new(engine.addr);
    let mut darkroom = process::darkroom(folder.path(), &[engine.addr], "").await;
    let caller = MediaCaller::new(darkroom.addr);
    let (frames, no_folder) = (folder.path().join("data/frames"), folder.path().join("data/media/tmp"));
    fs::write(&no_folder, "").unwrap();
    control.hold(At::End).await;
    let id = caller.submit(&sampled(1, "SaveImageWebsocket")).await;
    control.held().await;
    // Only the copier says that, which reads of the output on the disk.
    caller
        .until(&id, "two that wait", |task| {
            outputs(task).len() == 2 && outputs(task).iter().all(|output| output["storage"]["delay"] == "store_unavailable")
        })
        .await;
    let before = [both(darkroom.addr, &id, 0).await, both(darkroom.addr, &id, 1).await];
    darkroom.kill();
    assert_eq!(files(&frames).len(), 2);
    // What no task refers to is removed: a process ended before its task was on disk, or while it wrote.
    let stray = "0123456789abcdef0123456789abcdef";
    fs::write(frames.join(stray), "stray").unwrap();
    fs::write(frames.join(format!("{stray}.part")), "stray").unwrap();
    fs::write(&no_folder, "").unwrap();
    darkroom.restart().await;
    control.release().await;
    let task = caller.until_completed(&id).await;
    assert_eq!(summary(&task), ["image", "image"], "no third, and nothing lost");
    engine.kill();
    // Once more, while nothing but the copy is missing.
    darkroom.kill();
    let _ = fs::remove_file(&no_folder);
    darkroom.spawn();
    let url = format!("http://{}/healthz", darkroom.addr);
    while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
        tokio::time::sleep(std::time::Duration::from_millis(15)).await;
    }
    caller.until_kept(&id).await;
    for (number, before) in before.iter().enumerate() {
        assert!(both(darkroom.addr, &id, number).await == *before, "output {number}, without ComfyUI");
    }
    while !files(&frames).is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(15)).await;
    }
}

#[tokio::test]
async fn results_sent_while_the_socket_was_away_are_named_as_lost() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (_darkroom, caller) = start(&engine, MediaConfig::default()).await;
    let socket_away = async || {
        engine.fault(Fault::RefuseSockets { status: Some(503) }.always()).await;
        engine.fault(Fault::Drop).await;
        engine.until_sockets(0).await;
    };
    // By the name of the class only: nothing is in the history. And as `executed` and the history say.
    for (seed, class, manner) in
        [(1, "SaveImageWebsocket", None), (2, "PreviewImage", Some(SocketManner { jpeg: true, plain: true, executed: true }))]
    {
        if let Some(manner) = manner {
            engine.fault(Fault::SocketResults(manner)).await;
        }
        engine.fault(Fault::Hold { at: At::Node, node: Some("9".into()), step: None }).await;
        let id = caller.submit(&sampled(seed, class)).await;
        engine.held().await;
        socket_away().await;
        engine.release().await;
        let task = caller.until_completed(&id).await;
        assert_eq!(summary(&task), [LOST], "{class}");
        assert!(task["outputs"][0]["text"].as_str().unwrap().contains("run the task again"), "{task:#}");
        engine.clear().await;
        engine.until_sockets(1).await;
    }
    // After the first of two.
    engine.hold_at_step("9", 0).await;
    let id = caller.submit(&sampled(3, "SaveImageWebsocket")).await;
    engine.held().await;
    caller.until(&id, "the first", |task| outputs(task).len() == 1).await;
    socket_away().await;
    engine.release().await;
    let task = caller.until_completed(&id).await;
    assert_eq!(summary(&task), ["image", "text Lost: 1 of the 2 pictures that this node sent"]);
}

#[tokio::test]
async fn a_task_whose_pictures_need_a_socket_waits_while_it_is_away_and_not_where_it_is_refused() {
    for (status, media, waits) in [
        (503, MediaConfig::default(), true),
        (403, MediaConfig::default(), false),
        (503, MediaConfig { keep: false, ..MediaConfig::default() }, false),
    ] {
        let keep = media.keep;
        let engine = FaultyEngine::start(f64::INFINITY).await;
        engine.fault(Fault::RefuseSockets { status: Some(status) }.always()).await;
        let (darkroom, caller) = start(&engine, media).await;
        let id = caller.submit(&sampled(1, "SaveImageWebsocket")).await;
        if waits {
            // A task that needs no socket overtakes it.
            let saved = caller.submit(&sampled(2, "SaveImage")).await;
            assert_eq!(summary(&caller.until_completed(&saved).await), ["image", "image"], "{status}");
            let task = caller.task(&id).await;
            assert_eq!((&task["status"], &task["backend"]), (&json!("queued"), &Value::Null), "{status}: {task:#}");
            caller
                .until(&id, "the reason and the limit", |task| {
                    let note = task["note"].as_str().unwrap_or_default();
                    note.contains("its WebSocket is not open yet") && note.contains("within 5 minutes")
                })
                .await;
            engine.clear().await;
            engine.until_sockets(1).await;
        }
        let task = caller.until_completed(&id).await;
        let expected: &[&str] = if waits { &["image", "image"] } else { &[LOST] };
        assert_eq!(summary(&task), expected, "{status}, keep: {keep}");
        darkroom.stop().await;
    }
}

#[tokio::test]
async fn results_after_a_reconnect_in_the_middle_are_their_tasks() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (_darkroom, caller) = start(&engine, MediaConfig::default()).await;
    // Without metadata: ComfyUI says which node runs, and not of which prompt.
    engine.fault(Fault::SocketResults(SocketManner { plain: true, executed: true, jpeg: false })).await;
    engine.fault(Fault::Hold { at: At::Node, node: Some("9".into()), step: None }).await;
    let id = caller.submit(&sampled(1, "SaveImageWebsocket")).await;
    engine.held().await;
    engine.fault(Fault::Drop).await;
    engine.until_sockets(0).await;
    engine.until_sockets(1).await;
    engine.release().await;
    let task = caller.until_completed(&id).await;
    assert_eq!(summary(&task), ["image", "image"]);
}

/// The history comes over another connection: it says that the run is over before the pictures are there.
#[tokio::test]
async fn results_on_a_slow_socket_are_waited_for() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let proxy = Proxy::before(engine.addr).await;
    let darkroom = at(proxy.addr, engine.folder.path(), MediaConfig::default()).await;
    until_ready(darkroom.addr).await;
    let caller = MediaCaller::new(darkroom.addr);
    proxy.rules(Way::Down, |rules| rules.throttle = Some(40_000));
    let mut workflow = sampled(1, "SaveImageWebsocket");
    for member in ["width", "height"] {
        workflow["5"]["inputs"][member] = json!(256);
    }
    let id = caller.submit(&workflow).await;
    engine.until_executions(|executions| executions.iter().any(|execution| execution.finished_at.is_some())).await;
    assert_eq!(summary(&caller.task(&id).await), [""; 0], "they are on their way");
    assert_eq!(summary(&caller.until_completed(&id).await), ["image", "image"]);
}

/// What is still to come of the run comes over the new socket, on which it is waited for, too.
#[tokio::test]
async fn results_on_a_slow_socket_are_waited_for_after_a_reconnect_in_the_middle() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let proxy = Proxy::before(engine.addr).await;
    let darkroom = at(proxy.addr, engine.folder.path(), MediaConfig::default()).await;
    until_ready(darkroom.addr).await;
    let caller = MediaCaller::new(darkroom.addr);
    let mut workflow = sampled(1, "SaveImageWebsocket");
    for member in ["width", "height"] {
        workflow["5"]["inputs"][member] = json!(256);
    }
    engine.fault(Fault::Hold { at: At::Node, node: Some("9".into()), step: None }).await;
    let id = caller.submit(&workflow).await;
    engine.held().await;
    caller.until(&id, "its start", |task| task["status"] == "in-progress").await;
    engine.fault(Fault::Drop).await;
    engine.until_sockets(0).await;
    engine.until_sockets(1).await;
    proxy.rules(Way::Down, |rules| rules.throttle = Some(40_000));
    engine.release().await;
    engine.until_executions(|executions| executions.iter().any(|execution| execution.finished_at.is_some())).await;
    assert_eq!(summary(&caller.task(&id).await), [""; 0], "they are on their way");
    assert_eq!(summary(&caller.until_completed(&id).await), ["image", "image"]);
}

#[tokio::test]
async fn a_result_from_comfyuis_cache_is_not_sent_again_and_says_so() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (_darkroom, caller) = start(&engine, MediaConfig::default()).await;
    engine.fault(Fault::SocketResults(SocketManner { plain: true, executed: true, jpeg: false })).await;
    let first = caller.submit(&sampled(1, "PreviewImage")).await;
    assert_eq!(summary(&caller.until_completed(&first).await), ["image", "image"]);
    let again = caller.submit(&sampled(1, "PreviewImage")).await;
    let task = caller.until_completed(&again).await;
    assert_eq!(summary(&task), [LOST]);
    assert!(task["outputs"][0]["text"].as_str().unwrap().contains("in its cache"), "{task:#}");
}
