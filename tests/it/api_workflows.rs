//! Saved workflows over the API: their forms as JSON Schema, their versions, and their runs. Every response is checked against the document.

use crate::support::{
    api::Api,
    darkroom_server::{Both, darkroom},
};
use darkroom::proto::task::TaskState;
use reqwest::StatusCode;
use serde_json::{Value, json};

const FAST: f64 = 1e9;

fn portrait() -> Value {
    json!({
        "3": {"class_type": "KSampler", "inputs": {
            "seed": 7, "steps": 2, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0,
            "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0],
        }},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "demo-safelight.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a portrait", "clip": ["4", 1]}, "_meta": {"title": "Prompt"}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "portrait", "images": ["8", 0]}},
    })
}

async fn saved(api: &Api, workflow: Value) -> Value {
    let answer = api.post_json("/api/workflows", &json!({"name": "Portrait", "workflow": workflow})).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    assert_eq!(answer.header("location"), answer.json["links"]["self"]);
    answer.json
}

fn link<'a>(saved: &'a Value, name: &str) -> &'a str {
    saved["links"][name].as_str().expect("a link")
}

#[tokio::test]
async fn a_run_sets_inputs_by_the_names_of_the_schema() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let saved = saved(&api, portrait()).await;
    let schema = api.get(link(&saved, "schema")).await;
    assert_eq!(schema.header("content-type"), "application/schema+json");
    let inputs = &schema.json["properties"];
    assert_eq!(schema.json["title"], "Portrait");
    assert_eq!(inputs["6.text"]["x-darkroom-role"], "prompt");
    assert_eq!(inputs["7.text"]["x-darkroom-role"], "negative_prompt");
    assert_eq!(inputs["3.steps"]["maximum"], 10_000);
    assert!(inputs["3.sampler_name"]["enum"].as_array().is_some_and(|names| names.contains(&json!("euler"))), "{inputs}");
    assert!(inputs.get("3.model").is_none(), "a link is no input");

    let mut page = both.page().await;
    let run = json!({"inputs": {"6.text": "a red door", "3.steps": 3, "3.seed": u64::MAX}, "metadata": {"order": 7}});
    let accepted = api.post_json(link(&saved, "runs"), &run).await;
    assert_eq!(accepted.status, StatusCode::ACCEPTED, "{}", accepted.json);
    let done = page.until_ended(accepted.task()).await;
    assert_eq!(done.state, TaskState::Completed);
    let task = api.get(&format!("/api/tasks/{}", accepted.task())).await.json;
    assert_eq!(task["name"], "Portrait");
    assert_eq!(task["metadata"]["order"], 7);
    let workflow = api.get(&format!("/api/tasks/{}/workflow", accepted.task())).await.json;
    assert_eq!(workflow["6"]["inputs"]["text"], "a red door");
    assert_eq!(workflow["3"]["inputs"]["steps"], 3);
    assert_eq!(workflow["3"]["inputs"]["seed"].to_string(), "18446744073709551615");
    assert_eq!(workflow["7"]["inputs"]["text"], "blurry", "what is not given stays");
}

/// With the same seed ComfyUI would answer from its cache.
#[tokio::test]
async fn a_run_without_a_seed_gets_a_new_one_and_with_an_idempotency_key_is_one_task() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let saved = saved(&api, portrait()).await;
    let seed = async |task: Value| {
        let id = task["taskId"].as_str().expect("an id").to_owned();
        api.get(&format!("/api/tasks/{id}/workflow")).await.json["3"]["inputs"]["seed"].clone()
    };
    let one = seed(api.post_json(link(&saved, "runs"), &json!({})).await.json).await;
    let other = seed(api.post_json(link(&saved, "runs"), &json!({})).await.json).await;
    assert_ne!(one, other);
    assert_ne!(one, json!(7));
    let with_key = async || {
        let request =
            api.request(reqwest::Method::POST, link(&saved, "runs")).header("idempotency-key", "once").json(&json!({"inputs": {}}));
        api.send(request).await.json["taskId"].clone()
    };
    assert_eq!(with_key().await, with_key().await);
}

#[tokio::test]
async fn what_comfyui_would_refuse_is_refused_at_its_input_and_makes_no_task() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let saved = saved(&api, portrait()).await;
    let cases = [
        (json!({"3.steps": 0}), "/inputs/3.steps", "This must be from 1 to 10000."),
        (json!({"3.steps": "many"}), "/inputs/3.steps", "whole number"),
        (json!({"3.sampler_name": "oiler"}), "/inputs/3.sampler_name", "euler"),
        (json!({"3.model": "x"}), "/inputs/3.model", "comes from node 4"),
    ];
    for (inputs, pointer, says) in cases {
        let answer = api.post_json(link(&saved, "runs"), &json!({"inputs": inputs})).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{inputs}");
        let error = answer.json["errors"].as_array().and_then(|errors| errors.first()).cloned().unwrap_or_default();
        assert_eq!(error["pointer"], pointer, "{}", answer.json);
        assert!(error["detail"].as_str().is_some_and(|detail| detail.contains(says)), "{inputs}: {error}");
    }
    let unknown = api.post_json(link(&saved, "runs"), &json!({"inputs": {"3.step": 4}})).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.json["detail"].as_str().is_some_and(|detail| detail.contains("3.steps")), "names the nearest: {}", unknown.json);
    assert_eq!(api.get("/api/tasks").await.json["tasks"], json!([]));
}

#[tokio::test]
async fn a_new_version_keeps_the_form_and_names_what_no_longer_fits() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let first = saved(&api, portrait()).await;
    let form = json!({"version": 1, "fields": {"3.cfg": {"label": "Strictness", "pinned": true}, "5.width": {"hidden": true}}});
    let arranged = api.patch(link(&first, "self"), &json!({"revision": 1, "form": form})).await;
    assert_eq!(arranged.status, StatusCode::OK, "{}", arranged.json);
    assert_eq!(arranged.json["version"], 1);
    assert_eq!(arranged.json["revision"], 2);
    let schema = api.get(link(&first, "schema")).await.json;
    assert_eq!(schema["properties"]["3.cfg"]["title"], "Strictness");

    let stale = api.patch(link(&first, "self"), &json!({"revision": 1, "name": "Mine"})).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.json);
    assert!(stale.json["detail"].as_str().is_some_and(|detail| detail.contains("revision 2")), "{}", stale.json);

    // The sampler has another id now, and the size is gone.
    let mut next = portrait();
    let nodes = next.as_object_mut().expect("nodes");
    let sampler = nodes.remove("3").expect("the sampler");
    nodes.insert("30".into(), sampler);
    nodes["8"]["inputs"]["samples"] = json!(["30", 0]);
    nodes.remove("5");
    nodes["30"]["inputs"]["latent_image"] = json!(["50", 0]);
    nodes.insert("50".into(), json!({"class_type": "EmptySD3LatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}}));
    let changed = api.patch(link(&first, "self"), &json!({"revision": 2, "workflow": next})).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    assert_eq!(changed.json["version"], 2);
    let unmatched: Vec<&str> = changed.json["unmatched"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(matches!(unmatched.as_slice(), [one] if one.contains("width")), "{unmatched:?}");
    let schema = api.get(link(&first, "schema")).await.json;
    assert_eq!(schema["properties"]["30.cfg"]["title"], "Strictness");
    let earlier = api.get(&format!("{}?version=1", link(&first, "self"))).await.json;
    assert_eq!(earlier["shownVersion"], 1);
    assert_eq!(earlier["workflow"]["3"]["class_type"], "KSampler");
    assert_eq!(earlier["versions"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn saved_workflows_survive_a_restart_and_are_removed_for_good() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let saved = saved(&api, portrait()).await;
    let Both { engine, darkroom: first, folder } = both;
    first.stop().await;
    engine.stop().await;
    // Its ComfyUI is away: the form is made of what it said before.
    let second = darkroom(folder.path().join("data"), "127.0.0.1:9".parse().expect("an address")).await;
    let api = Api::at(format!("http://{}", second.addr)).await;
    let list = api.get("/api/workflows").await.json;
    assert_eq!(list["workflows"][0]["name"], "Portrait");
    assert_eq!(list["workflows"][0]["id"], saved["id"]);
    assert_eq!(api.delete(link(&saved, "self")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get(link(&saved, "self")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(api.post_json(link(&saved, "runs"), &json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(api.get("/api/workflows").await.json["workflows"], json!([]));
}

#[tokio::test]
async fn what_is_no_workflow_or_has_no_name_is_not_saved() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    for (body, says) in [
        (json!({"name": " ", "workflow": portrait()}), "1 to 80 characters"),
        (json!({"name": "Hello", "workflow": {"hello": 1}}), "no nodes"),
        (json!({"name": "Hello"}), "workflow"),
        (json!({"name": "Hello", "workflow": portrait(), "from": "x"}), "from"),
    ] {
        let answer = api.post_json("/api/workflows", &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", answer.json);
        assert!(answer.json["detail"].as_str().is_some_and(|detail| detail.contains(says)), "{}", answer.json);
    }
}
