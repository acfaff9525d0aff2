//! How runs end, or seem to: restarts of ComfyUI, a late or lost history, a deleted prompt. Fault rows 12, 13, 14, 15.

use darkroom::{
    proto::task::{TaskState, Verdict},
    server::config::{Config, OnBackendLost},
};
use serde_json::json;

use super::stage::{FAST, Stage, brisk, ms, post};
use crate::support::{
    darkroom_server::backend,
    faults::{At, Ending, Fault, FaultyEngine},
    proxy::Proxy,
};

const RESTART: Fault = Fault::Restart { memory_lost: true, down_ms: 300 };

#[tokio::test]
async fn a_task_lost_by_a_restart_of_comfyui_runs_as_the_next_attempt() {
    let mut stage = Stage::start().await;
    let (running, queued) = stage.running_and_queued().await;
    let waiting = stage.submit(3).await;
    stage.engine().fault(RESTART).await;
    let [running, queued, waiting] =
        [stage.until_completed(running).await, stage.until_completed(queued).await, stage.until_completed(waiting).await];
    assert_eq!(running.attempt, 2);
    assert_eq!(queued.attempt, 2);
    assert_eq!(waiting.attempt, 1);
    assert!(running.attempts[0].why.contains("while this ran"), "{:?}", running.attempts);
    assert!(queued.attempts[0].why.contains("while this waited there"), "{:?}", queued.attempts);
    stage.judge().await;
}

#[tokio::test]
async fn with_the_policy_fail_a_restart_fails_running_tasks_and_resends_waiting_ones() {
    let mut stage = Stage::with(Config { on_backend_lost: OnBackendLost::Fail, ..brisk() }).await;
    let (running, queued) = stage.running_and_queued().await;
    stage.engine().fault(RESTART).await;
    let failed = stage.page.until_ended(running).await;
    assert_eq!(failed.state, TaskState::Failed);
    assert_eq!(failed.attempt, 1);
    assert!(failed.error.expect("a reason").message.contains("restarted while this ran"));
    assert_eq!(stage.until_completed(queued).await.attempt, 2);
    stage.judge().await;
}

#[tokio::test]
async fn a_task_that_is_lost_repeatedly_is_given_up() {
    let mut stage = Stage::with(Config { max_attempts: 2, ..brisk() }).await;
    let id = stage.running(1).await;
    stage.engine().hold_at_step("KSampler", 3).await;
    stage.engine().fault(RESTART).await;
    stage.page.until(|state| state.task(id).is_some_and(|task| task.attempt == 2 && task.state == TaskState::Running)).await;
    stage.engine().fault(RESTART).await;
    let failed = stage.page.until_ended(id).await;
    assert_eq!(failed.state, TaskState::Failed);
    assert_eq!(failed.attempt, 2);
    assert!(failed.error.expect("a reason").message.contains("for the 2nd time"));
    stage.judge().await;
}

#[tokio::test]
async fn a_late_history_is_awaited() {
    let mut stage = Stage::with(Config { history_lag: ms(60_000), ..brisk() }).await;
    // The picture is only in the history.
    stage.engine().fault(Fault::DropEvents { kinds: vec!["executed".into()] }).await;
    stage.engine().fault(Fault::HistoryLag { ms: 1_500 }).await;
    let id = stage.submit(1).await;
    stage.page.until(|state| state.task(id).is_some_and(|task| task.verdict == Some(Verdict::Success))).await;
    let task = stage.page.state.task(id).cloned().expect("known");
    assert!(task.state == TaskState::Running && task.permille < 1000, "{:?}, {}", task.state, task.permille);
    stage.until_completed(id).await;
    stage.judge().await;
}

#[tokio::test]
async fn waiting_for_a_history_is_limited() {
    let mut stage = Stage::start().await;
    let id = stage.running(1).await;
    stage.engine().fault(Fault::ForgetHistory.of(id)).await;
    stage.release().await;
    // The socket's events are enough.
    stage.until_completed(id).await;
    stage.judge().await;
}

#[tokio::test]
async fn an_end_missing_on_the_socket_is_read_from_the_history() {
    let mut stage = Stage::start().await;
    let id = stage.running(1).await;
    let kinds = ["execution_success", "executing", "status"].map(str::to_owned).into();
    stage.engine().fault(Fault::DropEvents { kinds }).await;
    stage.release().await;
    stage.until_completed(id).await;
    stage.judge().await;
}

#[tokio::test]
async fn ends_during_a_disconnect_are_read_from_the_history() {
    let engine = FaultyEngine::start(FAST).await;
    let proxy = Proxy::before(engine.addr).await;
    let mut stage = Stage::open(Config { backends: vec![backend(proxy.addr)], ..brisk() }, vec![engine]).await;
    let completes = stage.running(1).await;
    let fails = stage.submit(2).await;
    stage.page.until_state(fails, TaskState::Queued).await;
    stage.engine().fault(Fault::Oom { node: Some("KSampler".into()) }.of(fails)).await;
    proxy.refuse(true);
    proxy.reset();
    stage.release().await;
    stage.engine().until_executions(|all| all.len() == 2 && all.iter().all(|one| one.outcome.is_some())).await;
    proxy.refuse(false);
    stage.until_completed(completes).await;
    let failed = stage.page.until_ended(fails).await;
    let error = failed.error.expect("a reason");
    assert_eq!(failed.state, TaskState::Failed);
    assert_eq!(error.exception.as_deref(), Some("torch.OutOfMemoryError"));
    assert_eq!(failed.attempt, 1);
    assert_eq!(error.class.as_deref(), Some("KSampler"));
    stage.judge().await;
}

#[tokio::test]
async fn a_history_cleared_before_it_was_read_fails_the_task_with_that_reason() {
    let mut stage = Stage::start().await;
    let id = stage.running(1).await;
    stage.engine().fault(Fault::Mute).await;
    stage.engine().fault(Fault::ForgetHistory.of(id)).await;
    stage.release().await;
    let failed = stage.page.until_ended(id).await;
    assert_eq!(failed.state, TaskState::Failed);
    assert_eq!(failed.attempt, 1);
    assert!(failed.error.expect("a reason").message.contains("The outcome is unknown"));
    let ran = stage.engine().executions_of(id).await;
    assert_eq!(ran[0].outcome, Some(Ending::Success), "it did run, and nobody can know");
    stage.judge().await;
}

#[tokio::test]
async fn a_prompt_that_another_client_deleted_is_cancelled_with_that_reason() {
    let mut stage = Stage::start().await;
    let (running, queued) = stage.running_and_queued().await;
    let since = stage.since();
    post(stage.engine(), "/queue", &json!({"delete": [queued]})).await;
    let gone = stage.page.until_ended(queued).await;
    assert_eq!(gone.state, TaskState::Cancelled);
    assert_eq!(gone.attempt, 1);
    assert!(gone.error.expect("a reason").message.contains("Someone removed this"));
    assert_eq!(stage.since(), since, "the socket held");
    stage.release().await;
    stage.until_completed(running).await;
    stage.judge().await;
}

#[tokio::test]
async fn a_restarted_darkroom_reads_the_runs_it_missed() {
    let mut stage = Stage::start().await;
    let (running, queued) = stage.running_and_queued().await;
    stage.engine().hold(At::Start).await;
    let mut stage = stage
        .restart_after(async |engines| {
            engines[0].release().await;
            engines[0].until_executions(|all| all.len() == 2 && all[0].outcome.is_some()).await;
        })
        .await;
    stage.until_completed(running).await;
    stage.page.until_state(queued, TaskState::Running).await;
    stage.release().await;
    stage.until_completed(queued).await;
    stage.judge().await;
}
