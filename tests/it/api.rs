//! The API for programs: successful requests. Every response is checked against the document.

use std::time::Duration;

use crate::support::{
    api::{Api, lighthouse},
    darkroom_server::{Both, backend, darkroom, darkroom_with, demo_engine},
    faults::{At, FaultyEngine},
    page::Page,
    proxy::{Proxy, Way},
};
use darkroom::{
    proto::task::{Output, OutputStorage, TaskState},
    server::config::{Config, QueueConfig},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const FAST: f64 = 1e9;

fn flat(color: u32) -> Value {
    json!({
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 2, "color": color}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}, "_meta": {"title": "Look"}},
    })
}

#[tokio::test]
async fn a_submitted_prompt_is_completed_with_a_picture() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let mut page = both.page().await;
    let answer = api.post_json("/api/tasks", &lighthouse(7)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.json);
    let id = answer.task();
    assert_eq!(answer.header("location"), format!("/api/tasks/{id}"));
    page.until_ended(id).await;
    let task = api.get(answer.header("location")).await.json;
    assert_eq!(task["status"], "completed");
    assert_eq!(task["progress"]["percentage"], 100);
    assert_eq!(task["name"], "A lighthouse at dusk");
    assert_eq!(task["workflow"], "text-to-image");
    let picture = api.get(task["outputs"][0]["url"].as_str().unwrap()).await;
    assert_eq!((picture.status, picture.header("content-type")), (StatusCode::OK, "image/png"));
    assert_eq!(image::load_from_memory(&picture.bytes).unwrap().width(), 64);
    let small = api.get(&format!("/api/tasks/{id}/outputs/0?preview=true")).await;
    assert_eq!(small.header("content-type"), "image/webp");
    let saved = api.get(&format!("/api/tasks/{id}/outputs/0?download=true")).await;
    assert!(saved.header("content-disposition").starts_with("attachment"), "{:?}", saved.headers);
    let workflow = api.get(&format!("/api/tasks/{id}/workflow")).await.json;
    assert_eq!(workflow["3"]["inputs"]["seed"], 7);
}

#[tokio::test]
async fn name_metadata_and_priority_survive_a_restart() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    api.post("/api/queue/pause").await;
    let metadata = json!({"order": 4711, "uid": "customer 9", "nested": {"list": [1, null, "ü"]}});
    let body = json!({"workflow": flat(7), "name": "Page 3", "metadata": metadata, "priority": 5});
    let id = api.accepted(&body).await;
    let Both { engine, darkroom: first, folder } = both;
    first.stop().await;
    let second = darkroom(folder.path().join("data"), engine.addr).await;
    let api = Api::at(format!("http://{}", second.addr)).await;
    let task = api.get(&format!("/api/tasks/{id}")).await.json;
    assert_eq!(task["name"], "Page 3");
    assert_eq!(task["priority"], 5);
    assert_eq!(task["metadata"], metadata);
    assert_eq!(task["status"], "queued");
    assert_eq!(task["queuePosition"], 1);
    assert_eq!(task["workflow"], "custom");
    assert_eq!(api.get("/api/queue").await.json["paused"], true);
    assert_eq!(api.get("/api/tasks").await.json["tasks"][0]["metadata"], metadata);
    api.post("/api/queue/resume").await;
    let done = Page::open(second.addr).await.until_ended(id).await;
    assert_eq!(done.state, TaskState::Completed);
    let task = api.get(&format!("/api/tasks/{id}")).await.json;
    let numbers: Vec<&str> =
        task["outputs"].as_array().unwrap().iter().filter_map(|output| output["url"].as_str()?.rsplit('/').next()).collect();
    assert_eq!(numbers, ["0", "1"]);
    assert_eq!(api.get(&format!("/api/tasks/{id}/workflow")).await.json, flat(7));
}

#[tokio::test]
async fn a_repeated_idempotency_key_returns_the_first_task() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    // Without a seed one is drawn, and only once.
    let body = json!({"workflow": "text-to-image", "parameters": {"prompt": "a cat", "width": 64, "height": 64, "steps": 2}});
    let send =
        async |key: &str, body: &Value| api.send(api.request(Method::POST, "/api/tasks").header("idempotency-key", key).json(body)).await;
    let first = send("order 7", &body).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (StatusCode::ACCEPTED, ""));
    let again = send("order 7", &body).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (StatusCode::ACCEPTED, "true"));
    assert_eq!(again.task(), first.task());
    assert_ne!(send("order 8", &body).await.task(), first.task());
    let other = send("order 7", &lighthouse(1)).await;
    assert_eq!((other.status, other.problem()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused"));
    for bad in ["", &"k".repeat(256), "é"] {
        let answer = send(bad, &body).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::BAD_REQUEST, "bad-header"), "{bad:?}");
    }
    assert_eq!(api.get("/api/tasks").await.json["tasks"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    api.post("/api/queue/pause").await;
    let mut ids = Vec::new();
    for seed in 0..5 {
        let mut body = lighthouse(seed);
        body["name"] = json!(format!("Number {seed}"));
        ids.push(api.accepted(&body).await.to_string());
    }
    api.post(&format!("/api/tasks/{}/cancel", ids[2])).await;
    let listed = async |query: &str| {
        let answer = api.get(&format!("/api/tasks{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
        let ids: Vec<String> =
            answer.json["tasks"].as_array().unwrap().iter().map(|task| task["taskId"].as_str().unwrap().to_owned()).collect();
        (ids, answer.json["nextCursor"].as_str().map(str::to_owned))
    };
    let newest_first: Vec<String> = ids.iter().rev().cloned().collect();
    assert_eq!(listed("").await, (newest_first.clone(), None));
    let (first, cursor) = listed("?limit=2").await;
    let (second, cursor) = listed(&format!("?limit=2&cursor={}", cursor.unwrap())).await;
    let (third, end) = listed(&format!("?limit=2&cursor={}", cursor.unwrap())).await;
    assert_eq!([first, second, third].concat(), newest_first);
    assert_eq!(end, None);
    assert_eq!(listed("?status=cancelled").await.0, [ids[2].clone()]);
    assert_eq!(listed("?status=queued,cancelled").await.0, newest_first);
    assert_eq!(listed("?status=completed").await.0, [""; 0]);
    assert_eq!(listed("?q=NUMBER%203").await.0, [ids[3].clone()]);
    assert_eq!(listed("?q=lighthouse&status=queued&limit=100").await.0.len(), 4);
    let created = api.get(&format!("/api/tasks/{}", ids[2])).await.json["createdAt"].as_str().unwrap().to_owned();
    let before = listed(&format!("?created_before={created}")).await.0;
    let after = listed(&format!("?created_after={created}")).await.0;
    assert!(before.contains(&ids[0]) && !before.contains(&ids[2]) && !before.contains(&ids[4]), "{before:?}");
    assert!(after.contains(&ids[4]) && !after.contains(&ids[2]) && !after.contains(&ids[0]), "{after:?}");
}

#[tokio::test]
async fn a_waiting_task_can_be_prioritized_paused_and_resumed() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    api.post("/api/queue/pause").await;
    let (first, second) = (api.accepted(&lighthouse(1)).await, api.accepted(&lighthouse(2)).await);
    let place = async |id| api.get(&format!("/api/tasks/{id}")).await.json["queuePosition"].clone();
    assert_eq!(place(first).await, 1);
    assert_eq!(place(second).await, 2);
    let moved = api.patch(&format!("/api/tasks/{second}"), &json!({"priority": 1, "paused": true})).await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.json);
    assert_eq!(moved.json["priority"], 1);
    assert_eq!(moved.json["paused"], true);
    assert_eq!(moved.json["queuePosition"], 1);
    // Repeating the request does not move the task.
    let third = api.accepted(&json!({"workflow": flat(1), "priority": 1})).await;
    api.patch(&format!("/api/tasks/{second}"), &json!({"priority": 1})).await;
    assert_eq!(place(second).await, 1);
    assert_eq!(place(third).await, 2);
    assert_eq!(place(first).await, 3);
    let queue = api.get("/api/queue").await.json;
    let waiting: Vec<&str> = queue["waiting"].as_array().unwrap().iter().filter_map(|task| task["taskId"].as_str()).collect();
    assert_eq!(waiting, [second.to_string(), third.to_string(), first.to_string()]);
    api.post("/api/queue/resume").await;
    let mut page = both.page().await;
    page.until_ended(first).await;
    assert_eq!(api.get(&format!("/api/tasks/{second}")).await.json["status"], "queued", "it is held");
    let over = api.patch(&format!("/api/tasks/{first}"), &json!({"priority": 3})).await;
    assert_eq!((over.status, over.problem()), (StatusCode::CONFLICT, "wrong-state"));
    api.send(
        api.request(Method::PATCH, &format!("/api/tasks/{second}"))
            .header("content-type", "application/merge-patch+json")
            .body(r#"{"paused": false}"#),
    )
    .await;
    assert_eq!(page.until_ended(second).await.state, TaskState::Completed);
}

#[tokio::test]
async fn a_running_task_is_shown_cancelled_and_run_again() {
    let both = Both::start(20.0).await;
    let api = Api::of(&both).await;
    let mut body = lighthouse(1);
    body["parameters"]["steps"] = json!(200);
    body["metadata"] = json!({"order": 1});
    let id = api.accepted(&body).await;
    let path = format!("/api/tasks/{id}");
    let mut page = both.page().await;
    page.until_step(id, 2).await;
    let running = api.get(&path).await.json;
    assert_eq!(running["status"], "in-progress");
    assert_eq!(running["progress"]["currentStep"], "Sampling image...");
    assert_eq!(running["progress"]["maxValue"], 200);
    assert_eq!(running["queuePosition"], Value::Null);
    assert_eq!(running["endedAt"], Value::Null);
    assert_eq!(api.get("/api/queue").await.json["running"][0]["taskId"], json!(id));
    for (method, body) in [(Method::PATCH, json!({"paused": true})), (Method::DELETE, Value::Null)] {
        let answer = api.send(api.request(method, &path).json(&body)).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::CONFLICT, "wrong-state"));
    }
    let early = api.post(&format!("{path}/retry")).await;
    assert_eq!((early.status, early.problem()), (StatusCode::CONFLICT, "wrong-state"));
    for _ in 0..2 {
        assert_eq!(api.post(&format!("{path}/cancel")).await.status, StatusCode::OK);
    }
    page.until_ended(id).await;
    let cancelled = api.post(&format!("{path}/cancel")).await.json;
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(cancelled["error"]["message"], "The task was cancelled.");
    assert_eq!(cancelled["cancelling"], false);

    let retry = || api.request(Method::POST, &format!("{path}/retry")).header("idempotency-key", "once");
    let again = api.send(retry()).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.json);
    assert_ne!(again.task(), id);
    assert_eq!(api.send(retry()).await.task(), again.task());
    let task = api.get(again.header("location")).await.json;
    assert_eq!(task["retryOf"], json!(id));
    assert_eq!(task["metadata"], json!({"order": 1}));
    assert_eq!(task["name"], cancelled["name"]);
    api.post(&format!("/api/tasks/{}/cancel", again.task())).await;
}

#[tokio::test]
async fn clearing_the_queue_cancels_only_waiting_tasks() {
    let both = Both::start(20.0).await;
    let api = Api::of(&both).await;
    let mut body = lighthouse(1);
    body["parameters"]["steps"] = json!(60);
    let running = api.accepted(&body).await;
    let mut page = both.page().await;
    page.until_step(running, 1).await;
    let mut waiting = Vec::new();
    for seed in 2..6 {
        waiting.push(api.accepted(&lighthouse(seed)).await);
    }
    assert_eq!(api.post("/api/queue/clear").await.status, StatusCode::OK);
    for id in waiting {
        assert_eq!(page.until_ended(id).await.state, TaskState::Cancelled);
    }
    assert_eq!(page.until_ended(running).await.state, TaskState::Completed);
    let queue = api.get("/api/queue").await.json;
    assert_eq!(queue, json!({"paused": false, "running": [], "waiting": []}));
}

#[tokio::test]
async fn a_removed_task_is_in_no_list_and_its_urls_give_404() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let mut body = lighthouse(1);
    body["metadata"] = json!({"order": 1});
    let (id, other) = (api.accepted(&body).await, api.accepted(&lighthouse(2)).await);
    let mut page = both.page().await;
    page.until_ended(id).await;
    page.until_ended(other).await;
    let path = format!("/api/tasks/{id}");
    assert_eq!(api.delete(&path).await.status, StatusCode::OK);
    page.until(|state| state.task(id).is_none()).await;
    assert!(page.state.task(other).is_some());
    for answer in [
        api.get(&path).await,
        api.delete(&path).await,
        api.get(&format!("{path}/outputs/0")).await,
        api.post(&format!("{path}/retry")).await,
    ] {
        assert_eq!((answer.status, answer.problem()), (StatusCode::NOT_FOUND, "unknown-task"));
    }
    let listed = api.get("/api/tasks").await.json;
    assert_eq!(listed["tasks"].as_array().unwrap().len(), 1);
    let Both { engine, darkroom: first, folder } = both;
    first.stop().await;
    let rows = |table: &str| -> i64 {
        let connection = rusqlite::Connection::open(folder.path().join("data/darkroom.db")).unwrap();
        connection.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!(rows("tasks"), 1);
    assert_eq!(rows("workflows"), 1);
    assert_eq!(rows("origins"), 0);
    let second = darkroom(folder.path().join("data"), engine.addr).await;
    let api = Api::at(format!("http://{}", second.addr)).await;
    assert_eq!(api.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_list_of_backends_shows_their_state() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let all = api.get("/api/backends").await.json;
    let [one] = &all["backends"].as_array().unwrap()[..] else { panic!("{all}") };
    assert_eq!(one["state"], "connected");
    assert_eq!(one["ready"], true);
    assert_eq!(one["httpUp"], true);
    let id = one["id"].as_str().unwrap();
    assert_eq!(api.get(&format!("/api/backends/{id}")).await.json["id"], json!(id));
    let unknown = api.get("/api/backends/nobody").await;
    assert_eq!((unknown.status, unknown.problem()), (StatusCode::NOT_FOUND, "unknown-backend"));
}

#[tokio::test]
async fn without_a_comfyui_a_task_is_kept_and_a_kept_picture_is_still_there() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let done = api.accepted(&lighthouse(1)).await;
    let mut page = both.page().await;
    page.until_ended(done).await;
    let is_kept = |output: &Output| output.storage == OutputStorage::Kept;
    page.until(|state| state.task(done).is_some_and(|task| task.outputs.iter().all(is_kept))).await;
    both.engine.stop().await;
    page.until(|state| state.backends.iter().all(|backend| !backend.state.is_reachable())).await;
    let kept = api.accepted(&lighthouse(2)).await;
    assert_eq!(api.get(&format!("/api/tasks/{kept}")).await.json["status"], "queued");
    let picture = api.get(&format!("/api/tasks/{done}/outputs/0")).await;
    assert_eq!(picture.status, StatusCode::OK);
    let refused = api.get("/api/backends").await.json;
    assert_eq!(refused["backends"][0]["ready"], false);
}

#[tokio::test]
async fn a_task_over_the_limit_of_the_queue_is_refused_with_503() {
    let both = Both::start(FAST).await;
    let config = Config {
        data: both.folder.path().join("other"),
        backends: vec![backend(both.engine.addr)],
        queue: QueueConfig { max_waiting: 1 },
        ..Config::default()
    };
    let small = darkroom_with(config).await;
    let api = Api::at(format!("http://{}", small.addr)).await;
    api.post("/api/queue/pause").await;
    api.accepted(&lighthouse(1)).await;
    let full = api.post_json("/api/tasks", &lighthouse(2)).await;
    assert_eq!(full.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(full.problem(), "unavailable");
    assert_eq!(full.header("retry-after"), "5");

    let other = rusqlite::Connection::open(both.folder.path().join("data/darkroom.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let api = Api::of(&both).await;
    let locked = api.post_json("/api/tasks", &lighthouse(2)).await;
    assert_eq!(locked.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(locked.problem(), "unavailable");
    assert_eq!(locked.header("retry-after"), "5");
    other.execute_batch("COMMIT").unwrap();
    let taken = async {
        loop {
            let answer = api.post_json("/api/tasks", &lighthouse(3)).await;
            if answer.status == StatusCode::ACCEPTED {
                return answer.task();
            }
        }
    };
    let id = tokio::time::timeout(Duration::from_secs(60), taken).await.unwrap();
    let listed = api.get("/api/tasks").await.json;
    assert_eq!(listed["tasks"].as_array().unwrap().iter().map(|task| &task["taskId"]).collect::<Vec<_>>(), [&json!(id)]);
}

/// A program may be faster than the first look at ComfyUI, and a ComfyUI may be away: neither is a fault of the request.
#[tokio::test]
async fn a_task_without_a_checkpoint_waits_for_the_first_answer_of_comfyui() {
    let folder = tempfile::tempdir().unwrap();
    let engine = demo_engine(&folder, FAST).await;
    let proxy = Proxy::before(engine.addr).await;
    proxy.rules(Way::Down, |rules| rules.blackhole = true);
    let config = Config { data: folder.path().join("data"), backends: vec![backend(proxy.addr)], ..Config::default() };
    let darkroom = darkroom_with(config).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    let unknown = api.post_json("/api/tasks", &lighthouse(1)).await;
    assert_eq!((unknown.status, unknown.problem()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    assert!(unknown.json["detail"].as_str().unwrap().contains("checkpoint"), "{}", unknown.json);
    assert_eq!(unknown.header("retry-after"), "5");
    assert_eq!(api.get("/api/tasks").await.json["tasks"], json!([]));
    proxy.rules(Way::Down, |rules| rules.blackhole = false);
    darkroom.stop().await;
    let darkroom =
        darkroom_with(Config { data: folder.path().join("another"), backends: vec![backend(proxy.addr)], ..Config::default() }).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    let task = api.accepted(&lighthouse(1)).await;
    let workflow = api.get(&format!("/api/tasks/{task}/workflow")).await.json;
    assert_eq!(workflow["4"]["inputs"]["ckpt_name"], "demo-safelight.safetensors");
}

/// A slow ComfyUI does not delay the response to a submission; ComfyUI's later answer is reported on the task.
#[tokio::test]
async fn a_submission_is_accepted_although_comfyui_answers_slowly() {
    let engine = FaultyEngine::start(FAST).await;
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::before(engine.addr).await;
    let config = Config { data: folder.path().join("data"), backends: vec![backend(proxy.addr)], prompts_at_once: 9, ..Config::default() };
    let darkroom = darkroom_with(config).await;
    let mut page = Page::open(darkroom.addr).await;
    page.until_connected().await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    engine.hold(At::Start).await;
    // Requests arrive, responses are lost.
    proxy.rules(Way::Down, |rules| rules.blackhole = true);
    let bad = json!({"1": {"class_type": "EmptyImage", "inputs": {"width": -8, "height": 8, "batch_size": 1, "color": 0}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}});
    let (good, bad, unwanted) = (json!({"workflow": flat(1)}), json!({"workflow": bad}), json!({"workflow": flat(2)}));
    let (good, bad, unwanted) = tokio::join!(api.accepted(&good), api.accepted(&bad), api.accepted(&unwanted));
    let cancelled = api.post(&format!("/api/tasks/{unwanted}/cancel")).await.json;
    assert_eq!(cancelled["cancelling"], true, "{cancelled}");
    proxy.pass();
    assert_eq!(page.until_ended(unwanted).await.state, TaskState::Cancelled);
    assert_eq!(page.until_ended(bad).await.state, TaskState::Failed);
    engine.clear().await;
    assert_eq!(page.until_ended(good).await.state, TaskState::Completed);
    let failed = api.get(&format!("/api/tasks/{bad}")).await.json;
    assert_eq!(failed["status"], "error");
    assert_eq!(failed["error"]["nodeErrors"][0]["input"], "width");
    assert_eq!(engine.executions_of(good).await.len(), 1);

    // It is still as invalid as before.
    let again = api.post(&format!("/api/tasks/{bad}/retry")).await;
    assert!(again.status == StatusCode::ACCEPTED || again.problem() == "invalid-workflow", "{}", again.json);
    assert_eq!(again.pointers(), [""; 0], "there is no body");
}
