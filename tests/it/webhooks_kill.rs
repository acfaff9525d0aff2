//! Webhooks and `kill -9`: due messages are delivered after a restart, once per slot in the schedule.

use std::{collections::HashMap, time::Duration};

use crate::support::{
    api::{Api, lighthouse},
    process,
    receiver::{KEY, Receiver, Reply, settings},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::time::sleep;

async fn deliveries(api: &Api, task: &str) -> Value {
    api.get(&format!("/api/tasks/{task}/webhooks")).await.json
}

#[tokio::test]
async fn a_delivery_interrupted_by_a_kill_is_repeated_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let mut darkroom = process::darkroom(folder.path(), &[engine.addr], &settings("[1, 60]", "")).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    let receiver = Receiver::start(KEY).await;
    receiver.answer(&[Reply::Never], Reply::Status(204));
    let mut body = lighthouse(7);
    body["webhook"] = json!({"url": receiver.url()});
    let id = api.accepted(&body).await.to_string();
    // The task is over, and the first attempt is in progress.
    receiver.until_calls(1).await;
    darkroom.kill();
    darkroom.restart().await;
    let calls = receiver.until_calls(2).await;
    assert!(calls.iter().all(|call| call.event == "completed" && call.id == calls[0].id && call.bytes == calls[0].bytes), "{calls:?}");
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    let mut now = deliveries(&api, &id).await;
    while now["deliveries"][0]["state"] != "delivered" {
        sleep(Duration::from_millis(20)).await;
        now = deliveries(&api, &id).await;
    }
    let states: Vec<&Value> = now["deliveries"][0]["attempts"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["interrupted", "delivered"]);
    // Not again after further restarts.
    darkroom.kill();
    darkroom.restart().await;
    let second = api.accepted(&body).await.to_string();
    let calls = receiver.until(|calls| calls.iter().any(|call| call.body["taskId"] == second)).await;
    assert_eq!(calls.len(), 3, "{calls:?}");
}

/// Kills at random moments.
#[tokio::test]
async fn random_kills_lose_no_delivery_and_repeat_no_scheduled_attempt() {
    const KILLS: usize = 6;
    let folder = tempfile::tempdir().unwrap();
    let engine = process::engine(&folder.path().join("engine"), 20.0).await;
    let receiver = Receiver::start(KEY).await;
    let hook = format!("[[webhook]]\nurl = '{}'\nevents = ['queued', 'started', 'completed', 'failed']", receiver.url());
    // One after the other, so that a slot used twice would show.
    let pauses = format!("{:?}", vec![0.2; 4 * KILLS]);
    let mut darkroom = process::darkroom(folder.path(), &[engine.addr], &settings(&pauses, &hook)).await;
    let mut random = StdRng::seed_from_u64(7);
    let mut tasks = Vec::new();
    for kill in 0..KILLS {
        let api = Api::at(format!("http://{}", darkroom.addr)).await;
        for seed in 0..3 {
            tasks.push(api.accepted(&lighthouse((kill * 10 + seed) as u64)).await.to_string());
        }
        sleep(Duration::from_millis(random.random_range(0..600))).await;
        darkroom.kill();
        darkroom.restart().await;
    }
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    let is_whole = |calls: &[crate::support::receiver::Call]| {
        tasks.iter().all(|task| {
            ["queued", "started", "completed"]
                .iter()
                .all(|event| calls.iter().any(|call| call.event == *event && call.body["taskId"] == *task))
        })
    };
    let calls = receiver.until(is_whole).await;
    assert!(calls.iter().all(|call| !call.event.starts_with("NOT")));
    let mut times: HashMap<&str, usize> = HashMap::new();
    for call in &calls {
        *times.entry(&call.id).or_default() += 1;
    }
    for task in &tasks {
        for delivery in deliveries(&api, task).await["deliveries"].as_array().unwrap() {
            // A slot may exist without a call, but no call without a slot.
            let (attempts, id) = (delivery["attempts"].as_array().unwrap(), delivery["id"].as_str().unwrap());
            assert!(times[id] <= attempts.len(), "{delivery:#}");
            let interrupted = attempts.iter().filter(|one| one["state"] == "interrupted").count();
            assert_eq!(attempts.len() - interrupted, 1, "it was delivered, and not again: {delivery:#}");
        }
    }
}
