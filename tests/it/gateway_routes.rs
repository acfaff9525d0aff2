//! The gateway's own answers: their shapes, and that they are about tasks.

use darkroom::server::config::Secret;
use reqwest::Method;
use serde_json::{Value, json};

use crate::gateway_stage::{GatewayStage, is_over, picture};

const TOKEN: &str = "a-token-for-these-tests";

async fn completed(stage: &GatewayStage, seed: u64) -> String {
    let mut socket = stage.socket("c").await;
    let id = stage.submit(&picture(seed, Some("c"))).await;
    socket.until("the end", |frames| is_over(frames, &id)).await;
    id
}

#[tokio::test]
async fn a_prompt_becomes_a_task_and_its_picture_is_shown_after_its_comfyui_is_gone() {
    let mut stage = GatewayStage::start().await;
    let id = completed(&stage, 1).await;
    let entry = stage.get(&format!("/history/{id}")).await[&id].clone();
    assert_eq!((&entry["status"]["status_str"], &entry["status"]["completed"]), (&json!("success"), &json!(true)));
    let prompt = entry["prompt"].as_array().expect("a tuple");
    assert_eq!((prompt.len(), &prompt[1], &prompt[3]["client_id"]), (5, &json!(id), &json!("c")));
    assert!(prompt[3]["create_time"].is_u64() && prompt[4] == json!(["9"]), "{prompt:?}");
    let file = entry["outputs"]["9"]["images"][0].clone();
    let view = format!(
        "/api/view?filename={}&subfolder={}&type={}",
        file["filename"].as_str().unwrap(),
        file["subfolder"].as_str().unwrap(),
        "output"
    );
    // The same task, for programs of Darkroom.
    let task: Value = reqwest::get(format!("http://{}/api/tasks/{id}", stage.darkroom.addr)).await.unwrap().json().await.unwrap();
    assert_eq!((&task["status"], &task["metadata"]["client_id"]), (&json!("completed"), &json!("c")));
    for _ in 0..4_000 {
        let task: Value = reqwest::get(format!("http://{}/api/tasks/{id}", stage.darkroom.addr)).await.unwrap().json().await.unwrap();
        if task["outputs"][0]["storage"]["state"] == "kept" {
            break;
        }
    }
    stage.engines.remove(0).stop().await;
    let response = stage.request(Method::GET, &view).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()), (200, "image/png"));
    assert!(response.bytes().await.unwrap().starts_with(b"\x89PNG"));
    let small = stage.request(Method::GET, &format!("{view}&preview=webp;50")).send().await.unwrap();
    assert_eq!(small.headers()["content-type"], "image/webp");
    assert!(small.bytes().await.unwrap().starts_with(b"RIFF"));
}

#[tokio::test]
async fn the_queue_is_ordered_by_number_and_waiting_prompts_leave_no_trace() {
    let stage = GatewayStage::start().await;
    stage.engines[0].hold_at_step("KSampler", 2).await;
    let running = stage.submit(&picture(1, Some("c"))).await;
    stage.engines[0].held().await;
    let second = stage.submit(&picture(2, Some("c"))).await;
    let third = stage.submit(&picture(3, Some("c"))).await;
    let mut front = picture(4, Some("c"));
    front["front"] = true.into();
    let (_, first) = stage.post("/api/prompt", &front).await;
    assert_eq!(first["number"], -3);
    let ids = |queue: &Value, part: &str| -> Vec<String> {
        queue[part].as_array().unwrap().iter().map(|item| item[1].as_str().unwrap().to_owned()).collect()
    };
    let queue = stage.get("/queue").await;
    assert_eq!(ids(&queue, "queue_running"), std::slice::from_ref(&running));
    assert_eq!(ids(&queue, "queue_pending"), [first["prompt_id"].as_str().unwrap().to_owned(), second.clone(), third.clone()]);
    assert_eq!(queue["queue_running"][0].as_array().unwrap().len(), 5);
    assert_eq!(stage.get("/prompt").await, json!({"exec_info": {"queue_remaining": 4}}));
    let jobs = stage.get("/api/jobs?status=pending,in_progress").await;
    assert_eq!((&jobs["pagination"]["total"], &jobs["pagination"]["limit"]), (&json!(4), &Value::Null));
    // The one that runs is not deleted.
    assert_eq!(stage.post("/queue", &json!({"delete": [second, running, "unknown"]})).await, (200, Value::Null));
    assert_eq!(stage.get("/prompt").await["exec_info"]["queue_remaining"], 3);
    assert_eq!(stage.get(&format!("/history/{second}")).await, json!({}));
    assert_eq!(stage.post("/api/queue", &json!({"clear": true})).await, (200, Value::Null));
    let queue = stage.get("/queue").await;
    assert_eq!((ids(&queue, "queue_running"), ids(&queue, "queue_pending")), (vec![running.clone()], vec![]));
    let mut socket = stage.socket("c").await;
    assert_eq!(stage.send(stage.request(Method::POST, "/interrupt")).await, (200, Value::Null));
    stage.engines[0].release().await;
    socket.until("the end", |frames| is_over(frames, &running)).await;
    let entry = stage.get("/history").await[&running].clone();
    assert_eq!((&entry["status"]["status_str"], &entry["status"]["completed"]), (&json!("error"), &json!(false)));
    assert_eq!(entry["status"]["messages"].as_array().unwrap().last().unwrap()[0], "execution_interrupted");
    assert_eq!(stage.get(&format!("/api/jobs/{running}")).await["status"], "cancelled");
}

#[tokio::test]
async fn the_history_is_paged_and_cleared_and_tasks_stay() {
    let stage = GatewayStage::start().await;
    let mut ids = Vec::new();
    for seed in 1..=3 {
        ids.push(completed(&stage, seed).await);
    }
    let keys = |history: Value| history.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(stage.get("/history").await), ids);
    assert_eq!(keys(stage.get("/api/history?max_items=2").await), ids[1..]);
    assert_eq!(keys(stage.get("/history?max_items=1&offset=1").await), ids[1..2]);
    assert_eq!(stage.get("/history?offset=100").await, json!({}));
    assert_eq!(stage.send(stage.request(Method::GET, "/history?max_items=x")).await.0, 500);
    let jobs = stage.get("/api/jobs?limit=1").await;
    assert_eq!((&jobs["jobs"][0]["id"], &jobs["pagination"]["has_more"]), (&json!(ids[2]), &json!(true)));
    assert_eq!(jobs["jobs"][0]["preview_output"]["nodeId"], "9");
    assert_eq!(stage.send(stage.request(Method::GET, "/api/jobs/nobody")).await, (404, json!({"error": "Job not found"})));
    assert_eq!(stage.post("/history", &json!({"delete": [ids[0]]})).await, (200, Value::Null));
    assert_eq!(keys(stage.get("/history").await), ids[1..]);
    let stage = stage.restart().await;
    assert_eq!(keys(stage.get("/history").await), ids[1..], "also after a restart");
    assert_eq!(stage.post("/history", &json!({"clear": true})).await, (200, Value::Null));
    assert_eq!(stage.get("/history").await, json!({}));
    let task = reqwest::get(format!("http://{}/api/tasks/{}", stage.darkroom.addr, ids[0])).await.unwrap();
    assert_eq!(task.status(), 200);
}

#[tokio::test]
async fn a_refused_prompt_gets_comfyuis_own_words_and_the_client_may_choose_ids() {
    let stage = GatewayStage::start().await;
    let mut wrong = picture(1, Some("c"));
    wrong["prompt"]["4"]["inputs"]["ckpt_name"] = "nowhere.safetensors".into();
    let (status, answer) = stage.post("/prompt", &wrong).await;
    assert_eq!((status, &answer["error"]["type"]), (400, &json!("prompt_outputs_failed_validation")));
    assert_eq!(answer["node_errors"]["4"]["errors"][0]["type"], "value_not_in_list");
    assert_eq!(answer["node_errors"]["4"]["dependent_outputs"], json!(["9"]));
    assert_eq!(stage.post("/prompt", &json!({})).await.1["error"]["type"], "no_prompt");
    assert_eq!(stage.post("/prompt", &json!([1])).await.0, 500);
    assert_eq!(stage.get("/queue").await, json!({"queue_running": [], "queue_pending": []}), "nothing is left of them");

    let mut socket = stage.socket("c").await;
    for id in ["my own id", "0191f0f0-0000-7000-8000-0000000000aa"] {
        let mut body = picture(2, Some("c"));
        body["prompt_id"] = id.into();
        assert_eq!(stage.submit(&body).await, id);
        socket.until("the end", |frames| is_over(frames, id)).await;
        assert_eq!(stage.get(&format!("/history/{id}")).await[id]["prompt"][1], id);
        assert_eq!(stage.submit(&body).await, id, "the same request again is the same prompt");
        assert_eq!(stage.get("/prompt").await["exec_info"]["queue_remaining"], 0);
        body["prompt"]["3"]["inputs"]["seed"] = 77.into();
        let expected = if id.len() == 36 { 409 } else { 200 };
        assert_eq!(stage.post("/prompt", &body).await.0, expected, "{id}");
    }
}

#[tokio::test]
async fn uploaded_files_reach_the_comfyui_that_runs_the_prompt() {
    let stage = GatewayStage::of(2, |_| {}).await;
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbaImage::from_pixel(8, 8, image::Rgba([9, 8, 7, 255])).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let upload = |name: &str, bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned());
        stage
            .request(Method::POST, "/upload/image")
            .multipart(reqwest::multipart::Form::new().part("image", part).text("subfolder", "mine"))
    };
    let first = json!({"name": "p.png", "subfolder": "mine", "type": "input"});
    assert_eq!(stage.send(upload("p.png", png.get_ref().clone())).await, (200, first.clone()));
    assert_eq!(stage.send(upload("p.png", png.get_ref().clone())).await, (200, first));
    assert_eq!(stage.send(upload("p.png", b"other".to_vec())).await.1["name"], "p (1).png");
    assert_eq!(stage.send(upload("../p.png", b"other".to_vec())).await.0, 400);
    let seen = stage.request(Method::GET, "/view?filename=p.png&subfolder=mine&type=input").send().await.unwrap();
    assert_eq!(seen.bytes().await.unwrap(), png.get_ref());
    let classes = stage.get("/object_info/LoadImage").await;
    assert!(classes["LoadImage"]["input"]["required"]["image"][0].as_array().unwrap().contains(&json!("mine/p.png")), "{classes}");

    let mut socket = stage.socket("c").await;
    let nodes = json!({"1": {"class_type": "LoadImage", "inputs": {"image": "mine/p.png"}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}});
    let id = stage.submit(&json!({"prompt": nodes, "client_id": "c"})).await;
    socket.until("the end", |frames| is_over(frames, &id)).await;
    let entry = stage.get(&format!("/history/{id}")).await[&id].clone();
    assert_eq!(entry["status"]["status_str"], "success", "{entry}");
    // With two ComfyUIs a file is found by its task.
    let file = &entry["outputs"]["9"]["images"][0];
    let folder = file["subfolder"].as_str().unwrap();
    assert!(folder.starts_with("darkroom-"), "{file}");
    let view = format!("/view?filename={}&subfolder={folder}&type=output", file["filename"].as_str().unwrap());
    assert!(stage.request(Method::GET, &view).send().await.unwrap().bytes().await.unwrap().starts_with(b"\x89PNG"));
    assert_eq!(stage.request(Method::GET, &format!("{view}x")).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn what_the_comfyuis_have_is_merged_and_the_rest_is_passed_on() {
    let stage = GatewayStage::of(2, |_| {}).await;
    assert_eq!(stage.get("/system_stats").await["devices"].as_array().unwrap().len(), 2);
    assert!(stage.get("/api/object_info").await["KSampler"]["output_node"].is_boolean());
    assert_eq!(stage.get("/object_info/Nobody").await, json!({}));
    assert!(stage.get("/models").await.as_array().unwrap().contains(&json!("checkpoints")));
    assert_eq!(stage.request(Method::GET, "/models/nobody").send().await.unwrap().status(), 404);
    assert_eq!(stage.get("/embeddings").await, json!([]));
    assert_eq!(stage.get("/features").await["supports_preview_metadata"], true);
    // A route that Darkroom does not know, with a body.
    assert_eq!(stage.get("/api/extensions").await, json!([]));
    assert_eq!(stage.request(Method::GET, "/nobody/knows%2Fthis").send().await.unwrap().status(), 404);
    assert_eq!(stage.post("/free", &json!({"unload_models": true, "free_memory": true})).await, (200, Value::Null));
    assert_eq!(stage.request(Method::GET, "/ws").send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn the_token_may_be_in_a_header_the_address_or_a_path() {
    let stage = GatewayStage::of(1, |config| {
        config.access.token = Some(Secret::new(TOKEN.into()));
        config.gateway.as_mut().expect("on").token_in_path = true;
    })
    .await;
    let status = async |request: reqwest::RequestBuilder| request.send().await.expect("an answer").status().as_u16();
    let get = |path: &str| stage.request(Method::GET, path);
    for path in
        ["/queue", "/api/queue", "/history", "/api/jobs", "/view?filename=a", "/object_info", "/system_stats", "/", "/nobody", "/ws"]
    {
        assert_eq!(status(get(path)).await, 401, "{path}");
        assert_eq!(status(get(path).bearer_auth("None")).await, 401, "{path}");
    }
    assert_eq!(status(stage.request(Method::POST, "/prompt").body("{}")).await, 401);
    assert_eq!(status(get("/queue").bearer_auth(TOKEN)).await, 200);
    assert_eq!(status(get(&format!("/t/{TOKEN}/api/queue"))).await, 200);
    let entered = get(&format!("/queue?token={TOKEN}")).send().await.unwrap();
    assert_eq!(entered.status(), 200);
    let cookie = entered.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(status(get("/queue").header("cookie", cookie)).await, 200);
    // The same below the main port.
    let main = format!("http://{}/comfy", stage.darkroom.addr);
    assert_eq!(status(stage.http.get(format!("{main}/queue"))).await, 401);
    assert_eq!(status(stage.http.get(format!("{main}/t/{TOKEN}/queue"))).await, 200);
    // A page of another site.
    let foreign = get("/queue").bearer_auth(TOKEN).header("sec-fetch-site", "cross-site");
    assert_eq!(status(foreign).await, 403);
}
