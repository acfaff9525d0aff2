//! Directly on a ComfyUI, with faults of the network or the ComfyUI: the run is neither lost nor duplicated.

use darkroom::client::{ClientError, Connection, Progress};
use serde_json::Value;

use super::watched::{FAST, direct, ms, picture, polls, run, says};
use crate::support::{
    faults::{Answer, At, Ending, Fault, FaultyEngine},
    proxy::Proxy,
};

async fn ran_once(engine: &FaultyEngine) {
    let ran = engine.executions().await;
    assert_eq!(ran.iter().map(|one| one.outcome).collect::<Vec<_>>(), [Some(Ending::Success)], "{ran:?}");
}

#[tokio::test]
async fn without_websockets_it_polls_and_reports_that() {
    for status in [Some(404), Some(403)] {
        let engine = FaultyEngine::start(FAST).await;
        engine.fault(Fault::RefuseSockets { status }.always()).await;
        // Held until the client reports polling: otherwise the run might end before.
        engine.hold_at_step("KSampler", 3).await;
        let mut ours = run(picture(1), direct(engine.addr));
        ours.until_connection(polls).await;
        engine.held().await;
        engine.release().await;
        let seen = ours.completed().await;
        assert!(!says(&seen, |how| *how == Connection::Live));
        ran_once(&engine).await;
    }
}

#[tokio::test]
async fn a_run_is_polled_and_saved_after_its_socket_is_cut_for_good() {
    let engine = FaultyEngine::start(FAST).await;
    engine.hold_at_step("KSampler", 3).await;
    let mut ours = run(picture(1), direct(engine.addr));
    ours.until_step(3).await;
    engine.fault(Fault::RefuseSockets { status: Some(502) }.always()).await;
    engine.fault(Fault::Drop).await;
    ours.until_connection(|how| *how == (Connection::Reconnecting { was_live: true })).await;
    ours.until_connection(polls).await;
    engine.release().await;
    ours.completed().await;
    ran_once(&engine).await;
}

#[tokio::test]
async fn a_run_goes_on_after_its_socket_reconnected() {
    let engine = FaultyEngine::start(FAST).await;
    engine.hold_at_step("KSampler", 3).await;
    let mut ours = run(picture(1), direct(engine.addr));
    ours.until_step(3).await;
    engine.fault(Fault::Reset).await;
    ours.until_connection(|how| *how == (Connection::Reconnecting { was_live: true })).await;
    ours.until_connection(|how| *how == Connection::Live).await;
    engine.release().await;
    ours.until_step(4).await;
    let seen = ours.completed().await;
    assert!(!says(&seen, polls));
    ran_once(&engine).await;
}

#[tokio::test]
async fn a_silent_socket_is_detected() {
    let engine = FaultyEngine::start(FAST).await;
    engine.hold_at_step("KSampler", 3).await;
    let mut ours = run(picture(1), direct(engine.addr));
    ours.until_step(3).await;
    engine.held().await;
    engine.fault(Fault::Zombie).await;
    engine.release().await;
    ours.completed().await;
    ran_once(&engine).await;
}

#[tokio::test]
async fn a_prompt_whose_request_or_response_was_lost_runs_once() {
    for arrives in [true, false] {
        let engine = FaultyEngine::start(FAST).await;
        let proxy = Proxy::before(engine.addr).await;
        if arrives {
            proxy.cut_reply("POST /prompt", 0);
        } else {
            proxy.cut_request("POST /prompt", 0);
        }
        // The engine sends no event here: only its queue shows that the prompt waits there.
        engine.hold(At::Queued).await;
        let mut ours = run(picture(1), direct(proxy.addr));
        ours.until(|event| matches!(event, Progress::Queued { ahead: Some(_), .. })).await;
        let queue: Value = reqwest::get(format!("http://{}/queue", engine.addr)).await.unwrap().json().await.unwrap();
        assert_eq!(queue["queue_pending"].as_array().unwrap().len(), 1);
        engine.release().await;
        ours.completed().await;
        ran_once(&engine).await;
    }
}

#[tokio::test]
async fn a_prompt_answered_with_502_is_looked_up_and_runs_once() {
    let engine = FaultyEngine::start(FAST).await;
    engine.fault(Fault::Http { route: "POST /prompt".into(), answer: Answer::Status(502) }).await;
    run(picture(1), direct(engine.addr)).completed().await;
    ran_once(&engine).await;
}

#[tokio::test]
async fn a_prompt_that_always_gets_500_is_given_up() {
    let engine = FaultyEngine::start(FAST).await;
    engine.fault(Fault::Http { route: "POST /prompt".into(), answer: Answer::Status(500) }.always()).await;
    let error = run(picture(1), direct(engine.addr)).failed().await;
    assert!(matches!(&error, ClientError::Refused { message, .. } if message.contains("500")), "{error:?}");
}

#[tokio::test]
async fn a_late_history_is_awaited() {
    let engine = FaultyEngine::start(FAST).await;
    engine.fault(Fault::HistoryLag { ms: 600 }).await;
    // So that only the history contains the picture.
    engine.fault(Fault::DropEvents { kinds: vec!["executed".into()] }).await;
    run(picture(1), direct(engine.addr)).completed().await;
    ran_once(&engine).await;
}

#[tokio::test]
async fn a_run_completes_without_a_history() {
    let engine = FaultyEngine::start(FAST).await;
    engine.fault(Fault::ForgetHistory).await;
    run(picture(1), direct(engine.addr)).completed().await;
    ran_once(&engine).await;
}

#[tokio::test]
async fn a_run_lost_by_a_restart_is_repeated_unless_the_policy_forbids_it() {
    for rerun in [true, false] {
        let engine = FaultyEngine::start(FAST).await;
        engine.hold_at_step("KSampler", 3).await;
        let mut ours = run(picture(1), direct(engine.addr).rerun(rerun));
        ours.until_step(3).await;
        engine.fault(Fault::Restart { memory_lost: true, down_ms: 300 }).await;
        let (ended, seen) = ours.end().await;
        if rerun {
            let outcome = ended.unwrap_or_else(|error| panic!("{error:?} after {seen:#?}"));
            assert_eq!(outcome.attempt, 2);
            assert_eq!(outcome.kept().count(), 1);
        } else {
            assert!(matches!(ended, Err(ClientError::Failed { error, .. }) if error.message.contains("restarted")));
        }
        let outcomes: Vec<_> = engine.executions().await.into_iter().map(|one| one.outcome).collect();
        let expected = [Some(Ending::Lost), Some(Ending::Success)];
        assert_eq!(outcomes, expected[..1 + usize::from(rerun)]);
    }
}

#[tokio::test]
async fn a_closed_port_is_unreachable_at_once() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    // The client only waits for a server that it has reached before.
    let error = run(picture(1), direct(closed).give_up_after(ms(3_600_000))).failed().await;
    assert!(matches!(&error, ClientError::Unreachable { task: None, why } if why.contains("refused")), "{error:?}");
}

#[tokio::test]
async fn a_server_that_stays_away_is_given_up_and_the_error_names_the_task() {
    let engine = FaultyEngine::start(FAST).await;
    let proxy = Proxy::before(engine.addr).await;
    engine.hold_at_step("KSampler", 3).await;
    let mut ours = run(picture(1), direct(proxy.addr).give_up_after(ms(800)));
    ours.until_step(3).await;
    proxy.refuse(true);
    proxy.reset();
    let ClientError::Unreachable { task: Some(task), .. } = ours.failed().await else { panic!("it ended otherwise") };
    assert_eq!(engine.executions_of(task).await.len(), 1);
}

#[tokio::test]
async fn a_server_that_is_not_a_comfyui_is_named_in_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let darkroom = crate::support::darkroom_server::darkroom(folder.path().join("data"), closed).await;
    let error = run(picture(1), direct(darkroom.addr)).failed().await;
    assert!(matches!(&error, ClientError::Unexpected(why) if why.contains("no ComfyUI")), "{error:?}");
}
