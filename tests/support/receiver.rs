//! A webhook receiver: answers as configured, and records every call.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use darkroom::webhook::{Signed, SigningKey, verify};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};

pub const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How a call is answered.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    Status(u16),
    /// 429 with this `Retry-After`, in seconds.
    Later(u64),
    /// Accepts the call and never answers.
    Never,
}

/// A received call.
#[derive(Clone, Debug)]
pub struct Call {
    pub path: String,
    pub id: String,
    pub event: String,
    pub body: Value,
    pub bytes: Vec<u8>,
}

#[derive(Default)]
struct Shared {
    calls: Vec<Call>,
    /// Answers to use first, before the default.
    first: VecDeque<Reply>,
    then: Option<Reply>,
}

pub struct Receiver {
    pub addr: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    job: JoinHandle<()>,
}

type Judge = (Arc<Mutex<Shared>>, Arc<SigningKey>);

impl Receiver {
    /// Has this secret and answers 204.
    pub async fn start(key: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("bound");
        let shared = Arc::<Mutex<Shared>>::default();
        let judge: Judge = (shared.clone(), Arc::new(SigningKey::parse(key).expect("a key")));
        let router = Router::new().fallback(take).with_state(judge);
        let job = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Self { addr, shared, job }
    }

    /// Sets the next answers: these first, then always `then`.
    pub fn answer(&self, first: &[Reply], then: Reply) {
        let mut shared = self.shared.lock().expect("whole");
        shared.first = first.iter().copied().collect();
        shared.then = Some(then);
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook?key=hush", self.addr)
    }

    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().expect("whole").calls.clone()
    }

    pub async fn until(&self, holds: impl Fn(&[Call]) -> bool) -> Vec<Call> {
        for _ in 0..6_000 {
            let calls = self.calls();
            if holds(&calls) {
                return calls;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("it never came to pass: {:#?}", self.calls());
    }

    pub async fn until_calls(&self, number: usize) -> Vec<Call> {
        self.until(|calls| calls.len() >= number).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.job.abort();
    }
}

/// Accepts only signed calls: any other fails the test.
async fn take(State((shared, key)): State<Judge>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name: &str| headers.get(name).expect(name).to_str().expect("text").to_owned();
    let (id, timestamp, signature) = (text("webhook-id"), text("webhook-timestamp"), text("webhook-signature"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let verified = verify(&key, Signed { id: &id, timestamp: &timestamp, signature: &signature }, &body, now);
    let event = verified.map_or_else(|refused| format!("NOT VERIFIED: {refused}"), |()| text("darkroom-event"));
    let call = Call { path: uri.to_string(), id, event, body: serde_json::from_slice(&body).expect("JSON"), bytes: body.to_vec() };
    let reply = {
        let mut shared = shared.lock().expect("whole");
        shared.calls.push(call);
        shared.first.pop_front().or(shared.then).unwrap_or(Reply::Status(204))
    };
    match reply {
        Reply::Status(status) => (StatusCode::from_u16(status).expect("a status"), "noted").into_response(),
        Reply::Later(seconds) => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response(),
        Reply::Never => std::future::pending().await,
    }
}

/// Settings that allow webhooks to this machine, with these retry delays.
pub fn settings(retry_after_s: &str, more: &str) -> String {
    format!("[webhooks]\nallow = ['127.0.0.1']\nsecret = '{KEY}'\nretry_after_s = {retry_after_s}\n{more}")
}

/// A Darkroom with these settings.
pub async fn darkroom(folder: &tempfile::TempDir, comfyui: SocketAddr, settings: &str) -> super::darkroom_server::Running {
    use darkroom::server::config::{Config, Overrides};
    let file: PathBuf = folder.path().join("settings.toml");
    std::fs::write(&file, settings).expect("a settings file");
    let overrides =
        Overrides { data: Some(folder.path().join("data")), comfyui: vec![format!("http://{comfyui}")], ..Overrides::default() };
    let darkroom = super::darkroom_server::darkroom_with(Config::load(Some(&file), overrides).expect("settings")).await;
    super::page::Page::open(darkroom.addr).await.until_connected().await;
    darkroom
}
