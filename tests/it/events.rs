//! Event streams, read with a plain HTTP client over real sockets.

use std::{net::SocketAddr, time::Duration};

use crate::support::{
    api::{Api, lighthouse},
    darkroom_server::{Both, Running, backend, darkroom, darkroom_with},
    events::{Events, ask, without_storage},
    faults::FaultyEngine,
    page::Page,
};
use darkroom::server::config::Config;
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const FAST: f64 = 1e9;

/// A fault-injecting engine, and a Darkroom connected to it.
struct Stage {
    engine: FaultyEngine,
    darkroom: Running,
    api: Api,
    folder: TempDir,
}

impl Stage {
    async fn set(config: Config) -> Self {
        let engine = FaultyEngine::start(FAST).await;
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data: folder.path().join("data"), backends: vec![backend(engine.addr)], ..config };
        let darkroom = darkroom_with(config).await;
        Page::open(darkroom.addr).await.until_connected().await;
        let api = Api::at(format!("http://{}", darkroom.addr)).await;
        Self { engine, darkroom, api, folder }
    }

    fn addr(&self) -> SocketAddr {
        self.darkroom.addr
    }

    async fn follow(&self, id: impl std::fmt::Display) -> Events {
        Events::open(self.addr(), &format!("/progress/{id}"), None).await
    }
}

fn status(event: &Value) -> &str {
    event["status"].as_str().unwrap()
}

/// Without the timestamp and the time left, which vary.
fn untimed(mut event: Value) -> Value {
    let at = event.as_object_mut().unwrap().remove("timestamp").unwrap();
    let at = at.as_str().unwrap();
    assert!(at.len() == 24 && at.ends_with('Z') && at.as_bytes()[19] == b'.', "{at}");
    event.as_object_mut().unwrap().remove("timeLeftMs");
    event.as_object_mut().unwrap().remove("timeLeftWithinMs");
    event
}

#[tokio::test]
async fn the_messages_of_a_run_match_the_documented_ones() {
    let stage = Stage::set(Config::default()).await;
    stage.api.post("/api/queue/pause").await;
    let mut body = lighthouse(7);
    body["metadata"] = json!({"description": "for the shop", "uid": 17, "inpaintArea": {"x": 1}});
    let id = stage.api.accepted(&body).await;
    let mut events = stage.follow(id).await;
    for (field, value) in [("cache-control", "no-store"), ("x-accel-buffering", "no")] {
        assert_eq!(events.headers()[field], value);
    }
    assert!(!events.headers().contains_key("content-encoding"));
    let waiting = json!({"percentage": 0, "currentStep": "Waiting: the queue is paused", "currentValue": 0, "maxValue": 1});
    let first = events.next().await.unwrap();
    assert_eq!(untimed(first), json!({"taskId": id, "status": "in-progress", "progress": waiting, "queuePosition": 1}));
    assert!(events.retry.is_some_and(|ms| (1_000..=3_000).contains(&ms)));

    stage.engine.hold_at_step("3", 2).await;
    stage.api.post("/api/queue/resume").await;
    let sampling = events.until(|event| event["progress"]["currentValue"] == 2).await;
    let percentage = sampling["progress"]["percentage"].as_u64().unwrap();
    assert!((1..100).contains(&percentage), "{sampling}");
    let node = json!({"id": "3", "title": "Sample", "class": "KSampler", "countsSteps": true});
    let progress = json!({"percentage": percentage, "currentStep": "Sampling image...", "currentValue": 2, "maxValue": 4, "node": node});
    assert_eq!(untimed(sampling), json!({"taskId": id, "status": "in-progress", "progress": progress}));

    stage.engine.release().await;
    let rest = events.all().await;
    let (end, middle) = rest.split_last().unwrap();
    assert!(middle.iter().all(|event| status(event) == "in-progress"));
    let percentages: Vec<u64> = middle.iter().map(|event| event["progress"]["percentage"].as_u64().unwrap()).collect();
    assert!(percentages.is_sorted() && percentages.iter().all(|percentage| *percentage < 100), "{percentages:?}");
    let url = format!("/api/tasks/{id}/outputs/0");
    let filename = &end["result"]["images"][0]["filename"];
    assert!(filename.as_str().is_some_and(|name| name.ends_with(".png")), "{end}");
    // A task is done when ComfyUI says so; its picture may be copied later.
    let storage = &end["result"]["images"][0]["storage"];
    assert!(storage["state"] == "copying" || storage["state"] == "kept", "{end}");
    let image = json!({"url": url, "filename": filename, "type": "image", "node": "9", "temporary": false, "storage": storage});
    let progress = json!({"percentage": 100, "currentStep": "Complete", "currentValue": 4, "maxValue": 4});
    let result = json!({
        "imageUrl": url, "images": [image], "outputs": [image], "description": "for the shop", "prompt": "a lighthouse at dusk", "seed": 7,
        "name": "A lighthouse at dusk", "workflow": "text-to-image", "inpaint": false, "inpaintArea": {"x": 1}, "uid": 17,
    });
    assert_eq!(end["timestamp"], stage.api.get(&format!("/api/tasks/{id}")).await.json["endedAt"]);
    assert_eq!(untimed(end.clone()), json!({"taskId": id, "status": "completed", "progress": progress, "result": result}));
    assert_eq!(stage.api.get(&url).await.header("content-type"), "image/png");
}

#[tokio::test]
async fn failures_and_cancellations_have_different_messages() {
    let stage = Stage::set(Config::default()).await;
    let broken = json!({
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 1}},
        "2": {"class_type": "TestSyncError", "inputs": {"value": ["1", 0]}},
        "3": {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}},
    });
    let id = stage.api.accepted(&json!({"workflow": broken})).await;
    let mut end = untimed(stage.follow(id).await.all().await.pop().unwrap());
    let traceback = end["error"].as_object_mut().unwrap().remove("traceback").unwrap();
    assert!(traceback.as_array().is_some_and(|lines| !lines.is_empty()));
    let nothing = |step: &str| json!({"percentage": 0, "currentStep": step, "currentValue": 0, "maxValue": 0});
    let error = json!({
        "message": "Intentional sync execution error for testing", "details": "RuntimeError in TestSyncError (node 2)",
        "node": "2", "class": "TestSyncError", "exception": "RuntimeError",
    });
    assert_eq!(end, json!({"taskId": id, "status": "error", "progress": nothing("Failed"), "error": error}));

    stage.api.post("/api/queue/pause").await;
    let id = stage.api.accepted(&lighthouse(1)).await;
    let events = stage.follow(id).await;
    stage.api.post(&format!("/api/tasks/{id}/cancel")).await;
    let end = untimed(events.all().await.pop().unwrap());
    let error = json!({"message": "The task was cancelled.", "details": ""});
    assert_eq!(end, json!({"taskId": id, "status": "cancelled", "progress": nothing("Cancelled"), "error": error}));
}

#[tokio::test]
async fn a_reconnected_stream_gets_each_event_once() {
    let stage = Stage::set(Config::default()).await;
    stage.engine.hold_at_step("3", 1).await;
    let id = stage.api.accepted(&lighthouse(1)).await;
    let mut events = stage.follow(id).await;
    events.until(|event| event["progress"]["currentValue"] == 1).await;
    let known = events.last_id.clone();
    drop(events);

    // Nothing is sent until there is a new event.
    let path = format!("/progress/{id}");
    let mut again = Events::open(stage.addr(), &path, Some(&known)).await;
    let by_query = format!("{path}?last_event_id={known}");
    let before = stage.engine.held().await;
    stage.engine.hold_at_step("3", 3).await;
    stage.engine.release().await;
    stage.engine.until_next_hold(&before).await;
    assert!(again.next().await.unwrap()["progress"]["currentValue"].as_u64().unwrap() > 1);
    drop(again);
    stage.engine.release().await;
    Page::open(stage.addr()).await.until_ended(id).await;

    // A client that missed the end receives exactly the missed events.
    for missed in [Events::open(stage.addr(), &path, Some(&known)).await, Events::open(stage.addr(), &by_query, None).await] {
        let messages = missed.all().await;
        assert_eq!(messages.iter().map(status).collect::<Vec<_>>(), ["completed"]);
    }
    // A client that received the end gets 204: there are no more events.
    let mut over = stage.follow(id).await;
    assert_eq!(status(&over.next().await.unwrap()), "completed");
    let known = over.last_id.clone();
    assert_eq!(over.next().await, None);
    assert_eq!(ask(stage.addr(), &path, Some(&known)).await.status(), StatusCode::NO_CONTENT);
}

/// The position of an event in the changes, and its number there.
fn place(id: &str) -> (u64, u64) {
    let (seq, nth) = id.split_once('-').unwrap().1.split_once('.').unwrap();
    (u64::from_str_radix(seq, 16).unwrap(), u64::from_str_radix(nth, 16).unwrap())
}

#[tokio::test]
async fn a_stream_is_continued_after_each_of_its_events() {
    let stage = Stage::set(Config::default()).await;
    stage.api.post("/api/queue/pause").await;
    let id = stage.api.accepted(&lighthouse(1)).await;
    let path = format!("/progress/{id}");
    let mut events = stage.follow(id).await;
    let mut ids = Vec::new();
    while let Some(event) = events.next().await {
        if ids.is_empty() {
            stage.api.post("/api/queue/resume").await;
        }
        ids.push((events.last_id.clone(), status(&event).to_owned()));
    }
    let (end, earlier) = ids.split_last().unwrap();
    assert!(ids.is_sorted_by(|(one, _), (other, _)| place(one) < place(other)), "{ids:?}");
    let mut page = Page::open(stage.addr()).await;
    page.until_ended(id).await;
    let changes = page.state.seq.0;
    assert!(place(&end.0).0 > place(&earlier[0].0).0 && place(&end.0).0 <= changes, "they count changes: {ids:?}, {changes}");
    for (known, _) in earlier {
        let rest = Events::open(stage.addr(), &path, Some(known)).await.all().await;
        assert_eq!(rest.iter().map(status).collect::<Vec<_>>(), ["completed"], "after {known}");
    }
    assert_eq!(ask(stage.addr(), &path, Some(&end.0)).await.status(), StatusCode::NO_CONTENT);
    // An id of the form that there was before, of this run and of another.
    let epoch = end.0.split_once('-').unwrap().0;
    for older in [format!("{epoch}-1"), format!("{epoch}-ffff"), "1-1".into()] {
        let rest = Events::open(stage.addr(), &path, Some(&older)).await.all().await;
        assert_eq!(rest.iter().map(status).collect::<Vec<_>>(), ["completed"], "after {older}");
    }
}

#[tokio::test]
async fn unknown_event_ids_restart_the_stream_and_invalid_ones_are_refused() {
    let stage = Stage::set(Config::default()).await;
    stage.api.post("/api/queue/pause").await;
    let id = stage.api.accepted(&lighthouse(1)).await;
    let path = format!("/progress/{id}");
    let mut events = stage.follow(id).await;
    events.next().await.unwrap();
    let (epoch, _) = events.last_id.split_once('-').unwrap();
    for unknown in ["1-1.0".to_owned(), format!("{epoch}-ffffffff.0"), "ffffffffffffffff-1.0".to_owned(), format!("{epoch}-1")] {
        let mut anew = Events::open(stage.addr(), &path, Some(&unknown)).await;
        assert_eq!(anew.next().await.unwrap()["queuePosition"], 1, "{unknown}");
        assert_eq!(anew.last_id.split_once('-').unwrap().0, epoch);
    }
    for garbage in ["x", "1", "1-2-3", "1-2.", "-", "%"] {
        let answer = ask(stage.addr(), &path, Some(garbage)).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{garbage}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["type"], "/api/docs#bad-header");
        assert_eq!(problem["instance"], json!(path));
    }
    let nobody = "00000000-0000-7000-8000-000000000000";
    let cases = [
        (format!("{path}?last_event_id=x"), 400, "bad-query"),
        (format!("{path}?since=1"), 400, "bad-query"),
        ("/progress/7".into(), 400, "bad-path"),
        (format!("/progress/{nobody}"), 404, "unknown-task"),
        ("/api/events".into(), 400, "bad-query"),
        ("/api/events?topics=everything".into(), 400, "bad-query"),
        ("/api/events?topics=task:7".into(), 400, "bad-query"),
        (format!("/api/events?topics=task:{id},task:{nobody}"), 404, "unknown-task"),
        (format!("/api/events?topics={}", ["all"; 65].join(",")), 400, "bad-query"),
    ];
    for (path, status, problem) in cases {
        let answer = stage.api.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (status, problem), "{path}");
    }
    let wrong = stage.api.post(&path).await;
    assert_eq!((wrong.status, wrong.problem()), (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"));
}

#[tokio::test]
async fn a_stream_continues_after_a_restart_of_the_server() {
    let stage = Stage::set(Config::default()).await;
    stage.engine.hold_at_step("3", 2).await;
    let id = stage.api.accepted(&lighthouse(1)).await;
    let mut events = stage.follow(id).await;
    events.until(|event| event["progress"]["currentValue"] == 2).await;
    let known = events.last_id.clone();
    let Stage { engine, darkroom: first, folder, .. } = stage;
    first.stop().await;
    assert!(events.all().await.iter().all(|event| status(event) == "in-progress"), "the stream ended, and the task did not");
    let second = darkroom(folder.path().join("data"), engine.addr).await;
    let mut events = Events::open(second.addr, &format!("/progress/{id}"), Some(&known)).await;
    assert_eq!(status(&events.next().await.unwrap()), "in-progress");
    engine.release().await;
    assert_eq!(events.all().await.last().map(status), Some("completed"));
}

/// From memory, and after a restart from the database.
#[tokio::test]
async fn a_stream_of_a_finished_task_sends_its_end_at_once() {
    let stage = Stage::set(Config::default()).await;
    let id = stage.api.accepted(&lighthouse(1)).await;
    let live = without_storage(stage.follow(id).await.all().await.pop().unwrap());
    let later: Vec<Value> = stage.follow(id).await.all().await.into_iter().map(without_storage).collect();
    assert_eq!(later, std::slice::from_ref(&live));
    let path = format!("/progress/{id}");
    let Stage { engine, darkroom: first, folder, .. } = stage;
    first.stop().await;
    let second = darkroom(folder.path().join("data"), engine.addr).await;
    let mut old = Events::open(second.addr, &path, Some("1-1")).await;
    assert_eq!(old.next().await.map(without_storage), Some(live));
    let known = old.last_id.clone();
    assert_eq!(old.next().await, None);
    assert_eq!(ask(second.addr, &path, Some(&known)).await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_stream_of_all_tasks_has_one_end_for_each() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let addr = both.darkroom.addr;
    let before = api.accepted(&lighthouse(1)).await;
    Page::open(addr).await.until_ended(before).await;
    api.post("/api/queue/pause").await;
    let mut ids = vec![api.accepted(&lighthouse(2)).await.to_string()];
    let mut events = Events::open(addr, "/api/events?topics=all", None).await;
    assert_eq!(events.next().await.unwrap()["taskId"], ids[0], "what is over is no news");
    ids.push(api.accepted(&lighthouse(3)).await.to_string());
    events.until(|event| event["taskId"] == ids[1] && event["queuePosition"] == 2).await;
    // The first task moves behind the second: both positions change.
    api.patch(&format!("/api/tasks/{}", ids[1]), &json!({"priority": 1})).await;
    events.until(|event| event["taskId"] == ids[0] && event["queuePosition"] == 2).await;

    let some = format!("/api/events?topics=task:{},task:{}", ids[0], ids[1]);
    let mut of_both = Events::open(addr, &some, None).await;
    of_both.next().await.unwrap();
    assert_eq!(of_both.last_id, "", "who has only the first has not all of this moment");
    of_both.next().await.unwrap();
    assert_ne!(of_both.last_id, "");
    api.post("/api/queue/resume").await;
    let mut ends = Vec::new();
    while ends.len() < 2 {
        ends.push(events.until(|event| status(event) == "completed").await["taskId"].as_str().unwrap().to_owned());
    }
    ends.sort();
    assert_eq!(ends, ids);
    // The stream closes when both tasks are over.
    let ends = of_both.all().await.iter().filter(|event| status(event) == "completed").count();
    assert_eq!(ends, 2);
    // The next event belongs to the next task, not to those two.
    let last = api.accepted(&lighthouse(4)).await;
    assert_eq!(events.next().await.unwrap()["taskId"], json!(last));
    events.until(|event| status(event) == "completed").await;

    // An id of a previous process: resends what may have been missed, and nothing older.
    let mut anew = Events::open(addr, "/api/events?topics=all", Some("1-1")).await;
    let mut all = Vec::new();
    while all.len() < 4 {
        all.push(anew.next().await.unwrap()["taskId"].as_str().unwrap().to_owned());
    }
    assert!(all.contains(&before.to_string()) && all.contains(&last.to_string()), "{all:?}");
}

#[tokio::test]
async fn a_stream_over_the_limit_of_connections_gets_503() {
    let stage = Stage::set(Config { max_connections: 1, ..Config::default() }).await;
    stage.api.post("/api/queue/pause").await;
    let id = stage.api.accepted(&lighthouse(1)).await;
    let mut events = loop {
        // The page that connected first has only just disconnected.
        if ask(stage.addr(), &format!("/progress/{id}"), None).await.status() == StatusCode::OK {
            break stage.follow(id).await;
        }
    };
    events.next().await.unwrap();
    let full = stage.api.get(&format!("/progress/{id}")).await;
    assert_eq!(full.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(full.problem(), "unavailable");
    assert_eq!(full.header("retry-after"), "5");
}

#[tokio::test]
async fn a_thousand_streams_of_one_task_all_get_its_end() {
    let stage = Stage::set(Config::default()).await;
    stage.engine.hold_at_step("3", 2).await;
    let id = stage.api.accepted(&lighthouse(1)).await;
    stage.follow(id).await.until(|event| event["progress"]["currentValue"] == 2).await;
    let memory = resident();
    let mut viewers = join_all((0..1_000).map(|_| Viewer::come(stage.addr(), id.to_string()))).await;
    for viewer in &mut viewers {
        viewer.until("\"currentValue\":2").await;
    }
    println!("{} KiB for each of {} viewers", (resident() - memory) / viewers.len() / 1024, viewers.len());
    stage.engine.release().await;
    let ends = join_all(viewers.iter_mut().map(Viewer::end)).await;
    assert!(ends.iter().all(|end| *end == ends[0]), "the same to all");
    assert_eq!(status(&ends[0]), "completed");
}

/// A minimal client, so that only the server is measured.
struct Viewer {
    socket: TcpStream,
    text: String,
}

impl Viewer {
    async fn come(addr: SocketAddr, id: String) -> Self {
        let mut socket = TcpStream::connect(addr).await.unwrap();
        let request = format!("GET /progress/{id} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        Self { socket, text: String::new() }
    }

    /// Reads more. False: the stream was closed.
    async fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let read = timeout(Duration::from_secs(60), self.socket.read(&mut bytes)).await.expect("an event in time").unwrap();
        self.text += std::str::from_utf8(&bytes[..read]).unwrap();
        read > 0
    }

    async fn until(&mut self, words: &str) {
        while !self.text.contains(words) {
            assert!(self.read().await, "{}", self.text);
        }
    }

    /// The last event.
    async fn end(&mut self) -> Value {
        while self.read().await {}
        let (_, last) = self.text.rsplit_once("data: ").unwrap();
        serde_json::from_str(last.lines().next().unwrap()).unwrap()
    }
}

/// Memory use of this process in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test]
async fn the_client_library_and_its_example_are_served() {
    let both = Both::start(FAST).await;
    for (file, content_type) in [("darkroom.js", "text/javascript"), ("example.html", "text/html"), ("example.css", "text/css")] {
        let answer = reqwest::get(both.url(&format!("/client/{file}"))).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(content_type), "{file}");
        let text = answer.text().await.unwrap();
        // Under a strict Content-Security-Policy.
        assert!(!text.contains("onclick=") && !text.contains("style=\"") && !text.contains("<script>"), "{file}");
    }
    assert_eq!(reqwest::get(both.url("/client/other.js")).await.unwrap().status(), StatusCode::NOT_FOUND);
}
