//! Darkroom's own queue: what ComfyUI receives, in which order, and how people change that.

use std::collections::HashSet;

use darkroom::proto::{
    ids::{CommandId, TaskId},
    outbox::Order,
    task::TaskState,
    wire::Command,
};
use serde_json::Value;
use uuid::Uuid;

use super::stage::{Stage, brisk};
use crate::support::darkroom_server::order;

/// Ids in the engine's queue: running, then waiting.
async fn at_engine(stage: &Stage) -> Vec<String> {
    let url = format!("http://{}/queue", stage.engine().addr);
    let queue: Value = serde_json::from_str(&reqwest::get(url).await.expect("an answer").text().await.expect("text")).expect("JSON");
    let ids = |list: &str| queue[list].as_array().expect("a list").iter().map(|item| item[1].as_str().expect("an id").to_owned()).collect();
    let (running, waiting): (Vec<String>, Vec<String>) = (ids("queue_running"), ids("queue_pending"));
    running.into_iter().chain(waiting).collect()
}

fn is_waiting(stage: &Stage, id: TaskId) -> bool {
    stage.page.state.task(id).is_some_and(|task| task.state == TaskState::Accepted && task.backend.is_none())
}

/// A held run, one task in the engine's queue, and three in Darkroom's.
async fn five() -> (Stage, [TaskId; 5]) {
    let mut stage = Stage::start().await;
    let (running, queued) = stage.running_and_queued().await;
    let rest = [stage.submit(3).await, stage.submit(4).await, stage.submit(5).await];
    stage.page.until(|state| state.tasks.len() == 5).await;
    (stage, [running, queued, rest[0], rest[1], rest[2]])
}

/// Releases the engine and expects the tasks to run in this order, once each.
async fn run_as(stage: Stage, expected: &[TaskId]) {
    stage.release().await;
    ran_as(stage, expected).await;
}

async fn ran_as(mut stage: Stage, expected: &[TaskId]) {
    for id in expected {
        stage.until_completed(*id).await;
    }
    assert_eq!(stage.order_of(expected).await, expected);
    stage.judge().await;
}

#[tokio::test]
async fn comfyui_gets_two_prompts_at_a_time_in_order() {
    let (stage, ids) = five().await;
    let sent: HashSet<String> = at_engine(&stage).await.into_iter().collect();
    assert_eq!(sent, HashSet::from([ids[0].to_string(), ids[1].to_string()]));
    assert!(ids[2..].iter().all(|id| is_waiting(&stage, *id)));
    run_as(stage, &ids).await;
}

#[tokio::test]
async fn a_task_can_be_moved_before_a_waiting_one() {
    let (stage, [a, b, c, d, e]) = five().await;
    stage.command(Command::Move { task: e, before: Some(c) }).await;
    run_as(stage, &[a, b, e, c, d]).await;
}

#[tokio::test]
async fn a_task_can_be_moved_before_one_in_comfyuis_queue() {
    let (mut stage, [a, b, c, d, e]) = five().await;
    stage.command(Command::Move { task: e, before: Some(b) }).await;
    stage.page.until_state(e, TaskState::Queued).await;
    assert!(is_waiting(&stage, b), "taken back");
    assert_eq!(at_engine(&stage).await, [a.to_string(), e.to_string()]);
    run_as(stage, &[a, e, b, c, d]).await;
}

#[tokio::test]
async fn a_task_in_comfyuis_queue_can_be_moved_to_the_end() {
    let (mut stage, [a, b, c, d, e]) = five().await;
    stage.command(Command::Move { task: b, before: None }).await;
    stage.page.until_state(c, TaskState::Queued).await;
    run_as(stage, &[a, c, d, e, b]).await;
}

#[tokio::test]
async fn a_higher_priority_goes_before_an_earlier_submission() {
    let (mut stage, [a, b, c, d, e]) = five().await;
    stage.command(Command::Prioritize { task: b, priority: -1 }).await;
    stage.page.until_state(c, TaskState::Queued).await;
    stage.command(Command::Prioritize { task: d, priority: 5 }).await;
    stage.page.until_state(d, TaskState::Queued).await;
    run_as(stage, &[a, d, c, e, b]).await;
}

#[tokio::test]
async fn a_paused_task_does_not_block_others_until_it_is_resumed() {
    let (mut stage, [a, b, c, d, e]) = five().await;
    // One that waits in Darkroom, and one in ComfyUI's queue.
    for task in [d, b] {
        stage.command(Command::Pause { task, paused: true }).await;
    }
    stage.page.until_state(c, TaskState::Queued).await;
    stage.release().await;
    for id in [a, c, e] {
        stage.until_completed(id).await;
    }
    assert!(is_waiting(&stage, b) && is_waiting(&stage, d));
    for task in [d, b] {
        stage.command(Command::Pause { task, paused: false }).await;
        stage.until_completed(task).await;
    }
    assert_eq!(stage.order_of(&[a, b, c, d, e]).await, [a, c, e, d, b]);
    stage.judge().await;
}

#[tokio::test]
async fn a_paused_queue_recalls_waiting_prompts_and_survives_a_restart() {
    let (mut stage, ids) = five().await;
    stage.command(Command::PauseQueue { paused: true }).await;
    stage.page.until(|state| ids[1..].iter().all(|id| state.task(*id).is_some_and(|task| task.backend.is_none()))).await;
    assert_eq!(at_engine(&stage).await, [ids[0].to_string()]);
    stage.release().await;
    stage.until_completed(ids[0]).await;
    let mut stage = stage.restart_after(async |_| {}).await;
    stage.page.until_connected().await;
    assert!(stage.page.state.queue_paused);
    let late = stage.submit(6).await;
    stage.page.until(|state| state.task(late).is_some()).await;
    assert!(ids[1..].iter().chain([&late]).all(|id| is_waiting(&stage, *id)));
    assert_eq!(stage.engine().executions().await.len(), 1);
    stage.command(Command::PauseQueue { paused: false }).await;
    ran_as(stage, &[ids[1], ids[2], ids[3], ids[4], late]).await;
}

#[tokio::test]
async fn the_order_of_the_queue_survives_a_restart() {
    let (stage, [a, b, c, d, e]) = five().await;
    stage.command(Command::Move { task: e, before: Some(c) }).await;
    let stage = stage.restart_after(async |_| {}).await;
    run_as(stage, &[a, b, e, c, d]).await;
}

/// It began to run before it was recalled: then it continues.
#[tokio::test]
async fn a_prompt_that_has_started_is_not_recalled() {
    let mut stage = Stage::with(brisk()).await;
    let (running, queued) = stage.running_and_queued().await;
    stage.engine().hold_at_step("KSampler", 2).await;
    stage.release().await;
    stage.engine().until_executions(|all| all.len() == 2).await;
    // May be refused: by then Darkroom may know that it runs.
    let pause = Order::Command(Command::Pause { task: queued, paused: true });
    let _ = order(stage.addr(), CommandId(Uuid::now_v7()), pause).await;
    stage.engine().held().await;
    stage.release().await;
    for id in [running, queued] {
        stage.until_completed(id).await;
    }
    stage.judge().await;
}
