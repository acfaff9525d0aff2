//! A ComfyUI with a dead worker thread: it accepts prompts and starts none, while its HTTP and its socket work. Fault row 37.

use darkroom::{
    proto::{
        task::{BackendState, TaskState},
        wire::Command,
    },
    server::config::Config,
};
use serde_json::Value;

use super::stage::{Stage, brisk, ms};
use crate::support::faults::{At, Fault};

/// A worker counts as dead after this long.
fn impatient() -> Config {
    Config { stuck_after: Some(ms(300)), ..brisk() }
}

async fn get(stage: &Stage, path: &str) -> String {
    reqwest::get(format!("http://{}{path}", stage.addr())).await.expect("an answer").text().await.expect("text")
}

#[tokio::test]
async fn tasks_at_a_stuck_comfyui_move_elsewhere_and_run_once() {
    let mut stage = Stage::two(impatient()).await;
    stage.engines[1].hold(At::Queued).await;
    let mut ids = Vec::new();
    for seed in 0..6 {
        ids.push(stage.submit(seed).await);
    }
    stage.page.until(|state| state.backends[1].stuck_since.is_some()).await;
    for id in ids {
        assert_eq!(stage.until_completed(id).await.attempt, 1, "it never began there");
    }
    let dead = stage.page.state.backends[1].clone();
    assert_eq!((dead.state.clone(), dead.takes_tasks()), (BackendState::Connected, false));
    assert!(stage.page.state.backends[0].takes_tasks());
    assert_eq!(stage.engines[1].executions().await, [], "nothing ran there");

    let report: Value = serde_json::from_str(&get(&stage, "/api/backends").await).expect("JSON");
    let report = &report["backends"][1];
    assert_eq!((&report["ready"], report["stuckSince"].is_string()), (&Value::Bool(false), true), "{report}");
    assert!(report["why"].as_str().is_some_and(|why| why.contains("starts none")), "{report}");
    let metrics = get(&stage, "/metrics").await;
    assert!(metrics.contains(&format!("darkroom_backend_stuck{{backend=\"{}\"}} 1", dead.id)), "{metrics}");
    assert!(metrics.contains(&format!("darkroom_backend_stuck{{backend=\"{}\"}} 0", stage.backend().id)), "{metrics}");

    // What was taken back is really gone there.
    stage.engines[1].clear().await;
    stage.command(Command::RetryBackend { backend: dead.id }).await;
    stage.page.until(|state| state.backends[1].takes_tasks()).await;
    assert_eq!(stage.engines[1].executions().await, []);
    let id = stage.submit(7).await;
    stage.until_completed(id).await;
    stage.judge().await;
}

#[tokio::test]
async fn without_another_comfyui_a_task_waits_with_a_reason_until_the_worker_runs_again() {
    let mut stage = Stage::with(impatient()).await;
    stage.engine().hold(At::Queued).await;
    let mut ids = Vec::new();
    for seed in 0..3 {
        ids.push(stage.submit(seed).await);
    }
    let says = |stage: &Stage, at: usize| stage.page.state.task(ids[at]).and_then(|task| task.note.clone()).unwrap_or_default();
    stage.page.until(|state| ids.iter().all(|id| state.task(*id).is_some_and(|task| task.note.is_some()))).await;
    assert!(says(&stage, 0).contains("starts none, although nothing runs"), "{}", says(&stage, 0));
    assert!(says(&stage, 2).contains("starts none, although nothing runs"), "{}", says(&stage, 2));
    let states: Vec<TaskState> = ids.iter().filter_map(|id| stage.page.state.task(*id)).map(|task| task.state).collect();
    assert_eq!(states, [TaskState::Queued, TaskState::Queued, TaskState::Accepted], "two there, one here");
    let task: Value = serde_json::from_str(&get(&stage, &format!("/api/tasks/{}", ids[0])).await).expect("JSON");
    assert!(task["progress"]["currentStep"].as_str().is_some_and(|step| step.contains("starts none")), "{task}");

    stage.engine().fault(Fault::Release).await;
    for id in &ids {
        let done = stage.until_completed(*id).await;
        assert_eq!((done.attempt, done.note), (1, None));
    }
    stage.page.until(|state| state.backends[0].stuck_since.is_none()).await;
    stage.judge().await;
}

#[tokio::test]
async fn a_foreign_prompt_that_is_not_started_marks_the_comfyui_as_stuck() {
    let mut stage = Stage::with(impatient()).await;
    stage.engine().hold(At::Queued).await;
    super::stage::foreign_prompt(stage.engine(), super::stage::blur(1)).await;
    stage.page.until(|state| state.backends[0].stuck_since.is_some()).await;
    let waits = stage.submit(1).await;
    stage.page.until(|state| state.task(waits).is_some_and(|task| task.note.is_some() && task.backend.is_none())).await;
    stage.engine().fault(Fault::Release).await;
    stage.until_completed(waits).await;
    stage.judge().await;
}

/// Many times longer than a worker may take to begin, by the engine's own count of requests.
#[tokio::test]
async fn a_long_node_without_events_is_not_taken_for_stuck() {
    let mut stage = Stage::with(Config { stuck_after: Some(ms(50)), ..brisk() }).await;
    let (running, queued) = stage.running_and_queued().await;
    // Each check of the silent socket reads the queue.
    stage.engine().fault(Fault::Http { route: "GET /queue".into(), answer: crate::support::faults::Answer::Delay(1) }.always()).await;
    stage.engine().until_wronged(8).await;
    assert_eq!(stage.backend().stuck_since, None);
    stage.release().await;
    for id in [running, queued] {
        assert_eq!(stage.until_completed(id).await.attempt, 1);
    }
    stage.judge().await;
}
