//! A Darkroom that is stopped at the worst places (`--stop-at`), as a machine that is suspended, and goes on before, while or after another one takes over.
//! Whenever that is, nothing runs twice and nothing is lost.

use std::{panic::AssertUnwindSafe, path::Path, time::Duration};

use darkroom::proto::ids::TaskId;
use futures::{FutureExt, StreamExt, stream};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{
    api::{Api, lighthouse},
    faults::{At, Control, Fault},
    postgres::Postgres,
    process::{self, Process},
    proxy::Proxy,
    receiver::{self, KEY, Receiver},
};

/// Short, so that the test waits little.
const LEASE_S: f64 = 1.5;
/// Cases at the same time: with more, a machine under load cannot renew its leases.
const AT_ONCE: usize = 4;

const PLACES: [&str; 7] =
    ["before-commit", "after-commit", "before-last-byte", "after-last-byte", "after-delete-history", "in-recall", "in-webhook"];

#[derive(Clone, Copy, Debug)]
enum Wake {
    /// Within the lease.
    Before,
    /// So many milliseconds after the end of the lease: it is not certain who has the next one.
    Around(i64),
    /// When the other one has finished its work.
    After,
}

struct Case {
    place: &'static str,
    wake: Wake,
    client: Client,
    control: Control,
    first: Process,
    second: Process,
}

async fn until<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..3_000 {
        if let Some(found) = check().await {
            return found;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("waited too long for {what}");
}

impl Case {
    /// The answer of the Darkroom that can give one.
    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        until(path, async || {
            for darkroom in [&self.first, &self.second] {
                let mut request = self.client.request(method.clone(), format!("http://{}{path}", darkroom.addr));
                if let Some(body) = body {
                    request = request.json(body);
                }
                // One that is stopped never answers.
                let answer = request.timeout(Duration::from_millis(500)).send().await;
                if let Ok(answer) = answer
                    && answer.status().is_success()
                    && let Ok(json) = answer.json().await
                {
                    return Some(json);
                }
            }
            None
        })
        .await
    }

    async fn until_completed(&self, task: TaskId) {
        until("the end", async || {
            let state = self.ask(Method::GET, &format!("/api/tasks/{task}"), None).await["status"].clone();
            assert!(state != "error" && state != "cancelled", "{task} is {state}: it is lost");
            (state == "completed").then_some(())
        })
        .await;
    }

    /// Waits until the engine has the task in its queue, or has it no more.
    async fn until_there(&self, task: TaskId, is_there: bool) {
        until("the engine's queue", async || {
            let queue = self.client.get(format!("http://{}/queue", self.control.addr)).send().await.ok()?.text().await.ok()?;
            (queue.contains(&task.to_string()) == is_there).then_some(())
        })
        .await;
    }

    /// Sends a request to the first, which may never answer.
    fn order(&self, method: Method, path: &str, body: &Value) -> tokio::task::JoinHandle<Option<StatusCode>> {
        let request = self.client.request(method, format!("http://{}{path}", self.first.addr)).json(body);
        tokio::spawn(async move { request.send().await.ok().map(|answer| answer.status()) })
    }

    /// Brings the first to its place. Returns the task that this is about.
    async fn go_there(&self, receiver: &Receiver) -> TaskId {
        let api = Api::at(format!("http://{}", self.first.addr)).await;
        let task = match self.place {
            "after-delete-history" => {
                self.control.hold(At::Queued).await;
                let task = api.accepted(&lighthouse(1)).await;
                self.until_there(task, true).await;
                // The next attempt is sent when ComfyUI has lost it.
                self.control.fault(Fault::Restart { memory_lost: true, down_ms: 200 }).await;
                task
            }
            "in-recall" => {
                self.control.hold(At::Queued).await;
                let task = api.accepted(&lighthouse(1)).await;
                self.until_there(task, true).await;
                self.order(Method::PATCH, &format!("/api/tasks/{task}"), &json!({"paused": true}));
                task
            }
            "in-webhook" => {
                let mut body = lighthouse(1);
                body["webhook"] = json!({"url": receiver.url(), "events": ["completed"]});
                api.accepted(&body).await
            }
            _ => {
                // Accepted now, sent later: whoever submitted it has its answer.
                assert!(api.post("/api/queue/pause").await.status.is_success());
                let task = api.accepted(&lighthouse(1)).await;
                self.order(Method::POST, "/api/queue/resume", &json!({}));
                task
            }
        };
        self.first.until_stopped().await;
        task
    }

    /// Ends the pause that led there, if anybody still knows of it.
    async fn resume(&self, task: TaskId) {
        match self.place {
            "in-recall" => drop(self.ask(Method::PATCH, &format!("/api/tasks/{task}"), Some(&json!({"paused": false}))).await),
            _ => drop(self.ask(Method::POST, "/api/queue/resume", None).await),
        }
    }

    /// Returns the task that this was about.
    async fn run(&mut self, url: &str, receiver: &Receiver) -> TaskId {
        let task = self.go_there(receiver).await;
        let is_recall = self.place == "in-recall";
        if !is_recall {
            self.control.clear().await;
        }
        match self.wake {
            Wake::Before => {
                self.first.signal("-CONT");
                if is_recall {
                    self.until_there(task, false).await;
                }
                self.resume(task).await;
            }
            Wake::Around(after) => {
                let left = "SELECT (1000 * extract(epoch FROM until - clock_timestamp()))::bigint FROM darkroom.owner";
                let left = Postgres::number_at(url, left).await + after;
                sleep(Duration::from_millis(left.try_into().unwrap_or(0))).await;
                self.first.signal("-CONT");
                self.resume(task).await;
            }
            Wake::After => {
                self.second.until_ready().await;
                self.resume(task).await;
                if is_recall {
                    // Again: the second may recall it first, if it knows of the pause.
                    self.until_there(task, true).await;
                    sleep(Duration::from_millis(500)).await;
                    self.until_there(task, true).await;
                } else {
                    self.until_completed(task).await;
                }
                if self.place == "in-webhook" {
                    receiver.until_calls(1).await;
                }
                self.first.signal("-CONT");
                self.first.until_not_owner().await;
            }
        }
        self.control.clear().await;
        self.until_completed(task).await;
        if self.place == "in-webhook" {
            let calls = receiver.until_calls(1).await;
            assert!(calls.iter().all(|call| call.id == calls[0].id && call.bytes == calls[0].bytes), "{calls:#?}");
            until("the end of the delivery", async || {
                let report = self.ask(Method::GET, &format!("/api/tasks/{task}/webhooks"), None).await;
                (report["deliveries"][0]["state"] == "delivered").then_some(())
            })
            .await;
        }
        let took_over = Postgres::number_at(url, "SELECT term FROM darkroom.owner").await > 1;
        if took_over {
            self.first.until_not_owner().await;
        }
        // What the first sent when it went on has arrived by now, and has begun before what comes after it.
        let last = self.ask(Method::POST, "/api/tasks", Some(&lighthouse(2))).await["taskId"].as_str().expect("a task").parse();
        self.until_completed(last.expect("a UUID")).await;
        task
    }
}

async fn run(place: &'static str, wake: Wake, postgres: &Postgres, folder: &Path) {
    let name = format!("{place}_{wake:?}").to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let url = postgres.create(&name).await;
    let receiver = Receiver::start(KEY).await;
    let store = format!("[store]\nurl = '{url}'\nlease_s = {LEASE_S:?}\n[media]\nkeep = false\n");
    let settings = receiver::settings("[0.2, 0.2, 0.2, 0.2]", &store);
    let engine = process::engine(&folder.join("engine"), 1e9).await;
    let first = process::darkroom_that_stops(&folder.join("first"), &[engine.addr], &settings, place).await;
    let mut second = process::darkroom_standing_by(&folder.join("second"), &[engine.addr], &settings).await;
    second.until_alive().await;
    let mut case = Case { place, wake, client: Client::new(), control: Control::new(engine.addr), first, second };
    let task = case.run(&url, &receiver).await.to_string();
    let log = process::executions(&folder.join("engine"));
    let began = log.iter().filter(|one| one.finished_at.is_none() && one.prompt_id == task).count();
    assert_eq!(began, 1, "{log:#?}\nfirst: {}\nsecond: {}", case.first.log_text(), case.second.log_text());
}

#[tokio::test]
async fn a_darkroom_that_is_stopped_anywhere_sends_nothing_twice_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start().await;
    let offsets = (-90..).step_by(30);
    let cases = PLACES
        .into_iter()
        .zip(offsets)
        .flat_map(|(place, after)| [Wake::Before, Wake::Around(after), Wake::After].map(|wake| (place, wake)));
    let ran = stream::iter(cases).map(async |(place, wake)| {
        let folder = folder.path().join(format!("{place}{wake:?}"));
        // The others go on when it fails.
        let ran = AssertUnwindSafe(run(place, wake, &postgres, &folder)).catch_unwind().await;
        ran.err().map(|_| format!("{place} {wake:?}"))
    });
    let failed: Vec<String> = ran.buffer_unordered(AT_ONCE).filter_map(async |failed| failed).collect().await;
    assert!(failed.is_empty(), "{failed:#?}");
}

/// The network delivers a request when its sender was killed, and another one has taken over: within the time that a new owner waits for such requests, but
/// after the time that one alone would wait.
#[tokio::test]
async fn a_request_that_the_owner_before_left_in_the_network_is_awaited() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start().await;
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let proxy = Proxy::before(engine.addr).await;
    let settings = format!("[store]\nurl = '{}'\nlease_s = {LEASE_S:?}\n[comfyui]\nrequest_lag_s = 1\n", postgres.url());
    let mut first = process::darkroom(&folder.path().join("first"), &[proxy.addr], &settings).await;
    let mut second = process::darkroom_standing_by(&folder.path().join("second"), &[proxy.addr], &settings).await;
    second.until_alive().await;
    proxy.hold_request("POST /prompt", 0);
    let task = Api::at(format!("http://{}", first.addr)).await.accepted(&lighthouse(1)).await;
    proxy.until_held().await;
    first.kill();
    second.until_ready().await;
    sleep(Duration::from_millis(2_500)).await;
    proxy.deliver().await;
    let case = Case { place: "", client: Client::new(), wake: Wake::After, control: Control::new(engine.addr), first, second };
    case.until_completed(task).await;
    assert_eq!(process::executions(&folder.path().join("engine")).iter().filter(|one| one.finished_at.is_none()).count(), 1);
}
