//! Projects and what is in them, over the API. Every response is checked against the document.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    api::{Answer, Api},
    darkroom_server::Both,
};

const FAST: f64 = 1e9;

/// Posts what must be made.
pub async fn made(api: &Api, path: &str, body: Value) -> Value {
    let answer = api.post_json(path, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{path}: {}", answer.json);
    answer.json
}

/// A project with a chapter, a scene and a shot: the path of the project, and these.
pub async fn film(api: &Api, title: &str) -> (String, Value, Value, Value) {
    let project = made(api, "/api/projects", json!({"title": title})).await;
    let path = format!("/api/projects/{}", text(&project["id"]));
    let chapter = made(api, &format!("{path}/chapters"), json!({"title": "Arrival"})).await;
    let scene = made(api, &format!("{path}/scenes"), json!({"chapter": chapter["id"], "title": "The pier"})).await;
    let shot = made(api, &format!("{path}/shots"), json!({"scene": scene["id"], "base_prompt": "Anna at the rail"})).await;
    (path, chapter, scene, shot)
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// A mistake, with the pointer to it.
fn wrong(answer: &Answer, pointer: &str) {
    assert_eq!(
        (answer.status, &answer.json["errors"][0]["pointer"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!(pointer)),
        "{}",
        answer.json
    );
}

#[tokio::test]
async fn a_project_is_made_changed_put_away_thrown_away_and_restored() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let answer = api.post_json("/api/projects", &json!({"title": "The Lighthouse", "fps": 25})).await;
    let project = &answer.json;
    let path = answer.header("location");
    assert_eq!((answer.header("etag"), &project["version"]), ("\"1\"", &json!(1)));
    assert_eq!((&project["slug"], &project["fps"], &project["resolution"]), (&json!("the-lighthouse"), &json!(25.0), &json!("1920x1080")));
    assert_eq!(api.get(path).await.json, *project);
    wrong(&api.patch(path, &json!({"title": "Fog"})).await, "/version");
    let changed = api.patch(path, &json!({"version": 1, "title": "Fog", "archived": true})).await;
    assert_eq!((changed.header("etag"), &changed.json["title"], &changed.json["slug"]), ("\"2\"", &json!("Fog"), &json!("the-lighthouse")));
    assert!(changed.json["archived_at"].is_string());
    let listed = async |query: &str| api.get(&format!("/api/projects{query}")).await.json["items"].as_array().unwrap().len();
    assert_eq!((listed("").await, listed("?archived=true").await, listed("?archived=false").await), (1, 1, 0));
    let late = api.patch(path, &json!({"version": 1, "title": "Mist"})).await;
    assert_eq!((late.status, &late.json["type"]), (StatusCode::CONFLICT, &json!("/api/docs#changed-meanwhile")));
    assert_eq!(late.json["current"], changed.json, "how it is now");
    assert_eq!(late.json["changed"], json!(["title", "archived_at"]));
    let with_header = api.request(Method::PATCH, path).header("if-match", "\"2\"").json(&json!({"archived": false}));
    assert_eq!(api.send(with_header).await.status, StatusCode::OK);
    let stale = api.request(Method::DELETE, path).header("if-match", "\"2\"");
    assert_eq!(api.send(stale).await.status, StatusCode::CONFLICT);
    let bad = api.request(Method::DELETE, path).header("if-match", "two");
    assert_eq!(api.send(bad).await.status, StatusCode::BAD_REQUEST);
    assert!(api.delete(path).await.json["deleted_at"].is_string());
    assert_eq!((listed("").await, listed("?trashed=true").await), (0, 1));
    assert_eq!(api.post_json(&format!("{path}/chapters"), &json!({"title": "x"})).await.status, StatusCode::NOT_FOUND);
    let restored = api.post(&format!("{path}/restore")).await;
    assert_eq!((restored.json.get("deleted_at"), listed("").await), (None, 1));
    for (body, pointer) in [
        (json!({}), "/title"),
        (json!({"title": "x", "fps": 1000}), "/fps"),
        (json!({"title": "x", "titel": "y"}), "/titel"),
        (json!({"title": "x", "slug": "the-lighthouse"}), "/slug"),
    ] {
        wrong(&api.post_json("/api/projects", &body).await, pointer);
    }
    for (path, status) in [
        ("/api/projects/fog", StatusCode::BAD_REQUEST),
        ("/api/projects/00000000-0000-0000-0000-000000000000", StatusCode::NOT_FOUND),
        ("/api/projects?limit=0", StatusCode::BAD_REQUEST),
        ("/api/projects?after=1", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(api.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_board_is_filled_ordered_and_read_part_by_part() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let (path, _, scene, shot) = film(&api, "Board").await;
    assert_eq!((&scene["code"], &shot["code"], &shot["scene_id"]), (&json!("S001"), &json!("P001"), &json!("S001")));
    let shots: Vec<Value> = (2..=9).map(|number| json!({"scene": scene["id"], "title": format!("shot {number}")})).collect();
    let bulk = made(&api, &format!("{path}/shots/bulk"), json!({"shots": shots})).await;
    let last = &bulk["items"][7];
    assert_eq!(last["code"], "P009");
    let moved = api.post_json(&format!("{path}/shots/{}/move", text(&last["id"])), &json!({"before": shot["id"]})).await;
    assert_eq!((&moved.json["code"], &moved.json["version"]), (&json!("P009"), &json!(2)), "codes stay");
    let (mut codes, mut after) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("{path}/shots?parent={}&limit=4{after}", text(&scene["id"]))).await.json;
        codes.extend(page["items"].as_array().unwrap().iter().map(|shot| text(&shot["code"]).to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(codes, ["P009", "P001", "P002", "P003", "P004", "P005", "P006", "P007", "P008"]);
    let found = api.get(&format!("{path}/shots?q=SHOT%205")).await.json;
    assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["code"]), (1, &json!("P005")));
    wrong(&api.post_json(&format!("{path}/shots/bulk"), &json!({"shots": [{"scene": scene["id"]}, {"scene": 1}]})).await, "/shots/1/scene");
    let last_is_wrong = json!({"shots": [{"scene": scene["id"]}, {"scene": scene["id"], "status": "done"}]});
    wrong(&api.post_json(&format!("{path}/shots/bulk"), &last_is_wrong).await, "/shots/1/status");
    wrong(&api.post_json(&format!("{path}/shots/bulk"), &json!({"shots": []})).await, "/shots");
    let next = made(&api, &format!("{path}/shots"), json!({"scene": scene["id"]})).await;
    assert_eq!(next["code"], "P010", "nothing was made of what was wrong");
}

#[tokio::test]
async fn every_kind_of_object_is_made_read_changed_moved_thrown_away_and_restored() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let (path, chapter, scene, shot) = film(&api, "Kinds").await;
    let asset =
        made(&api, &format!("{path}/assets"), json!({"name": "Anna", "lora": {"model_path": "a.safetensors", "weight": 0.8}})).await;
    let kinds = [
        ("chapters", json!({"title": "Storm"}), json!({"beat_keys": ["act-2"]}), "id"),
        ("scenes", json!({"chapter": chapter["id"], "title": "The house", "location_ref": null}), json!({"status": "in-progress"}), "id"),
        ("shots", json!({"scene": scene["id"], "code": "P020"}), json!({"agent_notes": {"Editor": {"text": "cut"}}}), "id"),
        ("nodes", json!({"node_id": "Text to image/1".replace('/', " "), "shot": shot["id"]}), json!({"follow_latest": true}), "node_id"),
        ("assets", json!({"name": "Grain", "kind": "style"}), json!({"prompt_fragment": "16mm"}), "id"),
        ("casts", json!({"shot": shot["id"], "asset": asset["id"]}), json!({"label": "left"}), "id"),
        ("beats", json!({"beat": "dawn", "keywords": ["gold"]}), json!({"intensity": -0.5}), "id"),
    ];
    for (kind, new, patch, key) in kinds {
        let list = format!("{path}/{kind}");
        let answer = api.post_json(&list, &new).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{kind}: {}", answer.json);
        let (one, object) = (answer.header("location").to_owned(), &answer.json);
        assert_eq!(api.get(&one).await.json, *object, "{kind}");
        let mut change = patch.clone();
        change["version"] = json!(1);
        let changed = api.patch(&one, &change).await.json;
        for (field, value) in patch.as_object().unwrap() {
            if !value.is_object() {
                assert_eq!(changed[field], *value, "{kind}");
            }
        }
        let conflict = api.patch(&one, &change).await;
        assert_eq!((conflict.status, &conflict.json["current"]), (StatusCode::CONFLICT, &changed), "{kind}");
        let named: BTreeSet<&str> = conflict.json["changed"].as_array().unwrap().iter().map(text).collect();
        assert_eq!(named, patch.as_object().unwrap().keys().map(String::as_str).collect(), "{kind}");
        assert_eq!(api.post_json(&format!("{one}/move"), &json!({})).await.status, StatusCode::OK, "{kind}");
        let there = async || api.get(&list).await.json["items"].as_array().unwrap().iter().any(|item| item[key] == object[key]);
        assert!(there().await, "{kind}");
        assert!(api.delete(&one).await.json["deleted_at"].is_string(), "{kind}");
        assert!(!there().await, "{kind}");
        assert_eq!(api.patch(&one, &json!({"version": 4})).await.status, StatusCode::NOT_FOUND, "{kind}");
        assert_eq!(api.post(&format!("{one}/restore")).await.json[key], object[key], "{kind}");
        assert!(there().await, "{kind}");
        assert_eq!(api.get(&format!("{list}/00000000-0000-0000-0000-000000000000")).await.status, StatusCode::NOT_FOUND, "{kind}");
    }
    let full = api.delete(&format!("{path}/scenes/{}", text(&scene["id"]))).await;
    assert_eq!((full.status, &full.json["type"]), (StatusCode::CONFLICT, &json!("/api/docs#wrong-state")));
    let usage = api.get(&format!("{path}/assets/{}/usage", text(&asset["id"]))).await.json;
    assert_eq!(usage["items"][0]["code"], "P001");
    assert_eq!(api.get(&format!("{path}/shots/x")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(api.get(&format!("{path}/shots?after=x")).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_prompt_is_assembled_with_parts_switched_off() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let (path, _, scene, shot) = film(&api, "Prompt").await;
    let anna = made(&api, &format!("{path}/assets"), json!({"name": "Anna", "trigger_word": "ohwx", "prompt_fragment": "grey hair"})).await;
    made(&api, &format!("{path}/casts"), json!({"shot": shot["id"], "asset": anna["id"]})).await;
    made(&api, &format!("{path}/beats"), json!({"beat": "dawn", "keywords": ["gold", "mist"]})).await;
    api.patch(&format!("{path}/scenes/{}", text(&scene["id"])), &json!({"version": 1, "emotional_beat": "dawn"})).await;
    let prompt = format!("{path}/shots/{}/prompt", text(&shot["id"]));
    let all = api.post_json(&prompt, &json!({})).await.json;
    assert_eq!(all["final_prompt"], "Anna at the rail, ohwx, grey hair, gold, mist");
    assert_eq!(all["spans"][1], json!({"start": 18, "end": 33, "source": format!("character:{}", text(&anna["id"]))}));
    assert_eq!((&all["character_refs"], &all["stale"]), (&json!([anna["id"]]), &json!([])));
    let off = api.post_json(&prompt, &json!({"off": [all["spans"][1]["source"], "keyword:gold"]})).await.json;
    assert_eq!((&off["final_prompt"], off["parts"].as_array().unwrap().len()), (&json!("Anna at the rail, mist"), 4));
    wrong(&api.post_json(&prompt, &json!({"off": ["prop:1"]})).await, "/off/0");
    wrong(&api.post_json(&prompt, &json!({"node_id": "nowhere"})).await, "/node_id");
    assert_eq!(api.get(&format!("{path}/stale")).await.json, json!({"items": [], "next": null}));
}

#[tokio::test]
async fn a_story_goes_on_and_takes_another_structure() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let (path, ..) = film(&api, "Story").await;
    let beat = made(&api, &format!("{path}/beats"), json!({"beat": "dawn", "step": "act-3"})).await;
    let own = json!({"id": "two-halves", "title": "Two halves", "steps": [{"key": "a", "title": "A"}, {"key": "b", "title": "B"}]});
    made(&api, "/api/structures", own.clone()).await;
    wrong(&api.post_json("/api/structures", &json!({"id": "two-halves", "title": "Other", "steps": own["steps"]})).await, "/id");
    assert_eq!(api.get("/api/structures").await.json["items"].as_array().unwrap().len(), 5);
    let project = api.put_json(&format!("{path}/structure"), &json!({"structure": "two-halves", "version": 1})).await.json;
    assert_eq!((&project["narrative_structure"], &project["version"]), (&json!("two-halves"), &json!(2)));
    let beat = format!("{path}/beats/{}", text(&beat["id"]));
    assert_eq!(api.get(&beat).await.json["step"], "b");
    assert_eq!(api.delete("/api/structures/two-halves").await.status, StatusCode::CONFLICT);
    wrong(&api.put_json(&format!("{path}/structure"), &json!({"structure": "none"})).await, "/structure");
    api.put_json(&format!("{path}/structure"), &json!({"structure": "three-act"})).await;
    assert_eq!(api.get(&beat).await.json["step"], "act-3");
    assert_eq!(api.delete("/api/structures/two-halves").await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.delete("/api/structures/two-halves").await.status, StatusCode::NOT_FOUND);

    let narrative = format!("{path}/narrative");
    let reached = json!({"beat_name": "dawn", "scene_id": "S001"});
    let once = api.post_json(&format!("{narrative}/beats"), &reached).await.json;
    assert_eq!(api.post_json(&format!("{narrative}/beats"), &reached).await.json, once);
    assert_eq!((&once["completed_beats"], &once["current_scene"]), (&json!(["dawn"]), &json!("S001")));
    let moved = api.patch(&narrative, &json!({"version": once["version"], "current_chapter": 2, "current_shot": "P001"})).await.json;
    assert_eq!((&moved["current_chapter"], &moved["current_beat"]), (&json!(2), &json!("dawn")));
    assert_eq!(api.get(&narrative).await.json, moved);
    assert_eq!(api.patch(&narrative, &json!({"version": once["version"]})).await.status, StatusCode::CONFLICT);
    wrong(&api.patch(&narrative, &json!({"version": moved["version"], "current_scene": "1"})).await, "/current_scene");
}
