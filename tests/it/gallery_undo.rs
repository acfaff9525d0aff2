//! Undoing over restarts: what is taken back once is not taken back twice.

use std::{net::SocketAddr, path::Path, time::Duration};

use darkroom::server::config::Config;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    api::{Api, lighthouse},
    darkroom_server::{Both, Running, backend, darkroom_with},
};

async fn until_kept(api: &Api, total: u64) {
    tokio::time::timeout(Duration::from_secs(60), async {
        while api.get("/api/outputs").await.json["total"] != total {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("outputs are kept");
}

async fn act(api: &Api, select: Value, change: Value) -> Value {
    let answer = api.post_json("/api/outputs/actions", &json!({"select": select, "change": change})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    answer.json
}

async fn undo(api: &Api, action: &Value) -> Value {
    let answer = api.post(&format!("/api/outputs/actions/{}/undo", action["actionId"])).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    answer.json
}

/// Everything that the gallery says of its outputs.
async fn everything(api: &Api) -> [Value; 3] {
    [api.get("/api/outputs").await.json, api.get("/api/outputs?q=in%3Atrash").await.json, api.get("/api/outputs/facets").await.json]
}

/// Another process of the same Darkroom.
async fn again(data: &Path, engine: SocketAddr, before: Running) -> (Running, Api) {
    before.stop().await;
    let config = Config { data: data.to_owned(), backends: vec![backend(engine)], ..Config::default() };
    let darkroom = darkroom_with(config).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    (darkroom, api)
}

#[tokio::test]
async fn what_was_deleted_and_undone_is_as_it_was_also_when_it_is_undone_again_after_a_restart() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let Both { engine, darkroom, folder } = both;
    let data = folder.path().join("data");
    for seed in 1..=4 {
        api.accepted(&lighthouse(seed)).await;
    }
    until_kept(&api, 4).await;
    let listed = api.get("/api/outputs").await.json;
    let ids: Vec<&str> = listed["outputs"].as_array().unwrap().iter().map(|output| output["outputId"].as_str().unwrap()).collect();
    act(&api, json!({"ids": [ids[0]]}), json!({"star": true})).await;
    act(&api, json!({"ids": [ids[1]]}), json!({"addTag": "night"})).await;
    act(&api, json!({"ids": [ids[2]]}), json!({"trash": true})).await;
    let before = everything(&api).await;

    let deleted = act(&api, json!({"q": "lighthouse", "upTo": ids[0]}), json!({"trash": true})).await;
    assert_eq!((&deleted["changed"], &deleted["refused"]), (&json!(2), &json!(1)));
    assert_ne!(everything(&api).await, before);
    assert_eq!(undo(&api, &deleted).await["changed"], 2);
    assert_eq!(everything(&api).await, before);

    let (darkroom, api) = again(&data, engine.addr, darkroom).await;
    assert_eq!(everything(&api).await, before);
    assert_eq!(undo(&api, &deleted).await["changed"], 2, "as the first time: it is undone");
    assert_eq!(everything(&api).await, before);

    // Deleted, and undone only after the next restart.
    let deleted = act(&api, json!({"q": "lighthouse", "upTo": ids[0]}), json!({"trash": true})).await;
    let (darkroom, api) = again(&data, engine.addr, darkroom).await;
    assert_ne!(everything(&api).await, before);
    undo(&api, &deleted).await;
    let (_darkroom, api) = again(&data, engine.addr, darkroom).await;
    undo(&api, &deleted).await;
    assert_eq!(everything(&api).await, before);
}

#[tokio::test]
async fn only_what_is_in_the_trash_is_removed_for_good() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    for seed in 1..=3 {
        api.accepted(&lighthouse(seed)).await;
    }
    until_kept(&api, 3).await;
    let listed = api.get("/api/outputs").await.json;
    let ids: Vec<&str> = listed["outputs"].as_array().unwrap().iter().map(|output| output["outputId"].as_str().unwrap()).collect();
    let refused = api.delete(&format!("/api/outputs/{}", ids[0])).await;
    assert_eq!((refused.status, &refused.json["type"]), (StatusCode::CONFLICT, &json!("/api/docs#wrong-state")));
    act(&api, json!({"ids": [ids[0], ids[1]]}), json!({"trash": true})).await;
    assert_eq!(api.delete(&format!("/api/outputs/{}", ids[0])).await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.delete(&format!("/api/outputs/{}", ids[0])).await.status, StatusCode::NOT_FOUND);
    assert_eq!(api.delete("/api/outputs/trash").await.json, json!({"removed": 1}));
    assert_eq!(api.delete("/api/outputs/trash").await.json, json!({"removed": 0}));
    assert_eq!(api.get("/api/outputs").await.json["total"], 1);
}
