//! Faults of sockets and their frames.

use serde_json::json;
use tokio::{task::JoinSet, time::timeout};
use tokio_tungstenite::tungstenite::{
    Error,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{
    FAST, PATIENCE, graph,
    listener::{Listener, Received},
    post, submit,
};
use crate::support::faults::{Ending, Fault, FaultyEngine, Garbage};

#[tokio::test]
async fn sockets_end_in_each_ordered_way() {
    let engine = FaultyEngine::start(FAST).await;
    let mut client = Listener::open(&engine).await;
    engine.fault(Fault::Drop).await;
    assert!(matches!(client.receive().await, Received::Gone(_)));
    engine.until_sockets(0).await;

    let mut client = Listener::open(&engine).await;
    engine.fault(Fault::Close { code: 1012 }).await;
    assert_eq!(client.receive().await, Received::Closed(Some(1012)));
    engine.until_sockets(0).await;

    let mut client = Listener::open(&engine).await;
    engine.fault(Fault::Reset).await;
    assert_eq!(client.receive().await, Received::Gone(Some(std::io::ErrorKind::ConnectionReset)));
    engine.until_sockets(0).await;

    // The order is used up: the next socket stays open.
    let mut client = Listener::open(&engine).await;
    assert!(client.is_silent().await);
}

#[tokio::test]
async fn a_blackhole_gives_no_answer_until_it_is_cleared() {
    let engine = FaultyEngine::start(FAST).await;
    let mut client = Listener::open(&engine).await;
    engine.fault(Fault::Blackhole).await;
    client.ping().await;
    submit(&engine, "a", 2).await;
    assert!(client.is_silent().await);
    engine.clear().await;
    // The pong and the run's events arrive in either order.
    let mut waited_for = vec!["pong", "execution_success"];
    while !waited_for.is_empty() {
        let received = client.receive().await;
        assert!(!matches!(received, Received::Gone(_)));
        waited_for.retain(|kind| *kind != received.kind());
    }
}

#[tokio::test]
async fn a_zombie_socket_answers_pings_and_gets_no_events() {
    let engine = FaultyEngine::start(FAST).await;
    engine.fault(Fault::Zombie.on_connect()).await;
    let mut client = Listener::open(&engine).await;
    submit(&engine, "a", 2).await;
    engine.until_executions(|all| all.iter().any(|one| one.outcome.is_some())).await;
    client.ping().await;
    assert_eq!(client.receive().await, Received::Pong);
    assert!(client.is_silent().await);
}

#[tokio::test]
async fn a_socket_is_dropped_instead_of_a_chosen_frame() {
    let engine = FaultyEngine::start(FAST).await;
    let mut client = Listener::open(&engine).await;
    engine.fault(Fault::Drop.of("b").at_event("progress").after(2)).await;
    submit(&engine, "a", 4).await;
    assert_eq!(client.until_ended().await.iter().filter(|received| received.kind() == "progress").count(), 4);
    let body = json!({"prompt": graph(4, 2), "client_id": "me", "prompt_id": "b"});
    post(&engine, "/prompt", &body).await.unwrap();
    let kinds = client.until("gone").await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "progress").count(), 2);
}

#[tokio::test]
async fn new_sockets_are_dropped_as_often_as_ordered() {
    let engine = FaultyEngine::start(FAST).await;
    engine.fault(Fault::Drop.times(2)).await;
    for _ in 0..2 {
        let mut client = Listener::open(&engine).await;
        assert!(matches!(client.receive().await, Received::Gone(_)));
        engine.until_sockets(0).await;
    }
    assert!(Listener::open(&engine).await.is_silent().await);
}

#[tokio::test]
async fn handshakes_are_refused() {
    let engine = FaultyEngine::start(FAST).await;
    for status in [500, 401, 403, 503] {
        engine.fault(Fault::RefuseSockets { status: Some(status) }).await;
        let Err(Error::Http(answer)) = Listener::dial(&engine).await else { panic!("not refused") };
        assert_eq!(answer.status(), status);
    }
    engine.fault(Fault::RefuseSockets { status: None }).await;
    let mut dials = JoinSet::new();
    for _ in 0..2 {
        let engine = engine.control.clone();
        dials.spawn(async move { Listener::dial(&engine).await });
    }
    let opened = timeout(PATIENCE, dials.join_next()).await.expect("one of two is let in");
    assert!(matches!(opened, Some(Ok(Ok(_)))));
    assert!(dials.try_join_next().is_none(), "the other is never answered");
    Listener::open(&engine).await;
    engine.stop().await;
}

#[tokio::test]
async fn events_are_lost_or_doubled() {
    let engine = FaultyEngine::start(FAST).await;
    let mut client = Listener::open(&engine).await;
    engine.fault(Fault::DropEvents { kinds: vec!["execution_success".into(), "preview".into()] }).await;
    engine.fault(Fault::DuplicateEvents.at_event("execution_start").times(1)).await;
    submit(&engine, "a", 2).await;
    let received = client.until_ended().await;
    let count = |kind: &str| received.iter().filter(|received| received.kind() == kind).count();
    for (kind, times) in [("execution_success", 0), ("preview", 0), ("execution_start", 2), ("progress", 2)] {
        assert_eq!(count(kind), times, "{kind}");
    }

    engine.fault(Fault::Mute).await;
    submit(&engine, "b", 2).await;
    engine.until_executions(|all| all.iter().filter(|one| one.outcome == Some(Ending::Success)).count() == 2).await;
    assert!(client.is_silent().await);
}

#[tokio::test]
async fn a_flood_sends_the_ordered_number_of_events() {
    let engine = FaultyEngine::start(FAST).await;
    let mut client = Listener::open(&engine).await;
    engine.fault(Fault::Flood { events_per_second: 5_000, seconds: 0.2 }).await;
    submit(&engine, "a", 2).await;
    let received = client.until_ended().await;
    assert_eq!(received.iter().filter(|received| received.kind() == "progress").count(), 1_000 + 2);
}

#[tokio::test]
async fn large_and_malformed_frames_reach_every_client() {
    let engine = FaultyEngine::start(FAST).await;
    let mut client = Listener::open(&engine).await;
    engine.fault(Fault::BigFrame { bytes: 3 << 20, text: false }).await;
    assert_eq!(client.receive().await, Received::Binary((3 << 20) + 8));
    engine.fault(Fault::BigFrame { bytes: 1 << 20, text: true }).await;
    assert_eq!(client.receive().await.kind(), "big");
    for (what, kind) in [
        (Garbage::Text, "text"),
        (Garbage::UnknownType, "crystal_growth"),
        (Garbage::CutJson, "text"),
        (Garbage::Binary, "preview"),
        (Garbage::CutBinary, "preview"),
    ] {
        engine.fault(Fault::Garbage { what }).await;
        assert_eq!(client.receive().await.kind(), kind);
    }
    engine.fault(Fault::ExecutingWithoutPromptId { node: None }.times(2)).await;
    assert_eq!([client.receive().await.kind(), client.receive().await.kind()], ["executing"; 2]);
    engine.fault(Fault::Foreign).await;
    assert_eq!(client.until("execution_interrupted").await, ["progress_state", "progress", "preview", "execution_interrupted"]);
    engine.fault(Fault::ExecutingWithoutPromptId { node: Some("3".into()) }).await;
    assert_eq!(client.receive().await, Received::Event("executing".into(), json!({"node": "3"})));
}

/// Fact 12.
#[tokio::test]
async fn a_close_is_answered_with_1000_whatever_its_code() {
    let engine = FaultyEngine::start(FAST).await;
    for code in [CloseCode::Normal, CloseCode::Library(4001)] {
        let mut client = Listener::open(&engine).await;
        client.socket.close(Some(CloseFrame { code, reason: "enough".into() })).await.unwrap();
        assert_eq!(client.receive().await, Received::Closed(Some(1000)));
        engine.until_sockets(0).await;
    }
}
