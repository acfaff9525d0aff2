//! A demo engine that commits faults on a test's orders.
//!
//! ```ignore
//! let engine = FaultyEngine::start(1.0).await;
//! engine.hold_at_step("KSampler", 3).await;      // stops exactly there, whatever the machine's speed
//! …                                              // submit something
//! engine.held().await;                           // it is there
//! engine.fault(Fault::Drop).await;               // its sockets are gone
//! engine.release().await;
//! assert_eq!(engine.executions_of(id).await.len(), 1);
//! ```

use std::{net::SocketAddr, time::Duration};

pub use darkroom::demo::faults::{Answer, At, Ending, Execution, Fault, Garbage, Order, SocketManner, Status};
use darkroom::demo::{self, Held, Options};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::json;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::sleep};

/// Sends orders to an engine, in this process or another.
#[derive(Clone)]
pub struct Control {
    pub addr: SocketAddr,
    http: Client,
}

impl Control {
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, http: Client::new() }
    }

    /// Sends an order: a [`Fault`], or one with conditions such as `Fault::Drop.after(3).times(2)`.
    pub async fn fault(&self, order: impl Into<Order>) {
        let order = order.into();
        self.post(&serde_json::to_value(&order).expect("JSON")).await;
    }

    /// Cancels all orders and releases everything held, paused, slow or frozen.
    pub async fn clear(&self) {
        self.post(&json!({"clear": true})).await;
    }

    /// Holds the worker after that step (from 1) of the node with this id or class.
    pub async fn hold_at_step(&self, node: &str, step: u64) {
        self.fault(Fault::Hold { at: At::Step, node: Some(node.to_owned()), step: Some(step) }).await;
    }

    /// Holds the worker there, at any node.
    pub async fn hold(&self, at: At) {
        self.fault(Fault::Hold { at, node: None, step: None }).await;
    }

    /// Waits until the worker is held, and returns where.
    pub async fn held(&self) -> Held {
        for _ in 0..3 {
            // The engine waits for this too, but for less time than the tests.
            let response = self.http.get(self.url("held")).send().await.expect("the engine answers");
            if response.status() != StatusCode::REQUEST_TIMEOUT {
                return response.json().await.expect("where it is held");
            }
        }
        panic!("waited too long for a hold");
    }

    /// Waits until the worker is held at another place than before.
    pub async fn until_next_hold(&self, before: &Held) -> Held {
        self.until("the next hold", async || self.state().await.held.filter(|held| held != before)).await
    }

    pub async fn release(&self) {
        self.fault(Fault::Release).await;
    }

    pub async fn state(&self) -> Status {
        self.get("state").await
    }

    /// All executions started in this engine, oldest first.
    pub async fn executions(&self) -> Vec<Execution> {
        self.get("log").await
    }

    pub async fn executions_of(&self, prompt: impl ToString) -> Vec<Execution> {
        let prompt = prompt.to_string();
        let mut all = self.executions().await;
        all.retain(|execution| execution.prompt_id == prompt);
        all
    }

    /// Waits until the executions satisfy `wanted`.
    pub async fn until_executions(&self, mut wanted: impl FnMut(&[Execution]) -> bool) -> Vec<Execution> {
        self.until("executions", async || {
            let all = self.executions().await;
            wanted(&all).then_some(all)
        })
        .await
    }

    /// Waits until an order affected this many requests: answered as ordered, or left unanswered.
    pub async fn until_wronged(&self, count: u64) {
        self.until("a request", async || (self.state().await.wronged >= count).then_some(())).await;
    }

    /// Waits until the engine's table has this many sockets.
    pub async fn until_sockets(&self, count: usize) {
        self.until("sockets", async || (self.state().await.sockets == count).then_some(())).await;
    }

    /// Waits until the port accepts connections (again).
    pub async fn until_up(&self) {
        // A connection from before a restart may survive it: only a new one proves that the port is open.
        self.until("an open port", async || tokio::net::TcpStream::connect(self.addr).await.ok().map(drop)).await;
    }

    async fn until<T>(&self, what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
        for _ in 0..12_000 {
            if let Some(found) = check().await {
                return found;
            }
            sleep(Duration::from_millis(5)).await;
        }
        panic!("waited too long for {what}");
    }

    async fn post(&self, body: &serde_json::Value) {
        let request = self.http.post(self.url("faults")).body(body.to_string());
        self.send(request).await;
    }

    async fn get<T: DeserializeOwned>(&self, what: &str) -> T {
        let text = self.send(self.http.get(self.url(what))).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error}: {text}"))
    }

    async fn send(&self, request: RequestBuilder) -> String {
        let response = request.send().await.expect("the engine answers");
        let status = response.status();
        let text = response.text().await.expect("text");
        assert!(status.is_success(), "{status}: {text}");
        text
    }

    fn url(&self, what: &str) -> String {
        format!("http://{}/_demo/{what}", self.addr)
    }
}

/// A demo engine inside the test process that accepts orders; stops when dropped.
pub struct FaultyEngine {
    pub control: Control,
    pub folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

impl std::ops::Deref for FaultyEngine {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}

impl FaultyEngine {
    /// `speed`: 1.0 takes 12 s for 20 steps at 512×512; infinite does not wait at all.
    pub async fn start(speed: f64) -> Self {
        Self::with(Options { speed, ..Options::default() }).await
    }

    /// `dir` and `faults` are set here; the `Test…` and `Stub…` classes are enabled.
    pub async fn with(options: Options) -> Self {
        Self::plain(Options { test_nodes: true, ..options }).await
    }

    /// `dir` and `faults` are set here.
    pub async fn plain(options: Options) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("bound");
        let (stop, stopped) = oneshot::channel::<()>();
        let options = Options { dir: folder.path().join("comfy"), faults: true, ..options };
        let served = tokio::spawn(async move {
            demo::serve(listener, options, async { drop(stopped.await) }).await.expect("serves");
        });
        Self { control: Control::new(addr), folder, stop: Some(stop), served }
    }

    pub async fn stop(mut self) {
        drop(self.stop.take());
        (&mut self.served).await.expect("ends well");
    }
}
