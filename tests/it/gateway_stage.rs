//! Engines, and a Darkroom that clients of ComfyUI find at a port of its own.

use std::net::SocketAddr;

use darkroom::{
    demo::Options,
    server::config::{Config, GatewayConfig},
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::demo::client::{Frame, Socket};
use crate::support::{
    darkroom_server::{Running, backend, darkroom_with, lighthouse},
    faults::FaultyEngine,
    link::brisk_link,
    page::Page,
    process::free_port,
};

pub struct GatewayStage {
    pub engines: Vec<FaultyEngine>,
    pub darkroom: Running,
    /// Of the gateway.
    pub addr: SocketAddr,
    pub http: reqwest::Client,
    config: Config,
    folder: TempDir,
}

impl GatewayStage {
    /// One engine without delays.
    pub async fn start() -> Self {
        Self::of(1, |_| {}).await
    }

    pub async fn of(engines: usize, change: impl FnOnce(&mut Config)) -> Self {
        let mut started = Vec::new();
        for _ in 0..engines {
            started.push(FaultyEngine::with(Options { speed: 1e9, ..Options::default() }).await);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let addr = free_port().await;
        let mut config = Config {
            data: folder.path().join("data"),
            backends: started.iter().map(|engine| backend(engine.addr)).collect(),
            gateway: Some(GatewayConfig::at(addr)),
            link: brisk_link(),
            history_lag: std::time::Duration::from_secs(1),
            request_lag: std::time::Duration::from_millis(300),
            ..Config::default()
        };
        change(&mut config);
        let darkroom = darkroom_with(config.clone()).await;
        until_up(addr).await;
        if config.access.token.is_none() {
            Page::open(darkroom.addr).await.until_connected().await;
        }
        Self { engines: started, darkroom, addr, http: reqwest::Client::new(), config, folder }
    }

    /// A Darkroom before this ComfyUI.
    pub async fn before(comfyui: SocketAddr) -> Self {
        Self::of(0, |config| config.backends = vec![backend(comfyui)]).await
    }

    /// Stops Darkroom and starts it on the same data.
    pub async fn restart(self) -> Self {
        let Self { engines, darkroom, http, mut config, folder, .. } = self;
        darkroom.stop().await;
        let addr = free_port().await;
        config.gateway = config.gateway.map(|settings| GatewayConfig { addr, ..settings });
        let darkroom = darkroom_with(config.clone()).await;
        until_up(addr).await;
        Self { engines, darkroom, addr, http, config, folder }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.addr))
    }

    /// From another address, where the stage is behind a proxy.
    pub fn request_from(&self, from: &str, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header("x-forwarded-for", from)
    }

    /// JSON, or null where there is nothing.
    pub async fn send(&self, request: RequestBuilder) -> (u16, Value) {
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("text");
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }

    pub async fn get(&self, path: &str) -> Value {
        self.send(self.request(Method::GET, path)).await.1
    }

    /// Without a content type, as many clients do it.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(self.request(Method::POST, path).body(body.to_string())).await
    }

    /// The id of an accepted prompt.
    pub async fn submit(&self, body: &Value) -> String {
        let (status, answer) = self.post("/prompt", body).await;
        assert_eq!(status, 200, "{answer}");
        answer["prompt_id"].as_str().expect("an id").to_owned()
    }

    pub async fn socket(&self, client: &str) -> Socket {
        Socket::open(&format!("ws://{}/ws?clientId={client}", self.addr)).await
    }

    pub async fn socket_from(&self, from: &str, client: &str) -> Socket {
        Socket::open_with(&format!("ws://{}/ws?clientId={client}", self.addr), &[("x-forwarded-for", from)]).await
    }
}

/// Waits until the port is open.
async fn until_up(addr: SocketAddr) {
    while tokio::net::TcpStream::connect(addr).await.is_err() {
        tokio::task::yield_now().await;
    }
}

/// A picture in six steps, with previews.
pub fn picture(seed: u64, client: Option<&str>) -> Value {
    let prompt = serde_json::to_value(lighthouse(seed, 6).workflow()).expect("JSON");
    let mut body = json!({"prompt": prompt, "extra_data": {"preview_method": "auto"}});
    if let Some(client) = client {
        body["client_id"] = client.into();
    }
    body
}

/// The messages of a socket as `type` or `type:node`, `executing:-` for the end, `binary:N` for binary ones. Without repetitions in a row.
pub fn kinds(frames: &[Frame]) -> Vec<String> {
    let mut kinds: Vec<String> = frames
        .iter()
        .map(|frame| match frame {
            Frame::Binary(bytes) => format!("binary:{}", bytes[3]),
            Frame::Text(text) => {
                let message: Value = serde_json::from_str(text).expect("JSON");
                let kind = message["type"].as_str().expect("a type");
                match &message["data"]["node"] {
                    Value::String(node) if kind != "progress" => format!("{kind}:{node}"),
                    Value::Null if kind == "executing" => "executing:-".to_owned(),
                    _ => kind.to_owned(),
                }
            }
        })
        .collect();
    kinds.dedup();
    kinds
}

/// Whether the run of a prompt is over on this socket.
pub fn is_over(frames: &[Frame], prompt: &str) -> bool {
    frames.iter().any(|frame| {
        let Frame::Text(text) = frame else { return false };
        let message: Value = serde_json::from_str(text).expect("JSON");
        message["type"] == "executing" && message["data"]["node"].is_null() && message["data"]["prompt_id"] == prompt
    })
}

/// The data of all messages of a type.
pub fn messages(frames: &[Frame], kind: &str) -> Vec<Value> {
    let parsed =
        frames.iter().filter_map(|frame| if let Frame::Text(text) = frame { serde_json::from_str::<Value>(text).ok() } else { None });
    parsed.filter(|message| message["type"] == kind).map(|message| message["data"].clone()).collect()
}
