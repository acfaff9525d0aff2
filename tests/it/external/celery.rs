//! A real Celery worker, with the pool prefork.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Studio, until};
use crate::support::redis::{CeleryWorker, RedisServer, redis_config, send_task, send_task_with};

impl Studio {
    async fn until_worker(&self, presence: &str) -> Value {
        let workers = async || self.api.get("/api/external-workers").await.json["workers"].clone();
        let found = until(workers, |workers| workers.as_array().is_some_and(|all| all.iter().any(|worker| worker["presence"] == presence)));
        found.await[0].clone()
    }

    async fn revoke(&self, id: &str, terminate: bool) -> Value {
        let answer = self.api.post_json(&format!("/api/external-tasks/{id}/revoke"), &json!({"terminate": terminate})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
        answer.json
    }
}

#[tokio::test]
async fn a_worker_renders_fails_retries_is_revoked_and_loses_processes() {
    let redis = RedisServer::start().await;
    let studio = Studio::start(Some(&redis)).await;
    studio.until_redis("connected").await;
    let worker = CeleryWorker::start(&redis, &["-E"]).await;
    let seen = studio.until_worker("seen").await;
    assert_eq!((&seen["hostname"], &seen["stoppedAt"]), (&json!("gpu@test"), &Value::Null), "{}", worker.log());

    send_task(&redis, "tasks.render", "render", json!(["S001_P001"])).await;
    let running = studio.until("render", |task| task["current"] == 1).await;
    assert_eq!((&running["state"], &running["progress"], &running["total"]), (&json!("PROGRESS"), &json!(0.333), &json!(3)));
    assert_eq!((&running["shotId"], &running["joinedBy"], &running["worker"]), (&json!("S001_P001"), &json!("meta"), &json!("gpu@test")));
    assert_eq!(running["message"], "frame 1");

    // The other process meanwhile.
    send_task(&redis, "tasks.boom", "boom", json!([])).await;
    let failed = studio.until("boom", |task| task["state"] == "FAILURE" && task["name"] == "tasks.boom").await;
    assert_eq!((&failed["error"]["type"], &failed["error"]["message"]), (&json!("ValueError"), &json!("no frames, 7")));
    assert!(failed["error"]["traceback"].as_str().unwrap().contains("raise ValueError(\"no frames\", 7)"), "{failed}");

    send_task(&redis, "tasks.flaky", "flaky", json!([])).await;
    let retried = studio.until_state("flaky", "SUCCESS").await;
    assert_eq!((&retried["retries"], &retried["result"], &retried["error"]), (&json!(2), &json!("ok"), &Value::Null));

    send_task(&redis, "tasks.percent", "percent", json!([])).await;
    let staged = studio.until("percent", |task| task["progress"] == 0.9).await;
    assert_eq!((&staged["state"], &staged["stage"]), (&json!("PROGRESS"), &json!("DENOISING")));
    assert!(studio.revoke("percent", true).await["heardBy"].as_u64().unwrap() >= 1);
    let revoked = studio.until_state("percent", "REVOKED").await;
    assert_eq!((&revoked["error"]["message"], &revoked["confirmed"]), (&json!("terminated"), &json!(true)));
    assert_eq!(studio.api.post("/api/external-tasks/percent/revoke").await.status, StatusCode::CONFLICT);

    send_task(&redis, "tasks.die", "die", json!([])).await;
    let lost = studio.until_state("die", "FAILURE").await;
    assert_eq!(lost["error"]["type"], "WorkerLostError");
    assert!(lost["error"]["message"].as_str().unwrap().contains("exitcode 3"), "{lost}");

    worker.open_gate();
    let rendered = studio.until_state("render", "SUCCESS").await;
    assert_eq!((&rendered["result"], &rendered["progress"]), (&json!({"path": "/renders/S001_P001.mp4", "frames": 3}), &json!(1.0)));
    assert_eq!((&rendered["retries"], &rendered["stale"]), (&json!(0), &json!(false)));
}

#[tokio::test]
async fn a_task_over_its_time_limit_fails_once() {
    let redis = RedisServer::start().await;
    let studio = Studio::start(Some(&redis)).await;
    studio.until_redis("connected").await;
    let _worker = CeleryWorker::start(&redis, &["-E"]).await;
    studio.until_worker("seen").await;
    send_task_with(&redis, "tasks.limit", "limit", json!([]), json!({"timelimit": [1, null]})).await;
    let failed = studio.until("limit", |task| task["error"]["traceback"].is_string()).await;
    assert_eq!((&failed["state"], &failed["error"]["type"]), (&json!("FAILURE"), &json!("TimeLimitExceeded")));
}

/// Without `-E`, and with everything restarted in between.
#[tokio::test]
async fn an_end_that_nobody_heard_is_known_after_restarts() {
    let mut redis = RedisServer::start().await;
    let studio = Studio::start_with(redis_config(&redis.url(), "enable_events = false")).await;
    studio.until_redis("connected").await;
    let worker = CeleryWorker::start(&redis, &["--prefetch-multiplier", "1"]).await;
    studio.until_worker("seen").await;
    send_task(&redis, "tasks.render", "first", json!(["S001_P001"])).await;
    studio.until("first", |task| task["current"] == 1).await;
    let ended = async {
        worker.open_gate();
        let key = "celery-task-meta-first";
        until(
            async || json!(redis.run(&["GET", key]).await.to_text()),
            |value| value.as_str().is_some_and(|text| text.contains("SUCCESS")),
        )
        .await;
        redis.run(&["SAVE"]).await;
    };
    let studio = studio.restart(ended).await;
    let known = studio.until_state("first", "SUCCESS").await;
    assert_eq!((&known["result"]["frames"], &known["shotId"]), (&json!(3), &json!("S001_P001")));
    redis.kill();
    studio.until_redis("reconnecting").await;
    redis.restart().await;
    studio.until_redis("connected").await;
    send_task(&redis, "tasks.render", "second", json!(["S001_P002"])).await;
    assert_eq!(studio.until_state("second", "SUCCESS").await["shotId"], "S001_P002");
}

/// Nobody says anything any more: that is not a failure.
#[tokio::test]
async fn tasks_of_a_worker_that_was_killed_are_stale_not_failed() {
    let redis = RedisServer::start().await;
    // Events are asked for, since the worker was started without them.
    let studio = Studio::start_with(redis_config(&redis.url(), "enable_events = true")).await;
    studio.until_redis("connected").await;
    let mut worker = CeleryWorker::start(&redis, &[]).await;
    studio.until_worker("seen").await;
    // Only events have the name of a task; the workers are told every 5 s.
    let named = async || {
        send_task(&redis, "tasks.boom", "probe", json!([])).await;
        studio.api.get("/api/external-tasks/probe").await.json
    };
    until(named, |task| task["name"] == "tasks.boom").await;
    send_task(&redis, "tasks.render", "render", json!(["S001_P001"])).await;
    studio.until("render", |task| task["current"] == 1).await;
    worker.kill_all();
    let stale = studio.until("render", |task| task["stale"] == true).await;
    assert_eq!(stale["state"], "PROGRESS");
    assert_eq!(studio.until_worker("not_seen").await["hostname"], "gpu@test");
    assert_eq!(studio.api.get("/api/external-tasks?stale=true").await.json["tasks"][0]["id"], "render");
}

/// The text of an answer of Redis.
trait ToText {
    fn to_text(&self) -> String;
}

impl ToText for redis::Value {
    fn to_text(&self) -> String {
        match self {
            Self::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            other => format!("{other:?}"),
        }
    }
}
