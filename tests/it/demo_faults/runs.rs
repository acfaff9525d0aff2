//! Faults of runs, of the history, of HTTP and of the process.

use darkroom::demo::Options;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::{
    FAST, endings, get, graph, hanging,
    listener::{Listener, Received},
    post, submit,
};
use crate::support::faults::{Answer, At, Control, Ending, Fault, FaultyEngine};

#[tokio::test]
async fn orders_for_faults_are_refused_without_the_option() {
    let folder = tempfile::tempdir().unwrap();
    let engine = crate::support::darkroom_server::demo_engine(&folder, FAST).await;
    let answer = post(&Control::new(engine.addr), "/_demo/faults", &json!({"clear": true})).await.unwrap();
    assert_eq!(answer.status(), 405, "as on every route that is not there");
    let engine = FaultyEngine::start(FAST).await;
    let answer = post(&engine, "/_demo/faults", &json!({"fault": {"kind": "explode"}})).await.unwrap();
    assert_eq!(answer.status(), 400);
}

#[tokio::test]
async fn a_restart_forgets_everything_and_closes_the_port() {
    let engine = FaultyEngine::start(FAST).await;
    let mut client = Listener::open(&engine).await;
    submit(&engine, "done", 1).await;
    client.until_ended().await;
    engine.hold_at_step("KSampler", 2).await;
    submit(&engine, "running", 3).await;
    submit(&engine, "waiting", 3).await;
    assert_eq!(engine.held().await.prompt_id, "running");
    let boot = engine.state().await.boot;

    // Long enough for one check of a port that closed before the order was answered.
    engine.fault(Fault::Restart { memory_lost: true, down_ms: 2_000 }).await;
    assert!(TcpStream::connect(engine.addr).await.is_err(), "the port refuses");
    client.until("gone").await;
    engine.until_up().await;
    assert_eq!(get(&engine, "/queue").await, json!({"queue_running": [], "queue_pending": []}));
    assert_eq!(get(&engine, "/history").await, json!({}));
    assert!(engine.state().await.boot > boot);

    let mut client = Listener::open(&engine).await;
    let answer = post(&engine, "/prompt", &json!({"prompt": graph(3, 1), "client_id": "me", "prompt_id": "running"})).await.unwrap();
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(answer["number"], 0);
    let received = client.until_ended().await;
    assert!(received.iter().any(|received| received.kind() == "executed"), "the cache is gone too");
    let ran = engine.executions().await;
    let expected = [("done", Ending::Success), ("running", Ending::Lost), ("running", Ending::Success)];
    assert_eq!(endings(&ran), expected.map(|(id, ending)| (id.to_owned(), Some(ending))));
    assert!(ran[1].boot < ran[2].boot);
}

#[tokio::test]
async fn an_outage_without_loss_leaves_the_run_alone() {
    let engine = FaultyEngine::start(FAST).await;
    engine.hold_at_step("KSampler", 2).await;
    submit(&engine, "a", 3).await;
    engine.held().await;
    engine.fault(Fault::Restart { memory_lost: false, down_ms: 50 }).await;
    engine.release().await;
    engine.until_up().await;
    engine.until_executions(|all| all.iter().any(|one| one.outcome == Some(Ending::Success))).await;
    assert!(get(&engine, "/history/a").await["a"].is_object());
}

#[tokio::test]
async fn history_comes_late_or_not_at_all() {
    let engine = FaultyEngine::start(FAST).await;
    let mut client = Listener::open(&engine).await;
    // Long enough for one request.
    engine.fault(Fault::HistoryLag { ms: 2_000 }.times(1)).await;
    submit(&engine, "a", 1).await;
    client.until("execution_success").await;
    assert_eq!(get(&engine, "/history/a").await, json!({}));
    client.until_ended().await;
    assert!(get(&engine, "/history/a").await["a"].is_object());

    engine.fault(Fault::ForgetHistory).await;
    submit(&engine, "b", 1).await;
    client.until_ended().await;
    assert_eq!(get(&engine, "/history/b").await, json!({}));

    engine.fault(Fault::ClearHistory).await;
    assert_eq!(get(&engine, "/history").await, json!({}));
}

#[tokio::test]
async fn a_node_fails_as_ordered() {
    let engine = FaultyEngine::start(FAST).await;
    let mut client = Listener::open(&engine).await;
    let error = async |client: &mut Listener| {
        let received = client.until_ended().await;
        received.into_iter().find_map(|received| match received {
            Received::Event(kind, data) if kind == "execution_error" => Some(data),
            _ => None,
        })
    };
    engine.fault(Fault::FailNode { node: "8".into(), message: "the fixer is old".into() }).await;
    submit(&engine, "a", 1).await;
    let data = error(&mut client).await.expect("an error");
    assert_eq!(data["node_id"], "8");
    assert_eq!(data["exception_type"], "RuntimeError");
    assert_eq!(data["exception_message"], "the fixer is old\n");

    engine.fault(Fault::Oom { node: Some("VAEDecode".into()) }).await;
    submit(&engine, "b", 1).await;
    let data = error(&mut client).await.expect("an error");
    assert_eq!(data["node_id"], "8");
    assert_eq!(data["exception_type"], "torch.OutOfMemoryError");
    assert!(data["exception_message"].as_str().unwrap().contains("ran out of memory on your GPU"));

    submit(&engine, "c", 1).await;
    assert_eq!(error(&mut client).await, None, "used up");
    // An in-process engine must not end its host process.
    assert_eq!(post(&engine, "/_demo/faults", &json!({"fault": {"kind": "die_at_node", "node": "8"}})).await.unwrap().status(), 400);
}

#[tokio::test]
async fn the_worker_stops_at_the_ordered_step() {
    let engine = FaultyEngine::start(FAST).await;
    let mut client = Listener::open(&engine).await;
    engine.fault(Fault::Hold { at: At::Queued, node: None, step: None }).await;
    submit(&engine, "a", 3).await;
    assert_eq!(client.until("status").await, ["status"]);
    assert!(client.is_silent().await, "not taken");
    engine.hold(At::Start).await;
    engine.release().await;
    assert_eq!(engine.held().await.at, At::Start);
    assert!(!client.until("status").await.contains(&"execution_start".to_owned()));
    engine.fault(Fault::Hold { at: At::Node, node: Some("KSampler".into()), step: None }).await;
    engine.hold_at_step("3", 2).await;
    engine.hold(At::End).await;
    engine.release().await;
    client.until("execution_start").await;
    let held = engine.held().await;
    assert_eq!((held.at, held.node.as_deref()), (At::Node, Some("3")));
    engine.release().await;
    let held = engine.until_next_hold(&held).await;
    assert_eq!((held.at, held.step), (At::Step, Some(2)));
    engine.release().await;
    assert_eq!(engine.until_next_hold(&held).await.at, At::End);
    let received = client.until("preview").await;
    assert!(!received.contains(&"execution_success".to_owned()));
    engine.release().await;
    client.until("execution_success").await;
}

#[tokio::test]
async fn a_held_run_can_be_interrupted() {
    let engine = FaultyEngine::start(FAST).await;
    let mut client = Listener::open(&engine).await;
    engine.hold_at_step("KSampler", 1).await;
    submit(&engine, "a", 3).await;
    engine.held().await;
    post(&engine, "/interrupt", &json!({"prompt_id": "a"})).await.unwrap();
    client.until("execution_interrupted").await;
    client.until_ended().await;
    assert_eq!(endings(&engine.executions().await), [("a".to_owned(), Some(Ending::Interrupted))]);
    assert_eq!(engine.state().await.held, None);
}

#[tokio::test]
async fn a_pause_stops_the_next_wait_and_clear_ends_it() {
    let engine = FaultyEngine::start(FAST).await;
    let mut client = Listener::open(&engine).await;
    engine.fault(Fault::Pause).await;
    submit(&engine, "a", 1).await;
    client.until("executing").await;
    assert!(client.is_silent().await);
    engine.clear().await;
    client.until_ended().await;
}

#[tokio::test]
async fn requests_get_the_ordered_wrong_answers() {
    let engine = FaultyEngine::start(FAST).await;
    let order = |route: &str, answer| Fault::Http { route: route.into(), answer };
    let body = |id: &str| json!({"prompt": graph(1, 1), "prompt_id": id});
    engine.fault(order("POST /prompt", Answer::DropBefore)).await;
    assert!(post(&engine, "/prompt", &body("never")).await.is_err());
    engine.fault(order("POST /prompt", Answer::DropAfter)).await;
    assert!(post(&engine, "/api/prompt", &body("unheard")).await.is_err());
    engine.fault(order("POST /prompt", Answer::Status(500)).times(2)).await;
    for _ in 0..2 {
        assert_eq!(post(&engine, "/prompt", &body("refused")).await.unwrap().status(), 500);
    }
    let wronged = engine.state().await.wronged;
    engine.fault(order("POST /prompt", Answer::HangAfter)).await;
    let hangs_after = hanging(&engine, "/prompt", &body("hangs after"));
    engine.until_wronged(wronged + 1).await;
    engine.fault(order("POST /prompt", Answer::Hang)).await;
    let hangs = hanging(&engine, "/prompt", &body("hangs"));
    engine.until_wronged(wronged + 2).await;
    let ran = engine.until_executions(|all| all.iter().filter(|one| one.outcome.is_some()).count() == 2).await;
    assert_eq!(ran.iter().map(|one| one.prompt_id.as_str()).collect::<Vec<_>>(), ["unheard", "hangs after"]);
    assert!(!hangs_after.is_finished() && !hangs.is_finished());

    // All routes except sockets and fault orders.
    engine.fault(order("*", Answer::Status(503)).always()).await;
    assert_eq!(reqwest::get(format!("http://{}/api/queue", engine.addr)).await.unwrap().status(), 503);
    Listener::open(&engine).await;
    engine.clear().await;
    get(&engine, "/queue").await;
    engine.fault(order("*", Answer::Hang).always()).await;
    let wronged = engine.state().await.wronged;
    let hangs = hanging(&engine, "/queue", &json!({}));
    engine.until_wronged(wronged + 1).await;
    assert!(!hangs.is_finished());
    engine.stop().await;
}

#[tokio::test]
async fn an_atomic_cancel_ends_what_waits_and_what_runs_and_nothing_else() {
    let engine = FaultyEngine::with(Options { atomic_cancel: true, speed: FAST, ..Options::default() }).await;
    let cancel = async |id: &str| {
        let answer = post(&engine, &format!("/api/jobs/{id}/cancel"), &json!({})).await.unwrap();
        serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap()["cancelled"].as_bool().unwrap()
    };
    let mut client = Listener::open(&engine).await;
    engine.hold_at_step("KSampler", 1).await;
    for id in ["runs", "waits", "stays"] {
        submit(&engine, id, 2).await;
    }
    engine.held().await;
    assert!(cancel("waits").await && cancel("runs").await);
    assert!(!cancel("waits").await && !cancel("unknown").await);
    client.until_ended().await;
    client.until_ended().await;
    let expected = [("runs", Ending::Interrupted), ("stays", Ending::Success)];
    assert_eq!(endings(&engine.executions().await), expected.map(|(id, ending)| (id.to_owned(), Some(ending))));
    // Version 0.8.0 does not have this route.
    let old = FaultyEngine::start(FAST).await;
    assert_eq!(post(&old, "/api/jobs/x/cancel", &json!({})).await.unwrap().status(), 405);
}

#[tokio::test]
async fn executions_are_written_to_a_file_as_they_begin_and_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("executions");
    let engine = FaultyEngine::with(Options { executions: Some(file.clone()), speed: FAST, ..Options::default() }).await;
    let lines = || -> Vec<crate::support::faults::Execution> {
        std::fs::read_to_string(&file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    engine.hold_at_step("KSampler", 1).await;
    submit(&engine, "a", 2).await;
    engine.held().await;
    assert_eq!(endings(&lines()), [("a".to_owned(), None)]);
    engine.release().await;
    engine.until_executions(|all| all.iter().any(|one| one.outcome.is_some())).await;
    assert_eq!(endings(&lines()), [("a".to_owned(), None), ("a".to_owned(), Some(Ending::Success))]);
}
