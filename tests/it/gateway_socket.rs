//! What a client of the gateway hears on its socket, and when.

use darkroom::{demo::Options, server::config::Config};
use serde_json::{Value, json};

use crate::{
    demo::client::{Frame, Socket},
    gateway_stage::{GatewayStage, is_over, kinds, messages, picture},
    support::{faults::FaultyEngine, process},
};

#[tokio::test]
async fn a_run_is_told_in_the_order_of_comfyui() {
    let stage = GatewayStage::start().await;
    let mut socket = stage.socket("c").await;
    let id = stage.submit(&picture(1, Some("c"))).await;
    socket.until("the end", |frames| is_over(frames, &id)).await;
    let frames = socket.frames();
    let greeting = &messages(&frames, "status")[0];
    assert_eq!(*greeting, json!({"status": {"exec_info": {"queue_remaining": 0}}, "sid": "c"}));
    let kinds = kinds(&frames);
    let at = |kind: &str| kinds.iter().position(|known| known == kind).unwrap_or_else(|| panic!("no {kind} in {kinds:?}"));
    assert!(at("execution_start") < at("execution_cached") && at("execution_cached") < at("executing:3"));
    assert!(at("executing:3") < at("binary:1") && at("binary:1") < at("executed:9"), "previews as this socket wants them");
    assert_eq!(
        kinds[at("executed:9") + 1..].iter().filter(|kind| !kind.starts_with("progress")).collect::<Vec<_>>(),
        ["execution_success", "status", "executing:-"]
    );
    let all: Vec<_> =
        ["execution_start", "execution_cached", "executing", "progress", "progress_state", "executed", "execution_success"].into();
    for kind in all {
        assert!(messages(&frames, kind).iter().all(|data| data["prompt_id"] == id), "{kind}");
    }
}

#[tokio::test]
async fn the_history_can_be_read_before_the_end_is_told() {
    let stage = GatewayStage::start().await;
    let mut socket = stage.socket("c").await;
    for seed in 1..=5 {
        let id = stage.submit(&picture(seed, Some("c"))).await;
        let told = |frames: &[Frame]| messages(frames, "execution_success").iter().any(|data| data["prompt_id"] == id);
        socket.until("success", told).await;
        let entry = stage.get(&format!("/history/{id}")).await;
        assert_eq!(entry[&id]["status"]["completed"], true, "{entry}");
        assert!(!stage.get("/queue").await.to_string().contains(&id));
    }
}

#[tokio::test]
async fn two_clients_hear_nothing_of_each_other_and_two_sockets_of_one_hear_the_same() {
    let stage = GatewayStage::start().await;
    let (mut first, mut again, mut other) = (stage.socket("a").await, stage.socket("a").await, stage.socket("b").await);
    other.send(r#"{"type": "feature_flags", "data": {"supports_preview_metadata": true}}"#).await;
    other.until("the server's flags", |frames| !messages(frames, "feature_flags").is_empty()).await;
    let mine = stage.submit(&picture(1, Some("a"))).await;
    let theirs = stage.submit(&picture(2, Some("b"))).await;
    for (socket, id) in [(&mut first, &mine), (&mut again, &mine), (&mut other, &theirs)] {
        socket.until("the end", |frames| is_over(frames, id)).await;
    }
    for (socket, foreign) in [(&first, &theirs), (&again, &theirs), (&other, &mine)] {
        let heard = socket.frames().iter().any(|frame| matches!(frame, Frame::Text(text) if text.contains(foreign.as_str())));
        assert!(!heard);
    }
    let without_status = |socket: &Socket| kinds(&socket.frames()).into_iter().filter(|kind| kind != "status").collect::<Vec<_>>();
    assert_eq!(without_status(&first), without_status(&again));
    let binary = |socket: &Socket| {
        kinds(&socket.frames()).into_iter().filter(|kind| kind.starts_with("binary")).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!((binary(&first), binary(&other)), (["binary:1".to_owned()].into(), ["binary:4".to_owned()].into()));
}

#[tokio::test]
async fn previews_go_to_those_who_would_get_them_from_the_comfyui() {
    for by_itself in [true, false] {
        let engine = FaultyEngine::with(Options { speed: 1e9, previews: by_itself, ..Options::default() }).await;
        let stage = GatewayStage::before(engine.addr).await;
        let (mut plain, mut with_metadata) = (stage.socket("c").await, stage.socket("c").await);
        with_metadata.send(r#"{"type": "feature_flags", "data": {"supports_preview_metadata": true}}"#).await;
        with_metadata.until("the server's flags", |frames| !messages(frames, "feature_flags").is_empty()).await;
        let mut body = picture(1, Some("c"));
        body["extra_data"] = json!({});
        let id = stage.submit(&body).await;
        for (socket, has_previews) in [(&mut plain, by_itself), (&mut with_metadata, true)] {
            socket.until("the end", |frames| is_over(frames, &id)).await;
            let kinds = kinds(&socket.frames());
            assert_eq!(kinds.iter().any(|kind| kind.starts_with("binary")), has_previews, "{by_itself}: {kinds:?}");
        }
        engine.stop().await;
    }
}

#[tokio::test]
async fn results_that_come_over_the_socket_all_arrive_also_at_those_who_asked_for_no_previews() {
    let stage = GatewayStage::start().await;
    let (mut plain, mut with_metadata) = (stage.socket("c").await, stage.socket("c").await);
    with_metadata.send(r#"{"type": "feature_flags", "data": {"supports_preview_metadata": true}}"#).await;
    with_metadata.until("the server's flags", |frames| !messages(frames, "feature_flags").is_empty()).await;
    let prompt = json!({
        "1": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 64, "color": 255}},
        "9": {"class_type": "SaveImageWebsocket", "inputs": {"images": ["1", 0]}},
    });
    let id = stage.submit(&json!({"prompt": prompt, "client_id": "c"})).await;
    for (socket, kind) in [(&mut plain, 1), (&mut with_metadata, 4)] {
        socket.until("the end", |frames| is_over(frames, &id)).await;
        let frames = socket.frames();
        let pictures: Vec<_> = frames
            .iter()
            .enumerate()
            .filter_map(|(at, frame)| if let Frame::Binary(bytes) = frame { Some((at, bytes)) } else { None })
            .collect();
        assert_eq!(pictures.len(), 64);
        assert!(pictures.iter().all(|(_, bytes)| bytes[3] == kind && bytes.windows(4).any(|four| four == b"\x89PNG")));
        let before = kinds(&frames[..pictures[0].0]);
        assert!(before.contains(&"executing:9".to_owned()), "{before:?}");
    }
}

#[tokio::test]
async fn a_client_that_comes_back_in_the_middle_hears_where_its_prompt_is() {
    let stage = GatewayStage::start().await;
    stage.engines[0].hold_at_step("KSampler", 3).await;
    let socket = stage.socket("c").await;
    let id = stage.submit(&picture(1, Some("c"))).await;
    stage.engines[0].held().await;
    socket.abort().await;
    let mut socket = stage.socket("c").await;
    socket.send(r#"{"type": "feature_flags", "data": {"supports_preview_metadata": true}}"#).await;
    socket.until("a preview", |frames| kinds(frames).contains(&"binary:4".to_owned())).await;
    let kinds = kinds(&socket.frames());
    assert_eq!(kinds, ["status", "execution_start", "progress_state", "executing:3", "feature_flags", "binary:4"]);
    socket.abort().await;
    stage.engines[0].release().await;
    // Its end comes while it is away.
    while stage.get(&format!("/history/{id}")).await == json!({}) {}
    let mut socket = stage.socket("c").await;
    socket.until("the end", |frames| is_over(frames, &id)).await;
    let kinds = crate::gateway_stage::kinds(&socket.frames());
    assert_eq!(kinds, ["status", "execution_start", "execution_cached", "executed:9", "execution_success", "executing:-"]);
    socket.close().await;
    let mut socket = stage.socket("c").await;
    socket.send(r#"{"type": "feature_flags", "data": {}}"#).await;
    socket.until("the server's flags", |frames| !messages(frames, "feature_flags").is_empty()).await;
    assert_eq!(crate::gateway_stage::kinds(&socket.frames()), ["status", "feature_flags"], "only once");
}

#[tokio::test]
async fn a_comfyui_that_is_killed_in_the_middle_runs_it_again_and_the_client_hears_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = process::engine(folder.path(), 1e9).await;
    let control = crate::support::faults::Control::new(engine.addr);
    let stage = GatewayStage::of(0, |config| config.backends = vec![crate::support::darkroom_server::backend(engine.addr)]).await;
    let mut socket = stage.socket("c").await;
    control.hold_at_step("KSampler", 3).await;
    let id = stage.submit(&picture(1, Some("c"))).await;
    control.held().await;
    engine.kill();
    engine.restart().await;
    socket.until("the end", |frames| is_over(frames, &id)).await;
    let frames = socket.frames();
    assert_eq!(messages(&frames, "execution_start").len(), 2, "it began again");
    assert_eq!(messages(&frames, "execution_success").len(), 1);
    assert!(messages(&frames, "execution_error").is_empty());
    let entry = stage.get(&format!("/history/{id}")).await[&id].clone();
    assert_eq!(entry["outputs"]["9"]["images"][0]["type"], "output", "{entry}");
}

#[tokio::test]
async fn a_restart_of_darkroom_in_the_middle_loses_nothing() {
    let stage = GatewayStage::start().await;
    stage.engines[0].hold_at_step("KSampler", 3).await;
    let socket = stage.socket("c").await;
    let id = stage.submit(&picture(1, Some("c"))).await;
    stage.engines[0].held().await;
    let stage = stage.restart().await;
    drop(socket);
    assert!(stage.get("/queue").await.to_string().contains(&id), "it is in the queue");
    let mut socket = stage.socket("c").await;
    stage.engines[0].release().await;
    socket.until("the end", |frames| is_over(frames, &id)).await;
    let frames = socket.frames();
    assert_eq!(messages(&frames, "execution_start").len(), 1);
    let kinds = kinds(&frames);
    let end: Vec<_> = kinds.iter().rev().take(3).rev().collect();
    assert_eq!(end, ["execution_success", "status", "executing:-"], "{kinds:?}");
    assert_eq!(messages(&frames, "executed").len(), 1);
    assert_eq!(stage.get(&format!("/history/{id}")).await[&id]["status"]["completed"], true);
}

#[tokio::test]
async fn a_prompt_moves_to_another_comfyui_when_its_own_is_gone() {
    let mut stage = GatewayStage::of(2, |config| config.lost_after = std::time::Duration::from_millis(300)).await;
    let mut socket = stage.socket("c").await;
    for engine in &stage.engines {
        engine.hold_at_step("KSampler", 3).await;
    }
    let id = stage.submit(&picture(1, Some("c"))).await;
    socket.until("its steps", |frames| messages(frames, "progress").iter().any(|data| data["value"] == 3)).await;
    let ran_at = usize::from(stage.engines[0].executions_of(&id).await.is_empty());
    stage.engines.remove(ran_at).stop().await;
    stage.engines[0].held().await;
    stage.engines[0].release().await;
    socket.until("the end", |frames| is_over(frames, &id)).await;
    let frames = socket.frames();
    assert_eq!((messages(&frames, "execution_start").len(), messages(&frames, "execution_success").len()), (2, 1));
}

/// The prompts in the order in which a socket hears of them, without repetitions in a row.
fn told(frames: &[Frame]) -> Vec<String> {
    let prompt = |frame: &Frame| {
        let Frame::Text(text) = frame else { return None };
        serde_json::from_str::<Value>(text).ok()?["data"]["prompt_id"].as_str().map(str::to_owned)
    };
    let mut order: Vec<String> = frames.iter().filter_map(prompt).collect();
    order.dedup();
    order
}

#[tokio::test]
async fn runs_of_one_client_at_several_comfyuis_are_told_one_after_another() {
    for interleaves in [false, true] {
        let settings = |config: &mut Config| {
            let gateway = config.gateway.as_mut().expect("on");
            gateway.interleave_runs = interleaves;
        };
        let stage = GatewayStage::of(2, settings).await;
        let (mut socket, mut other) = (stage.socket("c").await, stage.socket("d").await);
        for engine in &stage.engines {
            engine.hold_at_step("KSampler", 2).await;
        }
        let first = stage.submit(&picture(1, Some("c"))).await;
        socket.until("its steps", |frames| messages(frames, "progress").iter().any(|data| data["value"] == 2)).await;
        // It stands at one ComfyUI while the other runs the next of the same client.
        let of_first = usize::from(stage.engines[0].executions_of(&first).await.is_empty());
        let second = stage.submit(&picture(2, Some("c"))).await;
        stage.engines[1 - of_first].held().await;
        stage.engines[1 - of_first].release().await;
        while stage.get(&format!("/history/{second}")).await[&second]["status"]["completed"] != true {
            tokio::task::yield_now().await;
        }
        // Another client does not wait for either.
        let theirs = stage.submit(&picture(3, Some("d"))).await;
        other.until("the end", |frames| is_over(frames, &theirs)).await;
        stage.engines[of_first].held().await;
        stage.engines[of_first].release().await;
        for id in [&first, &second] {
            socket.until("the end", |frames| is_over(frames, id)).await;
        }
        let frames = socket.frames();
        if interleaves {
            assert_eq!(told(&frames), [&first, &second, &first].map(Clone::clone));
        } else {
            assert_eq!(told(&frames), [&first, &second].map(Clone::clone));
        }
        let steps: Vec<_> = messages(&frames, "progress").into_iter().filter(|data| data["prompt_id"] == second).collect();
        assert_eq!(steps.last().map(|data| data["value"].clone()), Some(json!(6)));
        assert_eq!((messages(&frames, "execution_start").len(), messages(&frames, "execution_success").len()), (2, 2));
    }
}
