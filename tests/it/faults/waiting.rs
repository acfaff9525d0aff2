//! Why a task waits in Darkroom's queue, in the words of the API: `note`, `currentStep`, lists and event streams.

use std::net::SocketAddr;

use darkroom::{demo::Options, proto::ids::TaskId, server::config::Config};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::stage::{FAST, blur, brisk};
use crate::support::{
    api::Api,
    darkroom_server::{Running, backend, darkroom_with, demo_engine_with},
    events::Events,
};

const UNREACHABLE: &str = "No ComfyUI can be reached; this task is kept and will be sent when one is back";
const QUEUE_PAUSED: &str = "Waiting: the queue is paused";

/// A Darkroom whose ComfyUI is off.
struct Alone {
    folder: TempDir,
    comfyui: SocketAddr,
    api: Api,
    darkroom: Running,
}

impl Alone {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let comfyui = port.local_addr().expect("bound");
        drop(port);
        let config = Config { data: folder.path().join("data"), backends: vec![backend(comfyui)], ..brisk() };
        let darkroom = darkroom_with(config).await;
        let api = Api::at(format!("http://{}", darkroom.addr)).await;
        Self { folder, comfyui, api, darkroom }
    }

    async fn engine(&self, checkpoints: &[&str]) -> Running {
        let checkpoints = checkpoints.iter().map(|name| (*name).to_owned()).collect();
        let options = Options { dir: self.folder.path().join("comfy"), speed: FAST, checkpoints, ..Options::default() };
        demo_engine_with(options, self.comfyui).await
    }

    async fn follow(&self, id: TaskId) -> Events {
        Events::open(self.darkroom.addr, &format!("/progress/{id}"), None).await
    }

    /// The reason in each answer of the API about a task, which must be the same.
    async fn reason(&self, id: TaskId) -> Option<String> {
        let task = self.api.get(&format!("/api/tasks/{id}")).await.json;
        let list = self.api.get("/api/tasks?status=queued").await.json;
        let queue = self.api.get("/api/queue").await.json;
        let of = |tasks: &Value| {
            tasks.as_array().and_then(|all| all.iter().find(|task| task["taskId"] == json!(id)).cloned()).unwrap_or_default()
        };
        let listed = of(&list["tasks"]);
        let note = task["note"].as_str().map(str::to_owned);
        assert_eq!(listed["note"].as_str(), note.as_deref(), "the list: {listed}");
        let step = note.clone().unwrap_or_else(|| "Waiting to be sent".into());
        for (answer, progress) in
            [("task", &task["progress"]), ("list", &listed["progress"]), ("queue", &of(&queue["waiting"])["progress"])]
        {
            assert_eq!(progress["currentStep"], json!(step), "{answer}");
        }
        note
    }
}

fn says(text: &str) -> impl Fn(&Value) -> bool {
    move |event| event["progress"]["currentStep"].as_str().is_some_and(|step| step.contains(text))
}

#[tokio::test]
async fn a_waiting_task_names_what_it_waits_for() {
    let stage = Alone::start().await;
    let id = stage.api.accepted(&json!({"workflow": blur(1)})).await;
    let mut events = stage.follow(id).await;
    assert_eq!(stage.reason(id).await.as_deref(), Some(UNREACHABLE));
    events.until(says(UNREACHABLE)).await;

    stage.api.post("/api/queue/pause").await;
    assert_eq!(stage.reason(id).await.as_deref(), Some(QUEUE_PAUSED));
    events.until(says(QUEUE_PAUSED)).await;
    stage.api.patch(&format!("/api/tasks/{id}"), &json!({"paused": true})).await;
    assert_eq!(stage.reason(id).await.as_deref(), Some("Paused"));
    events.until(says("Paused")).await;

    let engine = stage.engine(&[]).await;
    stage.api.patch(&format!("/api/tasks/{id}"), &json!({"paused": false})).await;
    events.until(says(QUEUE_PAUSED)).await;
    stage.api.post("/api/queue/resume").await;
    let end = events.all().await.pop().expect("its end");
    assert_eq!(end["status"], "completed", "{end}");
    assert_eq!(stage.api.get(&format!("/api/tasks/{id}")).await.json["note"], Value::Null);
    engine.stop().await;
}

#[tokio::test]
async fn classes_and_models_that_the_only_comfyui_lacks_are_named_until_it_has_them() {
    let stage = Alone::start().await;
    let mut nodes = blur(1);
    nodes["9"] = json!({"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sdxl/nobodys.safetensors"}});
    let model = stage.api.accepted(&json!({"workflow": nodes})).await;
    let mut nodes = blur(2);
    nodes["9"] = json!({"class_type": "NobodysNode", "inputs": {}});
    let class = stage.api.accepted(&json!({"workflow": nodes})).await;
    let fits = stage.api.accepted(&json!({"workflow": blur(3)})).await;

    let engine = stage.engine(&["other.safetensors"]).await;
    let mut events = stage.follow(model).await;
    events.until(says("does not have the file sdxl/nobodys.safetensors")).await;
    stage.follow(class).await.until(says("does not have the node class NobodysNode")).await;
    let note = stage.reason(model).await.expect("a reason");
    let expected = format!("No ComfyUI takes this now. {}: it does not have the file sdxl/nobodys.safetensors", stage.comfyui);
    assert_eq!(note, expected);
    let end = stage.follow(fits).await.all().await.pop().expect("its end");
    assert_eq!(end["status"], "completed", "a task that fits is not held up: {end}");

    // Gone: what is missing does not matter before it is back.
    engine.stop().await;
    events.until(says(UNREACHABLE)).await;
    let engine = stage.engine(&["other.safetensors", "sdxl/nobodys.safetensors"]).await;
    let end = events.all().await.pop().expect("its end");
    assert_eq!(end["status"], "completed", "{end}");
    assert!(stage.reason(class).await.is_some_and(|note| note.contains("NobodysNode")));
    engine.stop().await;
}
