//! A real Redis: read, killed, flushed, paused, and back; refused; and written to.

use std::collections::BTreeMap;

use darkroom::proto::external::cloud_events::parse_structured;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Studio, until};
use crate::support::{
    events::Events,
    redis::{RedisServer, redis_config},
};

#[tokio::test]
async fn the_recording_ends_as_recorded() {
    let redis = RedisServer::start().await;
    let studio = Studio::start(Some(&redis)).await;
    studio.until_redis("connected").await;
    let recording = std::fs::read_to_string("tests/recordings/celery/wire.jsonl").unwrap();
    let mut connection = redis.connect().await;
    for line in recording.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let (command, key, value) = (record["cmd"].as_str().unwrap(), record["key"].as_str().unwrap(), record["value"].as_str().unwrap());
        let mut words = redis::cmd(command);
        words.arg(key);
        if command == "SETEX" {
            words.arg(86_400);
        }
        let _: redis::Value = words.arg(value).query_async(&mut connection).await.unwrap();
    }
    let expected = BTreeMap::from([("FAILURE", 3), ("REVOKED", 3), ("SUCCESS", 14)]);
    until(
        async || studio.api.get("/api/external-tasks?limit=100").await.json["tasks"].clone(),
        |tasks| {
            let mut states = BTreeMap::new();
            for task in tasks.as_array().into_iter().flatten() {
                *states.entry(task["state"].as_str().unwrap()).or_insert(0) += 1;
            }
            states == expected
        },
    )
    .await;
    let flaky = studio.api.get("/api/external-tasks/092bffe7-25d2-4415-b0f6-3efb867f4797").await.json;
    assert_eq!((&flaky["retries"], &flaky["result"], &flaky["name"]), (&json!(1), &json!("ok"), &json!("tasks.flaky")));
    let stamped = studio.api.get("/api/external-tasks?shot_id=S009%2FP001").await.json;
    assert_eq!((&stamped["tasks"][0]["id"], &stamped["tasks"][0]["joinedBy"]), (&json!("raw-0002"), &json!("stamp")));
    let workers = studio.api.get("/api/external-workers").await.json["workers"].clone();
    let presence: Vec<&str> = workers.as_array().unwrap().iter().map(|worker| worker["presence"].as_str().unwrap()).collect();
    assert_eq!(presence, ["stopped"; 4]);
    assert_eq!(studio.metric("darkroom_redis_reports_dropped_total").await, 0);
}

#[tokio::test]
async fn what_was_published_while_redis_was_away_is_read_afterwards() {
    let mut redis = RedisServer::start().await;
    let studio = Studio::start(Some(&redis)).await;
    studio.until_redis("connected").await;
    redis.meta("a", &json!({"status": "STARTED", "result": {"pid": 1, "hostname": "gpu@vm"}})).await;
    studio.until_state("a", "STARTED").await;
    // Nobody hears of this end.
    redis.run(&["SET", "celery-task-meta-a", r#"{"status": "SUCCESS", "result": 7}"#]).await;
    redis.run(&["SAVE"]).await;
    redis.kill();
    let away = studio.until_redis("reconnecting").await;
    assert!(away["why"].is_string(), "{away}");
    assert_eq!(studio.api.get("/api/external-tasks/a").await.json["state"], "STARTED");
    redis.restart().await;
    studio.until_redis("connected").await;
    assert_eq!(studio.until_state("a", "SUCCESS").await["result"], 7);
    // And what comes now is heard.
    redis.meta("b", &json!({"status": "PROGRESS", "result": {"current": 1, "total": 4}})).await;
    assert_eq!(studio.until_state("b", "PROGRESS").await["progress"], 0.25);
    assert!(studio.metric("darkroom_redis_reconnects_total").await >= 1);
}

#[tokio::test]
async fn a_redis_that_only_hangs_is_left_and_one_that_is_emptied_takes_nothing_away() {
    let redis = RedisServer::start().await;
    let studio = Studio::start(Some(&redis)).await;
    studio.until_redis("connected").await;
    redis.meta("a", &json!({"status": "PROGRESS", "result": {"current": 1, "total": 2}})).await;
    studio.until_state("a", "PROGRESS").await;
    redis.pause();
    let hung = studio.until_redis("reconnecting").await;
    assert!(hung["why"].as_str().unwrap().contains("answer"), "{hung}");
    redis.resume();
    studio.until_redis("connected").await;
    redis.run(&["FLUSHALL"]).await;
    redis.meta("b", &json!({"status": "SUCCESS", "result": null})).await;
    studio.until_state("b", "SUCCESS").await;
    assert_eq!(studio.api.get("/api/external-tasks/a").await.json["state"], "PROGRESS");
}

#[tokio::test]
async fn a_refused_password_is_said_and_everything_else_works() {
    let redis = RedisServer::start_with(Some("right")).await;
    let studio = Studio::start_with(redis_config(&format!("redis://:wrong@127.0.0.1:{}", redis.port), "")).await;
    let failed = studio.until_redis("failed").await;
    assert!(failed["why"].as_str().unwrap().contains("Password authentication failed"), "{failed}");
    assert!(!failed.to_string().contains("wrong@"), "{failed}");
    studio
        .api
        .accepted(&json!({"workflow": "text-to-image", "parameters": {"prompt": "a lighthouse", "width": 64, "height": 64, "steps": 2}}))
        .await;
    let event = json!({"specversion": "1.0", "id": "1", "source": "/farm", "type": "task.started", "data": {"task_id": "a"}});
    assert_eq!(studio.api.post_json("/api/events", &event).await.status, StatusCode::OK);
}

#[tokio::test]
async fn channels_of_the_studio_are_read_and_what_cannot_be_read_is_left_out() {
    let redis = RedisServer::start().await;
    let studio = Studio::start(Some(&redis)).await;
    studio.until_redis("connected").await;
    redis.run(&["PUBLISH", "celery-task-meta-x", "\u{1}"]).await;
    redis.run(&["PUBLISH", "project:film:events", "no JSON"]).await;
    redis.run(&["PUBLISH", "task:progress:t1", r#"{"progress": 40, "node_id": "n1"}"#]).await;
    redis.run(&["PUBLISH", "project:film:events", r#"{"type": "task.failed", "task_id": "t2", "error": "no disk"}"#]).await;
    let progress = studio.until_state("t1", "PROGRESS").await;
    assert_eq!((&progress["progress"], &progress["nodeId"]), (&json!(0.4), &json!("n1")));
    let failed = studio.until_state("t2", "FAILURE").await;
    assert_eq!((&failed["projectId"], &failed["error"]["message"]), (&json!("film"), &json!("no disk")));
    let text = studio.api.request(reqwest::Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("darkroom_redis_messages_total{outcome=\"unreadable\"} 2"), "{text}");
    assert!(text.contains("darkroom_redis_link_state{state=\"connected\"} 1"), "{text}");
}

#[tokio::test]
async fn changes_of_darkrooms_tasks_are_on_a_stream_that_stays_short() {
    let mut redis = RedisServer::start().await;
    let studio = Studio::start_with(redis_config(&redis.url(), "stream = 'film:events'\nstream_length = 100")).await;
    studio.until_redis("connected").await;
    let body = json!({"workflow": "text-to-image", "parameters": {"prompt": "a lighthouse", "width": 64, "height": 64, "steps": 2}});
    let task = studio.api.accepted(&body).await.to_string();
    let told = async |redis: &RedisServer| -> Vec<Value> {
        let entries: Vec<(String, Vec<String>)> =
            redis::cmd("XRANGE").arg("film:events").arg("-").arg("+").query_async(&mut redis.connect().await).await.unwrap();
        entries.iter().map(|(_, fields)| serde_json::from_str(&fields[1]).unwrap()).collect()
    };
    let is_end =
        |event: &Value, task: &str| event["type"] == "studio.darkroom.task.success.v1" && event["subject"] == format!("task/{task}");
    until(async || json!(told(&redis).await), |events| events.as_array().unwrap().iter().any(|event| is_end(event, &task))).await;
    for event in told(&redis).await {
        let event = parse_structured(event).unwrap();
        assert_eq!((event.source.as_str(), event.data.unwrap()["taskId"].as_str()), ("/darkroom", Some(task.as_str())));
    }
    // What ends while Redis is away is told when it is back.
    redis.kill();
    studio.until_redis("reconnecting").await;
    let second = studio.api.accepted(&body).await.to_string();
    until(async || studio.api.get(&format!("/api/tasks/{second}")).await.json["status"].clone(), |status| status == "completed").await;
    redis.restart().await;
    until(async || json!(told(&redis).await), |events| events.as_array().unwrap().iter().any(|event| is_end(event, &second))).await;
}

/// The link to Redis is no task: whoever follows the tasks is told of it, too.
#[tokio::test]
async fn those_who_follow_tasks_hear_that_redis_is_away_and_back() {
    let mut redis = RedisServer::start().await;
    let studio = Studio::start(Some(&redis)).await;
    studio.until_redis("connected").await;
    let mut events = Events::open(studio.darkroom.addr, "/api/external-tasks/events", None).await;
    redis.kill();
    assert_eq!((events.next().await, events.name.as_str()), (Some(json!({})), "external-programs.changed"));
    studio.until_redis("reconnecting").await;
    redis.restart().await;
    studio.until_redis("connected").await;
    assert_eq!((events.next().await, events.name.as_str()), (Some(json!({})), "external-programs.changed"));
}
