//! ComfyUIs on Windows and on other systems list the same model file with other separators.

use darkroom::{
    demo::Options,
    proto::{ids::TaskId, outbox::Answer, recipe::TextToImage, submit::Submission},
};
use serde_json::Value;

use super::stage::{FAST, Stage, brisk};
use crate::support::{
    api::Api,
    darkroom_server::{accepted, lighthouse, submit},
    faults::{Control, FaultyEngine},
};

const UNIX: &str = "sd/xl/model.safetensors";
const WINDOWS: &str = r"sd\xl\model.safetensors";
const MIXED: &str = r"sd/xl\model.safetensors";

fn options(checkpoints: &[&str], windows_paths: bool) -> Options {
    Options { speed: FAST, checkpoints: checkpoints.iter().map(|name| (*name).to_owned()).collect(), windows_paths, ..Options::default() }
}

fn picture(seed: u64, checkpoint: &str) -> Submission {
    Submission::TextToImage(TextToImage { checkpoint: checkpoint.into(), ..lighthouse(seed, 4) })
}

/// The checkpoint in a workflow.
fn checkpoint(workflow: &Value) -> &str {
    let loader = workflow.as_object().and_then(|nodes| nodes.values().find(|node| node["class_type"] == "CheckpointLoaderSimple"));
    loader.and_then(|node| node["inputs"]["ckpt_name"].as_str()).unwrap_or_default()
}

/// The checkpoint that this engine was sent for a task; empty if it never got it.
async fn sent(engine: &Control, id: TaskId) -> String {
    let history: Value = reqwest::get(format!("http://{}/history/{id}", engine.addr)).await.expect("answers").json().await.expect("JSON");
    checkpoint(&history[id.to_string()]["prompt"][2]).to_owned()
}

#[tokio::test]
async fn a_model_is_sent_in_the_spelling_of_its_comfyui_preferring_an_exact_match() {
    let engines = vec![FaultyEngine::with(options(&[UNIX], false)).await, FaultyEngine::with(options(&[UNIX], true)).await];
    let mut stage = Stage::open(brisk(), engines).await;
    stage.page.until(|state| state.backends.iter().all(|backend| backend.takes_tasks())).await;
    for (seed, spelling, expected) in
        [(0, WINDOWS, ["", WINDOWS]), (1, UNIX, [UNIX, ""]), (2, WINDOWS, ["", WINDOWS]), (3, MIXED, [UNIX, ""])]
    {
        let id = accepted(stage.addr(), picture(seed, spelling)).await;
        stage.until_completed(id).await;
        assert_eq!([sent(&stage.engines[0], id).await, sent(&stage.engines[1], id).await], expected, "{seed}: {spelling}");
    }
    stage.kill(1).await;
    stage.page.until(|state| !state.backends[1].takes_tasks()).await;
    let id = accepted(stage.addr(), picture(4, WINDOWS)).await;
    stage.until_completed(id).await;
    assert_eq!(sent(&stage.engines[0], id).await, UNIX);
    let api = Api::at(format!("http://{}", stage.addr())).await;
    let stored = api.get(&format!("/api/tasks/{id}/workflow")).await.json;
    assert_eq!(checkpoint(&stored), WINDOWS, "it stays as it was submitted");
    let rerun = api.post(&format!("/api/tasks/{id}/retry")).await.task();
    stage.until_completed(rerun).await;
    assert_eq!(sent(&stage.engines[0], rerun).await, UNIX);
    stage.judge().await;
}

#[tokio::test]
async fn an_ambiguous_model_name_is_refused() {
    let stage = Stage::open(brisk(), vec![FaultyEngine::with(options(&[UNIX, MIXED, "other.safetensors"], false)).await]).await;
    for name in [WINDOWS, r"sd\other.safetensors", r"xl\model.safetensors"] {
        let Answer::Refused(refusal) = submit(stage.addr(), picture(1, name)).await else { panic!("accepted: {name}") };
        assert_eq!(refusal.problems[0].input.as_deref(), Some("ckpt_name"), "{refusal:?}");
        assert!(refusal.message.contains(name), "{refusal:?}");
    }
    stage.judge().await;
}
