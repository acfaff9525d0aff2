//! Tasks whose outputs are kept, and what is asked of them.

use std::{path::Path, time::Duration};

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;

/// A workflow that saves one plain picture of this colour. `class`: SaveImage, or PreviewImage for a temporary file.
pub fn picture(color: u32, class: &str) -> Value {
    let mut last = json!({"class_type": class, "inputs": {"images": ["1", 0]}});
    if class == "SaveImage" {
        last["inputs"]["filename_prefix"] = json!("kept");
    }
    json!({
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 48, "batch_size": 1, "color": color}},
        "2": last,
    })
}

/// Darkroom's API, at its present address.
#[derive(Clone)]
pub struct MediaCaller {
    base: String,
    http: Client,
}

impl MediaCaller {
    pub fn new(addr: std::net::SocketAddr) -> Self {
        Self { base: format!("http://{addr}"), http: Client::new() }
    }

    /// Hands in a workflow, and returns the task's id.
    pub async fn submit(&self, workflow: &Value) -> String {
        let body = json!({"workflow": workflow});
        let response = self.http.post(format!("{}/api/tasks", self.base)).json(&body).send().await.expect("answers");
        let status = response.status();
        let answer: Value = response.json().await.expect("JSON");
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        answer["taskId"].as_str().expect("an id").to_owned()
    }

    pub async fn task(&self, id: &str) -> Value {
        self.http.get(format!("{}/api/tasks/{id}", self.base)).send().await.expect("answers").json().await.expect("JSON")
    }

    pub async fn until(&self, id: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut task = Value::Null;
        for _ in 0..6_000 {
            task = self.task(id).await;
            if wanted(&task) {
                return task;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("waited too long for {what}: {task:#}");
    }

    pub async fn until_completed(&self, id: &str) -> Value {
        self.until(id, "its end", |task| task["status"] == "completed").await
    }

    /// Until the storage of its first output is so.
    pub async fn until_storage(&self, id: &str, member: &str, value: &str) -> Value {
        self.until(id, value, |task| task["outputs"][0]["storage"][member] == value).await
    }

    /// Until all outputs are kept.
    pub async fn until_kept(&self, id: &str) -> Value {
        let is_kept = |task: &Value| {
            let outputs = task["outputs"].as_array().expect("outputs");
            !outputs.is_empty() && outputs.iter().all(|output| output["storage"]["state"] == "kept")
        };
        self.until(id, "kept outputs", is_kept).await
    }

    pub async fn output(&self, id: &str, query: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.http.get(format!("{}/api/tasks/{id}/outputs/0{query}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("answers")
    }

    /// The first output, which must come.
    pub async fn bytes(&self, id: &str) -> Vec<u8> {
        let response = self.output(id, "", &[]).await;
        let status = response.status();
        let bytes = response.bytes().await.expect("whole").to_vec();
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&bytes));
        bytes
    }

    pub async fn remove(&self, id: &str) -> Value {
        let response = self.http.delete(format!("{}/api/tasks/{id}", self.base)).send().await.expect("answers");
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.expect("JSON")
    }
}

/// Paths of all files below a folder, relative to it.
pub fn files(folder: &Path) -> Vec<String> {
    fn into(folder: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                into(&path, root, found);
            } else {
                found.push(path.strip_prefix(root).expect("below").to_string_lossy().into_owned());
            }
        }
    }
    let mut found = Vec::new();
    into(folder, folder, &mut found);
    found.sort();
    found
}
