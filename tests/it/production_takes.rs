//! Takes over the API.

use darkroom::{
    proto::{
        ids::TaskId,
        production::{Moment, ProductionNode, QualityPreset, TakeState},
        time::Timestamp,
    },
    server::{
        config::Retention,
        store::{NewTake, ObjectDraft, Store, TakeEnd},
    },
};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    production_objects::text,
    support::{
        api::Api,
        darkroom_server::{Running, darkroom, demo_engine},
    },
};

/// A Darkroom with a project whose node has so many finished takes, and one more that failed.
async fn with_takes(folder: &tempfile::TempDir, finished: u64) -> (Running, Running, Api, String) {
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let (store, _) = Store::open(&data, Retention { keep_tasks: 0, keep_days: 0 }).unwrap();
    let at = |ms: u64| Moment(Timestamp(1_795_000_000_000 + ms));
    let fields = |json: Value| json.as_object().unwrap().clone();
    let project = store.add_project(fields(json!({"title": "Takes"})), at(0)).await.unwrap();
    let node = ObjectDraft { name: Some("render".into()), ..ObjectDraft::default() };
    let node = store.add_objects::<ProductionNode>(project.id, vec![node], at(0)).await.unwrap().remove(0);
    for number in 0..=finished {
        let task = TaskId(Uuid::from_u128(number.into()));
        let take = NewTake {
            project: project.id,
            node: node.node_id.clone(),
            quality: QualityPreset::High,
            seed: Some(u64::MAX),
            composite: None,
            workflow: Some("{\"3\": {\"class_type\": \"KSampler\"}}".into()),
            metadata: Map::new(),
        };
        store.attach_task(task, take, at(number)).await.unwrap();
        let state = if number == finished { TakeState::Failed } else { TakeState::Completed };
        let end = TakeEnd { state, output: Some((0, "png".into())), has_thumbnail: true, error: Some("out of memory".into()) };
        store.task_ended(task, end, at(number + 1)).await.unwrap();
    }
    store.close().await;
    let engine = demo_engine(folder, 1e9).await;
    let running = darkroom(data, engine.addr).await;
    let api = Api::at(format!("http://{}", running.addr)).await;
    (running, engine, api, format!("/api/projects/{}", project.id))
}

#[tokio::test]
async fn takes_are_listed_chosen_reviewed_thrown_away_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (_running, _engine, api, path) = with_takes(&folder, 3).await;
    let node = async || api.get(&format!("{path}/nodes/render")).await.json;
    let now = node().await;
    assert_eq!((&now["status"], &now["current_take"], &now["take_count"]), (&json!("error"), &json!(3), &json!(3)));
    assert_eq!((&now["error"], &now["last_take_number"]), (&json!("out of memory"), &json!(4)));
    let takes = api.get(&format!("{path}/takes?node_id=render")).await.json["items"].clone();
    let numbers: Vec<_> = takes.as_array().unwrap().iter().map(|take| (take["take_number"].clone(), take["state"].clone())).collect();
    assert_eq!(numbers[..2], [(json!(4), json!("failed")), (json!(3), json!("completed"))]);
    let first = &takes[3];
    assert_eq!((&first["quality_preset"], &first["seed"]), (&json!("high"), &json!("18446744073709551615")));
    assert_eq!(first["path"], "03_Renders/nodes/render_T001.png");
    let one = format!("{path}/takes/{}", text(&first["id"]));
    assert_eq!(api.get(&one).await.json, *first);
    assert_eq!(api.get(&format!("{one}/workflow")).await.json["3"]["class_type"], "KSampler");

    let current = format!("{path}/nodes/render/current_take");
    let chosen = api.put_json(&current, &json!({"take_number": 1})).await.json;
    assert_eq!((&chosen["current_take"], &chosen["chosen"], &chosen["thumbnail"]), (&json!(1), &json!(true), &first["thumbnail"]));
    assert_eq!(api.put_json(&current, &json!({"take_number": 4})).await.status, StatusCode::UNPROCESSABLE_ENTITY, "it failed");
    let late = api.request(Method::PUT, &current).header("if-match", "\"1\"").json(&json!({"take_number": 2}));
    assert_eq!(api.send(late).await.status, StatusCode::CONFLICT);
    assert_eq!(api.put_json(&current, &json!({"take_number": null})).await.json["current_take"], 3);

    let version = &first["version"];
    let reviewed = api.patch(&one, &json!({"version": version, "review": "retake", "rating": 2, "note": "redder"})).await.json;
    assert_eq!((&reviewed["review"], &reviewed["rating"], &reviewed["note"]), (&json!("retake"), &json!(2), &json!("redder")));
    let late = api.patch(&one, &json!({"version": version, "rating": 5})).await;
    assert_eq!((late.status, &late.json["current"]), (StatusCode::CONFLICT, &reviewed));
    let wrong = api.patch(&one, &json!({"version": reviewed["version"], "rating": 6})).await;
    assert_eq!((wrong.status, &wrong.json["errors"][0]["pointer"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("/rating")));
    assert_eq!(api.get(&format!("{path}/takes?review=retake")).await.json["items"], json!([reviewed]));
    api.delete(&one).await;
    assert_eq!(api.get(&format!("{path}/takes?trashed=true")).await.json["items"].as_array().unwrap().len(), 1);
    assert_eq!(node().await["take_count"], 2);
    api.post(&format!("{one}/restore")).await;
    assert_eq!(node().await["take_count"], 3);
    // The failed one is thrown away: it is seen.
    api.delete(&format!("{path}/takes/{}", text(&takes[0]["id"]))).await;
    assert_eq!(node().await["status"], "completed");
    let page = api.get(&format!("{path}/takes?limit=2")).await.json;
    let rest = api.get(&format!("{path}/takes?limit=2&after={}", text(&page["next"]))).await.json;
    assert_eq!((&rest["items"][0]["take_number"], &rest["next"]), (&json!(1), &Value::Null));
    for bad in ["takes/x", "takes?review=best", "takes?shot=1", "takes?node_id=a/b", "takes?after=1"] {
        assert_eq!(api.get(&format!("{path}/{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}
