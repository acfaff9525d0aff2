//! Through a Darkroom.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::Bytes,
    extract::Multipart,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    routing::post,
};
use darkroom::{
    client::{CancellationToken, CancelledBy, ClientError, Connection, InputPath, Options, Progress},
    proto::{comfy::Workflow, ids::NodeId, task::TaskState},
    server::{self, config::Config},
    web::frontend::Pages,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::watched::{FAST, failing, loading, nodes, picture, png, polls, run, says, through};
use crate::support::{
    darkroom_server::{Running, backend, darkroom_with, snapshot},
    faults::{Ending, FaultyEngine},
    page::Page,
    proxy::Proxy,
};

struct Both {
    engine: FaultyEngine,
    darkroom: Running,
    config: Config,
    _folder: tempfile::TempDir,
}

async fn start(change: impl FnOnce(&mut Config)) -> Both {
    let folder = tempfile::tempdir().unwrap();
    let engine = FaultyEngine::start(FAST).await;
    let mut config = Config { data: folder.path().join("data"), backends: vec![backend(engine.addr)], ..Config::default() };
    change(&mut config);
    let darkroom = darkroom_with(config.clone()).await;
    if config.max_connections > 0 {
        Page::open(darkroom.addr).await.until_connected().await;
    }
    Both { engine, darkroom, config, _folder: folder }
}

#[tokio::test]
async fn a_run_is_a_task_at_the_darkroom_and_saves_files_locally() {
    let both = start(|_| {}).await;
    let mut ours = run(picture(1), through(both.darkroom.addr).name("lighthouse"));
    ours.until(|event| matches!(event, Progress::Running(_))).await;
    let seen = ours.completed().await;
    assert!(says(&seen, |how| *how == Connection::Live));
    let tasks = snapshot(both.darkroom.addr).await.tasks;
    assert_eq!(tasks.iter().map(|task| (task.name.as_str(), task.state)).collect::<Vec<_>>(), [("lighthouse", TaskState::Completed)]);
}

#[tokio::test]
async fn failures_and_refusals_are_the_same_as_directly_at_comfyui() {
    let both = start(|_| {}).await;
    let ClientError::Failed { error, .. } = run(nodes(failing()), through(both.darkroom.addr)).failed().await else { panic!("otherwise") };
    assert_eq!(error.node, Some(NodeId::from("3")));
    assert!(error.message.contains("Intentional") && !error.traceback.is_empty());
    let mut workflow = picture(1);
    InputPath::find(&workflow, "3.steps").unwrap().set(&mut workflow, json!(20_000));
    let ClientError::Refused { problems, .. } = run(workflow, through(both.darkroom.addr)).failed().await else { panic!("otherwise") };
    assert_eq!(problems[0].input.as_deref(), Some("steps"));
}

#[tokio::test]
async fn cancelling_cancels_the_task_at_the_darkroom() {
    let both = start(|_| {}).await;
    both.engine.hold_at_step("KSampler", 3).await;
    let cancel = CancellationToken::new();
    let mut ours = run(picture(1), through(both.darkroom.addr).cancel_with(cancel.clone()));
    ours.until_step(3).await;
    both.engine.held().await;
    cancel.cancel();
    let error = ours.failed().await;
    assert!(matches!(error, ClientError::Cancelled { by: CancelledBy::Caller, stopped: true, task: Some(_) }), "{error:?}");
    assert_eq!(both.engine.executions().await[0].outcome, Some(Ending::Interrupted));
}

#[tokio::test]
async fn without_a_stream_of_events_the_darkroom_is_polled() {
    let both = start(|config| config.max_connections = 0).await;
    both.engine.hold_at_step("KSampler", 3).await;
    let mut ours = run(picture(1), through(both.darkroom.addr));
    ours.until_connection(polls).await;
    // Unlike ComfyUI's HTTP responses, Darkroom's report steps.
    ours.until_step(3).await;
    both.engine.held().await;
    both.engine.release().await;
    ours.completed().await;
}

#[tokio::test]
async fn a_submission_whose_response_was_lost_is_one_task() {
    let both = start(|_| {}).await;
    let proxy = Proxy::before(both.darkroom.addr).await;
    proxy.cut_reply("POST /api/tasks", 0);
    run(picture(1), through(proxy.addr)).completed().await;
    assert_eq!(snapshot(both.darkroom.addr).await.tasks.len(), 1);
    assert_eq!(both.engine.executions().await.len(), 1);
}

#[tokio::test]
async fn a_restarting_darkroom_is_awaited() {
    let Both { engine, darkroom, config, _folder } = start(|_| {}).await;
    let addr = darkroom.addr;
    engine.hold_at_step("KSampler", 3).await;
    let mut ours = run(picture(1), through(addr));
    ours.until_step(3).await;
    engine.held().await;
    darkroom.stop().await;
    ours.until_connection(|how| *how == Connection::Restarting).await;
    let listener = TcpListener::bind(addr).await.unwrap();
    let again = tokio::spawn(server::run(listener, config, Arc::new(Pages), std::future::pending()));
    ours.until_connection(|how| *how == Connection::Live).await;
    engine.release().await;
    ours.completed().await;
    assert_eq!(engine.executions().await.len(), 1);
    again.abort();
}

#[tokio::test]
async fn a_darkroom_without_uploads_is_a_clear_error() {
    let both = start(|_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let workflow = nodes(loading());
    let place = InputPath::find(&workflow, "1.image").unwrap();
    let options = through(both.darkroom.addr).upload(place, png(folder.path(), "a.png", 64));
    match run(workflow, options).end().await.0 {
        Err(ClientError::Unexpected(why)) => assert!(why.contains("/api/uploads"), "{why}"),
        // A Darkroom that supports uploads.
        other => assert_eq!(other.unwrap().kept().count(), 1),
    }
}

/// Against a foreign server: checks the posted form, the bearer token on every request, and the name in the workflow.
#[tokio::test]
async fn a_file_is_posted_as_a_form_and_every_request_has_the_token() {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let (posted, submitted) = (requests.clone(), requests.clone());
    let authorized = |headers: &HeaderMap| headers[AUTHORIZATION] == "Bearer hush";
    let uploads = move |headers: HeaderMap, mut form: Multipart| async move {
        assert!(authorized(&headers));
        while let Some(field) = form.next_field().await.unwrap() {
            let (name, file) = (field.name().unwrap().to_owned(), field.file_name().map(str::to_owned));
            let line = format!("{name} {file:?} {}", field.bytes().await.unwrap().len());
            posted.lock().unwrap().push(line);
        }
        (StatusCode::CREATED, Json(json!({"image": "uploads/a1.png", "type": "input"})))
    };
    let submit = move |headers: HeaderMap, body: Bytes| async move {
        assert!(authorized(&headers) && headers.contains_key("idempotency-key"));
        let body: Value = serde_json::from_slice(&body).unwrap();
        let name = body["name"].as_str().unwrap().to_owned();
        let image = Workflow::from_value(body["workflow"].clone()).unwrap().0["1"].input("image").unwrap().to_string();
        submitted.lock().unwrap().extend([name, image]);
        (StatusCode::UNAUTHORIZED, "no")
    };
    let app = Router::new().route("/at/api/uploads", post(uploads)).route("/at/api/tasks", post(submit));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/at", listener.local_addr().unwrap());
    let serving = tokio::spawn(async { axum::serve(listener, app).await });
    let folder = tempfile::tempdir().unwrap();
    let workflow = nodes(loading());
    let (place, file) = (InputPath::find(&workflow, "1.image").unwrap(), png(folder.path(), "a.png", 64));
    let size = std::fs::metadata(&file).unwrap().len();
    let options = Options::darkroom(&url).unwrap().token("hush").unwrap().name("mine").upload(place, file);
    let error = run(workflow, options).failed().await;
    assert!(matches!(&error, ClientError::Usage(why) if why.contains("token")), "{error:?}");
    let expected = [format!("image Some(\"a.png\") {size}"), "mine".into(), "\"uploads/a1.png\"".into()];
    assert_eq!(*requests.lock().unwrap(), expected);
    serving.abort();
}

#[tokio::test]
async fn an_unreachable_server_and_one_that_is_no_darkroom_are_different_errors() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(matches!(run(picture(1), through(closed)).failed().await, ClientError::Unreachable { task: None, .. }));
    let engine = FaultyEngine::start(FAST).await;
    let error = run(picture(1), through(engine.addr)).failed().await;
    assert!(matches!(&error, ClientError::Unexpected(why) if why.contains("no Darkroom")), "{error:?}");
}
