//! The WebSocket dialect of STORY-009, as its client speaks it.

use std::{net::SocketAddr, time::Duration};

use darkroom::proto::{limits, wire::close};
use futures::{SinkExt, StreamExt};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{
    production_objects::{film, made, text},
    support::{
        api::Api,
        darkroom_server::{Both, darkroom},
    },
};

/// Timeout, so that a hang fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client on the level of messages. Pings of the server are answered while it waits for messages.
struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn open(addr: SocketAddr) -> Self {
        Self(connect_async(format!("ws://{addr}/ws/story")).await.expect("a socket").0)
    }

    async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("sent");
    }

    async fn next(&mut self) -> Value {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a message in time").expect("open").expect("a message") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The next message of this type.
    async fn until(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Begins as the story's client does.
    async fn session(addr: SocketAddr, id: &str, reconnect: bool) -> (Self, Value) {
        let mut client = Self::open(addr).await;
        client.send(json!({"type": "session.init", "session_id": id, "reconnect": reconnect})).await;
        let answer = client.next().await;
        (client, answer)
    }

    /// Waits until everything that was sent before is carried out.
    async fn settled(&mut self) {
        self.send(json!({"type": "ping"})).await;
        self.until("system.heartbeat").await;
    }
}

fn id(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

async fn retitle(api: &Api, path: &str, shot: &Value, title: &str) {
    let path = format!("{path}/shots/{}", text(&shot["id"]));
    let version = api.get(&path).await.json["version"].clone();
    assert_eq!(api.patch(&path, &json!({"version": version, "title": title})).await.status, StatusCode::OK);
}

const SESSION: &str = "ws-1795194714015-k3j2h1g0f";

#[tokio::test]
async fn a_client_follows_projects_starts_and_cancels_takes() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, _, _, shot) = film(&api, "Story").await;
    let (other, _, _, foreign) = film(&api, "Other").await;
    made(&api, &format!("{path}/nodes"), json!({"node_id": "node-1", "shot": shot["id"]})).await;
    let (mut client, answer) = Client::session(both.darkroom.addr, SESSION, false).await;
    assert_eq!((&answer["type"], &answer["session_id"], &answer["reconnect"]), (&json!("session.init"), &json!(SESSION), &json!(false)));
    assert!(text(&answer["timestamp"]).ends_with('Z'), "{answer}");
    client.send(json!({"type": "subscribe", "project_id": id(&path)})).await;
    client.settled().await;
    retitle(&api, &other, &foreign, "unheard").await;
    client
        .send(json!({
            "type": "start_generation", "node_id": "node-1", "timestamp": "2026-11-20T17:11:54.015Z",
            "params": {"quality": "low", "steps": 5, "seed": 7}, "context": {"emotional_beat": "none of that name"}
        }))
        .await;
    let created = client.next().await;
    assert_eq!((&created["type"], &created["project_id"]), (&json!("take.created"), &json!(id(&path))), "the first thing that it hears");
    assert_eq!((&created["take"]["quality_preset"], &created["take"]["seed"]), (&json!("low"), &json!("7")));
    let prompt = client.until("prompt.composite").await;
    assert_eq!((&prompt["node_id"], &prompt["composite_prompt"]["base_prompt"]), (&json!("node-1"), &json!("Anna at the rail")));
    let started = client.until("generation.started").await;
    assert_eq!((&started["node_id"], started["task_id"].is_string()), (&json!("node-1"), true));
    let state = client.until("node.state_changed").await;
    assert_eq!((&state["node_id"], &state["status"]), (&json!("node-1"), &json!("generating")));
    let completed = client.until("generation.completed").await;
    assert_eq!((&completed["task_id"], completed["takes"].as_array().unwrap().len()), (&started["task_id"], 1));
    assert!(text(&completed["output_path"]).starts_with("03_Renders/S001/P001/"));
    // The same request once more, from a client that does not know whether it arrived.
    client
        .send(json!({
            "type": "start_generation", "node_id": "node-1", "timestamp": "2026-11-20T17:11:54.015Z",
            "params": {"quality": "low", "steps": 5, "seed": 7}, "context": {"emotional_beat": "none of that name"}
        }))
        .await;
    client.settled().await;
    assert_eq!(api.get(&format!("{path}/takes")).await.json["items"].as_array().unwrap().len(), 1);
    // A node that only the client knows: it is made.
    client.send(json!({"type": "start_generation", "node_id": "canvas-7", "params": {"prompt": "a gull"}, "timestamp": "b"})).await;
    let completed = client.until("generation.completed").await;
    assert_eq!(completed["node_id"], "canvas-7");
    for (message, error) in [
        (json!({"type": "start_generation", "node_id": "canvas-8", "timestamp": "c"}), "no shot"),
        (json!({"type": "start_generation", "node_id": "node-1", "params": {"quality": "best"}, "timestamp": "d"}), "best"),
        (json!({"type": "start_generation", "node_id": "node-1", "params": {"checkpoint": "x"}, "timestamp": "e"}), "x"),
    ] {
        client.send(message.clone()).await;
        let answer = client.until("generation.error").await;
        assert_eq!((&answer["node_id"], text(&answer["error"]).contains(error)), (&message["node_id"], true), "{answer}");
    }
    client.send(json!({"type": "cancel_generation", "node_id": "node-1", "timestamp": "f"})).await;
    client.settled().await;
    client.send(json!({"type": "unsubscribe", "project_id": id(&path)})).await;
    client.settled().await;
    retitle(&api, &path, &shot, "unheard").await;
    client.send(json!({"type": "cancel_generation", "node_id": "node-1"})).await;
    assert_eq!(client.next().await["type"], "error", "it follows no project with this node, and heard nothing of it");
    for wrong in [
        json!({"type": "subscribe", "project_id": "film"}),
        json!({"type": "subscribe", "project_id": "00000000-0000-0000-0000-000000000000"}),
        json!({"type": "dance"}),
        json!([]),
        json!({"type": "session.init", "session_id": ""}),
    ] {
        client.send(wrong.clone()).await;
        assert_eq!(client.next().await["type"], "error", "{wrong}");
    }
    client.0.send(Message::binary(vec![1])).await.unwrap();
    assert_eq!(client.next().await["type"], "error");
    for _ in 0..=limits::CLIENT_BURST {
        client.send(json!({"type": "ping"})).await;
    }
    let end = loop {
        if let Message::Close(Some(frame)) = timeout(PATIENCE, client.0.next()).await.unwrap().unwrap().unwrap() {
            break frame;
        }
    };
    assert_eq!(u16::from(end.code), close::TOO_MANY);
}

#[tokio::test]
async fn a_session_goes_on_where_it_was_also_after_a_restart() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, _, _, shot) = film(&api, "Session").await;
    let (mut client, _) = Client::session(both.darkroom.addr, SESSION, false).await;
    client.send(json!({"type": "subscribe", "project_id": id(&path)})).await;
    client.settled().await;
    retitle(&api, &path, &shot, "heard").await;
    assert_eq!(client.until("shot.changed").await["shot"]["title"], "heard");
    // The network is gone without a word.
    drop(client);
    for number in 0..3 {
        retitle(&api, &path, &shot, &format!("missed {number}")).await;
    }
    let Both { engine, darkroom: running, folder } = both;
    running.stop().await;
    let again = darkroom(folder.path().join("data"), engine.addr).await;
    let api = Api::at(format!("http://{}", again.addr)).await;
    let (mut client, answer) = Client::session(again.addr, SESSION, true).await;
    assert_eq!((&answer["type"], &answer["reconnect"]), (&json!("session.restored"), &json!(true)));
    assert_eq!(answer["subscriptions"], json!([id(&path)]));
    // As the story's client does it: nothing is told twice because of it.
    client.send(json!({"type": "subscribe", "project_id": id(&path)})).await;
    let mut titles = Vec::new();
    while titles.last().is_none_or(|title| title != "missed 2") {
        titles.push(text(&client.until("shot.changed").await["shot"]["title"]).to_owned());
    }
    // What was not known to have arrived comes again: it has the whole state, so that it does no harm.
    let missed = ["missed 0", "missed 1", "missed 2"];
    assert!(titles == missed || titles[0] == "heard" && titles[1..] == missed, "{titles:?}");
    retitle(&api, &path, &shot, "live").await;
    assert_eq!(client.until("shot.changed").await["shot"]["title"], "live");
    let (_, unknown) = Client::session(again.addr, "ws-of-somebody-else", true).await;
    assert_eq!(unknown["type"], "session.init", "a session that the server does not know begins anew");
}
