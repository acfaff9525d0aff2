//! Webhooks, with receivers with every kind of behaviour.

use std::time::Duration;

use crate::support::{
    api::{Api, lighthouse},
    darkroom_server::{self, Running, demo_engine},
    events::without_storage,
    metrics::Scrape,
    page::Page,
    receiver::{KEY, Receiver, Reply, darkroom, settings},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;

const FAST: f64 = 1e9;
/// The secret given with a task.
const OWN: &str = "whsec_b3duIHNlY3JldCBvZiB0aGUgdGFzayBpdHNlbGY=";

struct Servers {
    _engine: Running,
    darkroom: Running,
    api: Api,
    _folder: TempDir,
}

async fn servers(speed: f64, settings: &str) -> Servers {
    let folder = tempfile::tempdir().unwrap();
    let engine = demo_engine(&folder, speed).await;
    let darkroom = darkroom(&folder, engine.addr, settings).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    Servers { _engine: engine, darkroom, api, _folder: folder }
}

fn with(seed: u64, webhook: Value) -> Value {
    let mut body = lighthouse(seed);
    body["webhook"] = webhook;
    body
}

impl Servers {
    /// The messages about a task, once the condition holds.
    async fn until(&self, task: &str, holds: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..6_000 {
            let report = self.api.get(&format!("/api/tasks/{task}/webhooks")).await.json;
            if holds(&report) {
                return report;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("{:#}", self.api.get(&format!("/api/tasks/{task}/webhooks")).await.json);
    }

    async fn submit(&self, body: &Value) -> String {
        self.api.accepted(body).await.to_string()
    }

    async fn replay(&self, task: &str, delivery: &Value) -> crate::support::api::Answer {
        self.api.post(&format!("/api/tasks/{task}/webhooks/{}/replay", delivery["id"].as_str().unwrap())).await
    }
}

fn is(state: &str) -> impl Fn(&Value) -> bool {
    let state = state.to_owned();
    move |report| report["deliveries"].as_array().unwrap().iter().any(|one| one["state"] == state)
}

fn attempts(report: &Value) -> Vec<(Value, Value)> {
    let attempts = report["deliveries"][0]["attempts"].as_array().unwrap();
    attempts.iter().map(|one| (one["state"].clone(), one["status"].clone())).collect()
}

#[tokio::test]
async fn a_webhook_of_a_task_gets_the_same_messages_as_streams() {
    let servers = servers(FAST, &settings("[]", "")).await;
    let receiver = Receiver::start(OWN).await;
    let webhook = json!({"url": receiver.url(), "events": ["queued", "started", "completed"], "secret": OWN});
    let id = servers.submit(&with(7, webhook)).await;
    let calls = receiver.until_calls(3).await;
    let events: Vec<&str> = calls.iter().map(|call| call.event.as_str()).collect();
    assert_eq!(events, ["queued", "started", "completed"]);
    assert!(calls.iter().all(|call| call.body["taskId"] == id && call.path == "/hook?key=hush"));
    assert_eq!(calls[0].body["status"], "in-progress");
    assert_eq!(calls[1].body["status"], "in-progress");
    let end = &calls[2].body;
    assert_eq!(end["status"], "completed");
    assert_eq!(end["progress"]["percentage"], 100);
    assert_eq!(end["result"]["seed"], 7);
    // The same message as in the stream, but with absolute links. Between the two, the copy of the picture may have been made.
    let stream = reqwest::get(format!("{}/progress/{id}", servers.api.base)).await.unwrap().text().await.unwrap();
    let data = stream.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let whole = data.replace("\"/api/", &format!("\"{}/api/", servers.api.base));
    assert_eq!(without_storage(end.clone()), without_storage(serde_json::from_str(&whole).unwrap()));
    let picture = reqwest::get(end["result"]["imageUrl"].as_str().unwrap()).await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");

    let report = servers.until(&id, |report| report["deliveries"].as_array().unwrap().iter().all(|one| one["state"] == "delivered")).await;
    assert_eq!(report["deliveries"].as_array().unwrap().len(), 3);
    assert_eq!(report["deliveries"][2]["attempts"][0]["status"], 204);
    assert_eq!(report["webhook"]["url"], json!(receiver.url().replace("key=hush", "…")));
    let everything =
        format!("{report}{}{}", servers.api.get(&format!("/api/tasks/{id}")).await.json, servers.api.get("/api/tasks").await.json);
    assert!(!everything.contains("hush") && !everything.contains("whsec_"), "{everything}");
    // A repeat of the task calls the same receiver.
    let again = servers.api.post(&format!("/api/tasks/{id}/retry")).await.task().to_string();
    receiver.until(|calls| calls.iter().any(|call| call.event == "completed" && call.body["taskId"] == again)).await;
    assert!(receiver.calls().iter().all(|call| !call.event.starts_with("NOT")));
}

#[tokio::test]
async fn a_failed_delivery_is_retried_unchanged_until_it_succeeds() {
    let servers = servers(FAST, &settings("[0.05, 0.05, 0.05]", "")).await;
    let receiver = Receiver::start(KEY).await;
    receiver.answer(&[Reply::Status(500), Reply::Status(302)], Reply::Status(200));
    let id = servers.submit(&with(7, json!({"url": receiver.url()}))).await;
    let report = servers.until(&id, is("delivered")).await;
    let expected = [("failed", 500), ("failed", 302), ("delivered", 200)].map(|(state, status)| (json!(state), json!(status)));
    assert_eq!(attempts(&report), expected);
    let calls = receiver.calls();
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|call| call.id == calls[0].id && call.bytes == calls[0].bytes && call.event == "completed"));
    assert_eq!(report["deliveries"][0]["id"], json!(calls[0].id));
    let scrape = Scrape::of(servers.darkroom.addr).await;
    let count = |outcome: &str| scrape.get("darkroom_webhook_deliveries_total", &[("outcome", outcome)]);
    assert_eq!(count("retried"), 2.0);
    assert_eq!(count("delivered"), 1.0);
    assert_eq!(count("failed"), 0.0);
    assert_eq!(count("disabled"), 0.0);
    // Replayed by hand: the receiver recognizes it by its id.
    assert_eq!(servers.replay(&id, &report["deliveries"][0]).await.status, StatusCode::ACCEPTED);
    let calls = receiver.until_calls(4).await;
    assert_eq!(calls[3].id, calls[0].id);
    assert_eq!(calls[3].bytes, calls[0].bytes);
}

#[tokio::test]
async fn a_delivery_fails_after_the_last_attempt_and_can_be_replayed() {
    let servers = servers(FAST, &settings("[0.05]", "")).await;
    let receiver = Receiver::start(KEY).await;
    receiver.answer(&[], Reply::Status(404));
    let id = servers.submit(&with(7, json!({"url": receiver.url()}))).await;
    let report = servers.until(&id, is("failed")).await;
    assert_eq!(attempts(&report).len(), 2);
    assert_eq!(report["deliveries"][0]["nextAt"], Value::Null);
    assert_eq!(report["deliveries"][0]["attempts"][1]["error"], "Answered 404.");
    assert_eq!(report["deliveries"][0]["attempts"][1]["answer"], "noted");
    receiver.answer(&[], Reply::Status(200));
    servers.replay(&id, &report["deliveries"][0]).await;
    let report = servers.until(&id, is("delivered")).await;
    assert_eq!(report["deliveries"][0]["attempts"][2]["byHand"], true);
}

#[tokio::test]
async fn a_410_disables_the_webhook_until_a_manual_replay() {
    let receiver = Receiver::start(KEY).await;
    let servers = servers(FAST, &settings("[0.05]", &format!("[[webhook]]\nurl = '{}'", receiver.url()))).await;
    receiver.answer(&[], Reply::Status(410));
    let first = servers.submit(&lighthouse(1)).await;
    let report = servers.until(&first, is("disabled")).await;
    assert_eq!(attempts(&report).len(), 1);
    assert_eq!(report["webhook"], Value::Null);
    let second = servers.submit(&lighthouse(2)).await;
    Page::open(servers.darkroom.addr).await.until_ended(second.parse().unwrap()).await;
    let told_second = servers.until(&second, is("disabled")).await;
    assert!(attempts(&told_second).is_empty());
    receiver.answer(&[], Reply::Status(204));
    servers.replay(&second, &told_second["deliveries"][0]).await;
    servers.until(&second, is("delivered")).await;
    let third = servers.submit(&lighthouse(3)).await;
    servers.until(&third, is("delivered")).await;
    let heard: Vec<Value> = receiver.calls().into_iter().map(|call| call.body["taskId"].clone()).collect();
    assert_eq!(heard, [json!(first), json!(second), json!(third)]);
    // A task's own webhook also reports when it was disabled.
    receiver.answer(&[], Reply::Status(410));
    let own = servers.submit(&with(4, json!({"url": format!("http://{}/own", receiver.addr)}))).await;
    servers.until(&own, |report| report["webhook"]["disabledAt"].is_string()).await;
}

#[tokio::test]
async fn retry_after_of_a_receiver_is_respected() {
    let servers = servers(FAST, &settings("[0.01, 0.01]", "")).await;
    let (receiver, patient) = (Receiver::start(KEY).await, Receiver::start(KEY).await);
    receiver.answer(&[Reply::Later(1)], Reply::Status(204));
    let short = servers.submit(&with(1, json!({"url": receiver.url()}))).await;
    servers.until(&short, is("delivered")).await;
    assert_eq!(receiver.calls().len(), 2);
    // A pause that is longer than this test.
    patient.answer(&[Reply::Later(3_600)], Reply::Status(204));
    let first = servers.submit(&with(2, json!({"url": patient.url()}))).await;
    let report = servers.until(&first, |report| report["deliveries"][0]["attempts"][0]["state"] == "failed").await;
    assert_eq!(report["deliveries"][0]["state"], "waiting");
    let (at, next) = (&report["deliveries"][0]["attempts"][0]["at"], &report["deliveries"][0]["nextAt"]);
    assert!((of_day(next) - of_day(at)).rem_euclid(86_400.0) >= 3_600.0, "{report:#}");
    // Other messages to the same address wait too; those to another address do not.
    let second = servers.submit(&with(3, json!({"url": patient.url()}))).await;
    Page::open(servers.darkroom.addr).await.until_ended(second.parse().unwrap()).await;
    let third = servers.submit(&with(4, json!({"url": receiver.url()}))).await;
    servers.until(&third, is("delivered")).await;
    assert!(attempts(&servers.until(&second, is("waiting")).await).is_empty());
    assert_eq!(patient.calls().len(), 1);
}

/// A timestamp of the API, in seconds since midnight.
fn of_day(time: &Value) -> f64 {
    let (_, time) = time.as_str().unwrap().trim_end_matches('Z').split_once('T').unwrap();
    time.split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().unwrap())
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_delays_no_other() {
    let servers = servers(FAST, &settings("[60]", "")).await;
    let (dead, well) = (Receiver::start(KEY).await, Receiver::start(KEY).await);
    dead.answer(&[], Reply::Never);
    for seed in 0..6 {
        servers.submit(&with(seed, json!({"url": dead.url()}))).await;
    }
    dead.until_calls(4).await;
    let id = servers.submit(&with(9, json!({"url": well.url()}))).await;
    servers.until(&id, is("delivered")).await;
    // Calls to one host are limited.
    assert_eq!(dead.calls().len(), 4);
}

#[tokio::test]
async fn progress_is_sent_at_its_rate_and_never_after_the_end() {
    let (receiver, seldom) = (Receiver::start(KEY).await, Receiver::start(KEY).await);
    let hook = format!("[[webhook]]\nurl = '{}'\nevents = ['progress']\nprogress_every_s = 3600", seldom.url());
    let servers = servers(4.0, &settings("[]", &hook)).await;
    let mut body = with(7, json!({"url": receiver.url(), "events": ["progress", "cancelled"], "progressEveryS": 1}));
    body["parameters"]["steps"] = json!(10_000);
    let id = servers.submit(&body).await;
    let calls = receiver.until_calls(3).await;
    assert!(calls.iter().all(|call| call.event == "progress" && call.body["status"] == "in-progress"));
    assert!(calls[0].id != calls[1].id && calls[0].body["progress"] != calls[1].body["progress"]);
    servers.api.post(&format!("/api/tasks/{id}/cancel")).await;
    let calls = receiver.until(|calls| calls.iter().any(|call| call.event == "cancelled")).await;
    assert_eq!(calls.last().unwrap().body["status"], "cancelled");
    assert_eq!(seldom.until_calls(1).await.len(), 1, "once an hour");
    // Only the newest progress message is kept.
    let report = servers.until(&id, is("delivered")).await;
    let of_progress = |one: &&Value| one["event"] == "progress" && one["own"] == true;
    assert_eq!(report["deliveries"].as_array().unwrap().iter().filter(of_progress).count(), 1, "{report:#}");
}

#[tokio::test]
async fn a_task_that_comfyui_refuses_causes_no_webhook_call() {
    let receiver = Receiver::start(KEY).await;
    let hook = format!("[[webhook]]\nurl = '{}'\nevents = ['queued', 'completed']", receiver.url());
    let servers = servers(FAST, &settings("[]", &hook)).await;
    let mut wrong = lighthouse(1);
    wrong["parameters"]["sampler"] = json!("no such sampler");
    assert_eq!(servers.api.post_json("/api/tasks", &wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fine = servers.submit(&lighthouse(2)).await;
    let calls = receiver.until_calls(2).await;
    assert!(calls.iter().all(|call| call.body["taskId"] == fine), "{calls:?}");
}

#[tokio::test]
async fn impossible_requests_are_refused_with_a_reason() {
    let servers = servers(FAST, &settings("[60]", "")).await;
    let receiver = Receiver::start(KEY).await;
    receiver.answer(&[], Reply::Never);
    let id = servers.submit(&with(7, json!({"url": receiver.url()}))).await;
    let report = servers.until(&id, is("sending")).await;
    let busy = servers.replay(&id, &report["deliveries"][0]).await;
    assert_eq!((busy.status, busy.problem()), (StatusCode::CONFLICT, "wrong-state"));
    let missing = servers.api.post(&format!("/api/tasks/{id}/webhooks/msg_nothing/replay")).await;
    assert_eq!((missing.status, missing.problem()), (StatusCode::NOT_FOUND, "unknown-delivery"));
    let nobody = "0195e0a4-0000-7000-8000-000000000001";
    for path in [format!("/api/tasks/{nobody}/webhooks/x/replay"), "/api/tasks/x/webhooks/x/replay".into()] {
        let answer = servers.api.post(&path).await;
        assert!(matches!(answer.problem(), "unknown-task" | "bad-path"), "{}", answer.json);
    }
    assert_eq!(servers.api.get(&format!("/api/tasks/{nobody}/webhooks")).await.problem(), "unknown-task");
    assert_eq!(servers.api.get("/api/tasks/x/webhooks").await.problem(), "bad-path");
    // Forbidden by these settings: another address of this machine.
    let refused = servers.api.post_json("/api/tasks", &with(8, json!({"url": "http://127.0.0.2:1/"}))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.json["detail"].as_str().unwrap().contains("--webhook-allow 127.0.0.2"), "{}", refused.json);
}

#[tokio::test]
async fn the_page_of_a_task_lists_deliveries_and_resends_without_javascript() {
    let servers = servers(FAST, &settings("[60]", "")).await;
    let receiver = Receiver::start(KEY).await;
    receiver.answer(&[Reply::Status(500)], Reply::Status(204));
    let id = servers.submit(&with(7, json!({"url": receiver.url()}))).await;
    let report = servers.until(&id, |report| report["deliveries"][0]["attempts"][0]["state"] == "failed").await;
    let page = servers.api.request(reqwest::Method::GET, &format!("/tasks/{id}")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Answered 500. noted") && page.contains("not delivered yet") && !page.contains("hush"), "{page}");
    let action = format!("/tasks/{id}/webhooks/{}/replay", report["deliveries"][0]["id"].as_str().unwrap());
    assert!(page.contains(&format!("action=\"{action}\"")));
    let sent = servers.api.request(reqwest::Method::POST, &action).send().await.unwrap();
    assert_eq!((sent.status(), sent.url().path()), (StatusCode::OK, format!("/tasks/{id}").as_str()));
    servers.until(&id, is("delivered")).await;
    let none =
        darkroom_server::call::<Option<String>>(servers.darkroom.addr, "replay", &(id.parse::<proto::ids::TaskId>().unwrap(), "x")).await;
    assert!(none.unwrap().contains("no such message"));
}
