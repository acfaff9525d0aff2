//! Workflows as programs have them: what Python writes, what is wrapped around them, other encodings.

use crate::support::{api::Api, darkroom_server::Both};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn nodes(width: u32) -> Value {
    json!({
        "1": {"class_type": "EmptyImage", "inputs": {"width": width, "height": 8, "batch_size": 1, "color": 0}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    })
}

#[tokio::test]
async fn a_workflow_from_a_picture_is_accepted_and_removed_members_are_named() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let body = nodes(8).to_string().replacen("\"class_type\"", "\"is_changed\": [NaN], \"class_type\"", 1);
    let body = format!("{{\"workflow\": {body}, \"name\": \"Mine\", \"metadata\": {{\"score\": Infinity}}}}");
    let send =
        async |body: Vec<u8>| api.send(api.request(Method::POST, "/api/tasks").header("content-type", "application/json").body(body)).await;
    let answer = send(body.clone().into_bytes()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.json);
    assert!(answer.json["notes"][0].as_str().unwrap().contains("is_changed"), "{}", answer.json);
    let id = answer.json["taskId"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&format!("/api/tasks/{id}/workflow")).await.json, nodes(8));
    let task = api.get(&format!("/api/tasks/{id}")).await.json;
    assert_eq!((&task["name"], &task["metadata"]), (&json!("Mine"), &json!({"score": null})), "{task}");

    let utf16: Vec<u8> = [0xfeff].into_iter().chain(body.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(send(utf16).await.status, StatusCode::ACCEPTED);

    let bad = nodes(8).to_string().replacen("8", "NaN", 1);
    let refused = send(format!("{{\"workflow\": {bad}}}").into_bytes()).await;
    assert_eq!((refused.status.as_u16(), refused.problem()), (422, "invalid-workflow"), "{}", refused.json);
    let detail = refused.json["detail"].as_str().unwrap();
    assert!(detail.contains("Node 1 (EmptyImage), input \"width\"") && detail.contains("NaN"), "{detail}");
}

#[tokio::test]
async fn a_workflow_inside_a_wrapper_is_unwrapped() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let tuple = json!([1, "0197", nodes(16), {}, ["2"]]);
    for workflow in [
        json!({"prompt": nodes(16), "client_id": "x"}),
        json!({"workflow": {"nodes": [], "links": []}, "output": nodes(16)}),
        json!(nodes(16).to_string()),
        json!([nodes(16)]),
        tuple.clone(),
        json!({"0197": {"prompt": tuple, "outputs": {}, "status": {}}}),
    ] {
        let answer = api.post_json("/api/tasks", &json!({"workflow": workflow})).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{workflow}: {}", answer.json);
        let id = answer.json["taskId"].as_str().unwrap();
        assert_eq!(api.get(&format!("/api/tasks/{id}/workflow")).await.json, nodes(16), "{workflow}");
    }
    let several = api.post_json("/api/tasks", &json!({"workflow": [nodes(8), nodes(16)]})).await;
    assert_eq!((several.status.as_u16(), several.problem()), (422, "invalid-workflow"), "{}", several.json);
    assert!(several.json["detail"].as_str().unwrap().contains("2 things"), "{}", several.json);
}
