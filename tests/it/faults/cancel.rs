//! Cancelling exactly one task. Fault row 17.

use darkroom::{
    demo::Options,
    proto::{ids::TaskId, task::TaskState, wire::Command},
    server::config::Config,
};

use super::stage::{FAST, Stage, brisk};
use crate::support::{
    darkroom_server::{backend, cancel},
    faults::{Answer, At, Ending, Fault, FaultyEngine},
    proxy::Proxy,
};

/// An engine from before 0.26, and one that cancels in one request.
async fn both_kinds() -> [Stage; 2] {
    let atomic = FaultyEngine::with(Options { speed: FAST, atomic_cancel: true, ..Options::default() }).await;
    [Stage::start().await, Stage::open(brisk(), vec![atomic]).await]
}

async fn is_cancelled(stage: &mut Stage, id: TaskId) {
    let over = stage.page.until_ended(id).await;
    assert_eq!(over.state, TaskState::Cancelled);
    assert_eq!(over.attempt, 1);
    assert_eq!(over.error, None);
}

#[tokio::test]
async fn a_cancel_stops_exactly_one_task_in_any_state_and_may_be_repeated() {
    for mut stage in both_kinds().await {
        let (running, queued) = stage.running_and_queued().await;
        let (waiting, last) = (stage.submit(3).await, stage.submit(4).await);
        // The last first, so that no task moves up before it is cancelled.
        for id in [waiting, waiting, queued, queued] {
            cancel(stage.addr(), id).await;
            is_cancelled(&mut stage, id).await;
        }
        stage.engine().hold_at_step("KSampler", 2).await;
        cancel(stage.addr(), running).await;
        is_cancelled(&mut stage, running).await;
        // The next task runs by now; the interrupt of the previous one must not affect it.
        assert_eq!(stage.engine().held().await.prompt_id, last.to_string());
        cancel(stage.addr(), running).await;
        stage.release().await;
        stage.until_completed(last).await;
        assert!(stage.engine().executions_of(queued).await.is_empty() && stage.engine().executions_of(waiting).await.is_empty());
        stage.judge().await;
    }
}

#[tokio::test]
async fn two_concurrent_cancels_cancel_once() {
    for mut stage in both_kinds().await {
        let (running, queued) = stage.running_and_queued().await;
        let addr = stage.addr();
        tokio::join!(cancel(addr, running), cancel(addr, running), cancel(addr, running));
        is_cancelled(&mut stage, running).await;
        stage.until_completed(queued).await;
        stage.judge().await;
    }
}

/// The engine reports the task as running, but it ends before the interrupt arrives, and the next one runs.
#[tokio::test]
async fn a_late_interrupt_does_not_stop_the_next_prompt() {
    let mut stage = Stage::start().await;
    let (first, second) = stage.running_and_queued().await;
    stage.engine().fault(Fault::Http { route: "GET /queue".into(), answer: Answer::Delay(700) }.always()).await;
    let cancelling = tokio::spawn(cancel(stage.addr(), first));
    stage.page.until(|state| state.task(first).is_some_and(|task| task.cancelling)).await;
    // Until the engine has answered which prompt runs.
    while stage.engine().state().await.wronged == 0 {
        tokio::task::yield_now().await;
    }
    stage.engine().fault(Fault::Hold { at: At::Step, node: None, step: Some(5) }.of(second)).await;
    stage.release().await;
    stage.engine().until_executions(|all| all.len() == 2).await;
    cancelling.await.expect("answers");
    stage.page.until_ended(first).await;
    // Held or not: it continues.
    stage.engine().clear().await;
    stage.until_completed(second).await;
    stage.judge().await;
}

#[tokio::test]
async fn a_task_that_ended_before_its_cancel_is_completed() {
    let mut stage = Stage::start().await;
    stage.engine().fault(Fault::HistoryLag { ms: 700 }).await;
    let id = stage.submit(1).await;
    stage.page.until(|state| state.task(id).is_some_and(|task| task.verdict.is_some())).await;
    cancel(stage.addr(), id).await;
    stage.until_completed(id).await;
    stage.judge().await;
}

#[tokio::test]
async fn a_cancel_during_the_last_moment_of_a_run_has_the_outcome_of_the_engine() {
    for mut stage in both_kinds().await {
        stage.engine().hold(At::End).await;
        let id = stage.submit(1).await;
        stage.engine().held().await;
        cancel(stage.addr(), id).await;
        stage.page.until_ended(id).await;
        stage.judge().await;
    }
}

#[tokio::test]
async fn a_cancel_waits_for_an_unreachable_comfyui() {
    let engine = FaultyEngine::start(FAST).await;
    let proxy = Proxy::before(engine.addr).await;
    let mut stage = Stage::open(Config { backends: vec![backend(proxy.addr)], ..brisk() }, vec![engine]).await;
    let (running, queued) = stage.running_and_queued().await;
    proxy.refuse(true);
    proxy.reset();
    stage.until_link(|state| !state.is_reachable()).await;
    for id in [running, queued] {
        cancel(stage.addr(), id).await;
        let task = stage.page.state.task(id).cloned().expect("known");
        assert!(!task.state.is_final(), "nobody can know yet: {:?}", task.state);
    }
    stage.page.until(|state| state.tasks.iter().all(|task| task.cancelling)).await;
    proxy.refuse(false);
    for id in [running, queued] {
        is_cancelled(&mut stage, id).await;
    }
    let ran = stage.engine().executions().await;
    assert!(ran.iter().all(|ran| ran.outcome == Some(Ending::Interrupted)), "{ran:?}");
    stage.judge().await;
}

#[tokio::test]
async fn a_pending_cancel_survives_a_restart_of_darkroom() {
    let engine = FaultyEngine::start(FAST).await;
    let proxy = Proxy::before(engine.addr).await;
    let mut stage = Stage::open(Config { backends: vec![backend(proxy.addr)], ..brisk() }, vec![engine]).await;
    let id = stage.running(1).await;
    proxy.refuse(true);
    proxy.reset();
    stage.until_link(|state| !state.is_reachable()).await;
    cancel(stage.addr(), id).await;
    let mut stage = stage.restart_after(async |_| proxy.refuse(false)).await;
    is_cancelled(&mut stage, id).await;
    stage.judge().await;
}

#[tokio::test]
async fn clearing_the_queue_does_not_stop_the_running_task() {
    let mut stage = Stage::start().await;
    let (running, queued) = stage.running_and_queued().await;
    let waiting = [stage.submit(3).await, stage.submit(4).await];
    stage.command(Command::ClearQueue).await;
    for id in [queued, waiting[0], waiting[1]] {
        is_cancelled(&mut stage, id).await;
    }
    stage.release().await;
    stage.until_completed(running).await;
    assert_eq!(stage.engine().executions().await.len(), 1);
    stage.judge().await;
}
