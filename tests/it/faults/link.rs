//! The socket: reset, silent, refused, cut, too large. Fault rows 1, 3, 4, 5, 18, 32.

use darkroom::{
    proto::{
        link::LinkConfig,
        task::{BackendState, HttpState, TaskState},
    },
    server::config::Config,
};
use serde_json::json;
use tokio::{io::AsyncReadExt, net::TcpStream};

use super::stage::{FAST, Stage, brisk, ms};
use crate::support::{
    darkroom_server::backend,
    faults::{Fault, FaultyEngine},
    link::brisk_link,
    proxy::Proxy,
};

async fn behind_a_proxy(link: LinkConfig) -> (Stage, Proxy) {
    let engine = FaultyEngine::start(FAST).await;
    let proxy = Proxy::before(engine.addr).await;
    let config = Config { backends: vec![backend(proxy.addr)], link, ..brisk() };
    (Stage::open(config, vec![engine]).await, proxy)
}

#[tokio::test]
async fn a_reset_during_a_run_loses_nothing() {
    let (mut stage, proxy) = behind_a_proxy(brisk_link()).await;
    let id = stage.running(1).await;
    let since = stage.since();
    proxy.reset();
    stage.until_connected_again(since).await;
    stage.release().await;
    assert_eq!(stage.until_completed(id).await.attempt, 1);
    stage.judge().await;
}

#[tokio::test]
async fn a_socket_without_events_of_the_run_is_detected() {
    let mut stage = Stage::start().await;
    let id = stage.running(1).await;
    let since = stage.since();
    stage.engine().fault(Fault::Mute).await;
    stage.release().await;
    assert_eq!(stage.until_completed(id).await.attempt, 1);
    stage.until_connected_again(since).await;
    stage.judge().await;
}

#[tokio::test]
async fn a_new_socket_that_gets_no_events_is_detected() {
    let mut stage = Stage::start().await;
    let id = stage.running(1).await;
    let since = stage.since();
    stage.engine().fault(Fault::Zombie.on_connect()).await;
    stage.engine().fault(Fault::Drop).await;
    stage.until_connected_again(since).await;
    stage.release().await;
    stage.until_completed(id).await;
    // The first look may have seen the end already: then it is the next task that shows the silence.
    let id = stage.submit(2).await;
    stage.until_completed(id).await;
    stage.judge().await;
}

#[tokio::test]
async fn a_socket_that_stops_getting_events_is_detected() {
    let mut stage = Stage::start().await;
    let id = stage.running(1).await;
    let since = stage.since();
    stage.engine().fault(Fault::Zombie).await;
    stage.release().await;
    stage.until_completed(id).await;
    // The next one hears again.
    stage.until_connected_again(since).await;
    let id = stage.submit(2).await;
    let done = stage.until_completed(id).await;
    assert!(done.nodes.iter().any(|node| node.value == 6), "followed step by step: {:?}", done.nodes);
    stage.judge().await;
}

/// The loss of the socket is the first failure.
#[tokio::test]
async fn polling_begins_at_the_fifth_failure_in_a_row_and_ends_with_a_stable_socket() {
    for (refused, expected) in [(3, false), (4, true)] {
        let mut stage = Stage::start().await;
        let id = stage.running(1).await;
        let since = stage.since();
        stage.engine().fault(Fault::RefuseSockets { status: Some(500) }.times(refused)).await;
        stage.engine().fault(Fault::Drop).await;
        let mut polled = false;
        let until = |backend: &proto::task::Backend| {
            polled |= backend.state == BackendState::Polling;
            backend.state == BackendState::Connected && backend.since != since
        };
        let mut until = until;
        stage.page.until(|state| until(&state.backends[0])).await;
        assert_eq!(polled, expected, "after {} failures", refused + 1);
        stage.release().await;
        stage.until_completed(id).await;
        stage.judge().await;
    }
}

#[tokio::test]
async fn polling_gives_the_same_states_as_the_socket() {
    let mut stage = Stage::start().await;
    stage.engine().fault(Fault::RefuseSockets { status: Some(500) }.always()).await;
    stage.engine().fault(Fault::Drop).await;
    stage.until_link(|state| *state == BackendState::Polling).await;
    assert_eq!(stage.backend().http, HttpState::Up, "judged apart from the socket");

    stage.engine().hold_at_step("KSampler", 3).await;
    let completes = stage.submit(1).await;
    stage.page.until_state(completes, TaskState::Running).await;
    let bad = json!({
        "1": {"class_type": "StubConstantImage", "inputs": {"value": 0.5, "height": 16, "width": 16, "batch_size": 1}},
        "3": {"class_type": "TestSyncError", "inputs": {"value": ["1", 0]}},
        "4": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    });
    let fails = stage.submit_nodes(bad).await;
    stage.release().await;
    stage.until_completed(completes).await;
    let failed = stage.page.until_ended(fails).await;
    let error = failed.error.expect("a reason");
    assert_eq!(failed.state, TaskState::Failed);
    assert_eq!(error.node.expect("a node").as_str(), "3");

    stage.engine().clear().await;
    stage.until_link(|state| *state == BackendState::Connected).await;
    stage.judge().await;
}

#[tokio::test]
async fn a_frame_of_20_mib_is_accepted() {
    let mut stage = Stage::start().await;
    let id = stage.running(1).await;
    let since = stage.since();
    for text in [true, false] {
        stage.engine().fault(Fault::BigFrame { bytes: 20 << 20, text }).await;
    }
    stage.release().await;
    // Its end comes behind the frames on the same socket.
    stage.until_completed(id).await;
    assert_eq!(stage.since(), since);
    assert_eq!(stage.backend().unreadable, 0);
    stage.judge().await;
}

#[tokio::test]
async fn a_frame_over_the_limit_closes_the_socket_but_not_the_task() {
    // A probe is never believed: what was seen first stays to be seen.
    let link = LinkConfig { poll_after: 2, hold_for: ms(3_600_000), stable_after: ms(7_200_000), ..brisk_link() };
    let mut stage = Stage::with(Config { link, ..brisk() }).await;
    let id = stage.running(1).await;
    let since = stage.since();
    let too_big = Fault::BigFrame { bytes: 70 << 20, text: false };
    stage.engine().fault(too_big.clone()).await;
    stage.until_connected_again(since).await;
    assert_eq!(stage.backend().state, BackendState::Connected);
    stage.engine().until_sockets(1).await;
    stage.engine().fault(too_big).await;
    stage.until_link(|state| *state == BackendState::Polling).await;
    stage.release().await;
    stage.until_completed(id).await;
    stage.judge().await;
}

#[tokio::test]
async fn pings_keep_an_idle_socket_open_behind_a_proxy_that_cuts() {
    let link = LinkConfig { ping_every: ms(1_000), pong_within: ms(990), ..brisk_link() };
    let (mut stage, proxy) = behind_a_proxy(link).await;
    let since = stage.since();
    proxy.cut_idle_after(Some(ms(2_500)));
    // Beside it, one connection after another that says nothing is cut.
    for _ in 0..2 {
        let mut silent = TcpStream::connect(proxy.addr).await.expect("a connection");
        assert_eq!(silent.read(&mut [0]).await.unwrap_or(0), 0);
    }
    let id = stage.submit(1).await;
    stage.until_completed(id).await;
    assert_eq!(stage.backend().state, BackendState::Connected);
    assert_eq!(stage.since(), since);
    stage.judge().await;
}
