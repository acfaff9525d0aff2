//! What speaks against a run, before it is paid for: over the API and for pages. Every response of the API is checked against its document.

use darkroom::proto::{
    run_warnings::{RunCheck, RunWarning},
    submit::{FormRun, Submission},
    task::TaskState,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    api::Api,
    darkroom_server::{Both, Running, accepted, call, darkroom, lighthouse},
    faults::{Fault, FaultyEngine},
    page::Page,
};

const FAST: f64 = 1e9;

fn parameters(seed: u64, side: u32) -> Value {
    json!({"workflow": "text-to-image", "parameters": {"prompt": "a door", "seed": seed, "width": side, "height": side, "steps": 1}})
}

async fn warnings(api: &Api, body: &Value) -> Value {
    let answer = api.post_json("/api/tasks/check", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    answer.json["warnings"].clone()
}

#[tokio::test]
async fn a_run_that_would_give_the_earlier_picture_is_named_before_and_after_it_is_submitted() {
    let both = Both::start(FAST).await;
    let (api, mut page) = (Api::of(&both).await, both.page().await);
    assert_eq!(warnings(&api, &parameters(7, 64)).await, json!([]), "nothing ran yet");
    let first = api.accepted(&parameters(7, 64)).await;
    assert_eq!(page.until_ended(first).await.state, TaskState::Completed);
    let found = warnings(&api, &parameters(7, 64)).await;
    assert_eq!((&found[0]["kind"], &found[0]["taskId"]), (&json!("same-inputs"), &json!(first)), "{found}");
    assert_eq!(warnings(&api, &parameters(8, 64)).await, json!([]), "another seed");
    let again = api.post_json("/api/tasks", &parameters(7, 64)).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "a warning is no refusal");
    assert_eq!(again.json["notes"], json!(["Same inputs as \"A door\": this gives the earlier result."]));
    let other = api.post_json("/api/tasks", &parameters(9, 64)).await;
    assert_eq!(other.json.get("notes"), None, "{}", other.json);
    let wrong = api.post_json("/api/tasks/check", &json!({"workflow": {"1": {"class_type": "NoSuchNode", "inputs": {}}}})).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "what would be refused is refused");
}

/// Also of tasks from before the start of Darkroom, and of the same workflow in another file.
#[tokio::test]
async fn a_page_is_warned_of_what_ran_before_a_restart_and_gets_other_seeds() {
    let Both { engine, darkroom: server, folder } = Both::start(FAST).await;
    let task = accepted(server.addr, Submission::TextToImage(lighthouse(7, 1))).await;
    assert_eq!(Page::open(server.addr).await.until_ended(task).await.state, TaskState::Completed);
    server.stop().await;
    let server: Running = darkroom(folder.path().join("data"), engine.addr).await;
    Page::open(server.addr).await.until_connected().await;
    let json = serde_json::to_string(&lighthouse(7, 1).workflow()).unwrap();
    let run = FormRun { name: "mine".into(), json, ..FormRun::default() };
    let check: RunCheck = call(server.addr, "check_run", &(Submission::Form(run.clone()),)).await;
    let expected = RunWarning::SameInputs { task, name: "A lighthouse at dusk".into(), ended: true };
    assert_eq!(check.warnings, [expected]);
    let [(key, seed)] = check.new_seeds.as_slice() else { panic!("one seed: {:?}", check.new_seeds) };
    assert!(key.ends_with("seed") && seed.parse::<u64>().is_ok_and(|seed| seed != 7), "{key}: {seed}");
    let other = FormRun { inputs: check.new_seeds.clone(), ..run };
    let check: RunCheck = call(server.addr, "check_run", &(Submission::Form(other),)).await;
    assert_eq!(check.warnings, []);
}

#[tokio::test]
async fn a_size_at_which_comfyui_ran_out_of_memory_is_warned_of_until_it_manages_it() {
    let engine = FaultyEngine::start(FAST).await;
    let folder = tempfile::tempdir().unwrap();
    let server = darkroom(folder.path().join("data"), engine.addr).await;
    let mut page = Page::open(server.addr).await;
    page.until_connected().await;
    let api = Api::at(format!("http://{}", server.addr)).await;
    engine.fault(Fault::Oom { node: Some("KSampler".into()) }.times(1)).await;
    let failed = api.accepted(&parameters(1, 128)).await;
    assert_eq!(page.until_ended(failed).await.state, TaskState::Failed);
    for (side, is_warned) in [(128, true), (256, true), (64, false)] {
        let found = warnings(&api, &parameters(2, side)).await;
        assert_eq!(found[0]["kind"] == "out-of-memory", is_warned, "{side}: {found}");
    }
    let managed = api.accepted(&parameters(3, 256)).await;
    assert_eq!(page.until_ended(managed).await.state, TaskState::Completed);
    assert_eq!(warnings(&api, &parameters(4, 256)).await, json!([]));
}
