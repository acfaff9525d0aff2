//! Several ComfyUIs: how tasks are assigned, and what happens to the tasks of a lost one.

use std::collections::HashSet;

use darkroom::{
    demo::Options,
    proto::{
        ids::{NodeId, TaskId},
        outbox::Answer,
        recipe::TextToImage,
        submit::Submission,
        task::{BackendState, TaskState},
    },
    server::config::{Config, OnBackendLost},
};
use serde_json::json;

use super::stage::{FAST, Stage, blur, brisk, ms, with_checkpoint};
use crate::support::{
    darkroom_server::{accepted, backend, lighthouse, submit, workflow},
    faults::{Control, Ending, FaultyEngine},
    proxy::Proxy,
};

fn soon_lost() -> Config {
    Config { lost_after: ms(300), ..brisk() }
}

async fn ran_on(engine: &Control, id: TaskId) -> bool {
    !engine.executions_of(id).await.is_empty()
}

#[tokio::test]
async fn forty_tasks_finish_although_one_of_two_comfyuis_is_killed() {
    let mut stage = Stage::two(soon_lost()).await;
    for engine in &stage.engines {
        engine.hold_at_step("KSampler", 3).await;
    }
    let mut ids = vec![stage.submit(1).await, stage.submit(2).await];
    for color in 2..40 {
        ids.push(stage.submit_nodes(blur(color)).await);
    }
    let lost = stage.engines[1].held().await.prompt_id;
    stage.engine().held().await;
    stage.kill(1).await;
    stage.release().await;
    let mut again = HashSet::new();
    for id in ids {
        let done = stage.until_completed(id).await;
        if done.attempt > 1 {
            again.insert(id.to_string());
        }
    }
    assert!(again.contains(&lost) && again.len() <= 2, "what ran and what waited there: {again:?}");
    let named = stage.page.state.backends.iter().filter(|backend| backend.state == BackendState::Connected).count();
    assert_eq!(named, 1, "the other is shown as away");
    stage.judge().await;
}

#[tokio::test]
async fn with_the_policy_fail_tasks_running_on_a_lost_comfyui_fail_and_others_move() {
    let mut stage = Stage::two(Config { on_backend_lost: OnBackendLost::Fail, ..soon_lost() }).await;
    for engine in &stage.engines {
        engine.hold_at_step("KSampler", 3).await;
    }
    let mut ids = Vec::new();
    for seed in 0..4 {
        ids.push(stage.submit(seed).await);
    }
    let lost = stage.engines[1].held().await.prompt_id;
    stage.page.until(|state| state.tasks.iter().filter(|task| task.state == TaskState::Running).count() == 2).await;
    stage.kill(1).await;
    stage.release().await;
    for id in ids {
        let over = stage.page.until_ended(id).await;
        let expected = if id.to_string() == lost { TaskState::Failed } else { TaskState::Completed };
        assert_eq!(over.state, expected, "{:?}", over.error);
    }
    stage.judge().await;
}

#[tokio::test]
async fn a_task_goes_where_its_model_is() {
    let engines = [FaultyEngine::with(with_checkpoint("a.safetensors")).await, FaultyEngine::with(with_checkpoint("b.safetensors")).await];
    let mut stage = Stage::open(brisk(), engines.into()).await;
    for seed in 0..6 {
        let checkpoint = if seed < 4 { "b.safetensors" } else { "a.safetensors" };
        let picture = TextToImage { checkpoint: checkpoint.into(), ..lighthouse(seed, 4) };
        let id = accepted(stage.addr(), Submission::TextToImage(picture)).await;
        stage.until_completed(id).await;
        assert_eq!(ran_on(&stage.engines[0], id).await, seed >= 4, "{seed}");
        assert_eq!(ran_on(&stage.engines[1], id).await, seed < 4, "{seed}");
    }
    stage.judge().await;
}

#[tokio::test]
async fn a_task_goes_where_its_node_classes_are() {
    let plain = FaultyEngine::plain(Options { speed: FAST, ..Options::default() }).await;
    let mut stage = Stage::open(brisk(), vec![plain, FaultyEngine::start(FAST).await]).await;
    let nodes = json!({
        "1": {"class_type": "StubConstantImage", "inputs": {"value": 0.5, "height": 16, "width": 16, "batch_size": 1}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "stub"}},
    });
    let id = stage.submit_nodes(nodes).await;
    stage.until_completed(id).await;
    assert!(ran_on(&stage.engines[1], id).await);
    stage.judge().await;
}

#[tokio::test]
async fn classes_and_models_that_no_comfyui_has_are_refused_by_name() {
    let stage = Stage::two(brisk()).await;
    let mut nodes = blur(1);
    nodes["9"] = json!({"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "nobodys.safetensors"}});
    let Answer::Refused(refusal) = submit(stage.addr(), workflow(nodes)).await else { panic!("accepted") };
    let problem = &refusal.problems[0];
    assert_eq!((problem.node.clone(), problem.input.as_deref()), (Some(NodeId::from("9")), Some("ckpt_name")));
    assert!(problem.message.contains("nobodys.safetensors"), "{problem:?}");
    let nodes = json!({"7": {"class_type": "NobodysNode", "inputs": {}}});
    let Answer::Refused(refusal) = submit(stage.addr(), workflow(nodes)).await else { panic!("accepted") };
    assert_eq!(refusal.problems[0].node, Some(NodeId::from("7")));
    assert!(refusal.message.contains("NobodysNode"), "{refusal:?}");
    stage.judge().await;
}

/// It was not dead, only unreachable.
#[tokio::test]
async fn a_returning_comfyui_has_prompts_that_were_sent_elsewhere_cancelled() {
    let engines = vec![FaultyEngine::start(FAST).await, FaultyEngine::start(FAST).await];
    let proxy = Proxy::before(engines[0].addr).await;
    let backends = vec![backend(proxy.addr), backend(engines[1].addr)];
    let mut stage = Stage::open(Config { backends, ..soon_lost() }, engines).await;
    // The first engine takes the first task; the second is busy with the next.
    let first = stage.running(1).await;
    assert!(ran_on(&stage.engines[0], first).await);
    proxy.refuse(true);
    proxy.reset();
    let done = stage.until_completed(first).await;
    assert_eq!(done.attempt, 2);
    assert_eq!(done.backend, Some(stage.page.state.backends[1].id.clone()));
    let still = stage.engines[0].executions_of(first).await;
    assert_eq!(still[0].outcome, None, "the old prompt is still held there");
    proxy.refuse(false);
    let ran = stage.engines[0].until_executions(|all| all[0].outcome.is_some()).await;
    assert_eq!(ran[0].outcome, Some(Ending::Interrupted));
    assert_eq!(stage.page.state.tasks.len(), 1);
    stage.until_link(|state| *state == BackendState::Connected).await;
    stage.judge().await;
}

#[tokio::test]
async fn tasks_wait_for_a_lost_comfyui_when_there_is_no_other() {
    let engine = FaultyEngine::start(FAST).await;
    let proxy = Proxy::before(engine.addr).await;
    let mut stage = Stage::open(Config { backends: vec![backend(proxy.addr)], lost_after: ms(1), ..brisk() }, vec![engine]).await;
    let id = stage.running(1).await;
    proxy.refuse(true);
    proxy.reset();
    // The backend counts as lost (`lost_after`) long before this.
    stage.until_link(|state| *state == BackendState::Polling).await;
    proxy.refuse(false);
    stage.until_link(|state| *state == BackendState::Connected).await;
    stage.release().await;
    assert_eq!(stage.until_completed(id).await.attempt, 1);
    stage.judge().await;
}
