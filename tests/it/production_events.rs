//! Programs follow projects, and agents tell what they do.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    production_objects::{film, text},
    support::{
        api::Api,
        darkroom_server::{Both, darkroom},
        events::{Events, ask},
    },
};

impl Events {
    /// The name and the data of the next event of a project.
    pub async fn of_project(&mut self) -> (String, Value) {
        let data = self.next().await.expect("the stream is open");
        assert!(self.name.contains("reset") || data["type"] == self.name.as_str(), "{data}");
        (self.name.clone(), data)
    }

    async fn names(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        for _ in 0..count {
            names.push(self.of_project().await.0);
        }
        names
    }
}

#[tokio::test]
async fn two_projects_side_by_side_do_not_hear_of_one_another() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (one, _, _, shot) = film(&api, "One").await;
    let (other, _, _, foreign) = film(&api, "Other").await;
    let mut heard = Events::open(both.darkroom.addr, &format!("{one}/events/stream"), None).await;
    let mut also = Events::open(both.darkroom.addr, &format!("{other}/events/stream"), None).await;
    let change = async |project: &str, shot: &Value, title: &str| {
        let path = format!("{project}/shots/{}", text(&shot["id"]));
        let version = api.get(&path).await.json["version"].clone();
        api.patch(&path, &json!({"version": version, "title": title})).await.json
    };
    let agent = async |project: &str, percent: u32| {
        let id = project.rsplit('/').next().unwrap();
        let body = json!({"type": "agent.progress", "project_id": id, "task_id": "t", "progress": percent});
        assert_eq!(api.post_json("/api/agents/Editor/events", &body).await.status, StatusCode::OK);
    };
    change(&other, &foreign, "theirs").await;
    agent(&other, 10).await;
    agent(&one, 20).await;
    let ours = change(&one, &shot, "ours").await;
    let (name, data) = heard.of_project().await;
    assert_eq!((name.as_str(), &data["progress"], &data["number"]), ("agent.progress", &json!(20.0), &json!(0)));
    let (name, data) = heard.of_project().await;
    assert_eq!((name.as_str(), &data["shot"]), ("shot.changed", &ours), "the whole new state");
    assert_eq!(format!("/api/projects/{}", text(&data["project_id"])), one);
    let (name, data) = also.of_project().await;
    assert_eq!((name.as_str(), &data["shot"]["title"]), ("shot.changed", &json!("theirs")));
    assert_eq!(also.of_project().await.1["progress"], 10.0);
    change(&other, &foreign, "again").await;
    assert_eq!(also.of_project().await.1["shot"]["title"], "again", "nothing of the first one came in between");
}

#[tokio::test]
async fn a_program_that_comes_back_misses_nothing() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, chapter, ..) = film(&api, "Back").await;
    let events = api.get(&format!("{path}/events")).await.json;
    let names: Vec<&str> = events["events"].as_array().unwrap().iter().map(|event| text(&event["type"])).collect();
    let made = ["project.created", "chapter.changed", "structure.changed", "scene.changed", "structure.changed", "shot.changed"];
    assert_eq!(names, [&made[..], &["structure.changed"]].concat());
    assert_eq!((&events["is_complete"], &events["has_more"]), (&json!(true), &json!(false)));
    let known = events["events"][0]["number"].as_u64().unwrap();
    let page = api.get(&format!("{path}/events?after={known}&limit=2")).await.json;
    assert_eq!((page["events"].as_array().unwrap().len(), &page["has_more"]), (2, &json!(true)));
    let of_chapter = api.get(&format!("{path}/events?subject=chapter/{}", text(&chapter["id"]))).await.json;
    assert_eq!(of_chapter["events"].as_array().unwrap().len(), 1);
    let Both { engine, darkroom: running, folder } = both;
    running.stop().await;
    let again = darkroom(folder.path().join("data"), engine.addr).await;
    let api = Api::at(format!("http://{}", again.addr)).await;
    let mut stream = Events::open(again.addr, &format!("{path}/events/stream"), Some(&known.to_string())).await;
    assert_eq!(stream.names(6).await, names[1..]);
    let by_query = format!("{path}/events/stream?last_event_id={known}");
    assert_eq!(Events::open(again.addr, &by_query, None).await.names(6).await, names[1..]);
    // What happens elsewhere moves the place on, so that nothing is read twice.
    film(&api, "Elsewhere").await;
    api.patch(&path, &json!({"version": 1, "title": "Here"})).await;
    assert_eq!(stream.names(1).await, ["project.updated"]);
    // A number that was never given: the database was put back to an earlier state.
    let mut lost = Events::open(again.addr, &format!("{path}/events/stream"), Some("9999")).await;
    assert_eq!(lost.of_project().await.0, "project.reset");
    assert_eq!(api.get(&format!("{path}/events?after=9999")).await.json["is_complete"], false);
    for (path, status) in [
        ("/api/projects/00000000-0000-0000-0000-000000000000/events/stream".to_owned(), StatusCode::NOT_FOUND),
        ("/api/projects/x/events/stream".to_owned(), StatusCode::BAD_REQUEST),
        (format!("{path}/events/stream?last_event_id=01"), StatusCode::BAD_REQUEST),
        (format!("{path}/events/stream?topics=all"), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ask(again.addr, &path, None).await.status(), status, "{path}");
    }
    again.stop().await;
    assert_eq!(stream.next().await, None, "the stream ends with the server");
}

#[tokio::test]
async fn agents_tell_what_they_do_and_hand_on_their_work() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, ..) = film(&api, "Agents").await;
    let id = path.rsplit('/').next().unwrap().to_owned();
    let mut stream = Events::open(both.darkroom.addr, &format!("{path}/events/stream"), None).await;
    let tell = async |agent: &str, mut body: Value| {
        body["project_id"] = json!(id);
        // As clients of STORY-009 send it.
        body["timestamp"] = json!("2026-11-20T17:11:54.015Z");
        body["agent_type"] = json!(agent);
        api.post_json(&format!("/api/agents/{agent}/events"), &body).await
    };
    let assigned = json!({"type": "agent.assigned", "task_id": "s1", "task_description": "write the scene", "estimated_duration": 60});
    let activity = tell("Screenwriter", assigned.clone()).await.json;
    assert_eq!(
        (&activity["status"], &activity["current_task"], &activity["progress"]),
        (&json!("working"), &json!("write the scene"), &json!(0.0))
    );
    tell("Screenwriter", json!({"type": "agent.progress", "task_id": "s1", "progress": 40, "vram_usage": 4})).await;
    tell("Screenwriter", json!({"type": "agent.completed", "task_id": "s1", "output": ["a", 1], "handoff_to": "ArtDirector"})).await;
    tell("Gardener", json!({"type": "agent.handoff", "task_id": "g1", "handoff_to": "Editor"})).await;
    let late = tell("Screenwriter", assigned).await;
    assert_eq!((late.status, &late.json["status"]), (StatusCode::OK, &json!("completed")), "it comes late, and changes nothing");
    assert_eq!(stream.names(5).await, ["agent.assigned", "agent.progress", "agent.completed", "agent.handoff", "agent.handoff"]);
    let now = api.get(&format!("/api/agents?project_id={id}")).await.json;
    assert_eq!((&now["agents"][1]["agent_type"], &now["agents"][1]["stale"]), (&json!("Screenwriter"), &json!(false)));
    assert_eq!((&now["handoffs"][0]["from"], &now["handoffs"][0]["to"]), (&json!("Screenwriter"), &json!("ArtDirector")));
    assert!(now["vram"]["recommended_quality"].is_string());
    assert_eq!(api.get("/api/agents").await.json["agents"], json!([]), "those of no project");
    for (body, pointer) in [
        (json!({"type": "agent.progress", "task_id": "x", "progress": 200}), "/progress"),
        (json!({"type": "agent.resigned", "task_id": "x"}), "/type"),
        (json!({"type": "agent.progress", "task_id": "x", "progress": 1, "vram": 2}), ""),
        (json!({"type": "agent.progress", "task_id": "x", "progress": 1, "project_id": "x"}), "/project_id"),
        (json!({"type": "agent.progress", "task_id": "x", "progress": 1, "agent_type": "Editor"}), "/agent_type"),
    ] {
        let answer = api.post_json("/api/agents/Producer/events", &body).await;
        assert_eq!((answer.status, &answer.json["errors"][0]["pointer"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(pointer)), "{body}");
    }
    let nobody = json!({"type": "agent.progress", "task_id": "x", "progress": 1, "project_id": "00000000-0000-0000-0000-000000000000"});
    assert_eq!(api.post_json("/api/agents/Producer/events", &nobody).await.status, StatusCode::NOT_FOUND);
    assert_eq!(api.get("/api/agents?project_id=00000000-0000-0000-0000-000000000000").await.status, StatusCode::NOT_FOUND);
}
