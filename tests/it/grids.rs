//! Grids over the API: their cells, their order, crashes, and the picture of the whole. Every response is checked against the document.

use std::{
    collections::{BTreeSet, HashSet},
    io::Cursor,
    time::Duration,
};

use image::{GenericImageView, RgbImage};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    api::Api,
    darkroom_server::{Both, backend, darkroom_with, demo_engine},
    page::Page,
    process,
};
use darkroom::server::config::Config;

const FAST: f64 = 1e9;

fn small(axes: Value) -> Value {
    let parameters = json!({"prompt": "a lighthouse at dusk", "checkpoint": "demo-safelight.safetensors", "width": 64, "height": 64, "steps": 2, "seed": 7});
    json!({"name": "Small", "workflow": "text-to-image", "parameters": parameters, "axes": axes})
}

async fn made(api: &Api, body: &Value) -> Value {
    let answer = api.post_json("/api/grids", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    assert_eq!(answer.header("location"), answer.json["links"]["self"]);
    answer.json
}

fn link(grid: &Value) -> &str {
    grid["links"]["self"].as_str().expect("a link")
}

/// Repeats until the grid is as wanted.
async fn until(api: &Api, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..6_000 {
        let grid = api.get(path).await.json;
        if holds(&grid) {
            return grid;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the grid does not get there: {}", api.get(path).await.json);
}

fn is_done(grid: &Value) -> bool {
    grid["counts"]["unfinished"] == 0
}

fn cells(grid: &Value) -> &[Value] {
    grid["cells"].as_array().expect("cells")
}

fn task(cell: &Value) -> &str {
    cell["taskId"].as_str().unwrap_or_default()
}

async fn input(api: &Api, cell: &Value, node: &str, name: &str) -> Value {
    api.get(&format!("/api/tasks/{}/workflow", task(cell))).await.json[node]["inputs"][name].clone()
}

/// Waits until the picture of every cell is kept.
async fn until_kept(api: &Api, grid: &Value) {
    for cell in cells(grid) {
        let path = format!("/api/tasks/{}", task(cell));
        let mut tries = 0;
        while api.get(&path).await.json["outputs"][0]["storage"]["state"] != "kept" {
            tries += 1;
            assert!(tries < 3_000, "{}", api.get(&path).await.json);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn a_grid_is_a_task_for_each_combination() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let body = small(json!([{"field": "steps", "values": "1-3 (+1)"}, {"field": "prompt", "part": "dusk", "values": ["dusk", "dawn"]}]));
    let plan = api.post_json("/api/grids?dryRun=true", &body).await;
    assert_eq!(plan.status, StatusCode::OK, "{}", plan.json);
    assert_eq!((&plan.json["cells"], &plan.json["problems"]), (&json!(6), &json!([])), "{}", plan.json);
    assert_eq!(api.get("/api/grids").await.json["grids"], json!([]), "a dry run makes nothing");

    let grid = made(&api, &body).await;
    assert_eq!(cells(&grid).len(), 6);
    let order: Vec<&Value> = cells(&grid).iter().map(|cell| &cell["values"]).collect();
    assert_eq!(json!(order), plan.json["order"]);
    let done = until(&api, link(&grid), is_done).await;
    assert_eq!(done["counts"], json!({"completed": 6, "failed": 0, "cancelled": 0, "unfinished": 0}));
    for cell in cells(&done) {
        assert_eq!(input(&api, cell, "3", "steps").await.to_string(), cell["values"][0].as_str().expect("steps"), "{cell}");
        assert_eq!(input(&api, cell, "6", "text").await, format!("a lighthouse at {}", cell["values"][1].as_str().expect("a word")));
    }
    let first = api.get(&format!("/api/tasks/{}", task(&cells(&done)[0]))).await.json;
    assert_eq!(first["name"], "Small: Steps 1, Prompt dusk");
    assert_eq!(first["metadata"]["cell"], 0);

    // A column more, typed as a range: only its cells are new.
    let more = api.patch(link(&grid), &json!({"add": {"axis": 0, "values": "5-6"}})).await;
    assert_eq!(more.status, StatusCode::OK, "{}", more.json);
    let more = until(&api, link(&grid), is_done).await;
    assert_eq!(cells(&more).len(), 10);
    assert_eq!(more["counts"]["completed"], 10);
    assert_eq!(&cells(&more)[..6], cells(&done), "the cells that were there stay");
    let values: BTreeSet<String> = cells(&more).iter().map(|cell| cell["values"].to_string()).collect();
    assert_eq!(values.len(), 10);

    // One again, with the same seed and with another.
    for (query, is_same) in [("", true), ("?newSeed=true", false)] {
        let before = api.get(link(&grid)).await.json;
        let answer = api.post(&format!("{}/cells/3/again{query}", link(&grid))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
        let after = until(&api, link(&grid), |grid| is_done(grid) && task(&cells(grid)[3]) != task(&cells(&before)[3])).await;
        let seed = input(&api, &cells(&after)[3], "3", "seed").await;
        assert_eq!(seed == 7, is_same, "{seed}");
        assert!(cells(&after).iter().zip(cells(&before)).all(|(one, two)| one["cell"] == 3 || one == two));
    }

    assert_eq!(api.get("/api/grids").await.json["grids"][0]["counts"]["completed"], 10);
    assert_eq!(api.patch(link(&grid), &json!({"name": "Renamed"})).await.json["name"], "Renamed");
    assert_eq!(api.delete(link(&grid)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get(link(&grid)).await.problem(), "unknown-grid");
    assert_eq!(api.get(&format!("/api/tasks/{}", task(&cells(&more)[0]))).await.status, StatusCode::OK, "tasks stay");
}

#[tokio::test]
async fn the_sheet_has_the_picture_of_every_cell_at_its_place() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let prompts = json!(["a lighthouse at dusk", "a red door at noon", "a forest in snow"]);
    let grid = made(&api, &small(json!([{"field": "prompt", "values": prompts}, {"field": "seed", "values": [1, 2]}]))).await;
    let done = until(&api, link(&grid), is_done).await;
    until_kept(&api, &done).await;
    let sheet = api.get(&format!("{}/sheet.png", link(&grid))).await;
    assert_eq!(sheet.header("content-type"), "image/png");
    let mut reader = png_reader(&sheet.bytes);
    let text: Value = serde_json::from_str(&reader.info().utf8_text[0].get_text().expect("text")).expect("JSON");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let frame = reader.next_frame(&mut pixels).expect("pixels");
    let picture = RgbImage::from_raw(frame.width, frame.height, pixels).expect("RGB");
    assert_eq!(text["spec"]["axes"][1]["field"], "seed");
    let mut colours = HashSet::new();
    for place in text["cells"].as_array().expect("cells") {
        let at = |name: &str| u32::try_from(place[name].as_u64().expect("a number")).expect("small");
        let bytes = api.get(&format!("/api/tasks/{}/outputs/0", place["task"].as_str().expect("a task"))).await.bytes;
        let own = image::load_from_memory(&bytes).expect("a picture").into_rgb8();
        assert_eq!((at("width"), at("height")), own.dimensions());
        let there = picture.view(at("x"), at("y"), at("width"), at("height")).to_image();
        let (own, there) = (mean(&own), mean(&there));
        let distance: f64 = own.iter().zip(there).map(|(one, two)| (one - two).abs()).sum();
        assert!(distance < 0.5, "{place}: {own:?} {there:?}");
        colours.insert(own.map(|mean| mean as u8));
    }
    assert!(colours.len() >= 4, "the pictures differ, or this shows nothing: {colours:?}");
    let webp = api.get(&format!("{}/sheet.webp", link(&grid))).await;
    assert_eq!(image::load_from_memory(&webp.bytes).expect("a WebP").dimensions(), picture.dimensions());
}

fn png_reader(bytes: &[u8]) -> png::Reader<Cursor<&[u8]>> {
    png::Decoder::new(Cursor::new(bytes)).read_info().expect("a PNG")
}

fn mean(picture: &RgbImage) -> [f64; 3] {
    let pixels = f64::from(picture.width() * picture.height());
    [0, 1, 2].map(|channel| picture.pixels().map(|pixel| f64::from(pixel[channel])).sum::<f64>() / pixels)
}

/// Killed at several moments while cells become tasks: every cell becomes one task, and none is lost.
#[tokio::test]
async fn every_cell_becomes_one_task_although_darkroom_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = process::engine(&folder.path().join("engine"), FAST).await;
    let mut darkroom = process::darkroom(folder.path(), &[engine.addr], "").await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    // So that the tasks wait, and what matters is how many there are.
    api.post("/api/queue/pause").await;
    let body = small(json!([{"field": "seed", "values": "1-60"}, {"field": "steps", "values": [1, 2]}]));
    let grid = made(&api, &body).await;
    let submitted = |grid: &Value| cells(grid).iter().filter(|cell| !task(cell).is_empty()).count();
    let mut at_kill = Vec::new();
    for kill in [1, 30, 70] {
        let seen = until(&api, link(&grid), |grid| submitted(grid) >= kill).await;
        at_kill.push(submitted(&seen));
        darkroom.kill();
        darkroom.restart().await;
    }
    let all = until(&api, link(&grid), |grid| submitted(grid) == 120).await;
    let tasks: HashSet<&str> = cells(&all).iter().map(task).collect();
    assert_eq!(tasks.len(), 120, "each has its own, after kills at {at_kill:?}");
    let mut listed = Vec::new();
    let mut page = api.get("/api/tasks?limit=100").await.json;
    loop {
        listed.extend(page["tasks"].as_array().expect("tasks").iter().map(|task| task["taskId"].as_str().expect("an id").to_owned()));
        let Some(next) = page["nextCursor"].as_str() else { break };
        page = api.get(&format!("/api/tasks?limit=100&cursor={next}")).await.json;
    }
    assert_eq!(listed.len(), 120, "no other task, after kills at {at_kill:?}");
    assert!(at_kill[0] < 120, "it was killed in the middle: {at_kill:?}");

    // And they run, once each.
    api.post("/api/queue/resume").await;
    let done = until(&api, link(&grid), is_done).await;
    assert_eq!(done["counts"]["completed"], 120, "{}", done["counts"]);
    let executed: Vec<String> = process::executions(&folder.path().join("engine"))
        .into_iter()
        .filter(|one| one.finished_at.is_some())
        .map(|one| one.prompt_id)
        .collect();
    assert_eq!(executed.iter().collect::<HashSet<_>>().len(), executed.len(), "none ran twice");
    assert_eq!(executed.len(), 120);
}

#[tokio::test]
async fn two_comfyuis_share_the_cells() {
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let engines = [demo_engine(&folders[0], 40.0).await, demo_engine(&folders[1], 40.0).await];
    let backends = engines.iter().map(|engine| backend(engine.addr)).collect();
    let darkroom = darkroom_with(Config { data: folders[0].path().join("data"), backends, ..Config::default() }).await;
    let mut page = Page::open(darkroom.addr).await;
    page.until(|state| state.backends.len() == 2 && state.backends.iter().all(|backend| backend.state.is_reachable())).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    let grid = made(&api, &small(json!([{"field": "seed", "values": "1-12"}]))).await;
    let done = until(&api, link(&grid), is_done).await;
    assert_eq!(done["counts"]["completed"], 12);
    let mut used = BTreeSet::new();
    for cell in cells(&done) {
        used.insert(api.get(&format!("/api/tasks/{}", task(cell))).await.json["backend"].as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(used.len(), 2, "{used:?}");
}

#[tokio::test]
async fn a_grid_is_paused_cancelled_and_made_again_where_it_failed() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    api.post("/api/queue/pause").await;
    let grid = made(&api, &small(json!([{"field": "seed", "values": [1, 2, 3]}]))).await;
    until(&api, link(&grid), |grid| cells(grid).iter().all(|cell| cell["state"] == "queued")).await;
    assert_eq!(api.post(&format!("{}/cells/0/again", link(&grid))).await.problem(), "wrong-state");
    assert_eq!(api.delete(&format!("{}?tasks=true", link(&grid))).await.problem(), "wrong-state");
    let paused = api.patch(link(&grid), &json!({"paused": true})).await.json;
    assert_eq!(paused["paused"], true);
    assert_eq!(api.get(&format!("/api/tasks/{}", task(&cells(&paused)[0]))).await.json["paused"], true);
    let more = api.patch(link(&grid), &json!({"add": {"axis": 0, "values": [4]}})).await.json;
    assert_eq!(cells(&more)[3]["state"], "waiting");
    let cancelled = api.patch(link(&grid), &json!({"cancelRest": true, "paused": false})).await.json;
    assert_eq!(cancelled["counts"]["cancelled"], 4, "{cancelled}");
    api.post("/api/queue/resume").await;
    api.patch(link(&grid), &json!({"failedAgain": true})).await;
    let done = until(&api, link(&grid), is_done).await;
    assert_eq!(done["counts"]["completed"], 4, "{done}");
    assert_eq!(api.delete(&format!("{}?tasks=true", link(&grid))).await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get(&format!("/api/tasks/{}", task(&cells(&done)[0]))).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn any_workflow_can_be_a_grid_of_its_inputs() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let workflow = api.post_json("/api/tasks", &small_task()).await;
    let workflow = api.get(&format!("/api/tasks/{}/workflow", workflow.task())).await.json;
    let axes = json!([{"field": "3.steps", "values": "1-2"}, {"field": "4.ckpt_name", "values": ["demo-safelight.safetensors", "nothing.safetensors"]}]);
    let mut body = json!({"name": "Any", "workflow": workflow, "inputs": {"3.cfg": 5}, "axes": axes});
    let refused = api.post_json("/api/grids", &body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.pointers(), ["/axes/1/values/1"], "{}", refused.json);
    let plan = api.post_json("/api/grids?dryRun=true", &body).await.json;
    assert_eq!(plan["problems"][0]["pointer"], "/axes/1/values/1");
    body["axes"][1]["values"] = json!(["demo-safelight.safetensors"]);
    let grid = made(&api, &body).await;
    assert_eq!(grid["axes"][0]["label"], "Steps");
    let done = until(&api, link(&grid), is_done).await;
    assert_eq!(done["counts"]["completed"], 2, "{done}");
    assert_eq!(input(&api, &cells(&done)[1], "3", "steps").await, 2);
    assert_eq!(input(&api, &cells(&done)[1], "3", "cfg").await.as_f64(), Some(5.0));
}

fn small_task() -> Value {
    let parameters = json!({"prompt": "a lighthouse", "width": 64, "height": 64, "steps": 1, "seed": 3});
    json!({"workflow": "text-to-image", "parameters": parameters})
}

#[tokio::test]
async fn what_is_wrong_is_named_at_its_place() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let pointers = async |axes: Value| {
        let answer = api.post_json("/api/grids", &small(axes)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.json);
        answer.pointers().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(pointers(json!([])).await, [""]);
    assert_eq!(pointers(json!([{"field": "steps", "values": [20, 0]}])).await, ["/axes/0/values/1"]);
    assert_eq!(pointers(json!([{"field": "steps", "values": "20-"}])).await, ["/axes/0/values"]);
    assert_eq!(pointers(json!([{"field": "sampler", "values": "euler, no-such"}])).await, ["/axes/0/values/1"]);
    assert_eq!(pointers(json!([{"field": "colour", "values": ["red"]}])).await, ["/axes/0"]);
    assert_eq!(pointers(json!([{"field": "steps", "values": "1-100"}, {"field": "seed", "values": "1-100"}])).await, [""]);
    assert_eq!(pointers(json!([{"field": "steps", "values": true}])).await, ["/axes/0/values"]);
    assert_eq!(api.get("/api/grids").await.json["grids"], json!([]), "nothing was made");

    let unknown = format!("/api/grids/{}", uuid::Uuid::nil());
    assert_eq!(api.get(&unknown).await.problem(), "unknown-grid");
    assert_eq!(api.get(&format!("{unknown}/sheet.png")).await.problem(), "unknown-grid");
    assert_eq!(api.delete(&unknown).await.problem(), "unknown-grid");
    assert_eq!(api.get("/api/grids/x").await.problem(), "bad-path");
    assert_eq!(api.send(api.request(Method::POST, "/api/grids?dry=1").json(&json!({}))).await.problem(), "bad-query");
    let grid = made(&api, &small(json!([{"field": "seed", "values": [1]}]))).await;
    let done = until(&api, link(&grid), is_done).await;
    assert_eq!(api.post(&format!("{}/cells/9/again", link(&grid))).await.problem(), "unknown-cell");
    assert_eq!(api.post(&format!("{}/cells/0/again?newSeed=true", link(&grid))).await.problem(), "wrong-state", "a seed is on an axis");
    assert_eq!(api.patch(link(&grid), &json!({})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(api.patch(link(&grid), &json!({"add": {"axis": 0, "values": ["1"]}})).await.pointers(), ["/axes/0/values/1"]);
    assert_eq!(api.patch(link(&grid), &json!({"add": {"axis": 2, "values": ["1"]}})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(cells(&api.get(link(&grid)).await.json), cells(&done), "nothing was changed");
}
