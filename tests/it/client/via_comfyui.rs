//! Directly on a ComfyUI, without network faults.

use std::fs;

use darkroom::{
    client::{CancellationToken, CancelledBy, ClientError, Connection, InputPath, Options, Progress, execute_workflow},
    proto::{ids::NodeId, task::OutputKind},
};
use serde_json::{Value, json};

use super::watched::{FAST, direct, failing, loading, ms, nodes, picture, png, run, says};
use crate::support::faults::{At, Ending, FaultyEngine};

#[tokio::test]
async fn a_run_saves_its_files_and_reports_progress() {
    let engine = FaultyEngine::start(30.0).await;
    let (ended, seen) = run(picture(1), direct(engine.addr)).end().await;
    let outcome = ended.unwrap();
    let running: Vec<_> =
        seen.iter().filter_map(|event| if let Progress::Running(running) = event { Some(running) } else { None }).collect();
    assert!(running.windows(2).all(|pair| pair[0].permille <= pair[1].permille), "{running:#?}");
    let step = running.iter().find(|running| running.words == "Sampling image, step 3 of 6").unwrap();
    let node = step.node.as_ref().unwrap();
    assert_eq!(node.id.as_str(), "3");
    assert_eq!(node.class.as_str(), "KSampler");
    assert_eq!(node.title.as_str(), "Sample");
    assert_eq!(node.value, 3);
    assert_eq!(node.max, 6);
    assert!((1..1000).contains(&step.permille) && running.iter().any(|running| running.time_left_ms.is_some()), "{running:#?}");
    assert!(says(&seen, |how| *how == Connection::Live) && seen.iter().any(|event| matches!(event, Progress::Queued { .. })));

    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("new/pictures");
    let names = async || outcome.save(&into).await.unwrap().into_iter().map(|saved| saved.path).collect::<Vec<_>>();
    let (first, second) = (names().await, names().await);
    assert_eq!(first.len(), 1);
    assert_eq!(second.len(), 1);
    assert_eq!(fs::read(&first[0]).unwrap(), fs::read(&second[0]).unwrap());
    assert!(first[0].ends_with("darkroom_00001_.png") && second[0].ends_with("darkroom_00001_ (1).png"), "{first:?} {second:?}");
    assert_eq!(fs::read_dir(&into).unwrap().count(), 2, "nothing temporary is left");
}

#[tokio::test]
async fn the_second_run_has_a_time_left_from_its_start() {
    let engine = FaultyEngine::start(30.0).await;
    let folder = tempfile::tempdir().unwrap();
    let learning = || direct(engine.addr).learn_in(folder.path().join("cache/durations.json"));
    let knows_from_the_start = async |seed: u64| {
        let (ended, seen) = run(picture(seed), learning()).end().await;
        ended.unwrap();
        let first = seen.iter().find_map(|event| if let Progress::Running(running) = event { Some(running) } else { None }).unwrap();
        first.time_left_ms.is_some()
    };
    assert!(!knows_from_the_start(1).await);
    assert!(knows_from_the_start(2).await);
}

#[tokio::test]
async fn a_failed_node_is_reported_with_its_reason() {
    let engine = FaultyEngine::start(FAST).await;
    let ClientError::Failed { error, .. } = run(nodes(failing()), direct(engine.addr)).failed().await else { panic!("failed otherwise") };
    assert_eq!(error.node, Some(NodeId::from("3")));
    assert_eq!(error.class.as_deref(), Some("TestSyncError"));
    assert!(error.message.contains("Intentional") && !error.traceback.is_empty());
}

#[tokio::test]
async fn a_refusal_of_comfyui_names_the_input_and_nothing_runs() {
    let engine = FaultyEngine::start(FAST).await;
    let mut workflow = picture(1);
    InputPath::find(&workflow, "4.ckpt_name").unwrap().set(&mut workflow, json!("gone.safetensors"));
    let ClientError::Refused { problems, .. } = run(workflow, direct(engine.addr)).failed().await else { panic!("failed otherwise") };
    assert_eq!((problems[0].node.clone(), problems[0].input.as_deref()), (Some(NodeId::from("4")), Some("ckpt_name")));
    assert!(problems[0].message.contains("gone.safetensors"));
    assert_eq!(engine.executions().await, []);
}

#[tokio::test]
async fn cancelling_a_run_interrupts_only_that_run() {
    let engine = FaultyEngine::start(FAST).await;
    engine.hold_at_step("KSampler", 3).await;
    let cancel = CancellationToken::new();
    let mut ours = run(picture(1), direct(engine.addr).cancel_with(cancel.clone()));
    ours.until_step(3).await;
    engine.held().await;
    let mut next = run(picture(2), direct(engine.addr));
    next.until(|event| matches!(event, Progress::Queued { ahead: Some(1), .. })).await;
    cancel.cancel();
    let error = ours.failed().await;
    assert!(matches!(error, ClientError::Cancelled { by: CancelledBy::Caller, stopped: true, task: Some(_) }), "{error:?}");
    next.completed().await;
    let outcomes: Vec<_> = engine.executions().await.into_iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Some(Ending::Interrupted), Some(Ending::Success)]);
}

/// A request for it that was taken for lost arrives after all. Fault row 34.
#[tokio::test]
async fn a_prompt_that_is_in_the_queue_twice_runs_once() {
    let engine = FaultyEngine::start(FAST).await;
    engine.hold_at_step("KSampler", 3).await;
    let mut ours = run(picture(1), direct(engine.addr));
    ours.until_step(3).await;
    engine.held().await;
    let url = |path: &str| format!("http://{}/{path}", engine.addr);
    let queue = async || reqwest::get(url("queue")).await.unwrap().json::<Value>().await.unwrap();
    let running = queue().await["queue_running"][0].clone();
    let twin = json!({"prompt": running[2], "prompt_id": running[1]});
    let answer = reqwest::Client::new().post(url("prompt")).body(twin.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    while queue().await["queue_pending"] != json!([]) {
        tokio::time::sleep(ms(5)).await;
    }
    engine.release().await;
    ours.completed().await;
    assert_eq!(engine.executions().await.len(), 1);
}

#[tokio::test]
async fn cancelling_a_waiting_run_removes_it_from_the_queue() {
    let engine = FaultyEngine::start(FAST).await;
    engine.hold(At::Start).await;
    let first = run(picture(1), direct(engine.addr));
    engine.held().await;
    let cancel = CancellationToken::new();
    let mut ours = run(picture(2), direct(engine.addr).cancel_with(cancel.clone()));
    ours.until(|event| matches!(event, Progress::Queued { ahead: Some(1), .. })).await;
    cancel.cancel();
    assert!(matches!(ours.failed().await, ClientError::Cancelled { by: CancelledBy::Caller, stopped: true, .. }));
    engine.release().await;
    first.completed().await;
    assert_eq!(engine.executions().await.len(), 1);
}

#[tokio::test]
async fn a_run_that_another_client_cancelled_is_reported_as_such() {
    let engine = FaultyEngine::start(FAST).await;
    engine.hold_at_step("KSampler", 3).await;
    let mut ours = run(picture(1), direct(engine.addr));
    ours.until_step(3).await;
    engine.held().await;
    reqwest::Client::new().post(format!("http://{}/interrupt", engine.addr)).send().await.unwrap();
    assert!(matches!(ours.failed().await, ClientError::Cancelled { by: CancelledBy::SomebodyElse, .. }));
}

#[tokio::test]
async fn a_run_over_its_timeout_is_cancelled() {
    let engine = FaultyEngine::start(FAST).await;
    engine.hold_at_step("KSampler", 3).await;
    let error = run(picture(1), direct(engine.addr).timeout(ms(3_000))).failed().await;
    assert!(matches!(error, ClientError::TimedOut { stopped: true, task: Some(_), .. }), "{error:?}");
    assert_eq!(error.to_string(), "The run took longer than 3s, and was cancelled.");
    let ended = engine.until_executions(|all| all.iter().all(|one| one.outcome.is_some())).await;
    assert_eq!(ended[0].outcome, Some(Ending::Interrupted));
}

#[tokio::test]
async fn a_file_is_uploaded_and_its_input_names_it() {
    let engine = FaultyEngine::start(FAST).await;
    let folder = tempfile::tempdir().unwrap();
    let workflow = nodes(loading());
    let place = InputPath::find(&workflow, "Load Image.image").unwrap();
    // Two files with the same name: each run gets its own.
    for width in [64, 32] {
        let file = png(folder.path(), "my picture \"1\".png", width);
        let (ended, seen) = run(workflow.clone(), direct(engine.addr).upload(place.clone(), file)).end().await;
        assert!(matches!(&seen[0], Progress::Uploaded { input, .. } if input == "image"), "{seen:?}");
        let bytes = ended.unwrap().outputs[0].bytes().await.unwrap();
        assert_eq!(image::load_from_memory(&bytes).unwrap().width(), width);
    }
}

#[tokio::test]
async fn a_missing_upload_file_is_an_error_before_anything_is_sent() {
    let workflow = nodes(loading());
    let place = InputPath::find(&workflow, "1.image").unwrap();
    // Nothing listens there: that would be another error.
    let options = Options::comfyui("127.0.0.1:9").unwrap().upload(place, "/nowhere/x.png");
    let error = execute_workflow(workflow, options, |_| {}).await.unwrap_err();
    assert!(matches!(&error, ClientError::Usage(why) if why.contains("/nowhere/x.png")), "{error:?}");
}

#[tokio::test]
async fn texts_are_outputs_and_temporary_pictures_are_saved_only_without_permanent_ones() {
    let engine = FaultyEngine::start(FAST).await;
    let text = json!({
        "1": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": "a word"}},
        "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
    });
    let outcome = run(nodes(text), direct(engine.addr)).end().await.0.unwrap();
    assert_eq!(outcome.texts().map(|(output, text)| (output.node.as_str(), text)).collect::<Vec<_>>(), [("2", "a word")]);
    assert_eq!(outcome.outputs[0].kind, OutputKind::Text);
    assert_eq!(outcome.kept().count(), 0);

    let both = |keeps: bool| {
        let mut nodes = json!({
            "1": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": 7}},
            "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        });
        if keeps {
            nodes["3"] = json!({"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "kept"}});
        }
        nodes
    };
    for keeps in [true, false] {
        let outcome = run(nodes(both(keeps)), direct(engine.addr)).end().await.0.unwrap();
        assert_eq!(outcome.kept().map(|output| output.temporary).collect::<Vec<_>>(), [!keeps]);
    }
}

#[tokio::test]
async fn invalid_urls_and_tokens_are_usage_errors() {
    for url in ["ftp://x", "http://user:secret@pod", "http://", "::"] {
        let error = Options::comfyui(url).unwrap_err();
        assert!(matches!(&error, ClientError::Usage(why) if !why.contains("secret")), "{error:?}");
    }
    assert!(matches!(Options::comfyui("pod:8188").unwrap().token("a\nb"), Err(ClientError::Usage(_))));
    let debug = format!("{:?}", Options::comfyui("pod:8188").unwrap().token("hush-hush").unwrap());
    assert!(!debug.contains("hush-hush"), "{debug}");
}
