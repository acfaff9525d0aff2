//! Foreign or meaningless input: other users' prompts, odd frames, and floods of frames. Fault rows 16, 19, 20.

use darkroom::proto::task::{NodeState, TaskState};

use super::stage::{Stage, blur, foreign_prompt, picture};
use crate::support::{
    darkroom_server::accepted,
    faults::{Fault, Garbage},
};

/// Six pixels that identify their prompt; see `Fault::Foreign`.
const STRANGE: &[u8] = b"\xff\xd8\xff\xe0 somebody else's picture";

#[tokio::test]
async fn events_of_foreign_runs_change_no_task() {
    let mut stage = Stage::start().await;
    let id = stage.running(1).await;
    let before = stage.page.state.task(id).cloned().expect("known");
    stage.engine().fault(Fault::Foreign).await;
    stage.engine().fault(Fault::ExecutingWithoutPromptId { node: Some("8".into()) }).await;
    stage.engine().fault(Fault::ExecutingWithoutPromptId { node: None }).await;
    // The prompt count arrives after all of these.
    let other = foreign_prompt(stage.engine(), blur(1)).await;
    stage.page.until(|state| state.backends[0].foreign.len() == 1).await;
    let after = stage.page.state.task(id).cloned().expect("known");
    assert_eq!(after.nodes, before.nodes);
    assert_eq!(after.state, TaskState::Running);
    assert!(stage.page.previews.iter().all(|(task, bytes)| *task == id && *bytes != STRANGE.len()));
    let foreign = stage.backend().foreign[0].clone();
    assert_eq!(foreign.prompt.as_str(), other.as_str());
    assert!(!foreign.running);
    stage.release().await;
    stage.until_completed(id).await;
    stage.page.until(|state| state.backends[0].foreign.is_empty()).await;
    assert_eq!(stage.page.state.tasks.len(), 1);
    stage.judge().await;
}

#[tokio::test]
async fn prompts_of_other_clients_are_shown_while_they_run() {
    let mut stage = Stage::start().await;
    stage.engine().hold_at_step("ImageBlur", 1).await;
    stage.engine().fault(Fault::Hold { at: crate::support::faults::At::Node, node: Some("ImageBlur".into()), step: None }).await;
    let other = foreign_prompt(stage.engine(), blur(1)).await;
    stage.engine().held().await;
    stage.page.until(|state| state.backends[0].foreign.iter().any(|foreign| foreign.running)).await;
    assert_eq!(stage.backend().foreign[0].prompt.as_str(), other);
    // Our task waits behind the foreign prompt and is not mistaken for it.
    let ours = stage.submit(1).await;
    stage.page.until_state(ours, TaskState::Queued).await;
    stage.engine().clear().await;
    stage.until_completed(ours).await;
    stage.page.until(|state| state.backends[0].foreign.is_empty()).await;
    assert!(stage.page.previews.iter().all(|(task, _)| *task == ours));
    stage.judge().await;
}

#[tokio::test]
async fn undecodable_frames_are_counted_and_skipped() {
    let mut stage = Stage::start().await;
    let id = stage.running(1).await;
    let since = stage.since();
    let unreadable = [Garbage::Text, Garbage::CutJson, Garbage::Binary, Garbage::CutBinary];
    for what in unreadable.into_iter().chain([Garbage::UnknownType]) {
        stage.engine().fault(Fault::Garbage { what }).await;
    }
    stage.release().await;
    stage.until_completed(id).await;
    // An unknown message type is no error.
    stage.page.until(|state| state.backends[0].unreadable == 4).await;
    assert_eq!(stage.since(), since, "and the socket stays");
    stage.judge().await;
}

#[tokio::test]
async fn duplicated_events_change_nothing() {
    let mut stage = Stage::start().await;
    stage.engine().fault(Fault::DuplicateEvents).await;
    let (first, second) = (stage.submit(1).await, stage.submit(2).await);
    for id in [first, second] {
        stage.until_completed(id).await;
    }
    stage.judge().await;
}

#[tokio::test]
async fn a_flood_of_progress_reaches_pages_frame_by_frame_and_no_change_of_state_is_lost() {
    const EVENTS: usize = 7_500;
    let mut stage = Stage::start().await;
    stage.engine().fault(Fault::Flood { events_per_second: 5_000, seconds: 1.5 }).await;
    let before = stage.page.frames;
    let id = accepted(stage.addr(), picture(1)).await;
    let done = stage.until_completed(id).await;
    let frames = stage.page.frames - before;
    // Eighty events fit into a tick of 16 ms; the tick rate is tested with a fake clock in `server/reader`.
    assert!(frames < EVENTS / 4, "{frames} frames for {EVENTS} events");
    assert!(done.nodes.iter().all(|node| node.state == NodeState::Done), "{:?}", done.nodes);
    stage.judge().await;
}
