//! The link to a ComfyUI over real sockets: credentials, and silent sockets.

use std::time::Duration;

use crate::support::{
    darkroom_server::{Running, accepted, backend, darkroom_with, demo_engine, lighthouse, snapshot},
    front::Front,
    page::Page,
};
use darkroom::{
    proto::{
        link::LinkConfig,
        submit::Submission,
        task::{BackendState, TaskState},
    },
    server::config::Config,
};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// Timeout, so that a hang fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

struct Fronted {
    _engine: Running,
    front: Front,
    darkroom: Running,
    _folder: TempDir,
}

/// A Darkroom that reaches its ComfyUI only through a proxy with the token "hush".
async fn behind_a_front(speed: f64, token: &str, link: LinkConfig) -> Fronted {
    let folder = tempfile::tempdir().unwrap();
    let engine = demo_engine(&folder, speed).await;
    let front = Front::of(engine.addr, "hush").await;
    let mut backend = backend(front.addr());
    backend.endpoint.access.bearer(token).expect("a token");
    let darkroom = darkroom_with(Config { data: folder.path().join("data"), backends: vec![backend], link, ..Config::default() }).await;
    Fronted { _engine: engine, front, darkroom, _folder: folder }
}

#[tokio::test]
async fn the_token_is_sent_with_http_and_the_websocket() {
    let it = behind_a_front(1e9, "hush", LinkConfig::upstream()).await;
    let mut page = Page::open(it.darkroom.addr).await;
    page.until_connected().await;
    let id = accepted(it.darkroom.addr, Submission::TextToImage(lighthouse(1, 4))).await;
    assert_eq!(page.until_ended(id).await.state, TaskState::Completed);
}

#[tokio::test]
async fn a_wrong_token_is_reported_and_not_retried() {
    let link = LinkConfig { backoff_first: Duration::from_millis(1), backoff_max: Duration::from_millis(1), ..LinkConfig::upstream() };
    let it = behind_a_front(1e9, "wrong", link).await;
    let refused = async {
        loop {
            if let BackendState::Failed { why } = snapshot(it.darkroom.addr).await.backends[0].state.clone() {
                return why;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let why = timeout(PATIENCE, refused).await.expect("refused in time");
    assert!(why.contains("401"), "{why}");
    sleep(Duration::from_millis(200)).await;
    assert_eq!(it.front.handshakes(), 1);
}

/// Fault rows 3 and 4.
#[tokio::test]
async fn a_socket_that_is_silent_during_a_run_is_replaced() {
    let link = LinkConfig { stall_after: Some(Duration::from_millis(100)), ..LinkConfig::upstream() };
    let it = behind_a_front(20.0, "hush", link).await;
    let mut page = Page::open(it.darkroom.addr).await;
    page.until_connected().await;
    let id = accepted(it.darkroom.addr, Submission::TextToImage(lighthouse(1, 20))).await;
    it.front.silence();
    assert_eq!(page.until_ended(id).await.state, TaskState::Completed);
    let replaced = async {
        while it.front.handshakes() < 2 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, replaced).await.expect("a new socket in time");
    // The new socket delivers the next task's events: no poll is needed.
    page.until_connected().await;
    let id = accepted(it.darkroom.addr, Submission::TextToImage(lighthouse(2, 4))).await;
    assert_eq!(page.until_ended(id).await.state, TaskState::Completed);
}
