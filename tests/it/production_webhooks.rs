//! What webhooks are told of productions.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    production_objects::{film, made, text},
    support::{
        api::Api,
        darkroom_server::{Running, demo_engine},
        events::Events,
        process,
        receiver::{Call, KEY, Receiver, Reply, darkroom, settings},
    },
};

const EVENTS: &str = "['take.completed', 'take.approved', 'take.retake', 'agent.assigned', 'agent.handoff', 'narrative.beat', 'completed']";

/// Settings of a webhook of the receiver.
fn hook(receiver: &Receiver, events: &str) -> String {
    settings("[0.05, 0.05]", &format!("[[webhook]]\nurl = '{}'\nevents = {events}", receiver.url()))
}

struct Studio {
    _engine: Running,
    darkroom: Running,
    api: Api,
    receiver: Receiver,
    _folder: tempfile::TempDir,
}

async fn studio(events: &str) -> Studio {
    let folder = tempfile::tempdir().unwrap();
    let engine = demo_engine(&folder, 1e9).await;
    let receiver = Receiver::start(KEY).await;
    let darkroom = darkroom(&folder, engine.addr, &hook(&receiver, events)).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    Studio { _engine: engine, darkroom, api, receiver, _folder: folder }
}

/// Makes a take of a new node of a shot, and returns it once it is completed.
async fn take(api: &Api, path: &str, shot: &Value, node: &str) -> Value {
    made(api, &format!("{path}/nodes"), json!({"node_id": node, "shot": shot["id"]})).await;
    let started = api.post_json(&format!("{path}/nodes/{node}/generate"), &json!({"quality": "low"})).await;
    assert_eq!(started.status, StatusCode::CREATED, "{}", started.json);
    let one = format!("{path}/takes/{}", text(&started.json["take"]["id"]));
    loop {
        let take = api.get(&one).await.json;
        match text(&take["state"]) {
            "generating" => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            _ => return take,
        }
    }
}

fn names(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.event.as_str()).collect()
}

#[tokio::test]
async fn webhooks_are_told_of_takes_agents_and_beats_in_order_and_once() {
    let studio = studio(EVENTS).await;
    let api = &studio.api;
    let (path, _, _, shot) = film(api, "Hooks").await;
    let project = path.rsplit('/').next().unwrap();
    let mut stream = Events::open(studio.darkroom.addr, &format!("{path}/events/stream"), None).await;
    let take = take(api, &path, &shot, "render").await;
    let of_project = |calls: &[Call]| calls.iter().filter(|call| call.event.contains('.')).cloned().collect::<Vec<Call>>();
    studio.receiver.until(|calls| !of_project(calls).is_empty()).await;
    let one = format!("{path}/takes/{}", text(&take["id"]));
    let review = async |change: Value| {
        let mut change = change;
        change["version"] = api.get(&one).await.json["version"].clone();
        assert_eq!(api.patch(&one, &change).await.status, StatusCode::OK);
    };
    review(json!({"review": "approved"})).await;
    // The review is the same: nobody is told.
    review(json!({"rating": 4})).await;
    review(json!({"note": "Very good", "review": "approved"})).await;
    review(json!({"review": "retake", "note": "redder"})).await;
    let agent = async |body: Value| {
        let mut body = body;
        body["project_id"] = project.into();
        let answer = api.post_json("/api/agents/Editor/events", &body).await;
        assert!(answer.status.is_success(), "{}", answer.json);
    };
    agent(json!({"type": "agent.assigned", "task_id": "e1", "task_description": "cut"})).await;
    agent(json!({"type": "agent.progress", "task_id": "e1", "progress": 50})).await;
    agent(json!({"type": "agent.completed", "task_id": "e1", "handoff_to": "Producer"})).await;
    api.post_json(&format!("{path}/narrative/beats"), &json!({"beat_name": "dawn", "scene_id": "S001"})).await;
    let expected = ["take.completed", "take.approved", "take.retake", "agent.assigned", "agent.handoff", "narrative.beat"];
    // A task is told, too: it is another subject, with an order of its own.
    let is_all = |calls: &[Call]| of_project(calls).len() >= expected.len() && names(calls).contains(&"completed");
    let calls = of_project(&studio.receiver.until(is_all).await);
    assert_eq!(names(&calls), expected);
    // The body is what streams have.
    let told = loop {
        let (name, told) = stream.of_project().await;
        if name == "narrative.beat" {
            break told;
        }
    };
    assert_eq!(calls[5].body, told);
    assert_eq!((&calls[0].body["type"], &calls[0].body["take"]["id"]), (&json!("take.updated"), &take["id"]));
    assert_eq!((&calls[2].body["take"]["note"], &calls[2].body["project_id"]), (&json!("redder"), &json!(project)));

    let listed = async || api.get(&format!("{path}/webhooks")).await.json["deliveries"].as_array().unwrap().clone();
    let all_delivered = async || listed().await.iter().all(|one| one["state"] == "delivered");
    while !all_delivered().await {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let deliveries = listed().await;
    let events: Vec<&str> = deliveries.iter().rev().map(|one| text(&one["event"])).collect();
    assert_eq!(events, expected, "the newest first");
    assert!(deliveries.iter().all(|one| !text(&one["url"]).contains("hush")));
    assert_eq!(api.get(&format!("{path}/webhooks?limit=2")).await.json["deliveries"], json!(deliveries[..2]));
    assert_eq!(api.get(&format!("{path}/webhooks?limit=0")).await.status, StatusCode::BAD_REQUEST);

    let (other, ..) = film(api, "Other").await;
    assert_eq!(api.get(&format!("{other}/webhooks")).await.json["deliveries"], json!([]));
    let again = format!("webhooks/{}/replay", text(&deliveries[0]["id"]));
    assert_eq!(api.post(&format!("{other}/{again}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(api.post(&format!("{path}/{again}")).await.status, StatusCode::ACCEPTED);
    let calls = studio.receiver.until(|calls| of_project(calls).len() > expected.len()).await;
    let last = calls.last().unwrap();
    assert_eq!((last.event.as_str(), last.id.as_str()), ("narrative.beat", text(&deliveries[0]["id"])));
    assert_eq!(last.body, told);
}

#[tokio::test]
async fn what_a_receiver_refuses_is_sent_again_and_is_what_it_was() {
    let studio = studio("['node.state_changed']").await;
    let api = &studio.api;
    let (path, _, _, shot) = film(api, "Refused").await;
    studio.receiver.answer(&[Reply::Status(500)], Reply::Status(204));
    made(api, &format!("{path}/nodes"), json!({"node_id": "render", "shot": shot["id"], "title": "first"})).await;
    let calls = studio.receiver.until_calls(2).await;
    assert_eq!((&calls[0].id, &calls[0].bytes), (&calls[1].id, &calls[1].bytes));
    assert_eq!((calls[0].event.as_str(), &calls[0].body["title"]), ("node.state_changed", &json!("first")));
}

/// Darkroom is killed while the receiver has the message and has not answered.
#[tokio::test]
async fn a_message_about_a_project_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let receiver = Receiver::start(KEY).await;
    receiver.answer(&[Reply::Never], Reply::Status(204));
    let events = "['narrative.beat']";
    let mut darkroom = process::darkroom(folder.path(), &[engine.addr], &hook(&receiver, events)).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    let (path, ..) = film(&api, "Killed").await;
    for beat in ["dawn", "storm", "calm"] {
        let reached = api.post_json(&format!("{path}/narrative/beats"), &json!({"beat_name": beat})).await;
        assert_eq!(reached.status, StatusCode::OK);
    }
    receiver.until_calls(1).await;
    darkroom.kill();
    darkroom.restart().await;
    let beats = |calls: &[Call]| calls.iter().map(|call| text(&call.body["beat_name"]).to_owned()).collect::<Vec<_>>();
    let calls =
        receiver.until(|calls| ["dawn", "storm", "calm"].iter().all(|beat| beats(&calls[1..]).iter().any(|told| told == beat))).await;
    let first: Vec<&Call> = calls.iter().filter(|call| call.id == calls[0].id).collect();
    assert_eq!((first.len(), &first[0].bytes), (2, &first[1].bytes), "the same once more");
    let rest: Vec<String> = beats(&calls).into_iter().filter(|beat| *beat != "dawn").collect();
    assert_eq!(rest, ["storm", "calm"], "each once, in order");
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    loop {
        let deliveries = api.get(&format!("{path}/webhooks")).await.json["deliveries"].as_array().unwrap().clone();
        if deliveries.iter().all(|one| one["state"] == "delivered") {
            let states: Vec<&Value> = deliveries[2]["attempts"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
            assert_eq!(states, ["interrupted", "delivered"]);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
