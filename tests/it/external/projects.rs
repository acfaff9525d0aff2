//! Projects over a real Redis: told by other programs, commanded, and told to them.

use futures::StreamExt;
use redis::Client;
use serde_json::{Value, json};

use super::{Studio, until};
use crate::{
    production_objects::{film, made, text},
    support::redis::{RedisServer, redis_config},
};

/// A project of a Darkroom, and the name of its channel of events.
async fn project(studio: &Studio) -> (String, String) {
    let (path, ..) = film(&studio.api, "Heard").await;
    let channel = format!("project:{}:events", path.rsplit('/').next().unwrap());
    (path, channel)
}

impl Studio {
    async fn with(redis: &RedisServer, settings: &str) -> Self {
        let studio = Self::start_with(redis_config(&redis.url(), settings)).await;
        studio.until_redis("connected").await;
        studio
    }

    /// The events of a project of these types, in their order.
    async fn events(&self, path: &str, types: &[&str]) -> Vec<Value> {
        let page = self.api.get(&format!("{path}/events?limit=500")).await.json;
        let events = page["events"].as_array().unwrap_or_else(|| panic!("{page}"));
        events.iter().filter(|event| types.contains(&text(&event["type"]))).cloned().collect()
    }

    async fn until_events(&self, path: &str, types: &[&str], count: usize) -> Vec<Value> {
        let events = until(async || json!(self.events(path, types).await), |events| events.as_array().unwrap().len() >= count).await;
        events.as_array().unwrap().clone()
    }
}

async fn publish(redis: &RedisServer, channel: &str, message: &Value) {
    redis.run(&["PUBLISH", channel, &message.to_string()]).await;
}

#[tokio::test]
async fn what_other_programs_publish_about_a_project_becomes_its_events_once() {
    let redis = RedisServer::start().await;
    let studio = Studio::with(&redis, "").await;
    let (path, channel) = project(&studio).await;
    let commit = json!({"type": "git.commit", "timestamp": "2026-11-30T06:00:00Z", "ref": "main", "message": "cut 2", "author": "Kim"});
    let pushed = json!({"type": "git.push", "id": "push-1", "ref": "main"});
    for message in [
        &commit,
        &commit,
        &pushed,
        &json!({"type": "git.push", "id": "push-1", "ref": "changed, and still the same push"}),
        &json!({"type": "file.uploaded", "file": {"name": "a.png", "path": "refs/a.png", "size": 12, "asset_type": "style"}}),
        &json!({"type": "process.started", "process_id": "p1", "message": "cutting"}),
        &json!({"type": "process.progress", "process_id": "p1", "progress": 50}),
        &json!({"type": "agent.assigned", "agent_type": "Editor", "task_id": "e1", "task_description": "cut"}),
        &json!({"type": "agent.progress", "agent_type": "Editor", "task_id": "e1", "progress": 30}),
        &json!({"type": "agent.completed", "agent_type": "Editor", "task_id": "e1", "handoff_to": "Producer"}),
        &json!({"type": "process.completed", "process_id": "p1"}),
    ] {
        publish(&redis, &channel, message).await;
    }
    let types = [
        "git.commit",
        "git.push",
        "file.uploaded",
        "process.started",
        "agent.assigned",
        "agent.completed",
        "agent.handoff",
        "process.completed",
    ];
    let events = studio.until_events(&path, &types, types.len()).await;
    let told: Vec<&str> = events.iter().map(|event| text(&event["type"])).collect();
    assert_eq!(told, types);
    assert_eq!((&events[0]["message"], &events[0]["author"], &events[1]["ref"]), (&json!("cut 2"), &json!("Kim"), &json!("main")));
    assert_eq!(events[2]["file"]["path"], "refs/a.png");
    let agents = studio.api.get(&format!("/api/agents?project_id={}", path.rsplit('/').next().unwrap())).await.json;
    assert!(agents.to_string().contains("\"Editor\""), "{agents}");
    // A process is a task of another program, too.
    studio.until_state("p1", "SUCCESS").await;
}

#[tokio::test]
async fn messages_about_unknown_projects_and_wrong_ones_are_counted() {
    let redis = RedisServer::start().await;
    let studio = Studio::with(&redis, "").await;
    let (path, channel) = project(&studio).await;
    let commit = json!({"type": "git.commit", "message": "x"});
    publish(&redis, "project:film:events", &commit).await;
    publish(&redis, "project:0195e0a4-0000-7000-8000-000000000001:events", &commit).await;
    publish(&redis, &channel, &json!({"type": "agent.assigned"})).await;
    publish(&redis, &channel, &json!({"type": "git.commit", "message": "good"})).await;
    let events = studio.until_events(&path, &["git.commit", "agent.assigned"], 1).await;
    assert_eq!((events.len(), &events[0]["message"]), (1, &json!("good")));
    let status = studio.api.get("/api/external-workers").await.json["redis"].clone();
    assert_eq!((&status["unknownProjects"], &status["refused"]), (&json!(2), &json!(0)), "{status}");
    assert_eq!(studio.metric("darkroom_redis_unknown_projects_total").await, 2);
}

#[tokio::test]
async fn takes_are_started_and_cancelled_over_redis_only_where_that_is_allowed() {
    let redis = RedisServer::start().await;
    for is_allowed in [false, true] {
        // A Darkroom that reads the channel, and does not carry out what comes.
        let settings = if is_allowed { "accept_commands = true" } else { "patterns = ['project:*:commands', 'project:*:events']" };
        let studio = Studio::with(&redis, settings).await;
        let (path, events) = project(&studio).await;
        made(&studio.api, &format!("{path}/nodes"), json!({"node_id": "render"})).await;
        let commands = events.replace(":events", ":commands");
        let start =
            json!({"type": "start_generation", "node_id": "render", "params": {"quality": "low", "prompt": "fog"}, "timestamp": "t1"});
        publish(&redis, &commands, &start).await;
        publish(&redis, &commands, &start).await;
        publish(&redis, &commands, &json!({"type": "subscribe", "project_id": "x"})).await;
        publish(&redis, &commands, &json!({"type": "cancel_generation", "node_id": "nowhere"})).await;
        publish(&redis, &events, &json!({"type": "git.commit", "message": "afterwards"})).await;
        studio.until_events(&path, &["git.commit"], 1).await;
        if !is_allowed {
            assert_eq!(studio.api.get(&format!("{path}/takes")).await.json["items"], json!([]));
            continue;
        }
        let status =
            until(async || studio.api.get("/api/external-workers").await.json["redis"].clone(), |redis| redis["refused"] == 2).await;
        assert!(text(&status["lastRefused"]).contains("node"), "{status}");
        let takes = studio.api.get(&format!("{path}/takes")).await.json;
        let takes = takes["items"].as_array().unwrap();
        assert_eq!((takes.len(), &takes[0]["quality_preset"]), (1, &json!("low")), "the same command is one take");
    }
}

/// Both directions at once, and a second Darkroom on the same Redis: nothing goes round.
#[tokio::test]
async fn events_of_projects_are_published_in_the_storys_dialect_and_never_come_back() {
    let redis = RedisServer::start().await;
    let studio = Studio::with(&redis, "publish_story = true\naccept_commands = true").await;
    let other = Studio::with(&redis, "publish_story = true").await;
    let (path, channel) = project(&studio).await;
    let mut listener = Client::open(redis.url()).unwrap().get_async_pubsub().await.unwrap();
    listener.subscribe(&channel).await.unwrap();
    let mut messages = listener.into_on_message();
    let mut next = async || -> Value {
        let message = messages.next().await.unwrap();
        serde_json::from_slice(message.get_payload_bytes()).unwrap()
    };
    let reached = studio.api.post_json(&format!("{path}/narrative/beats"), &json!({"beat_name": "dawn"})).await;
    assert!(reached.status.is_success());
    let told = loop {
        let told = next().await;
        if told["type"] == "narrative.beat" {
            break told;
        }
    };
    let stored = studio.events(&path, &["narrative.beat"]).await;
    let mut expected = stored[0].clone();
    expected["origin"] = "darkroom".into();
    assert_eq!(told, expected, "what streams have, and who says it");
    assert_eq!(next().await["type"], "narrative.progress");
    // What another program says is told once more by Darkroom, with its number, and then no more.
    publish(&redis, &channel, &json!({"type": "git.commit", "message": "cut 3"})).await;
    let (heard, repeated) = (next().await, next().await);
    assert_eq!((heard.get("origin"), &repeated["origin"], &repeated["message"]), (None, &json!("darkroom"), &json!("cut 3")));
    // All that was published before the last word was heard by both by now: nothing of it became an event.
    publish(&redis, &channel, &json!({"type": "git.pull", "message": "the last word"})).await;
    studio.until_events(&path, &["git.pull"], 1).await;
    let events = studio.events(&path, &["narrative.beat", "git.commit", "git.pull"]).await;
    let types: Vec<&str> = events.iter().map(|event| text(&event["type"])).collect();
    assert_eq!(types, ["narrative.beat", "git.commit", "git.pull"]);
    assert_eq!((text(&next().await["message"]), next().await["origin"].clone()), ("the last word", json!("darkroom")));
    // Only the two messages of the program itself were about a project that the other one does not know.
    let unknown = async || other.api.get("/api/external-workers").await.json["redis"]["unknownProjects"].clone();
    until(unknown, |unknown| *unknown == 2).await;
}
