//! What stands upstream: enough of a ComfyUI for Darkroom to hand it one task, and for any client to hear what it says. What it says, and when,
//! the measurement decides.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State, WebSocketUpgrade, ws},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, time::sleep};

/// The class it has, if nothing else is said.
pub const CLASS: &str = "Bench";

#[derive(Clone)]
pub struct Upstream {
    pub addr: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    clients: Vec<mpsc::UnboundedSender<ws::Utf8Bytes>>,
    running: Option<(String, Value)>,
    ended: Vec<String>,
    classes: Vec<String>,
}

impl Upstream {
    pub async fn start() -> Self {
        Self::start_with(vec![CLASS.to_owned()]).await
    }

    /// With these node classes.
    pub async fn start_with(classes: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let shared = Arc::new(Mutex::new(Shared { classes, ..Shared::default() }));
        let upstream = Self { addr: listener.local_addr().expect("bound"), shared };
        let app = Router::new()
            .route("/ws", get(socket))
            .route("/prompt", post(prompt))
            .route("/queue", get(queue).post(async || ""))
            .route("/history", post(async || ""))
            .route("/history/{id}", get(history))
            .route("/object_info", get(object_info))
            .route("/system_stats", get(async || Json(json!({"system": {"comfyui_version": "0.8.0"}, "devices": []}))))
            .with_state(upstream.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
        upstream
    }

    /// To every client.
    pub fn say(&self, text: String) {
        let text = ws::Utf8Bytes::from(text);
        self.shared.lock().expect("lock").clients.retain(|client| client.send(text.clone()).is_ok());
    }

    /// A run that nobody handed in.
    pub fn run_alone(&self) {
        self.shared.lock().expect("lock").running = Some((uuid::Uuid::now_v7().to_string(), Value::Null));
    }

    /// The id of the task that Darkroom has handed in.
    pub async fn until_prompt(&self) -> String {
        loop {
            if let Some((id, _)) = &self.shared.lock().expect("lock").running {
                return id.clone();
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn until_clients(&self, count: usize) {
        while self.shared.lock().expect("lock").clients.len() < count {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// The run goes well and is over.
    pub fn end(&self) {
        let ended = self.shared.lock().expect("lock").running.take();
        let Some((id, _)) = ended else { return };
        self.shared.lock().expect("lock").ended.push(id.clone());
        self.say(json!({"type": "execution_success", "data": {"prompt_id": id, "timestamp": 0}}).to_string());
        self.say(json!({"type": "executing", "data": {"node": null, "prompt_id": id}}).to_string());
    }
}

async fn socket(State(upstream): State<Upstream>, upgrade: WebSocketUpgrade) -> axum::response::Response {
    upgrade.on_upgrade(async move |mut socket| {
        let status = json!({"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}, "sid": "bench"}});
        let _ = socket.send(ws::Message::text(status.to_string())).await;
        let (sender, mut frames) = mpsc::unbounded_channel();
        upstream.shared.lock().expect("lock").clients.push(sender);
        loop {
            tokio::select! {
                Some(text) = frames.recv() => if socket.send(ws::Message::Text(text)).await.is_err() { return },
                message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
            }
        }
    })
}

async fn prompt(State(upstream): State<Upstream>, Json(body): Json<Value>) -> Json<Value> {
    let id = body["prompt_id"].as_str().expect("an id").to_owned();
    upstream.shared.lock().expect("lock").running = Some((id.clone(), body["prompt"].clone()));
    Json(json!({"prompt_id": id, "number": 0, "node_errors": {}}))
}

async fn object_info(State(upstream): State<Upstream>) -> Json<Value> {
    let classes = upstream.shared.lock().expect("lock").classes.clone();
    let info = classes.into_iter().map(|class| (class.clone(), json!({"input": {}, "display_name": class, "output_node": true})));
    Json(info.collect::<serde_json::Map<_, _>>().into())
}

async fn queue(State(upstream): State<Upstream>) -> Json<Value> {
    let running = upstream.shared.lock().expect("lock").running.clone();
    let items: Vec<Value> = running.into_iter().map(|(id, graph)| json!([0, id, graph, {}, []])).collect();
    Json(json!({"queue_running": items, "queue_pending": []}))
}

async fn history(State(upstream): State<Upstream>, Path(id): Path<String>) -> Json<Value> {
    let ended = upstream.shared.lock().expect("lock").ended.contains(&id);
    let entry = json!({"outputs": {}, "status": {"status_str": "success", "completed": true, "messages": []}});
    Json(if ended { json!({id: entry}) } else { json!({}) })
}
