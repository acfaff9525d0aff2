//! `extra_data` beside a workflow: it reaches ComfyUI, also after a restart and for a rerun, and its secrets are seen nowhere (fact 66).

use darkroom::proto::{
    ids::TaskId,
    submit::Submission,
    task::{Snapshot, Task, TaskState},
    wire::Command,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::stage::{Stage, blur, brisk};
use crate::support::{
    api::{Api, lighthouse},
    darkroom_server::{accepted, snapshot},
    faults::{Control, Fault},
};

const API_KEY: &str = "comfyui-5ecre7-key-0123456789";
const TOKEN: &str = "eyJhbGciOi.5ecre7.token\"with\\odd-characters";

fn extra_data() -> Value {
    json!({
        "extra_pnginfo": {"workflow": {"id": "0f3e", "nodes": []}},
        "api_key_comfy_org": API_KEY,
        "auth_token_comfy_org": TOKEN,
        "client_id": "another client",
    })
}

fn body(color: u64) -> Value {
    json!({"prompt": blur(color), "extra_data": extra_data(), "client_id": "another client"})
}

async fn api(stage: &Stage) -> Api {
    Api::at(format!("http://{}", stage.addr())).await
}

/// The extra data that the engine has of a prompt, without what it adds itself.
async fn at_the_engine(engine: &Control, id: TaskId) -> Value {
    let history = reqwest::get(format!("http://{}/history/{id}", engine.addr)).await.expect("an answer").text().await.expect("text");
    let history: Value = serde_json::from_str(&history).expect("JSON");
    let mut extra = history[id.to_string()]["prompt"][3].clone();
    let members = extra.as_object_mut().unwrap_or_else(|| panic!("no extra data in {history}"));
    let client = members.remove("client_id").expect("an id");
    assert!(client.as_str().is_some_and(|client| client.starts_with("darkroom-")), "events come to us: {client}");
    members.remove("create_time");
    extra
}

fn wanted() -> Value {
    json!({
        "extra_pnginfo": {"workflow": {"id": "0f3e", "nodes": []}},
        "api_key_comfy_org": API_KEY,
        "auth_token_comfy_org": TOKEN,
        "preview_method": "auto",
    })
}

/// Texts of everything that anybody can ask for.
async fn everything(stage: &Stage, id: TaskId) -> Vec<(String, String)> {
    let mut all = vec![
        ("page".to_owned(), format!("{:?}", stage.page.state)),
        ("snapshot".to_owned(), format!("{:?}", snapshot(stage.addr()).await)),
    ];
    let backend = stage.backend().id.as_str().to_owned();
    let mut paths = vec![
        format!("/tasks/{id}"),
        "/".to_owned(),
        "/queue".to_owned(),
        format!("/tasks/{id}/log"),
        format!("/backends/{backend}/log"),
        format!("/api/tasks/{id}"),
        format!("/api/tasks/{id}/workflow"),
        "/api/tasks".to_owned(),
        "/metrics".to_owned(),
    ];
    // The stream of a task ends with the task.
    if stage.page.state.task(id).is_some_and(|task| task.state.is_final()) {
        paths.push(format!("/progress/{id}"));
    }
    for path in paths {
        let answer = reqwest::get(format!("http://{}{path}", stage.addr())).await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("text");
        assert!(status.is_success() && !text.is_empty(), "{path}: {status}");
        all.push((path, text));
    }
    let data = stage.database().parent().expect("a folder").to_owned();
    for entry in std::fs::read_dir(data).expect("the data folder") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            all.push((path.display().to_string(), String::from_utf8_lossy(&std::fs::read(&path).expect("readable")).into_owned()));
        }
    }
    all
}

async fn shows_no_secret(stage: &Stage, id: TaskId) {
    for (place, text) in everything(stage, id).await {
        for secret in ["5ecre7", API_KEY, TOKEN] {
            let at = text.find(secret).map(|at| text[at.saturating_sub(200)..].chars().take(400).collect::<String>());
            assert_eq!(at, None, "a secret is in {place}");
        }
    }
}

fn of(state: &Snapshot, id: TaskId) -> Task {
    state.task(id).expect("in the page").clone()
}

#[tokio::test]
async fn extra_data_reaches_comfyui_from_every_form_of_submission() {
    let mut stage = Stage::start().await;
    let api = api(&stage).await;
    let wrapped = api.accepted(&json!({"workflow": body(1)})).await;
    let mut beside = lighthouse(2);
    beside["extra_data"] = extra_data();
    let beside = api.accepted(&beside).await;
    let file = accepted(stage.addr(), Submission::Workflow { name: "a.json".into(), json: body(3).to_string() }).await;
    for id in [wrapped, beside, file] {
        assert_eq!(stage.page.until_ended(id).await.state, TaskState::Completed);
        assert_eq!(at_the_engine(stage.engine(), id).await, wanted());
        shows_no_secret(&stage, id).await;
    }
    let again = api.post(&format!("/api/tasks/{wrapped}/retry")).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.json);
    stage.page.until_ended(again.task()).await;
    assert_eq!(at_the_engine(stage.engine(), again.task()).await, wanted(), "a rerun has it, too");
    stage.judge().await;
}

#[tokio::test]
async fn extra_data_that_nodes_cannot_use_is_removed_or_refused() {
    let mut stage = Stage::start().await;
    let api = api(&stage).await;
    for (color, empty) in (1..).zip([json!({}), json!(null), json!({"workflow": null})]) {
        let id = api.accepted(&json!({"workflow": blur(color), "extra_data": {"extra_pnginfo": empty}})).await;
        stage.page.until_ended(id).await;
        assert_eq!(at_the_engine(stage.engine(), id).await, json!({"preview_method": "auto"}));
    }
    let odd = [
        (json!({"workflow": blur(9), "extra_data": API_KEY}), "/extra_data"),
        (json!({"workflow": blur(9), "extra_data": {"extra_pnginfo": [API_KEY]}}), "/extra_data"),
        (json!({"workflow": {"prompt": blur(9), "extra_data": API_KEY}}), "/workflow/extra_data"),
    ];
    for (body, pointer) in odd {
        let answer = api.post_json("/api/tasks", &body).await;
        assert_eq!((answer.status, answer.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec![pointer]), "{}", answer.json);
        assert!(!answer.json.to_string().contains(API_KEY), "{}", answer.json);
    }
    stage.judge().await;
}

#[tokio::test]
async fn a_waiting_task_keeps_its_extra_data_over_a_restart() {
    let stage = Stage::with(brisk()).await;
    stage.command(Command::PauseQueue { paused: true }).await;
    let id = api(&stage).await.accepted(&json!({"workflow": body(1)})).await;
    shows_no_secret(&stage, id).await;
    let key = stage.database().with_file_name("secret-key");
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&key).expect("a key").permissions()) & 0o777, 0o600);
    let mut stage = stage.restart_after(async |_| {}).await;
    stage.command(Command::PauseQueue { paused: false }).await;
    assert_eq!(stage.page.until_ended(id).await.state, TaskState::Completed);
    assert_eq!(at_the_engine(stage.engine(), id).await, wanted());
    shows_no_secret(&stage, id).await;
    stage.judge().await;
}

#[tokio::test]
async fn a_task_whose_extra_data_cannot_be_decrypted_fails_with_that_reason() {
    let stage = Stage::with(brisk()).await;
    stage.command(Command::PauseQueue { paused: true }).await;
    let id = api(&stage).await.accepted(&json!({"workflow": body(1)})).await;
    let key = stage.database().with_file_name("secret-key");
    let mut stage = stage.restart_after(async |_| std::fs::remove_file(&key).expect("removed")).await;
    stage.command(Command::PauseQueue { paused: false }).await;
    let ended = stage.page.until_ended(id).await;
    let why = ended.error.map(|error| error.message).unwrap_or_default();
    assert!(ended.state == TaskState::Failed && why.contains("secret-key") && why.contains("Hand the task in again"), "{why}");
    let again = api(&stage).await.post(&format!("/api/tasks/{id}/retry")).await;
    assert!(again.status == StatusCode::UNPROCESSABLE_ENTITY && again.json.to_string().contains("secret-key"), "{}", again.json);
    stage.judge().await;
}

#[tokio::test]
async fn secrets_that_comfyui_repeats_are_hidden() {
    let mut stage = Stage::start().await;
    let api = api(&stage).await;
    let said = format!("no access with {API_KEY} or {TOKEN}");
    stage.engine().fault(Fault::FailNode { node: "ImageBlur".into(), message: said.clone() }).await;
    let failed = api.accepted(&json!({"workflow": body(1)})).await;
    let ended = stage.page.until_ended(failed).await;
    assert_eq!(ended.error.map(|error| error.message).as_deref(), Some("no access with ••• or •••"));
    shows_no_secret(&stage, failed).await;

    // Told twice, by the socket and by the history: once in the result.
    stage.engine().fault(Fault::NodeOutput { node: "SaveImage".into(), output: json!({"text": [said]}) }).await;
    let shown = api.accepted(&json!({"workflow": body(2)})).await;
    stage.page.until_ended(shown).await;
    assert_eq!(of(&stage.page.state, shown).outputs.len(), 1, "{:?}", of(&stage.page.state, shown).outputs);
    shows_no_secret(&stage, shown).await;
    stage.judge().await;
}
