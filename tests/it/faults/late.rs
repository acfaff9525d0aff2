//! A request for a prompt that arrives after the prompt was sent again: the prompt runs once. Fault row 39.

use std::net::SocketAddr;

use darkroom::proto::{
    ids::{CommandId, TaskId},
    outbox::Order,
    submit::Submission,
    task::TaskState,
};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::stage::{FAST, Stage, blur, brisk, foreign_prompt, post};
use crate::support::{
    darkroom_server::{backend, snapshot, workflow},
    faults::{At, Control, Fault, FaultyEngine},
    page::Page,
    process::{self, Process},
    proxy::Proxy,
};
use darkroom::server::config::Config;

/// More than fits into the buffers between Darkroom and [`Proxy::narrow`], and less than the kernel takes from a sender at once.
const LONG: usize = 300_000;

/// Nodes that take so much room in a request. Unknown inputs are no error (fact 34).
fn long(color: u64, bytes: usize) -> Value {
    let mut nodes = blur(color);
    nodes["1"]["inputs"]["notes"] = "x".repeat(bytes).into();
    nodes
}

async fn send_order(addr: SocketAddr, submission: Submission) {
    let body = postcard::to_allocvec(&(CommandId(Uuid::now_v7()), Order::Submit(submission))).expect("encodes");
    let request = Client::new().post(format!("http://{addr}/api/fn/order")).header("content-type", "application/x-postcard");
    drop(request.body(body).send().await);
}

/// A Darkroom that was killed while it sent a prompt, and runs again.
struct Killed {
    darkroom: Process,
    task: TaskId,
    _folder: TempDir,
}

impl Killed {
    async fn while_sending(nodes: Value, proxy: &Proxy) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut darkroom = process::darkroom(folder.path(), &[proxy.addr], "[comfyui]\nrequest_lag_s = 1\n").await;
        proxy.hold_request("POST /prompt", 0);
        // Without an answer: Darkroom is killed before.
        let submitting = tokio::spawn(send_order(darkroom.addr, workflow(nodes)));
        proxy.until_held().await;
        darkroom.kill();
        submitting.abort();
        darkroom.restart().await;
        let task = snapshot(darkroom.addr).await.tasks[0].id;
        Self { darkroom, task, _folder: folder }
    }

    async fn until_completed(&self) {
        let done = Page::open(self.darkroom.addr).await.until_ended(self.task).await;
        assert_eq!(done.state, TaskState::Completed, "{:?}", done.error);
    }
}

/// Ends after everything that was in the queue before it.
async fn until_all_ran(engine: &Control) {
    let last = foreign_prompt(engine, blur(4_711)).await;
    engine.until_executions(|all| all.iter().any(|one| one.prompt_id == last && one.outcome.is_some())).await;
}

async fn waiting(engine: &Control, id: TaskId) -> usize {
    let queue: Value = reqwest::get(format!("http://{}/queue", engine.addr)).await.expect("answers").json().await.expect("JSON");
    let pending = queue["queue_pending"].as_array().expect("a list");
    pending.iter().filter(|item| item[1] == id.to_string()).count()
}

/// Waits until the engine's queue has the prompt so many times, besides the one that runs.
async fn until_waiting(engine: &Control, id: TaskId, count: usize) {
    for _ in 0..12_000 {
        if waiting(engine, id).await == count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("{} of {id} wait, not {count}", waiting(engine, id).await);
}

/// The link is cut while the kernel still has a part of the request, and holds after Darkroom's next life has sent the prompt.
#[tokio::test]
async fn a_request_of_a_killed_darkroom_is_not_delivered_later() {
    let engine = FaultyEngine::start(FAST).await;
    let proxy = Proxy::narrow(engine.addr).await;
    let killed = Killed::while_sending(long(1, LONG), &proxy).await;
    killed.until_completed().await;
    proxy.deliver().await;
    until_all_ran(&engine).await;
    assert_eq!(engine.executions_of(killed.task).await.len(), 1);
}

/// No timeout of Darkroom's kernel helps where a proxy has the request already.
#[tokio::test]
async fn a_prompt_delivered_late_by_a_proxy_does_not_run_beside_its_twin() {
    let engine = FaultyEngine::start(FAST).await;
    let proxy = Proxy::before(engine.addr).await;
    engine.fault(Fault::Hold { at: At::Node, node: Some("ImageBlur".into()), step: None }).await;
    let killed = Killed::while_sending(blur(1), &proxy).await;
    engine.held().await;
    proxy.deliver().await;
    until_waiting(&engine, killed.task, 0).await;
    engine.release().await;
    killed.until_completed().await;
    until_all_ran(&engine).await;
    assert_eq!(engine.executions_of(killed.task).await.len(), 1);
}

#[tokio::test]
async fn of_two_waiting_prompts_with_one_id_one_is_deleted() {
    let engine = FaultyEngine::start(FAST).await;
    let proxy = Proxy::before(engine.addr).await;
    engine.fault(Fault::Hold { at: At::Node, node: Some("ImageBlur".into()), step: None }).await;
    foreign_prompt(&engine, blur(2)).await;
    engine.held().await;
    let killed = Killed::while_sending(blur(1), &proxy).await;
    until_waiting(&engine, killed.task, 1).await;
    proxy.deliver().await;
    until_waiting(&engine, killed.task, 1).await;
    engine.release().await;
    killed.until_completed().await;
    until_all_ran(&engine).await;
    assert_eq!(engine.executions_of(killed.task).await.len(), 1);
}

/// The first one ran to its end while nobody listened; the second still waits.
#[tokio::test]
async fn a_waiting_prompt_is_deleted_when_its_twin_has_run() {
    let engine = FaultyEngine::start(FAST).await;
    let proxy = Proxy::before(engine.addr).await;
    let mut stage = Stage::open(Config { backends: vec![backend(proxy.addr)], ..brisk() }, vec![engine]).await;
    let id = stage.running(1).await;
    let since = stage.since();
    proxy.refuse(true);
    proxy.reset();
    stage.until_link(|link| !link.is_reachable()).await;
    // Another's prompt keeps the second one waiting.
    let others = foreign_prompt(stage.engine(), blur(2)).await;
    post(stage.engine(), "/prompt", &json!({"prompt": blur(1), "prompt_id": id})).await;
    stage.engine().fault(Fault::Hold { at: At::Node, node: Some("ImageBlur".into()), step: None }).await;
    stage.release().await;
    stage.engine().until_executions(|all| all.iter().any(|one| one.prompt_id == others)).await;
    stage.engine().held().await;
    proxy.refuse(false);
    stage.until_connected_again(since).await;
    until_waiting(stage.engine(), id, 0).await;
    stage.engine().release().await;
    stage.until_completed(id).await;
    until_all_ran(stage.engine()).await;
    assert_eq!(stage.engine().executions_of(id).await.len(), 1);
    stage.judge().await;
}
