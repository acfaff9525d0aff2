//! The main use case over real sockets: submit, watch, get the picture; and every invalid submission.

use std::time::Duration;

use crate::support::darkroom_server::{
    Both, accepted, cancel, darkroom, demo_engine, demo_engine_at, lighthouse, snapshot, submit, task, workflow,
};
use crate::support::page::Page;
use darkroom::proto::{
    ids::NodeId,
    outbox::Answer,
    recipe::Field,
    submit::{Refusal, Submission},
    task::{NodeState, OutputKind, TaskState},
};
use serde_json::json;

const FAST: f64 = 1e9;

fn refusal(answer: Answer) -> Refusal {
    match answer {
        Answer::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn every_page_sees_the_progress_of_a_run() {
    let both = Both::start(30.0).await;
    let (mut first, mut second) = (both.page().await, both.page().await);
    let id = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(1, 20))).await;
    let done = first.until_ended(id).await;
    assert_eq!(done.state, TaskState::Completed);
    assert_eq!(done.permille, 1000);
    assert!(done.nodes.iter().all(|node| node.state == NodeState::Done), "{:?}", done.nodes);
    // Its picture may be kept by the time the second page gets the end.
    let mut seen = second.until_ended(id).await;
    seen.outputs.iter_mut().zip(&done.outputs).for_each(|(seen, known)| seen.storage = known.storage);
    assert_eq!(seen, done);
    assert!(first.seqs.is_sorted() && !first.previews.is_empty());

    let [picture] = done.pictures().collect::<Vec<_>>()[..] else { panic!("one picture: {:?}", done.outputs) };
    let response = reqwest::get(both.url(&format!("/tasks/{id}/outputs/{}", picture.id))).await.unwrap();
    assert_eq!(response.headers()["content-type"], "image/png");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let bytes = response.bytes().await.unwrap();
    assert_eq!(image::load_from_memory(&bytes).unwrap().width(), 64);
    let small = reqwest::get(both.url(&format!("/tasks/{id}/outputs/{}?preview=1", picture.id))).await.unwrap();
    assert_eq!(small.headers()["content-type"], "image/webp");
}

#[tokio::test]
async fn nodes_that_did_not_change_are_cached_the_second_time() {
    let both = Both::start(FAST).await;
    let mut page = both.page().await;
    for _ in 0..2 {
        let id = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(1, 4))).await;
        page.until_ended(id).await;
    }
    let second = page.state.tasks.last().unwrap();
    assert_eq!(second.state, TaskState::Completed);
    assert!(second.nodes.iter().all(|node| node.state == NodeState::Cached), "{:?}", second.nodes);
    assert_eq!(second.pictures().count(), 1, "the old picture is its result");
}

#[tokio::test]
async fn a_refusal_of_comfyui_names_the_field_and_leaves_no_task() {
    let both = Both::start(FAST).await;
    let addr = both.darkroom.addr;
    let missing_model = proto::recipe::TextToImage { checkpoint: "gone.safetensors".into(), ..lighthouse(1, 4) };
    let said = refusal(submit(addr, Submission::TextToImage(missing_model)).await);
    assert!(said.at(Field::Checkpoint).unwrap().contains("gone.safetensors"), "{said:?}");

    let too_many = proto::recipe::TextToImage { steps: 20_000, width: 0, ..lighthouse(1, 4) };
    let said = refusal(submit(addr, Submission::TextToImage(too_many)).await);
    assert!(said.at(Field::Steps).unwrap().contains("10000"), "{said:?}");
    assert!(said.at(Field::Width).is_some(), "{said:?}");

    let empty = proto::recipe::TextToImage { prompt: "  ".into(), ..lighthouse(1, 4) };
    assert!(refusal(submit(addr, Submission::TextToImage(empty)).await).at(Field::Prompt).is_some());

    let unknown = workflow(json!({"7": {"class_type": "NoSuchNode", "inputs": {}}}));
    let said = refusal(submit(addr, unknown).await);
    assert_eq!(said.problems[0].node, Some(NodeId::from("7")), "{said:?}");
    assert!(said.message.contains("NoSuchNode"), "{said:?}");

    let text = Submission::Workflow { name: "x".into(), json: "a cat".into() };
    assert!(refusal(submit(addr, text).await).message.contains("not JSON"));
    let editor = workflow(json!({"nodes": [], "links": []}));
    assert!(refusal(submit(addr, editor).await).message.contains("it has no nodes"));

    assert!(snapshot(addr).await.tasks.is_empty());
}

#[tokio::test]
async fn a_failed_node_is_reported_with_its_reason() {
    let both = Both::start(FAST).await;
    let mut page = both.page().await;
    let failing = workflow(json!({
        "1": {"class_type": "StubConstantImage", "inputs": {"value": 0.5, "height": 16, "width": 16, "batch_size": 1}},
        "3": {"class_type": "TestSyncError", "inputs": {"value": ["1", 0]}, "_meta": {"title": "The bad one"}},
        "4": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    }));
    let id = accepted(both.darkroom.addr, failing).await;
    let failed = page.until_ended(id).await;
    let error = failed.error.clone().unwrap();
    assert_eq!(failed.state, TaskState::Failed);
    assert_eq!(error.node, Some(NodeId::from("3")));
    assert!(error.message.contains("Intentional") && !error.traceback.is_empty(), "{error:?}");
    assert_eq!(failed.node(&NodeId::from("3")).unwrap().title, "The bad one");
    assert_eq!(failed.node(&NodeId::from("3")).unwrap().state, NodeState::Failed);
}

#[tokio::test]
async fn texts_are_outputs_too() {
    let both = Both::start(FAST).await;
    let mut page = both.page().await;
    let nodes = json!({
        "1": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": "a word"}},
        "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
    });
    let id = accepted(both.darkroom.addr, workflow(nodes)).await;
    let done = page.until_ended(id).await;
    assert_eq!(done.outputs[0].kind, OutputKind::Text);
    let text = reqwest::get(both.url(&format!("/tasks/{id}/outputs/0"))).await.unwrap().text().await.unwrap();
    assert_eq!(text, "a word");
}

#[tokio::test]
async fn cancel_ends_one_task_and_leaves_the_next_alone() {
    let both = Both::start(20.0).await;
    let addr = both.darkroom.addr;
    let mut page = both.page().await;
    let running = accepted(addr, Submission::TextToImage(lighthouse(1, 100))).await;
    let waiting = accepted(addr, Submission::TextToImage(lighthouse(2, 100))).await;
    let last = accepted(addr, Submission::TextToImage(lighthouse(3, 2))).await;
    page.until_step(running, 2).await;
    for id in [waiting, running, running] {
        cancel(addr, id).await;
    }
    assert_eq!(page.until_ended(waiting).await.state, TaskState::Cancelled);
    assert_eq!(page.until_ended(running).await.state, TaskState::Cancelled);
    assert_eq!(page.until_ended(last).await.state, TaskState::Completed);
}

#[tokio::test]
async fn without_a_comfyui_a_task_is_kept_and_sent_when_one_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let engine = demo_engine(&folder, FAST).await;
    let comfyui = engine.addr;
    engine.stop().await;
    let darkroom = darkroom(folder.path().join("data"), comfyui).await;
    let mut page = Page::open(darkroom.addr).await;
    let id = accepted(darkroom.addr, Submission::TextToImage(lighthouse(1, 4))).await;
    let kept = page.until_state(id, TaskState::Accepted).await;
    assert!(kept.note.is_none_or(|note| note.contains("kept")));
    let _engine = demo_engine_at(&folder, FAST, comfyui).await;
    assert_eq!(page.until_ended(id).await.state, TaskState::Completed);
}

#[tokio::test]
async fn a_killed_darkroom_finds_its_task_and_runs_it_once() {
    let both = Both::start(20.0).await;
    let mut page = both.page().await;
    let id = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(1, 40))).await;
    page.until_step(id, 3).await;
    let Both { engine, darkroom: first, folder } = both;
    first.stop().await;
    let second = darkroom(folder.path().join("data"), engine.addr).await;
    let mut page = Page::open(second.addr).await;
    let done = page.until_ended(id).await;
    assert_eq!(done.state, TaskState::Completed);
    assert_eq!(done.attempt, 1);
    assert_eq!(done.pictures().count(), 1);
    let history: serde_json::Value = reqwest::get(format!("http://{}/history", engine.addr)).await.unwrap().json().await.unwrap();
    assert_eq!(history.as_object().unwrap().len(), 1, "it ran once");
}

#[tokio::test]
async fn a_task_lost_by_comfyui_is_sent_as_attempt_2() {
    let both = Both::start(20.0).await;
    let mut page = both.page().await;
    let id = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(1, 40))).await;
    page.until_step(id, 3).await;
    let comfyui = both.engine.addr;
    both.engine.stop().await;
    let _engine = demo_engine_at(&both.folder, FAST, comfyui).await;
    let done = page.until_ended(id).await;
    assert_eq!(done.state, TaskState::Completed);
    assert_eq!(done.attempt, 2);
}

#[tokio::test]
async fn an_old_task_is_still_there_and_an_unknown_one_is_not() {
    let both = Both::start(FAST).await;
    let id = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(1, 2))).await;
    both.page().await.until_ended(id).await;
    assert!(task(both.darkroom.addr, id).await.unwrap().detailed);
    assert!(task(both.darkroom.addr, proto::ids::TaskId(uuid::Uuid::nil())).await.is_none());
}

#[tokio::test]
async fn the_history_of_a_task_can_be_read() {
    let both = Both::start(FAST).await;
    let id = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(1, 2))).await;
    both.page().await.until_ended(id).await;
    let read = async || reqwest::get(both.url(&format!("/tasks/{id}/log"))).await.unwrap().text().await.unwrap();
    // The page receives the end slightly before it is stored.
    let complete = async {
        loop {
            let log = read().await;
            if log.contains("\tmessages\t") {
                return log;
            }
        }
    };
    let log = tokio::time::timeout(Duration::from_secs(60), complete).await.expect("a complete log");
    let mut kinds: Vec<&str> = log.lines().filter_map(|line| line.split('\t').nth(1)).collect();
    // An engine this fast may start the prompt before its response arrives.
    kinds.get_mut(1..3).expect("five lines").sort_unstable();
    assert_eq!(kinds, ["accepted", "sent", "started", "finished", "messages"], "{log}");
    assert!(log.contains("progress_state") && log.contains("Completed"), "{log}");
    let unknown = reqwest::get(both.url(&format!("/tasks/{}/log", uuid::Uuid::nil()))).await.unwrap();
    assert_eq!(unknown.status(), 404);
}
