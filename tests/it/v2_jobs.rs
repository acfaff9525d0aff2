//! The Comfy API v2: jobs.

use crate::support::{
    access::{Guarded, TOKEN},
    darkroom_server::{Both, backend, darkroom, darkroom_with, demo_engine},
    page::Page,
    v2::{V2, picture},
};
use darkroom::{
    proto::limits,
    server::config::{AccessConfig, ClientVisibility, Config},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const FAST: f64 = 1e9;

#[tokio::test]
async fn a_job_is_a_task_with_its_outputs() {
    let both = Both::start(FAST).await;
    let v2 = V2::of(&both);
    let mut body = picture(1, 4);
    body["metadata"] = json!({"order": "7"});
    let job = v2.job(&body).await;
    let (id, this) = (job.text("id").to_owned(), format!("{}/api/v2/jobs/{}", v2.base, job.text("id")));
    assert_eq!(job.json["urls"], json!({"self": this, "events": format!("{this}/events"), "cancel": format!("{this}/cancel")}));
    assert_eq!(job.headers["location"].to_str().unwrap(), this);
    for member in ["started_at", "completed_at", "queue_position", "progress", "error"] {
        assert!(job.json.as_object().unwrap().contains_key(member), "{member}");
    }
    let done = v2.ended(&job).await;
    assert_eq!((done.text("status"), &done.json["metadata"]), ("succeeded", &json!({"order": "7"})));
    assert_eq!((&done.json["progress"]["value"], &done.json["error"]), (&json!(1.0), &Value::Null));
    assert!(done.json["metrics"]["queue_ms"].is_u64() && done.json["metrics"]["execution_ms"].is_u64());
    for time in ["created_at", "started_at", "completed_at", "expires_at"] {
        assert!(done.text(time).ends_with('Z'), "{time}");
    }
    let task: Value = reqwest::get(both.url(&format!("/api/tasks/{id}"))).await.unwrap().json().await.unwrap();
    assert_eq!((&task["status"], &task["metadata"]), (&json!("completed"), &json!({"order": "7"})));

    let [output] = &done.json["outputs"].as_array().unwrap()[..] else { panic!("{}", done.json) };
    assert_eq!((&output["type"], &output["content_type"], &output["job_id"]), (&json!("image"), &json!("image/png"), &json!(id)));
    let url = output["url"].as_str().unwrap();
    let whole = v2.get(url).await;
    assert!(whole.bytes.starts_with(b"\x89PNG"));
    assert_eq!(output["size_bytes"], json!(whole.bytes.len()));
    let part = v2.send(v2.request(Method::GET, url).header("range", "bytes=2-5")).await;
    assert_eq!((part.status, &part.bytes[..]), (StatusCode::PARTIAL_CONTENT, &whole.bytes[2..6]));
    v2.send(v2.request(Method::GET, url).header("range", "bytes=99999999-")).await.is(416, "range_not_satisfiable");
    let asset = format!("/assets/{}", output["id"].as_str().unwrap());
    let found = v2.get(&asset).await;
    assert_eq!((&found.json["url"], &found.json["job_id"], &found.json["hash"]), (&output["url"], &json!(id), &Value::Null));
    v2.send(v2.request(Method::DELETE, &asset)).await.is(409, "asset_in_use");

    let workflow = v2.get(&format!("/jobs/{id}/workflow")).await;
    assert_eq!(workflow.json, json!({"workflow": body["workflow"], "format": "api"}));
    let cancelled = v2.post(&format!("/jobs/{id}/cancel"), &Value::Null).await;
    assert_eq!((cancelled.status, cancelled.text("status")), (StatusCode::OK, "succeeded"), "nothing changes after the end");
}

#[tokio::test]
async fn what_is_no_job_is_refused_by_its_code() {
    let both = Both::start(FAST).await;
    let v2 = V2::of(&both);
    let with = |name: &str, value: Value| {
        let mut body = picture(1, 4);
        body[name] = value;
        body
    };
    let cases = [
        (json!([]), 400, "invalid_request"),
        (json!({}), 422, "invalid_workflow"),
        (json!({"workflow": "text-to-image"}), 422, "invalid_workflow"),
        (json!({"workflow": {}}), 422, "invalid_workflow"),
        (json!({"workflow": {"1": {"class_type": "NoSuchClass", "inputs": {}}}}), 422, "invalid_workflow"),
        (json!({"workflow": {"nodes": [], "links": []}}), 422, "workflow_format_ui"),
        (with("webhook_url", json!("http://x")), 422, "invalid_workflow"),
        (with("inputs", json!({})), 422, "invalid_workflow"),
        (with("metadata", json!("text")), 422, "metadata_invalid"),
        (with("metadata", json!({"a b": "x"})), 422, "metadata_invalid"),
        (with("extra_data", json!("text")), 400, "invalid_request"),
        (with("extra_data", json!({"api_key_comfy_org": null})), 400, "invalid_request"),
        (with("extra_data", json!({"api_key_comfy_org": "k", "other": 1})), 400, "invalid_request"),
        (with("priority", json!(1000)), 422, "invalid_request"),
        (with("priority", json!(0.5)), 422, "invalid_request"),
        (with("priorty", json!(1)), 400, "invalid_request"),
    ];
    for (body, status, code) in cases {
        v2.post("/jobs", &body).await.is(status, code);
    }
    let send = async |body: Vec<u8>| v2.send(v2.request(Method::POST, "/jobs").body(body)).await;
    send(b"{".to_vec()).await.is(400, "invalid_request");
    send(vec![b' '; limits::WORKFLOW + limits::SUBMISSION_FIELDS + 1]).await.is(413, "payload_too_large");
    let wrong = json!({"workflow": {"1": {"class_type": "EmptyLatentImage", "inputs": {"width": "wide", "height": 512, "batch_size": 1}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}}});
    let refused = v2.post("/jobs", &wrong).await;
    refused.is(422, "invalid_workflow");
    let reasons = refused.json["error"]["details"]["node_errors"].as_object().unwrap();
    assert!(!reasons.is_empty() && reasons.values().all(|of| of[0]["reason"].is_string()), "{}", refused.json);
    assert_eq!(v2.get("/jobs").await.json["jobs"], json!([]), "none of them became a job");
}

#[tokio::test]
async fn what_is_not_there_has_the_body_of_all_errors() {
    let both = Both::start(FAST).await;
    let v2 = V2::of(&both);
    let nobody = uuid::Uuid::nil();
    for path in
        ["/jobs/job_ghost", "/jobs/..%2F..%2Ffree", "/jobs/x/events", "/jobs/x/workflow", "/jobs/x/y/z", "/assets/asset_ghost", "/assets"]
    {
        let answer = v2.get(path).await;
        let (status, code) = if path == "/assets" { (405, "method_not_allowed") } else { (404, "not_found") };
        answer.is(status, code);
    }
    for path in
        [format!("/jobs/{nobody}"), format!("/jobs/{nobody}/events"), format!("/assets/{nobody}"), format!("/assets/{nobody}.0/content")]
    {
        v2.get(&path).await.is(404, "not_found");
    }
    v2.post(&format!("/jobs/{nobody}/cancel"), &Value::Null).await.is(404, "not_found");
    assert_eq!(v2.get("/health").await.json, json!({"status": "healthy", "upstream": "reachable"}));
    // What else is below /api/v2 belongs to others.
    let other = v2.get("/userdata").await;
    assert_eq!((other.status, other.headers["content-type"].to_str().unwrap()), (StatusCode::NOT_FOUND, "application/problem+json"));
}

#[tokio::test]
async fn a_key_is_for_one_request_also_after_a_restart() {
    let both = Both::start(FAST).await;
    let v2 = V2::of(&both);
    for bad in ["", &"x".repeat(256)] {
        v2.post_keyed("/jobs", &picture(1, 4), bad).await.is(400, "invalid_request");
    }
    v2.post_keyed("/jobs", &json!({"workflow": {"1": {"class_type": "NoSuchClass", "inputs": {}}}}), "k").await.is(422, "invalid_workflow");
    let job = v2.post_keyed("/jobs", &picture(1, 4), "k").await;
    assert_eq!(job.status, StatusCode::CREATED, "released by the refusal: {}", job.json);
    for seed in [1, 2] {
        v2.post_keyed("/jobs", &picture(seed, 4), "k").await.is(422, "idempotency_key_reuse");
    }
    let body = picture(3, 4);
    let (first, second) = tokio::join!(v2.post_keyed("/jobs", &body, "l"), v2.post_keyed("/jobs", &body, "l"));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422]);
    let Both { engine, darkroom: first, folder } = both;
    first.stop().await;
    let again = darkroom(folder.path().join("data"), engine.addr).await;
    Page::open(again.addr).await.until_connected().await;
    let v2 = V2::at(format!("http://{}", again.addr));
    v2.post_keyed("/jobs", &picture(4, 4), "k").await.is(422, "idempotency_key_reuse");
    assert_eq!(v2.get(&format!("/jobs/{}", job.text("id"))).await.text("id"), job.text("id"));
}

#[tokio::test]
async fn a_running_and_a_waiting_job_are_cancelled() {
    let both = Both::start(0.01).await;
    let v2 = V2::of(&both);
    let jobs = [v2.job(&picture(1, 20)).await, v2.job(&picture(2, 20)).await, v2.job(&picture(3, 20)).await];
    assert_eq!(v2.get(&format!("/jobs/{}", jobs[2].text("id"))).await.text("status"), "queued");
    for job in &jobs {
        let answer = v2.post(job.json["urls"]["cancel"].as_str().unwrap(), &Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(["canceling", "canceled"].contains(&answer.text("status")), "{}", answer.json);
    }
    for job in &jobs {
        let done = v2.ended(job).await;
        assert_eq!((done.text("status"), &done.json["error"]), ("canceled", &Value::Null));
    }
}

#[tokio::test]
async fn jobs_are_listed_page_by_page_and_by_their_metadata() {
    let both = Both::start(FAST).await;
    let v2 = V2::of(&both);
    let mut ids = Vec::new();
    for (order, colour) in [("1", "red"), ("2", "red"), ("3", "blue")] {
        let mut body = picture(7, 4);
        body["metadata"] = json!({"order": order, "colour": colour});
        let job = v2.job(&body).await;
        v2.ended(&job).await;
        ids.insert(0, job.text("id").to_owned());
    }
    let listed = async |query: &str| {
        let page = v2.get(&format!("/jobs{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.json);
        page.json["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, ids);
    assert_eq!(listed("?metadata[colour]=red").await, ids[1..]);
    assert_eq!(listed("?metadata%5Bcolour%5D=red&metadata%5Border%5D=1").await, ids[2..]);
    assert_eq!(listed("?metadata[colour]=red&metadata[order]=3").await, [""; 0]);
    assert_eq!(listed("?metadata[color]=red").await, [""; 0]);
    assert_eq!(listed("?status=succeeded&limit=2").await, ids[..2]);
    assert_eq!(listed("?status=queued,running").await, [""; 0]);
    let (mut pages, mut query) = (Vec::new(), "?limit=1".to_owned());
    loop {
        let page = v2.get(&format!("/jobs{query}")).await.json;
        pages.extend(page["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()));
        match page.get("next_cursor") {
            Some(next) => query = format!("?limit=1&cursor={}", next.as_str().unwrap()),
            None => break,
        }
    }
    assert_eq!(pages, ids);
    for (query, code) in [
        ("?limit=0", "invalid_request"),
        ("?limit=101", "invalid_request"),
        ("?limit=x", "invalid_request"),
        ("?status=done", "invalid_request"),
        ("?colour=red", "invalid_request"),
        ("?cursor=x", "invalid_cursor"),
        ("?metadata[a%20b]=x", "invalid_metadata_filter"),
        ("?metadata[a]=x&metadata[b]=x&metadata[c]=x&metadata[d]=x", "invalid_metadata_filter"),
    ] {
        v2.get(&format!("/jobs{query}")).await.is(400, code);
    }
}

#[tokio::test]
async fn without_the_token_nothing_but_the_health_is_told() {
    let guarded = Guarded::start().await;
    let v2 = V2::at(format!("http://{}", guarded.addr()));
    v2.get("/jobs").await.is(401, "unauthorized");
    v2.post("/jobs", &picture(1, 4)).await.is(401, "unauthorized");
    v2.send(v2.request(Method::GET, "/jobs").bearer_auth("not-the-token")).await.is(401, "unauthorized");
    assert_eq!(v2.get("/health").await.status, StatusCode::OK);
    let request = v2.request(Method::POST, "/jobs").bearer_auth(TOKEN).header("x-forwarded-proto", "https");
    let job = v2.send(request.header("x-forwarded-host", "studio.example").header("x-forwarded-prefix", "/gpu").json(&picture(1, 4))).await;
    assert_eq!(job.json["urls"]["self"], json!(format!("https://studio.example/gpu/api/v2/jobs/{}", job.text("id"))));
}

/// `[v2] visibility = "own"`. The server is behind a proxy, so programs have addresses.
#[tokio::test]
async fn with_own_a_program_sees_and_touches_only_its_own_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let engine = demo_engine(&folder, FAST).await;
    let darkroom = darkroom_with(Config {
        data: folder.path().join("data"),
        backends: vec![backend(engine.addr)],
        access: AccessConfig { behind_proxy: true, ..AccessConfig::default() },
        jobs_visible: ClientVisibility::Own,
        ..Config::default()
    })
    .await;
    Page::open(darkroom.addr).await.until_connected().await;
    let v2 = V2::at(format!("http://{}", darkroom.addr));
    let ask = async |from: &str, method: Method, path: &str| v2.send(v2.request(method, path).header("x-forwarded-for", from)).await;
    let submit = async |from: &str, seed: u64| {
        let request = v2.request(Method::POST, "/jobs").header("x-forwarded-for", from).json(&picture(seed, 4));
        let job = v2.send(request).await;
        assert_eq!(job.status, StatusCode::CREATED, "{}", job.json);
        job.text("id").to_owned()
    };
    let (anna, bert) = ("10.0.0.1", "10.0.0.2");
    let first = submit(anna, 1).await;
    let second = submit(bert, 2).await;
    let ids = async |from: &str, query: &str| {
        let page = ask(from, Method::GET, &format!("/jobs{query}")).await;
        page.json["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((ids(anna, "").await, ids(bert, "?limit=1").await), (vec![first.clone()], vec![second.clone()]));
    assert_eq!(ids("10.0.0.3", "").await, Vec::<String>::new());
    for path in ["", "/workflow", "/events"] {
        ask(bert, Method::GET, &format!("/jobs/{first}{path}")).await.is(404, "not_found");
        assert_eq!(ask(anna, Method::GET, &format!("/jobs/{first}{path}")).await.status, StatusCode::OK, "{path}");
    }
    ask(bert, Method::POST, &format!("/jobs/{first}/cancel")).await.is(404, "not_found");
    for path in ["", "/content"] {
        ask(bert, Method::GET, &format!("/assets/{first}.0{path}")).await.is(404, "not_found");
    }
    let done = ask(anna, Method::GET, &format!("/jobs/{first}")).await;
    assert_eq!(done.text("status"), "succeeded");
    let asset = done.json["outputs"][0]["id"].as_str().unwrap();
    assert_eq!(ask(anna, Method::GET, &format!("/assets/{asset}/content")).await.status, StatusCode::OK);
}
