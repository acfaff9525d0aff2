//! The demo engine commits exactly the ordered faults, and no others.

use std::time::Duration;

use crate::support::faults::{Answer, At, Control, Ending, Fault, FaultyEngine, Garbage};
use darkroom::demo::Options;
use futures::{SinkExt, StreamExt};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

const FAST: f64 = 1e9;
const PATIENCE: Duration = Duration::from_secs(60);
/// Long enough to see that nothing arrives where it would arrive at once.
const SILENCE: Duration = Duration::from_millis(200);

struct Listener {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// A frame, reduced to what these tests check.
#[derive(Debug, Clone, PartialEq)]
enum Received {
    Event(String, Value),
    Text(String),
    Binary(usize),
    Pong,
    Closed(Option<u16>),
    /// The connection ended without a close frame.
    Gone(Option<std::io::ErrorKind>),
}

impl Received {
    fn kind(&self) -> &str {
        match self {
            Self::Event(kind, _) => kind,
            Self::Text(_) => "text",
            Self::Binary(_) => "preview",
            Self::Pong => "pong",
            Self::Closed(_) => "closed",
            Self::Gone(_) => "gone",
        }
    }
}

impl Listener {
    async fn open(engine: &Control) -> Self {
        let mut client = Self::dial(engine).await.expect("a socket");
        assert_eq!(client.receive().await.kind(), "status");
        client
    }

    async fn dial(engine: &Control) -> Result<Self, Error> {
        let (socket, _) = connect_async(format!("ws://{}/ws?clientId=me", engine.addr)).await?;
        Ok(Self { socket })
    }

    async fn receive(&mut self) -> Received {
        timeout(PATIENCE, self.next()).await.expect("something in time")
    }

    async fn next(&mut self) -> Received {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => match serde_json::from_str::<Value>(&text) {
                Ok(mut frame) => Received::Event(frame["type"].as_str().expect("a type").to_owned(), frame["data"].take()),
                Err(_) => Received::Text(text.to_string()),
            },
            Some(Ok(Message::Binary(bytes))) => Received::Binary(bytes.len()),
            Some(Ok(Message::Pong(_))) => Received::Pong,
            Some(Ok(Message::Close(frame))) => Received::Closed(frame.map(|frame| frame.code.into())),
            Some(Ok(other)) => panic!("unexpected {other:?}"),
            Some(Err(Error::Io(error))) => Received::Gone(Some(error.kind())),
            Some(Err(_)) | None => Received::Gone(None),
        }
    }

    /// The types of all frames up to and including this one.
    async fn until(&mut self, kind: &str) -> Vec<String> {
        let mut kinds = Vec::new();
        while kinds.last().is_none_or(|last| last != kind) {
            let received = self.receive().await;
            assert!(kind == "gone" || !matches!(received, Received::Gone(_)), "no {kind}, but {kinds:?}");
            kinds.push(received.kind().to_owned());
        }
        kinds
    }

    async fn until_ended(&mut self) -> Vec<Received> {
        let mut all = Vec::new();
        loop {
            let received = self.receive().await;
            assert!(!matches!(received, Received::Gone(_)), "gone after {all:?}");
            let over = matches!(&received, Received::Event(kind, data) if kind == "executing" && data["node"].is_null());
            all.push(received);
            if over {
                return all;
            }
        }
    }

    async fn is_silent(&mut self) -> bool {
        timeout(SILENCE, self.next()).await.is_err()
    }

    async fn ping(&mut self) {
        self.socket.send(Message::Ping("now".into())).await.expect("sent");
    }
}

/// Three nodes and, on a sampler, `steps` steps.
fn graph(steps: u64, seed: u64) -> Value {
    json!({
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "demo-safelight.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a pier", "clip": ["4", 1]}},
        "3": {"class_type": "KSampler", "inputs": {
            "seed": seed, "steps": steps, "cfg": 7, "sampler_name": "euler", "scheduler": "normal", "denoise": 1,
            "model": ["4", 0], "positive": ["6", 0], "negative": ["6", 0], "latent_image": ["5", 0]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "x"}},
    })
}

async fn post(engine: &Control, path: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
    Client::new().post(format!("http://{}{path}", engine.addr)).body(body.to_string()).send().await
}

/// A request that gets no response.
fn hanging(engine: &Control, path: &'static str, body: &Value) -> JoinHandle<()> {
    let (engine, body) = (engine.clone(), body.clone());
    tokio::spawn(async move { drop(post(&engine, path, &body).await) })
}

async fn get(engine: &Control, path: &str) -> Value {
    let text = reqwest::get(format!("http://{}{path}", engine.addr)).await.expect("an answer").text().await.expect("text");
    serde_json::from_str(&text).expect("JSON")
}

async fn submit(engine: &Control, id: &str, steps: u64) {
    let body = json!({"prompt": graph(steps, 1), "client_id": "me", "prompt_id": id});
    assert_eq!(post(engine, "/prompt", &body).await.expect("an answer").status(), 200);
}

fn endings(executions: &[crate::support::faults::Execution]) -> Vec<(String, Option<Ending>)> {
    executions.iter().map(|execution| (execution.prompt_id.clone(), execution.outcome)).collect()
}

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
