//! The API for programs: refused requests and their messages. Every response is checked against the document.

use crate::support::{
    api::{Answer, Api, lighthouse},
    darkroom_server::Both,
};
use darkroom::proto::limits;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const FAST: f64 = 1e9;

async fn api() -> (Both, Api) {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    (both, api)
}

/// No refused request may have created a task.
async fn assert_nothing_was_made(api: &Api) {
    assert_eq!(api.get("/api/tasks").await.json["tasks"], json!([]));
}

fn is(answer: &Answer, status: u16, problem: &str) {
    assert_eq!((answer.status.as_u16(), answer.problem()), (status, problem), "{}", answer.json);
    assert!(!answer.json["detail"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn a_body_that_is_no_submission_is_refused() {
    let (_both, api) = api().await;
    let send = async |content_type: &str, body: Vec<u8>| {
        api.send(api.request(Method::POST, "/api/tasks").header("content-type", content_type).body(body)).await
    };
    for body in ["", "{", "a cat", "{\"workflow\": \"text-to-image\"} {}", "{\"workflow\": \"\u{0}\"}"] {
        is(&send("application/json", body.into()).await, 400, "bad-body");
    }
    is(&send("application/json", vec![b'"', 0xff, b'"']).await, 400, "bad-body");
    // Far deeper than any parser should recurse.
    is(&send("application/json", "[".repeat(1_000_000).into_bytes()).await, 400, "bad-body");
    let good = lighthouse(1).to_string().into_bytes();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", ""] {
        is(&send(content_type, good.clone()).await, 415, "unsupported-media-type");
    }
    is(&api.send(api.request(Method::POST, "/api/tasks")).await, 415, "unsupported-media-type");
    let large = vec![b' '; limits::WORKFLOW + limits::SUBMISSION_FIELDS + 1];
    is(&send("application/json", large).await, 413, "too-large");
    assert_nothing_was_made(&api).await;
    assert_eq!(send("application/json; charset=utf-8", good).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn unknown_and_invalid_fields_are_refused_by_name() {
    let (_both, api) = api().await;
    let with = |key: &str, value: Value| {
        let mut body = lighthouse(1);
        body[key] = value;
        body
    };
    let parameter = |key: &str, value: Value| {
        let mut body = lighthouse(1);
        body["parameters"][key] = value;
        body
    };
    let webhook = |url: &str, mut rest: Value| {
        rest["url"] = json!(url);
        with("webhook", rest)
    };
    let long = json!({"text": "x".repeat(limits::METADATA)});
    let cases = [
        (json!([]), ""),
        (json!({}), ""),
        (with("promt", json!(1)), "/promt"),
        (with("webhook", json!("http://1.1.1.1/")), "/webhook"),
        (with("webhook", json!(null)), "/webhook"),
        (with("webhook", json!({})), "/webhook"),
        (webhook("http://127.0.0.1:9000/", json!({})), "/webhook/url"),
        (webhook("http://[::ffff:10.0.0.1]/", json!({})), "/webhook/url"),
        (webhook("http://2130706433/", json!({})), "/webhook/url"),
        (webhook("http://localhost/", json!({})), "/webhook/url"),
        (webhook("ftp://shop.example/", json!({})), "/webhook/url"),
        (webhook("https://me:hush@shop.example/", json!({})), "/webhook/url"),
        (webhook("https://shop.example/\u{7}", json!({})), "/webhook/url"),
        (webhook("https://shop.example/", json!({"events": []})), "/webhook/events"),
        (webhook("https://shop.example/", json!({"events": ["done"]})), "/webhook/events/0"),
        (webhook("https://shop.example/", json!({"events": null})), "/webhook/events"),
        (webhook("https://shop.example/", json!({"secret": "hush"})), "/webhook/secret"),
        (webhook("https://shop.example/", json!({"progressEveryS": 0.5})), "/webhook/progressEveryS"),
        (webhook("https://shop.example/", json!({"progressEveryS": "often"})), "/webhook/progressEveryS"),
        (webhook("https://shop.example/", json!({"method": "GET"})), "/webhook/method"),
        (with("name", json!(7)), "/name"),
        (with("name", json!(null)), "/name"),
        (with("name", json!("")), "/name"),
        (with("name", json!("a\u{7}b")), "/name"),
        (with("name", json!("a\nb")), "/name"),
        (with("name", json!("a\u{9b}b")), "/name"),
        (with("name", json!("n".repeat(limits::NAME + 1))), "/name"),
        (with("metadata", json!([1])), "/metadata"),
        (with("metadata", json!(null)), "/metadata"),
        (with("metadata", long), "/metadata"),
        (with("priority", json!(101)), "/priority"),
        (with("priority", json!(-101)), "/priority"),
        (with("priority", json!(1000)), "/priority"),
        (with("priority", json!(0.5)), "/priority"),
        (json!({"workflow": "text-to-image"}), "/parameters"),
        (json!({"workflow": "text-to-video", "parameters": {}}), "/workflow"),
        (json!({"workflow": 7}), "/workflow"),
        (json!({"workflow": {"1": {"class_type": "EmptyImage", "inputs": {}}}, "parameters": {}}), "/parameters"),
        (parameter("prompt", json!(7)), "/parameters/prompt"),
        (parameter("negative", json!("x")), "/parameters/negative"),
        (parameter("width", json!("wide")), "/parameters/width"),
        (parameter("width", json!(-1)), "/parameters/width"),
        (parameter("steps", json!(1.5)), "/parameters/steps"),
        (parameter("seed", json!(-1)), "/parameters/seed"),
        (parameter("seed", json!("18446744073709551616")), "/parameters/seed"),
        (parameter("seed", json!(null)), "/parameters/seed"),
    ];
    for (body, pointer) in cases {
        let answer = api.post_json("/api/tasks", &body).await;
        is(&answer, 422, "invalid-request");
        assert_eq!(answer.pointers(), [pointer], "{}", answer.json);
        assert!(!answer.json.to_string().contains("hush"), "{}", answer.json);
    }
    let several = api.post_json("/api/tasks", &json!({"workflow": "x", "name": "", "priority": 101})).await;
    assert_eq!(several.pointers(), ["/name", "/priority"]);
    assert_nothing_was_made(&api).await;

    let largest = parameter("seed", json!("18446744073709551615"));
    let id = api.accepted(&largest).await;
    assert_eq!(api.get(&format!("/api/tasks/{id}/workflow")).await.json["3"]["inputs"]["seed"], json!(u64::MAX));
}

#[tokio::test]
async fn a_workflow_that_cannot_run_is_refused() {
    let (_both, api) = api().await;
    let refused = async |body: Value| {
        let answer = api.post_json("/api/tasks", &body).await;
        is(&answer, 422, "invalid-workflow");
        answer
    };
    let missing = refused(json!({"workflow": {"7": {"class_type": "NoSuchNode", "inputs": {}, "_meta": {"title": "Mine"}}}})).await;
    assert_eq!(missing.pointers(), ["/workflow/7"]);
    assert_eq!(missing.json["nodeErrors"][0]["node"], "7");
    assert_eq!(missing.json["nodeErrors"][0]["title"], "Mine");
    assert!(missing.json["detail"].as_str().unwrap().contains("NoSuchNode"));

    // Errors that only ComfyUI can report.
    let inputs = json!({"width": -8, "height": 8, "batch_size": 1, "color": 0});
    let bad_value = refused(json!({"workflow": {
        "a/b": {"class_type": "EmptyImage", "inputs": inputs},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["a/b", 0]}},
    }}))
    .await;
    assert_eq!(bad_value.pointers(), ["/workflow/a~1b/inputs/width"], "{}", bad_value.json);
    assert_eq!(bad_value.json["nodeErrors"][0]["input"], "width");

    let mut body = lighthouse(1);
    body["parameters"]["checkpoint"] = json!("gone.safetensors");
    assert_eq!(refused(body).await.pointers(), ["/parameters/checkpoint"]);
    let mut body = lighthouse(1);
    body["parameters"]["prompt"] = json!("  ");
    assert_eq!(refused(body).await.pointers(), ["/parameters/prompt"]);
    let mut body = lighthouse(1);
    body["parameters"]["steps"] = json!(20_000);
    assert_eq!(refused(body).await.pointers(), ["/parameters/steps"]);

    let editor = refused(json!({"workflow": {"nodes": [], "links": []}})).await;
    assert!(editor.json["detail"].as_str().unwrap().contains("it has no nodes"), "{}", editor.json);
    for nothing in [json!({}), json!({"1": {}}), json!({"1": 7})] {
        assert_eq!(refused(json!({"workflow": nothing})).await.pointers(), ["/workflow"]);
    }
    assert_nothing_was_made(&api).await;
}

#[tokio::test]
async fn invalid_paths_and_queries_are_refused() {
    let (_both, api) = api().await;
    let nobody = uuid::Uuid::nil();
    for path in [
        "/api/tasks/nonsense",
        "/api/tasks/%ff",
        "/api/tasks/7/workflow",
        "/api/tasks/7/outputs/0",
        &format!("/api/tasks/{nobody}/outputs/-1"),
    ] {
        is(&api.get(path).await, 400, "bad-path");
    }
    for path in [format!("/api/tasks/{nobody}"), format!("/api/tasks/{nobody}/workflow"), format!("/api/tasks/{nobody}/outputs/0")] {
        is(&api.get(&path).await, 404, "unknown-task");
    }
    for what in ["cancel", "retry"] {
        is(&api.post(&format!("/api/tasks/{nobody}/{what}")).await, 404, "unknown-task");
        is(&api.post(&format!("/api/tasks/nonsense/{what}")).await, 400, "bad-path");
    }
    is(&api.patch(&format!("/api/tasks/{nobody}"), &json!({"paused": true})).await, 404, "unknown-task");
    is(&api.delete(&format!("/api/tasks/{nobody}")).await, 404, "unknown-task");
    for path in ["/api/nothing", "/api/", "/api/tasks/", "/api/tasks/x/y/z", "/api/queue/stop", "/api/tasks/x/outputs"] {
        is(&api.get(path).await, 404, "unknown-route");
    }
    let cursor = |text: &str| format!("/api/tasks?cursor={text}");
    for path in [cursor(""), cursor("x"), cursor("AQAA"), cursor("%00"), cursor("AgAAAZ4AAAAAAAAAAAAAAAAAAAAAAAAAAA")] {
        is(&api.get(&path).await, 400, "bad-cursor");
    }
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=-1",
        "status=done",
        "status=",
        "created_after=yesterday",
        "colour=red",
        "limit=1&limit=2",
    ] {
        let answer = api.get(&format!("/api/tasks?{query}")).await;
        is(&answer, 400, "bad-query");
    }
    is(&api.get(&format!("/api/tasks/{nobody}/outputs/0?size=small")).await, 400, "bad-query");
}

#[tokio::test]
async fn invalid_changes_of_a_task_are_refused_at_their_fields() {
    let (_both, api) = api().await;
    api.post("/api/queue/pause").await;
    let path = format!("/api/tasks/{}", api.accepted(&lighthouse(1)).await);
    let cases = [
        (json!({}), ""),
        (json!({"priority": 101}), "/priority"),
        (json!({"priority": null}), "/priority"),
        (json!({"paused": "yes"}), "/paused"),
        (json!({"paused": true, "name": "x"}), "/name"),
    ];
    for (body, pointer) in cases {
        let answer = api.patch(&path, &body).await;
        is(&answer, 422, "invalid-request");
        assert_eq!(answer.pointers(), [pointer], "{}", answer.json);
    }
    is(&api.send(api.request(Method::PATCH, &path).header("content-type", "application/json").body("{")).await, 400, "bad-body");
    is(&api.send(api.request(Method::PATCH, &path).body("{}")).await, 415, "unsupported-media-type");
    let task = api.get(&path).await.json;
    assert_eq!(task["paused"], false, "nothing of it was done");
    assert_eq!(task["priority"], 0, "nothing of it was done");
}

#[tokio::test]
async fn an_unknown_method_is_answered_with_the_allowed_ones() {
    let (_both, api) = api().await;
    let nobody = uuid::Uuid::nil();
    let cases = [
        (Method::PUT, "/api/tasks".to_owned(), "GET,HEAD,POST"),
        (Method::POST, format!("/api/tasks/{nobody}"), "DELETE,GET,HEAD,PATCH"),
        (Method::GET, format!("/api/tasks/{nobody}/cancel"), "POST"),
        (Method::GET, "/api/uploads".to_owned(), "POST"),
        (Method::DELETE, "/api/queue".to_owned(), "GET,HEAD"),
        (Method::POST, "/api/openapi.json".to_owned(), "GET,HEAD"),
    ];
    for (method, path, allowed) in cases {
        let answer = api.send(api.request(method, &path)).await;
        is(&answer, 405, "method-not-allowed");
        let mut allow: Vec<&str> = answer.header("allow").split(',').map(str::trim).collect();
        allow.sort_unstable();
        assert_eq!(allow.join(","), allowed, "{path}");
    }
}

#[tokio::test]
async fn a_foreign_origin_gets_a_problem_document() {
    let (_both, api) = api().await;
    let foreign = api.request(Method::POST, "/api/tasks").header("origin", "http://evil.example").json(&lighthouse(1));
    is(&api.send(foreign).await, 403, "forbidden");
    assert_nothing_was_made(&api).await;
}

#[tokio::test]
async fn server_functions_do_not_answer_with_problem_documents() {
    let (both, _api) = api().await;
    let answer = reqwest::Client::new().post(both.url("/api/fn/nothing")).send().await.unwrap();
    assert_ne!(answer.headers().get("content-type").map(|value| value.as_bytes()), Some(&b"application/problem+json"[..]));
}

#[tokio::test]
async fn the_api_reference_has_every_route_and_loads_nothing_from_other_sites() {
    let (both, api) = api().await;
    let page = reqwest::get(both.url("/api/docs")).await.unwrap().text().await.unwrap();
    let mut count = 0;
    for (path, item) in api.document()["paths"].as_object().unwrap() {
        assert!(page.contains(&path.replace('<', "&lt;")), "{path}");
        for (_, operation) in item.as_object().unwrap() {
            count += 1;
            let id = operation["operationId"].as_str().unwrap();
            assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
            assert!(operation["summary"].is_string(), "{id} has no title");
            assert!(operation["responses"]["default"].is_object(), "{id}");
        }
    }
    assert!(count >= 16, "{count}");
    assert_eq!(api.document()["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(), ["3", "1"]);
    // URLs may appear in examples; none may be loaded or linked.
    for outside in ["src=\"http", "href=\"http", "url(", "@import", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
    // The URLs of problem types exist.
    let problem = api.get("/api/tasks/x").await;
    assert!(page.contains(&format!("id=\"{}\"", problem.problem())));
    let style = reqwest::get(both.url("/api/docs.css")).await.unwrap();
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
}
