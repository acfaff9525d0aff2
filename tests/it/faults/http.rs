//! HTTP: errors, missing responses, partial submissions. Fault rows 8, 9, 10, 11.

use darkroom::{
    proto::{
        ids::NodeId,
        link::BreakerConfig,
        task::{BackendState, HttpState, TaskState},
        wire::Command,
    },
    server::config::Config,
};
use serde_json::json;

use super::stage::{FAST, Stage, blur, brisk, ms};
use crate::support::{
    darkroom_server::backend,
    faults::{Answer, Fault, FaultyEngine},
    proxy::Proxy,
};

fn down(state: &proto::task::Snapshot) -> bool {
    matches!(state.backends[0].http, HttpState::Down { .. })
}

#[tokio::test]
async fn failing_http_opens_the_breaker_while_the_socket_stays_connected() {
    let hour = ms(3_600_000);
    let breaker = BreakerConfig { failures: 3, backoff_first: hour, backoff_max: hour, ..BreakerConfig::default() };
    let mut stage = Stage::with(Config { breaker, ..brisk() }).await;
    let running = stage.running(1).await;
    stage.engine().fault(Fault::Http { route: "*".into(), answer: Answer::Status(500) }.always()).await;
    let id = stage.submit(2).await;
    stage.page.until(down).await;
    assert_eq!(stage.backend().state, BackendState::Connected, "the socket is fine");
    // A new request does not get through.
    stage.command(Command::Cancel { task: id }).await;
    let waiting = stage.submit(3).await;
    stage.release().await;
    stage.page.until(|state| state.task(running).is_some_and(|task| task.verdict.is_some())).await;
    assert_eq!(stage.engine().state().await.wronged, 3, "asked three times, and then no more");
    let task = stage.page.state.task(waiting).cloned().expect("known");
    assert_eq!(task.state, TaskState::Accepted);
    assert_eq!(task.backend, None);
}

#[tokio::test]
async fn waiting_tasks_continue_after_http_recovers() {
    let breaker = BreakerConfig { failures: 3, backoff_first: ms(100), backoff_max: ms(200), ..BreakerConfig::default() };
    let mut stage = Stage::with(Config { breaker, ..brisk() }).await;
    let since = stage.since();
    stage.engine().fault(Fault::Http { route: "*".into(), answer: Answer::Status(500) }.always()).await;
    let (first, second) = (stage.submit(1).await, stage.submit(2).await);
    stage.page.until(down).await;
    stage.engine().clear().await;
    for id in [first, second] {
        assert_eq!(stage.until_completed(id).await.attempt, 1);
    }
    stage.page.until(|state| state.backends[0].http == HttpState::Up).await;
    assert_eq!(stage.since(), since, "the socket held all the time");
    stage.judge().await;
}

#[tokio::test]
async fn a_prompt_whose_response_was_lost_is_found_and_not_sent_twice() {
    let engine = FaultyEngine::start(FAST).await;
    let proxy = Proxy::before(engine.addr).await;
    let mut stage = Stage::open(Config { backends: vec![backend(proxy.addr)], ..brisk() }, vec![engine]).await;
    // At once, then from Darkroom's own queue.
    stage.engine().hold_at_step("KSampler", 3).await;
    proxy.cut_reply("POST /prompt", 0);
    let first = stage.submit(1).await;
    stage.engine().held().await;
    let (second, third) = (stage.submit(2).await, stage.submit(3).await);
    proxy.cut_reply("POST /prompt", 0);
    stage.release().await;
    for id in [first, second, third] {
        assert_eq!(stage.until_completed(id).await.attempt, 1);
    }
    stage.judge().await;
}

#[tokio::test]
async fn a_prompt_that_never_arrived_is_resent_and_runs_once() {
    let engine = FaultyEngine::start(FAST).await;
    let proxy = Proxy::before(engine.addr).await;
    let mut stage = Stage::open(Config { backends: vec![backend(proxy.addr)], ..brisk() }, vec![engine]).await;
    proxy.cut_request("POST /prompt", 0);
    let first = stage.submit(1).await;
    assert_eq!(stage.until_completed(first).await.attempt, 1);
    stage.judge().await;
}

#[tokio::test]
async fn a_failed_lookup_of_a_prompt_is_repeated() {
    let mut stage = Stage::start().await;
    stage.engine().fault(Fault::Http { route: "POST /prompt".into(), answer: Answer::DropBefore }).await;
    stage.engine().fault(Fault::Http { route: "GET /queue".into(), answer: Answer::Status(500) }).await;
    let id = stage.submit(1).await;
    assert_eq!(stage.until_completed(id).await.attempt, 1);
    stage.judge().await;
}

#[tokio::test]
async fn a_queued_task_that_comfyui_refuses_fails_with_its_errors() {
    let mut stage = Stage::start().await;
    let (running, queued) = stage.running_and_queued().await;
    let mut nodes = blur(1);
    nodes["2"]["inputs"]["blur_radius"] = json!(9_999);
    let refused = stage.submit_nodes(nodes).await;
    stage.release().await;
    let failed = stage.page.until_ended(refused).await;
    let error = failed.error.expect("a reason");
    assert_eq!(failed.state, TaskState::Failed);
    assert_eq!(failed.started_at, None);
    let problem = &error.problems[0];
    assert_eq!((problem.node.clone(), problem.input.as_deref()), (Some(NodeId::from("2")), Some("blur_radius")), "{error:?}");
    for id in [running, queued] {
        stage.until_completed(id).await;
    }
    stage.judge().await;
}
