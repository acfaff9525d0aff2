//! CloudEvents over HTTP, without any Redis.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::Studio;
use crate::{
    production_objects::{film, text},
    support::events::Events,
};

fn event(id: &str, kind: &str, data: Value) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "/farm", "type": kind, "data": data})
}

impl Studio {
    async fn report(&self, content_type: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.api.request(Method::POST, "/api/events").header("content-type", content_type).body(body.to_string());
        let answer = self.api.send(request).await;
        (answer.status, answer.json)
    }
}

/// An answer about events that are of no project.
fn counts(taken: usize, repeated: usize) -> Value {
    json!({"taken": taken, "repeated": repeated, "unknownProjects": [], "refused": []})
}

const ONE: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json; charset=utf-8";

#[tokio::test]
async fn events_are_taken_once_and_tasks_in_them_are_known() {
    let studio = Studio::start(None).await;
    let started = event("1", "task.started", json!({"task_id": "r/7", "name": "render", "shot_id": "S001_P001", "worker": "node-3"}));
    assert_eq!(studio.report(ONE, &started).await, (StatusCode::OK, counts(1, 0)));
    assert_eq!(studio.report("application/json", &started).await.1, counts(0, 1));
    let batch = json!([
        started,
        event("2", "studio.darkroom.task.progress.v1", json!({"task_id": "r/7", "progress": 0.25, "message": "frame 3"})),
        event("3", "process.started", json!({"process_id": "p1"})),
        event("4", "weather.changed", json!("rain")),
        event("5", "git.commit", json!({"ref": "main"})),
    ]);
    assert_eq!(studio.report(BATCH, &batch).await.1, counts(4, 1));
    let task = studio.api.get("/api/external-tasks/r%2F7").await.json;
    assert_eq!((&task["state"], &task["progress"], &task["message"]), (&json!("PROGRESS"), &json!(0.25), &json!("frame 3")));
    assert_eq!((&task["source"], &task["shotId"], &task["joinedBy"]), (&json!("/farm"), &json!("S001_P001"), &json!("meta")));
    // The same over a restart.
    let studio = studio.restart(async {}).await;
    assert_eq!(studio.report(BATCH, &batch).await.1, counts(0, 5));
    let end = event("6", "task.success", json!({"task_id": "r/7", "result": {"path": "/r7.mp4"}}));
    studio.report("application/json", &json!([end])).await;
    let task = studio.api.get("/api/external-tasks/r%2F7").await.json;
    assert_eq!((&task["state"], &task["result"], &task["resultFormat"]), (&json!("SUCCESS"), &json!({"path": "/r7.mp4"}), &json!("json")));
    assert_eq!(studio.api.get("/api/external-workers").await.json["redis"]["state"], "off");
}

#[tokio::test]
async fn events_about_a_project_become_its_events_once() {
    let studio = Studio::start(None).await;
    let (path, ..) = film(&studio.api, "Without Redis").await;
    let project = path.rsplit('/').next().unwrap();
    let nowhere = "0195e0a4-0000-7000-8000-000000000001";
    let batch = json!([
        event("1", "git.commit", json!({"project_id": project, "ref": "main", "message": "cut 2", "author": "Kim"})),
        event("2", "file.uploaded", json!({"project_id": project, "file": {"path": "refs/a.png", "size": 12}})),
        event("3", "studio.darkroom.process.started.v1", json!({"project_id": project, "process_id": "p1"})),
        event("4", "agent.assigned", json!({"project_id": project, "agent_type": "Editor", "task_id": "e1", "task_description": "cut"})),
        event("5", "git.push", json!({"project_id": nowhere, "ref": "main"})),
        event("6", "git.push", json!({"project_id": project, "ref": "main", "origin": "darkroom"})),
        event("7", "task.started", json!({"project_id": "a film elsewhere", "task_id": "r7"})),
    ]);
    let expected = json!({"taken": 7, "repeated": 0, "unknownProjects": [nowhere], "refused": []});
    assert_eq!(studio.report(BATCH, &batch).await, (StatusCode::OK, expected));
    assert_eq!(studio.report(BATCH, &batch).await.1, counts(0, 7));
    let page = studio.api.get(&format!("{path}/events?limit=500")).await.json;
    let events = page["events"].as_array().unwrap();
    let types: Vec<&str> = events.iter().map(|event| text(&event["type"])).collect();
    let expected = ["git.commit", "file.uploaded", "process.started", "agent.assigned"];
    assert_eq!(types.iter().filter(|kind| expected.contains(kind)).collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
    assert!(!types.contains(&"git.push"), "{types:?}");
    let wrong = event("8", "agent.progress", json!({"project_id": project, "agent_type": "Editor", "task_id": "e1", "progress": "half"}));
    let (status, problem) = studio.report(BATCH, &json!([wrong])).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("/0/data")), "{problem}");
    let lacking = event("9", "file.deleted", json!({"project_id": project}));
    assert_eq!(studio.report(ONE, &lacking).await.1["errors"][0]["pointer"], "/data/path");
}

#[tokio::test]
async fn every_mistake_is_named_and_nothing_of_the_batch_is_taken() {
    let studio = Studio::start(None).await;
    let good = event("1", "task.started", json!({"task_id": "a"}));
    let mut bad = event("2", "task.started", json!({"task_id": "b"}));
    bad["source"] = json!("");
    let (status, problem) = studio.report(BATCH, &json!([good, bad])).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("/1/source")));
    let lacking = event("3", "task.progress", json!({"progress": 1}));
    let (status, problem) = studio.report(BATCH, &json!([good, lacking])).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("/1/data/task_id")));
    assert_eq!(studio.report(ONE, &lacking).await.1["errors"][0]["pointer"], "/data/task_id");
    assert_eq!(studio.report(ONE, &json!([good])).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(studio.report("text/plain", &good).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let broken = studio.api.request(Method::POST, "/api/events").header("content-type", ONE).body("{");
    assert_eq!(studio.api.send(broken).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(studio.api.get("/api/external-tasks").await.json["tasks"], json!([]));
}

#[tokio::test]
async fn the_list_is_paged_and_filtered() {
    let studio = Studio::start(None).await;
    let events: Vec<Value> = (0..5)
        .map(|n| {
            event(
                &n.to_string(),
                if n % 2 == 0 { "task.success" } else { "task.started" },
                json!({"task_id": format!("t{n}"), "shot_id": n}),
            )
        })
        .collect();
    studio.report(BATCH, &json!(events)).await;
    let ids = async |query: &str| {
        let page = studio.api.get(&format!("/api/external-tasks{query}")).await.json;
        let ids: Vec<String> = page["tasks"].as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap().to_owned()).collect();
        (ids.join(" "), page["nextCursor"].clone())
    };
    let (first, cursor) = ids("?limit=3").await;
    assert_eq!(first, "t4 t3 t2");
    assert_eq!(ids(&format!("?limit=3&cursor={}", cursor.as_str().unwrap())).await, ("t1 t0".to_owned(), Value::Null));
    assert_eq!(ids("?state=SUCCESS,FAILURE").await.0, "t4 t2 t0");
    assert_eq!(ids("?shot_id=1&source=%2Ffarm&stale=false").await.0, "t1");
    assert_eq!(ids("?worker=nobody").await.0, "");
    for wrong in ["?state=DONE", "?limit=0", "?limit=101", "?cursor=0", "?cursor=x", "?color=red"] {
        assert_eq!(studio.api.get(&format!("/api/external-tasks{wrong}")).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert_eq!(studio.api.get("/api/external-tasks/nobody").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_running_tasks_of_celery_are_revoked_and_only_over_redis() {
    let studio = Studio::start(None).await;
    studio
        .report(
            BATCH,
            &json!([event("1", "task.success", json!({"task_id": "done"})), event("2", "task.started", json!({"task_id": "mine"}))]),
        )
        .await;
    for (id, status) in [("nobody", StatusCode::NOT_FOUND), ("done", StatusCode::CONFLICT), ("mine", StatusCode::CONFLICT)] {
        assert_eq!(studio.api.post(&format!("/api/external-tasks/{id}/revoke")).await.status, status, "{id}");
    }
    let answer = studio.api.post_json("/api/external-tasks/mine/revoke", &json!({"terminate": "yes"})).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn changes_are_told_as_they_happen_and_after_a_break() {
    let studio = Studio::start(None).await;
    let mut events = Events::open(studio.darkroom.addr, "/api/external-tasks/events", None).await;
    studio.report(ONE, &event("1", "task.started", json!({"task_id": "a"}))).await;
    let told = events.next().await.unwrap();
    assert_eq!((events.name.as_str(), &told["id"], &told["state"]), ("external-task.changed", &json!("a"), &json!("STARTED")));
    assert_eq!(told, studio.api.get("/api/external-tasks/a").await.json);
    let known = events.last_id.clone();
    drop(events);
    studio.report(ONE, &event("2", "task.progress", json!({"task_id": "a", "progress": 0.5}))).await;
    studio.report(ONE, &event("3", "task.failed", json!({"task_id": "a", "error": {"type": "OSError", "message": "disk full"}}))).await;
    let mut events = Events::open(studio.darkroom.addr, "/api/external-tasks/events", Some(&known)).await;
    let told = events.next().await.unwrap();
    assert_eq!((&told["state"], &told["error"]["message"], &told["progress"]), (&json!("FAILURE"), &json!("disk full"), &json!(0.5)));
    let mut events = Events::open(studio.darkroom.addr, "/api/external-tasks/events?last_event_id=999", None).await;
    assert_eq!((events.next().await, events.name.as_str()), (Some(json!({})), "external-tasks.reset"));
}
