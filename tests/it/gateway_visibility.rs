//! `[gateway] visibility`: what a client sees of the prompts of others. The stage is behind a proxy, so clients have addresses.

use darkroom::server::config::ClientVisibility;
use reqwest::Method;
use serde_json::{Value, json};

use crate::gateway_stage::{GatewayStage, is_over, messages, picture};

const ANNA: &str = "10.0.0.1";
const BERT: &str = "10.0.0.2";

async fn stage(visibility: ClientVisibility) -> GatewayStage {
    GatewayStage::of(1, |config| {
        config.access.behind_proxy = true;
        config.gateway.as_mut().expect("on").visibility = visibility;
    })
    .await
}

async fn get(stage: &GatewayStage, from: &str, path: &str) -> Value {
    stage.send(stage.request_from(from, Method::GET, path)).await.1
}

async fn post(stage: &GatewayStage, from: &str, path: &str, body: &Value) -> Value {
    let (status, answer) = stage.send(stage.request_from(from, Method::POST, path).body(body.to_string())).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

async fn submit(stage: &GatewayStage, from: &str, body: &Value) -> String {
    post(stage, from, "/prompt", body).await["prompt_id"].as_str().expect("an id").to_owned()
}

/// The ids in the queue: running, and waiting.
async fn queue(stage: &GatewayStage, from: &str, query: &str) -> [Vec<String>; 2] {
    let queue = get(stage, from, &format!("/queue{query}")).await;
    ["queue_running", "queue_pending"]
        .map(|part| queue[part].as_array().expect("a list").iter().map(|item| item[1].as_str().expect("an id").to_owned()).collect())
}

fn remaining(frames: &[crate::demo::client::Frame]) -> Vec<u64> {
    messages(frames, "status").iter().map(|data| data["status"]["exec_info"]["queue_remaining"].as_u64().expect("a number")).collect()
}

#[tokio::test]
async fn with_own_a_client_sees_and_touches_only_its_own_prompts() {
    let stage = stage(ClientVisibility::Own).await;
    stage.engines[0].hold_at_step("KSampler", 2).await;
    let (mut anna, mut bert) = (stage.socket_from(ANNA, "a").await, stage.socket_from(BERT, "b").await);
    let first = submit(&stage, ANNA, &picture(1, Some("a"))).await;
    stage.engines[0].held().await;
    let second = submit(&stage, BERT, &picture(2, Some("b"))).await;
    let third = submit(&stage, BERT, &picture(3, None)).await;
    assert_eq!(queue(&stage, ANNA, "").await, [vec![first.clone()], vec![]]);
    assert_eq!(queue(&stage, BERT, "").await, [vec![], vec![second.clone(), third.clone()]]);
    assert_eq!(queue(&stage, "10.0.0.9", "").await, [vec![], Vec::<String>::new()]);
    // Who names a client id sees what that client submitted, wherever it is now.
    assert_eq!(queue(&stage, "10.0.0.9", "?clientId=b").await, [vec![], vec![second.clone()]]);
    let count = async |from: &str| get(&stage, from, "/prompt").await["exec_info"]["queue_remaining"].clone();
    assert_eq!((count(ANNA).await, count(BERT).await), (json!(1), json!(2)));
    for jobs in ["/api/jobs", "/api/api/jobs"] {
        assert_eq!(get(&stage, ANNA, jobs).await["pagination"]["total"], 1, "{jobs}");
    }
    assert_eq!(get(&stage, ANNA, &format!("/api/jobs/{second}")).await, json!({"error": "Job not found"}));
    assert_eq!(get(&stage, BERT, &format!("/api/jobs/{second}")).await["status"], "pending");

    // Nobody reaches into the queue of another.
    post(&stage, BERT, "/interrupt", &json!({})).await;
    post(&stage, BERT, "/interrupt", &json!({"prompt_id": first})).await;
    assert_eq!(post(&stage, BERT, &format!("/api/jobs/{first}/cancel"), &json!({})).await, json!({"cancelled": false}));
    assert_eq!(post(&stage, BERT, "/api/jobs/cancel", &json!({"job_ids": [first]})).await, json!({"cancelled": false}));
    post(&stage, ANNA, "/queue", &json!({"clear": true, "delete": [second]})).await;
    assert_eq!(queue(&stage, BERT, "").await[1], [second.clone(), third.clone()]);
    post(&stage, BERT, "/queue", &json!({"delete": [third]})).await;
    stage.engines[0].release().await;
    anna.until("the end", |frames| is_over(frames, &first)).await;
    bert.until("the end", |frames| is_over(frames, &second)).await;
    assert_eq!(messages(&anna.frames(), "execution_success").len(), 1, "it was not interrupted");
    assert!(remaining(&anna.frames()).iter().all(|count| *count <= 1), "{:?}", remaining(&anna.frames()));
    assert_eq!(remaining(&bert.frames()).into_iter().max(), Some(2));

    let history =
        async |from: &str| get(&stage, from, "/history").await.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!((history(ANNA).await, history(BERT).await), (vec![first.clone()], vec![second.clone()]));
    assert_eq!(get(&stage, BERT, &format!("/history/{first}")).await, json!({}));
    assert_eq!(get(&stage, BERT, "/api/jobs?status=completed").await["pagination"]["total"], 1);
    post(&stage, BERT, "/history", &json!({"delete": [first]})).await;
    post(&stage, BERT, "/history", &json!({"clear": true})).await;
    assert_eq!((history(ANNA).await, history(BERT).await), (vec![first.clone()], vec![]));
    let stage = stage.restart().await;
    assert_eq!(get(&stage, BERT, &format!("/history/{first}")).await, json!({}), "also after a restart");
    assert_eq!(get(&stage, ANNA, &format!("/history/{first}")).await[&first]["status"]["completed"], true);
}

#[tokio::test]
async fn with_own_a_prompt_without_a_client_is_told_to_its_sender() {
    let stage = stage(ClientVisibility::Own).await;
    let (mut anna, bert) = (stage.socket_from(ANNA, "a").await, stage.socket_from(BERT, "b").await);
    let id = submit(&stage, ANNA, &picture(1, None)).await;
    anna.until("its steps", |frames| messages(frames, "progress").iter().any(|data| data["value"] == 6)).await;
    assert!(messages(&anna.frames(), "progress").iter().all(|data| data["prompt_id"] == id));
    while get(&stage, ANNA, &format!("/history/{id}")).await == json!({}) {}
    let mut bert = bert;
    bert.send(r#"{"type": "feature_flags", "data": {}}"#).await;
    bert.until("an answer", |frames| !messages(frames, "feature_flags").is_empty()).await;
    assert!(messages(&bert.frames(), "progress").is_empty() && remaining(&bert.frames()).iter().all(|count| *count == 0));
}

#[tokio::test]
async fn by_default_everybody_sees_everything_as_at_one_comfyui() {
    let stage = stage(ClientVisibility::default()).await;
    stage.engines[0].hold_at_step("KSampler", 2).await;
    let mut other = stage.socket_from(BERT, "b").await;
    let first = submit(&stage, ANNA, &picture(1, Some("a"))).await;
    stage.engines[0].held().await;
    let second = submit(&stage, ANNA, &picture(2, None)).await;
    assert_eq!(queue(&stage, BERT, "").await, [vec![first.clone()], vec![second.clone()]]);
    other.until("two prompts", |frames| remaining(frames).contains(&2)).await;
    post(&stage, BERT, "/queue", &json!({"clear": true})).await;
    assert_eq!(queue(&stage, ANNA, "").await, [vec![first.clone()], vec![]]);
    post(&stage, BERT, "/interrupt", &json!({})).await;
    stage.engines[0].release().await;
    other.until("an empty queue", |frames| remaining(frames).last() == Some(&0)).await;
    assert_eq!(get(&stage, BERT, &format!("/history/{first}")).await[&first]["status"]["completed"], false);
}
