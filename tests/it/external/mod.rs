//! What other programs report: over HTTP, over a real Redis, and with a real Celery worker.

mod celery;
mod git_hook;
mod http;
mod projects;
mod redis;
mod redis_tls;

use std::time::Duration;

use darkroom::{
    proto::link::LinkConfig,
    server::config::{Config, RedisConfig},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::support::{
    api::Api,
    darkroom_server::{Running, backend, darkroom_with, demo_engine},
    redis::{RedisServer, redis_config},
};

/// A Darkroom with a demo engine and, if it is given, Redis.
struct Studio {
    engine: Running,
    darkroom: Running,
    api: Api,
    folder: TempDir,
    config: Config,
}

impl Studio {
    async fn start(redis: Option<&RedisServer>) -> Self {
        Self::start_with(redis.and_then(|redis| redis_config(&redis.url(), ""))).await
    }

    async fn start_with(redis: Option<RedisConfig>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = demo_engine(&folder, 1e9).await;
        let link = LinkConfig {
            backoff_first: Duration::from_millis(50),
            backoff_max: Duration::from_millis(200),
            ping_every: Duration::from_millis(400),
            pong_within: Duration::from_millis(300),
            ..LinkConfig::upstream()
        };
        let config = Config { data: folder.path().join("data"), backends: vec![backend(engine.addr)], link, redis, ..Config::default() };
        let darkroom = darkroom_with(config.clone()).await;
        let api = Api::at(format!("http://{}", darkroom.addr)).await;
        Self { engine, darkroom, api, folder, config }
    }

    /// The Darkroom that comes after this one, with the same data. `between`: while none runs.
    async fn restart(self, between: impl Future<Output = ()>) -> Self {
        let Self { engine, darkroom, folder, config, .. } = self;
        darkroom.stop().await;
        between.await;
        let darkroom = darkroom_with(config.clone()).await;
        let api = Api::at(format!("http://{}", darkroom.addr)).await;
        Self { engine, darkroom, api, folder, config }
    }

    /// Waits until the API says so of a task of another program.
    async fn until(&self, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/api/external-tasks/{}", id.replace('/', "%2F"));
        until(async || self.api.get(&path).await.json, is_so).await
    }

    async fn until_state(&self, id: &str, state: &str) -> Value {
        self.until(id, |task| task["state"] == state).await
    }

    async fn until_redis(&self, state: &str) -> Value {
        until(async || self.api.get("/api/external-workers").await.json["redis"].clone(), |redis| redis["state"] == state).await
    }

    /// The value of a metric without labels.
    async fn metric(&self, name: &str) -> u64 {
        let bytes = self.api.request(reqwest::Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
        bytes.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or_else(|| panic!("{name} in {bytes}"))
    }
}

/// Asks until it is so, for a minute and a half.
async fn until(ask: impl AsyncFn() -> Value, is_so: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..3_000 {
        last = ask().await;
        if is_so(&last) {
            return last;
        }
        sleep(Duration::from_millis(30)).await;
    }
    panic!("it is still so: {last:#}");
}
