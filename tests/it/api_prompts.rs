//! Templates of prompts and wildcards over the API: what they give before they are paid for, and the tasks that are made from them. Every response is checked
//! against the document.

use crate::support::{api::Api, darkroom_server::Both};
use darkroom::proto::task::TaskState;
use reqwest::StatusCode;
use serde_json::{Value, json};

const FAST: f64 = 1e9;

async fn wildcard(api: &Api, name: &str, text: &str) -> Value {
    let answer = api.put_json(&format!("/api/wildcards/{}", name.replace('/', "%2F")), &json!({"text": text})).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    answer.json
}

#[tokio::test]
async fn wildcards_are_written_listed_read_and_removed() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let made = wildcard(&api, "animals/dogs", "terrier\npoodle\n").await;
    let list = api.get("/api/wildcards").await.json;
    assert_eq!(list["wildcards"][0]["name"], "animals/dogs");
    assert_eq!(api.get("/api/wildcards/animals%2Fdogs").await.json, made);
    let path = "/api/wildcards/animals%2Fdogs";
    let again = api.put_json(path, &json!({"text": "x"})).await;
    assert_eq!((again.status, &again.json["type"]), (StatusCode::CONFLICT, &json!("/api/docs#changed-meanwhile")), "{}", again.json);
    let changed = api.put_json(path, &json!({"text": "setter", "revision": made["revision"]})).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    let wrong = api.put_json(path, &json!({"text": "a\n{2-1$$b}", "revision": changed.json["revision"]})).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.json["errors"][0]["pointer"], "/text");
    for bad in ["..%2Fsecret", ".hidden", "a%00b"] {
        assert_eq!(api.get(&format!("/api/wildcards/{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert_eq!(api.delete(path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get(path).await.json["type"], "/api/docs#unknown-wildcard");
}

#[tokio::test]
async fn a_template_is_counted_and_shown_before_it_is_paid_for() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    wildcard(&api, "colours", "red\nblue\ngreen").await;
    let preview = async |body: Value| api.post_json("/api/prompts/preview", &body).await;
    let made = preview(json!({"template": "a __colours__ {door|window}", "samples": 20, "seed": 7})).await.json;
    assert_eq!((made["combinations"].as_str(), made["samples"].as_array().map(Vec::len)), (Some("6"), Some(20)), "{made}");
    assert_eq!(made["wildcards"], json!(["colours"]));
    assert_eq!(made["samples"][1]["seed"], 8);
    let again = preview(json!({"template": "a __colours__ {door|window}", "samples": 1, "seed": "8"})).await.json;
    assert_eq!(again["samples"][0]["text"], made["samples"][1]["text"], "the seed gives its text again");
    let unknown = preview(json!({"template": "a __colour__"})).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(unknown.json["errors"][0]["pointer"], "/template");
    assert!(unknown.json["errors"][0]["detail"].as_str().is_some_and(|detail| detail.contains("The nearest: colours")), "{}", unknown.json);
    assert_eq!(preview(json!({"template": "a", "samples": 21})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// Template and text are kept; another run has the same text, although the wildcard says something else by then.
#[tokio::test]
async fn a_task_keeps_the_template_and_the_text_of_its_prompt() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let mut page = both.page().await;
    let saved = wildcard(&api, "colours", "red\nblue").await;
    let parameters = json!({"prompt": "a {big|small} __colours__ door // later", "negativePrompt": "{blurry}", "width": 64, "height": 64, "steps": 1, "promptSeed": 7});
    let accepted = api.post_json("/api/tasks", &json!({"workflow": "text-to-image", "parameters": parameters})).await;
    assert_eq!(accepted.status, StatusCode::ACCEPTED, "{}", accepted.json);
    let done = page.until_ended(accepted.task()).await;
    assert_eq!(done.state, TaskState::Completed);
    let task = api.get(&format!("/api/tasks/{}", accepted.task())).await.json;
    let text = task["prompts"]["texts"][0]["text"].as_str().expect("a text").to_owned();
    let all = ["a big red door ", "a big blue door ", "a small red door ", "a small blue door "];
    assert!(all.contains(&text.as_str()), "{text:?}");
    assert_eq!(task["prompts"]["seed"], 7);
    assert_eq!(task["prompts"]["texts"][0]["template"], parameters["prompt"]);
    assert_eq!(task["prompts"]["texts"][1]["text"], "blurry");
    let workflow = |id| {
        let api = &api;
        async move { api.get(&format!("/api/tasks/{id}/workflow")).await.json }
    };
    assert_eq!(workflow(accepted.task()).await["6"]["inputs"]["text"], text);
    assert_eq!(done.recipe.map(|recipe| recipe.prompt).as_deref(), parameters["prompt"].as_str(), "the form is filled with the template");

    let changed = api.put_json("/api/wildcards/colours", &json!({"text": "grey", "revision": saved["revision"]})).await;
    assert_eq!(changed.status, StatusCode::OK);
    let again = api.post_json(&format!("/api/tasks/{}/retry", accepted.task()), &json!({})).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.json);
    assert_eq!(page.until_ended(again.task()).await.state, TaskState::Completed);
    assert_eq!(workflow(again.task()).await["6"]["inputs"]["text"], text);
    assert_eq!(api.get(&format!("/api/tasks/{}", again.task())).await.json["prompts"], task["prompts"]);

    let gone = json!({"workflow": "text-to-image", "parameters": {"prompt": "a __gone__ door"}});
    let refused = api.post_json("/api/tasks", &gone).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.json["errors"][0]["pointer"], "/parameters/prompt");
}

/// Inputs whose class asks for it are templates in a run of a saved workflow; what is handed in as it is, is not. Names of files get their date in both.
#[tokio::test]
async fn templates_of_a_saved_workflow_are_resolved_for_each_run() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let mut page = both.page().await;
    let workflow = json!({
        "3": {"class_type": "KSampler", "inputs": {
            "seed": 7, "steps": 1, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0,
            "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0],
        }},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "demo-safelight.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a {red|red} door", "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "%date:yyyy%-%KSampler.steps%", "images": ["8", 0]}},
    });
    let saved = api.post_json("/api/workflows", &json!({"name": "Door", "workflow": workflow})).await.json;
    let runs = saved["links"]["runs"].as_str().expect("a link").to_owned();
    let run = api.post_json(&runs, &json!({"inputs": {"7.text": "{0::x|y}"}, "promptSeed": 3})).await;
    assert_eq!(run.status, StatusCode::ACCEPTED, "{}", run.json);
    assert_eq!(page.until_ended(run.task()).await.state, TaskState::Completed);
    let sent = api.get(&format!("/api/tasks/{}/workflow", run.task())).await.json;
    assert_eq!((&sent["6"]["inputs"]["text"], &sent["7"]["inputs"]["text"]), (&json!("a red door"), &json!("y")));
    let prefix = sent["9"]["inputs"]["filename_prefix"].as_str().expect("a prefix").to_owned();
    assert!(prefix.ends_with("-1") && prefix.len() == 6 && prefix.starts_with("20"), "{prefix}");
    let prompts = api.get(&format!("/api/tasks/{}", run.task())).await.json["prompts"].clone();
    assert_eq!((&prompts["seed"], prompts["texts"].as_array().map(Vec::len)), (&json!(3), Some(3)), "{prompts}");

    let wrong = api.post_json(&runs, &json!({"inputs": {"7.text": "__gone__"}})).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.json["errors"][0]["pointer"], "/inputs/7.text");

    let plain = api.post_json("/api/tasks", &json!({"workflow": workflow})).await;
    assert_eq!(page.until_ended(plain.task()).await.state, TaskState::Completed);
    let sent = api.get(&format!("/api/tasks/{}/workflow", plain.task())).await.json;
    assert_eq!(sent["6"]["inputs"]["text"], "a {red|red} door", "no form: as it is");
    assert_eq!(sent["9"]["inputs"]["filename_prefix"], prefix.as_str());
}
