//! Somebody who hands in tasks through the balancer while everything behind it fails: each until it is accepted, always with the same key.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use darkroom::proto::{
    ids::{CommandId, TaskId},
    recipe::TextToImage,
    submit::Submission,
};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet, time::sleep};
use uuid::Uuid;

use crate::client::{Caller, submission};

const PATIENCE: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(100);

/// A task that was accepted.
#[derive(Clone, Debug)]
pub struct AcceptedTask {
    pub id: TaskId,
    /// The answer to a request to cancel it said that it is cancelled.
    pub is_cancelled: bool,
}

pub struct Load {
    base: String,
    seed: u64,
    http: Client,
    caller: Caller,
}

impl Load {
    pub fn new(balancer: SocketAddr, seed: u64) -> Self {
        let http = Client::builder().timeout(PATIENCE).build().expect("a client");
        Self { base: format!("http://{balancer}"), seed, http, caller: Caller::new(balancer) }
    }

    /// Hands in as many tasks, the first third at once, the rest as `progress` goes to 1.
    pub async fn hand_in(self, tasks: u64, mut progress: watch::Receiver<f64>) -> Vec<AcceptedTask> {
        let load = Arc::new(self);
        let mut jobs = JoinSet::new();
        for number in 0..tasks {
            let due = (number as f64 / tasks as f64 - 0.33) / 0.67;
            if progress.wait_for(|done| *done >= due).await.is_err() {
                break;
            }
            let load = load.clone();
            jobs.spawn(async move { load.one(number).await });
        }
        jobs.join_all().await
    }

    /// Every second one over the API for programs, the others as a page does it.
    async fn one(&self, number: u64) -> AcceptedTask {
        let id =
            if number % 4 < 2 { self.submit(number).await } else { self.caller.submit(submission(number), self.command_id(number)).await };
        let mut is_cancelled = false;
        match number % 16 {
            3 => is_cancelled = self.repeat(Method::POST, &format!("/api/tasks/{id}/cancel"), None).await["status"] == "cancelled",
            7 => drop(self.repeat(Method::PATCH, &format!("/api/tasks/{id}"), Some(&json!({"priority": 5}))).await),
            _ => {}
        }
        AcceptedTask { id, is_cancelled }
    }

    fn command_id(&self, number: u64) -> CommandId {
        CommandId(Uuid::from_u64_pair(self.seed, number))
    }

    async fn submit(&self, number: u64) -> TaskId {
        let body = match submission(number) {
            Submission::TextToImage(TextToImage { prompt, checkpoint, width, height, steps, seed, .. }) => {
                let parameters = json!({
                    "prompt": prompt, "checkpoint": checkpoint, "width": width, "height": height, "steps": steps, "seed": seed,
                });
                json!({"workflow": "text-to-image", "parameters": parameters})
            }
            Submission::Workflow { name, json } => {
                json!({"name": name, "workflow": serde_json::from_str::<Value>(&json).expect("JSON")})
            }
            other => panic!("not handed in here: {other:?}"),
        };
        let key = format!("cluster-{}-{number}", self.seed);
        loop {
            let request = self.http.post(format!("{}/api/tasks", self.base)).header("idempotency-key", &key).json(&body);
            if let Ok(answer) = request.send().await {
                let status = answer.status();
                let text = answer.text().await;
                assert!(!status.is_client_error(), "{status}: {text:?}");
                let json: Option<Value> = text.ok().and_then(|text| serde_json::from_str(&text).ok());
                if let (StatusCode::ACCEPTED, Some(json)) = (status, json) {
                    return json["taskId"].as_str().and_then(|id| id.parse().ok()).expect("a task");
                }
            }
            sleep(AGAIN).await;
        }
    }

    /// Until it is answered, also with a refusal: the task may run by now, or be over.
    async fn repeat(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        loop {
            let request = self.http.request(method.clone(), format!("{}{path}", self.base));
            let request = match body {
                Some(body) => request.json(body),
                None => request,
            };
            if let Ok(answer) = request.send().await {
                let (status, bytes) = (answer.status(), answer.bytes().await);
                if let (false, Ok(bytes)) = (status.is_server_error(), bytes) {
                    assert!(status.is_success() || status == StatusCode::CONFLICT, "{path}: {status} {bytes:?}");
                    return serde_json::from_slice(&bytes).unwrap_or_default();
                }
            }
            sleep(AGAIN).await;
        }
    }
}
