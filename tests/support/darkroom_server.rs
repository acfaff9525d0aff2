//! A Darkroom and a demo engine on real ports, for one test.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use bytes::Bytes;
use darkroom::{
    demo,
    proto::{
        ids::{CommandId, Epoch, Resume, Seq, TaskId},
        outbox::{Answer, Order},
        recipe::TextToImage,
        submit::Submission,
        task::{Snapshot, Task},
        wire::{Command, News},
    },
    server::{
        self,
        config::{BackendConfig, Config, ReplicaConfig},
    },
    web::frontend::Pages,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use uuid::Uuid;

use super::{page::Page, store::postgres_of};

/// Stops when dropped; [`Running::stop`] also waits for it.
pub struct Running {
    pub addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    job: JoinHandle<()>,
}

impl Running {
    pub async fn stop(mut self) {
        drop(self.stop.take());
        (&mut self.job).await.expect("ends well");
    }
}

pub async fn demo_engine(folder: &TempDir, speed: f64) -> Running {
    demo_engine_at(folder, speed, "127.0.0.1:0".parse().expect("address")).await
}

pub async fn demo_engine_at(folder: &TempDir, speed: f64, addr: SocketAddr) -> Running {
    let options = demo::Options { dir: folder.path().join("comfy"), speed, test_nodes: true, ..demo::Options::default() };
    demo_engine_with(options, addr).await
}

pub async fn demo_engine_with(options: demo::Options, addr: SocketAddr) -> Running {
    let listener = TcpListener::bind(addr).await.expect("a port");
    let addr = listener.local_addr().expect("bound");
    let (stop, stopped) = oneshot::channel::<()>();
    let job = tokio::spawn(async move {
        demo::serve(listener, options, async { drop(stopped.await) }).await.expect("serves");
    });
    Running { addr, stop: Some(stop), job }
}

/// A Darkroom connected to the ComfyUI at `comfyui`.
pub async fn darkroom(data: PathBuf, comfyui: SocketAddr) -> Running {
    darkroom_with(Config { data, backends: vec![backend(comfyui)], ..Config::default() }).await
}

/// A Darkroom with these settings, on a free port.
pub async fn darkroom_with(config: Config) -> Running {
    let replica = match config.replica {
        Some(replica) => Some(replica),
        None => postgres_of(&config.data).await.map(|url| ReplicaConfig::at(url.parse().expect("a url"))),
    };
    let config = Config { replica, ..config };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("bound");
    let (stop, stopped) = oneshot::channel::<()>();
    let job = tokio::spawn(async move {
        server::run(listener, Config { addr, ..config }, Arc::new(Pages), async { drop(stopped.await) }).await.expect("serves");
    });
    Running { addr, stop: Some(stop), job }
}

pub fn backend(comfyui: SocketAddr) -> BackendConfig {
    BackendConfig::parse(&format!("http://{comfyui}")).expect("a url")
}

/// A demo engine, and a Darkroom connected to it.
pub struct Both {
    pub engine: Running,
    pub darkroom: Running,
    pub folder: TempDir,
}

impl Both {
    pub async fn start(speed: f64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let engine = demo_engine(&folder, speed).await;
        let darkroom = darkroom(folder.path().join("data"), engine.addr).await;
        Page::open(darkroom.addr).await.until_connected().await;
        Self { engine, darkroom, folder }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.darkroom.addr)
    }

    pub async fn page(&self) -> Page {
        Page::open(self.darkroom.addr).await
    }
}

pub fn lighthouse(seed: u64, steps: u32) -> TextToImage {
    TextToImage {
        prompt: "a lighthouse at dusk".into(),
        checkpoint: "demo-safelight.safetensors".into(),
        width: 64,
        height: 64,
        steps,
        seed,
        ..TextToImage::default()
    }
}

/// Calls a server function as the page does: arguments and response in postcard.
pub async fn call<T: DeserializeOwned>(addr: SocketAddr, name: &str, arguments: &impl Serialize) -> T {
    postcard::from_bytes(&call_for_bytes(addr, name, arguments).await).expect("decodes")
}

/// The same, and the response as it comes.
pub async fn call_for_bytes(addr: SocketAddr, name: &str, arguments: &impl Serialize) -> Bytes {
    let body = postcard::to_allocvec(arguments).expect("encodes");
    let request = reqwest::Client::new().post(format!("http://{addr}/api/fn/{name}")).header("content-type", "application/x-postcard");
    let response = request.body(body).send().await.expect("answers");
    assert!(response.status().is_success(), "{name}: {}", response.status());
    response.bytes().await.expect("whole")
}

/// Sends an order as the page does: once carried out for each `id`.
pub async fn order(addr: SocketAddr, id: CommandId, order: Order) -> Answer {
    call(addr, "order", &(id, order)).await
}

pub async fn submit(addr: SocketAddr, submission: Submission) -> Answer {
    order(addr, CommandId(Uuid::now_v7()), Order::Submit(submission)).await
}

pub async fn accepted(addr: SocketAddr, submission: Submission) -> TaskId {
    match submit(addr, submission).await {
        Answer::Done { task: Some(task) } => task,
        other => panic!("not accepted: {other:?}"),
    }
}

pub async fn cancel(addr: SocketAddr, id: TaskId) {
    command(addr, Command::Cancel { task: id }).await;
}

/// Sends a command that must be carried out.
pub async fn command(addr: SocketAddr, command: Command) {
    let answer = order(addr, CommandId(Uuid::now_v7()), Order::Command(command)).await;
    assert_eq!(answer, Answer::Done { task: None });
}

/// The present state, as a page gets it that knows nothing of this epoch.
pub async fn snapshot(addr: SocketAddr) -> Snapshot {
    match call(addr, "news", &Resume { epoch: Epoch(0), seq: Seq(0) }).await {
        News::Snapshot(snapshot) => *snapshot,
        changes @ News::Changes { .. } => panic!("no snapshot: {changes:?}"),
    }
}

pub async fn task(addr: SocketAddr, id: TaskId) -> Option<Task> {
    call(addr, "task", &id).await
}

pub fn workflow(nodes: Value) -> Submission {
    Submission::Workflow { name: "test.json".into(), json: nodes.to_string() }
}
