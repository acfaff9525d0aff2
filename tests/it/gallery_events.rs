//! Programs follow the gallery.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    api::Api,
    darkroom_server::{Both, darkroom},
    events::{Events, ask},
    outputs::{id, import, tiny_png},
};

const NOON: &str = "2025-03-01T12:00:00Z";
const EARLIER: &str = "2024-01-01T12:00:00Z";

impl Events {
    /// The name and the data of the next event.
    async fn told(&mut self) -> (String, Value) {
        let data = self.next().await.expect("the stream is open");
        (self.name.clone(), data)
    }
}

async fn act(api: &Api, id: &str, change: Value) -> Value {
    let answer = api.post_json("/api/outputs/actions", &json!({"select": {"ids": [id]}, "change": change})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    answer.json
}

#[tokio::test]
async fn new_outputs_and_changes_are_told_as_they_happen() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let mut events = Events::open(both.darkroom.addr, "/api/outputs/events?q=cat", None).await;
    assert_eq!(events.headers()["cache-control"], "no-store");
    import(&api, "dog.png", NOON, tiny_png(1, "a dog")).await;
    let cat = import(&api, "cat.png", NOON, tiny_png(2, "a cat")).await;
    assert_eq!(events.told().await, ("output.added".to_owned(), cat.clone()), "a dog is no result");
    assert!(events.retry.is_some());
    act(&api, id(&cat), json!({"star": true})).await;
    act(&api, id(&cat), json!({"addTag": "keep"})).await;
    let (name, mut changed) = events.told().await;
    // Two changes in quick succession are told as one, or as two.
    while changed["tags"] != json!(["keep"]) {
        changed = events.told().await.1;
    }
    let expected = json!({"outputId": id(&cat), "isResult": true, "star": true, "rating": 0, "tags": ["keep"], "albums": []});
    assert_eq!((name.as_str(), &changed), ("output.changed", &expected));
    let thrown = act(&api, id(&cat), json!({"trash": true})).await;
    assert_eq!(events.told().await, ("output.trashed".to_owned(), json!({"outputId": id(&cat)})));
    api.post(&format!("/api/outputs/actions/{}/undo", thrown["actionId"])).await;
    assert_eq!(events.told().await, ("output.restored".to_owned(), json!({"outputId": id(&cat)})));
}

#[tokio::test]
async fn a_program_that_comes_back_misses_nothing() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let mut events = Events::open(both.darkroom.addr, "/api/outputs/events", None).await;
    let first = import(&api, "1.png", NOON, tiny_png(1, "one")).await;
    assert_eq!(events.told().await.1, first);
    let known = events.last_id.clone();
    drop(events);
    // Made earlier than what is known, so its id is smaller.
    let second = import(&api, "2.png", EARLIER, tiny_png(2, "two")).await;
    act(&api, id(&first), json!({"rating": 4})).await;
    let Both { engine, darkroom: running, folder } = both;
    running.stop().await;
    let again = darkroom(folder.path().join("data"), engine.addr).await;
    for (path, header) in
        [("/api/outputs/events".to_owned(), Some(known.as_str())), (format!("/api/outputs/events?last_event_id={known}"), None)]
    {
        let mut events = Events::open(again.addr, &path, header).await;
        assert_eq!(events.told().await, ("output.added".to_owned(), second.clone()));
        let (name, changed) = events.told().await;
        assert_eq!((name.as_str(), &changed["outputId"], &changed["rating"]), ("output.changed", &first["outputId"], &json!(4)));
    }
    // A number that was never given: the database was put back to an earlier state.
    let mut events = Events::open(again.addr, "/api/outputs/events", Some("999")).await;
    assert_eq!(events.told().await, ("gallery.reset".to_owned(), json!({})));
    assert_eq!(events.last_id, "3");
    // The stream ends with the server.
    again.stop().await;
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let both = Both::start(1e9).await;
    let at = both.darkroom.addr;
    for (path, last_id, status) in [
        ("/api/outputs/events?q=date:x", None, StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/outputs/events?topics=all", None, StatusCode::BAD_REQUEST),
        ("/api/outputs/events", Some("1-2"), StatusCode::BAD_REQUEST),
        ("/api/outputs/events?last_event_id=01", None, StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ask(at, path, last_id).await.status(), status, "{path} {last_id:?}");
    }
}
