//! Copies that fail: ComfyUI is away or has no such file, the media store is full or cannot be written.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::support::{
    darkroom_server::{Running, backend, darkroom_with},
    faults::{Answer, At, Fault, FaultyEngine},
    media::{MediaCaller, files, picture},
    metrics::Scrape,
    page::Page,
};
use darkroom::{
    proto::{
        ids::TaskId,
        task::{CopyDelay, OutputStorage, Snapshot},
    },
    server::config::{Config, MediaConfig, MediaPlace},
};
use serde_json::{Value, json};
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

/// Also those that no copy has begun of: the only permitted one hangs.
#[tokio::test]
async fn copies_that_have_not_begun_are_shown_to_wait_for_an_unreachable_comfyui() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (_darkroom, caller) = start(&engine, MediaConfig { copies_per_comfyui: 1, ..quick() }).await;
    engine.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Hang }.always()).await;
    let mut two = picture(1, "SaveImage");
    two["1"]["inputs"]["batch_size"] = json!(2);
    let id = caller.submit(&two).await;
    caller.until_completed(&id).await;
    let delay = |task: &Value, output: usize| task["outputs"][output]["storage"]["delay"].clone();
    engine.fault(Fault::RefuseSockets { status: Some(503) }.always()).await;
    engine.fault(Fault::Drop).await;
    // Both at once, and not one after the other as their copies break off.
    let task = caller.until(&id, "a delay", |task| (0..2).any(|output| delay(task, output) != Value::Null)).await;
    assert_eq!(delay(&task, 0), "comfyui_unreachable");
    assert_eq!(delay(&task, 1), "comfyui_unreachable");
    engine.clear().await;
    caller.until(&id, "the end of the delay", |task| delay(task, 1) == Value::Null).await;
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

/// As a proxy answers for a stopped pod.
#[tokio::test]
async fn a_page_in_place_of_the_file_is_not_kept() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (darkroom, caller) = start(&engine, quick()).await;
    engine.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Page(200) }.times(2)).await;
    let id = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_kept(&id).await;
    assert!(caller.bytes(&id).await.starts_with(b"\x89PNG"));
    let scrape = Scrape::of(darkroom.addr).await;
    assert_eq!(scrape.get("darkroom_media_copies_total", &[("outcome", "retried")]), 2.0);
}

/// As a proxy may do for a stopped pod, before its socket is found to be dead.
#[tokio::test]
async fn a_refused_download_is_retried_when_everything_else_is_refused_too() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (_darkroom, caller) = start(&engine, quick()).await;
    for route in ["GET /view", "GET /queue"] {
        engine.fault(Fault::Http { route: route.into(), answer: Answer::Status(404) }.always()).await;
    }
    let id = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_storage(&id, "delay", "comfyui_unreachable").await;
    engine.clear().await;
    caller.until_kept(&id).await;
}

/// Its worker is dead, and its HTTP works: the pod may be gone soon.
#[tokio::test]
async fn outputs_are_copied_from_a_comfyui_that_starts_no_prompts() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let data = engine.folder.path().join("data");
    let stuck_after = Some(Duration::from_millis(300));
    let darkroom =
        darkroom_with(Config { data, backends: vec![backend(engine.addr)], media: quick(), stuck_after, ..Config::default() }).await;
    let mut page = Page::open(darkroom.addr).await;
    page.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    // A file in the place of a folder: the copy waits.
    let in_the_way = engine.folder.path().join("data/media/tmp");
    fs::write(&in_the_way, "").unwrap();
    let id = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_storage(&id, "delay", "store_unavailable").await;
    engine.hold(At::Queued).await;
    caller.submit(&picture(2, "SaveImage")).await;
    page.until(|state| state.backends[0].stuck_since.is_some()).await;
    fs::remove_file(&in_the_way).unwrap();
    caller.until_kept(&id).await;
    assert!(page.state.backends[0].stuck_since.is_some());
}

/// What the API says is read from the database; what open pages show are the changes that they are sent.
#[tokio::test]
async fn open_pages_are_told_why_a_copy_waits_and_when_it_is_done() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let data = engine.folder.path().join("data");
    let media = MediaConfig { copies_per_comfyui: 1, ..quick() };
    let config = Config { data, backends: vec![backend(engine.addr)], media, ..Config::default() };
    let darkroom = darkroom_with(config).await;
    let mut page = Page::open(darkroom.addr).await;
    page.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    let in_the_way = engine.folder.path().join("data/media/tmp");
    fs::write(&in_the_way, "").unwrap();
    let id: TaskId = caller.submit(&picture(1, "SaveImage")).await.parse().unwrap();
    let is = |id: TaskId, storage: OutputStorage| {
        move |state: &Snapshot| state.task(id).is_some_and(|task| task.outputs.first().is_some_and(|output| output.storage == storage))
    };
    page.until(is(id, OutputStorage::Copying { delay: Some(CopyDelay::StoreUnavailable) })).await;
    fs::remove_file(&in_the_way).unwrap();
    page.until(is(id, OutputStorage::Kept)).await;

    let away = OutputStorage::Copying { delay: Some(CopyDelay::ComfyuiUnreachable) };
    engine.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Status(502) }.always()).await;
    let id: TaskId = caller.submit(&picture(2, "SaveImage")).await.parse().unwrap();
    page.until(is(id, away)).await;
    engine.clear().await;
    page.until(is(id, OutputStorage::Kept)).await;

    // One copy hangs, and the other does not begin before the ComfyUI is gone.
    engine.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Hang }.always()).await;
    let mut ids: Vec<TaskId> = Vec::new();
    for color in [3, 4] {
        let id = caller.submit(&picture(color, "SaveImage")).await;
        caller.until_completed(&id).await;
        ids.push(id.parse().unwrap());
    }
    engine.until_wronged(1).await;
    engine.fault(Fault::Restart { memory_lost: true, down_ms: 8_000 }).await;
    for id in &ids {
        page.until(is(*id, away)).await;
    }
    engine.until_up().await;
    engine.clear().await;
    for id in &ids {
        page.until(is(*id, OutputStorage::Kept)).await;
    }
}

#[tokio::test]
async fn a_file_outside_the_served_folders_is_tried_once() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let (_darkroom, caller) = start(&engine, quick()).await;
    for (color, status) in [(1, 403), (2, 500)] {
        let output = json!({"images": [{"filename": "a.png", "subfolder": r"X:\out\run", "type": "output"}]});
        engine.fault(Fault::NodeOutput { node: "2".into(), output }).await;
        let before = engine.state().await.wronged;
        engine.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Status(status) }.always()).await;
        let id = caller.submit(&picture(color, "SaveImage")).await;
        let task = caller.until_storage(&id, "state", "not-kept").await;
        let storage = json!({"state": "not-kept", "reason": "forbidden", "message": "ComfyUI does not hand out files of this folder"});
        assert_eq!(task["outputs"][0]["storage"], storage, "{status}");
        assert_eq!(engine.state().await.wronged, before + 1, "{status}");
        engine.clear().await;
    }
}
