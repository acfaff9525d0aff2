//! The pages of productions beside board and shot, as the server renders them, and the exports.

use std::io::{Cursor, Read};

use darkroom::{
    proto::{
        ids::TaskId,
        production::{Chapter, Moment, ProductionNode, ProductionProblem, ProjectId, QualityPreset, Scene, Shot, TakeState},
        time::Timestamp,
    },
    server::{
        config::Retention,
        store::{NewTake, ObjectDraft, ProducedObject, Store, TakeEnd},
    },
};
use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use zip::ZipArchive;

use crate::{
    production_objects::{film, made, text},
    support::{
        api::Api,
        darkroom_server::{Both, Running, call, darkroom, demo_engine},
        events::Events,
    },
};

/// A Darkroom with a film of three shots, two of which have a take.
async fn with_film(folder: &tempfile::TempDir) -> (Running, Running, Api, String) {
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let (store, _) = Store::open(&data, Retention { keep_tasks: 0, keep_days: 0 }).unwrap();
    let at = |ms: u64| Moment(Timestamp(1_795_000_000_000 + ms));
    let fields = |json: Value| json.as_object().unwrap().clone();
    let project = store.add_project(fields(json!({"title": "The Lighthouse", "fps": 25.0})), at(0)).await.unwrap();
    let draft = |parent: String, json: Value| ObjectDraft { parent: Some(parent), fields: fields(json), ..ObjectDraft::default() };
    async fn add<T: ProducedObject>(store: &Store, project: ProjectId, draft: ObjectDraft, at: Moment) -> T {
        store.add_objects::<T>(project, vec![draft], at).await.unwrap().remove(0)
    }
    let chapter = ObjectDraft { fields: fields(json!({"title": "Arrival"})), ..ObjectDraft::default() };
    let chapter: Chapter = add(&store, project.id, chapter, at(0)).await;
    let scene: Scene = add(&store, project.id, draft(chapter.id.to_string(), json!({"title": "The pier"})), at(0)).await;
    for number in 1..=3_u128 {
        let shot = json!({"title": format!("View {number}"), "duration_frames": if number == 2 { 0 } else { 50 }});
        let shot: Shot = add(&store, project.id, draft(scene.id.to_string(), shot), at(0)).await;
        if number == 3 {
            continue;
        }
        let node = ObjectDraft { name: Some(format!("node-{number}")), fields: fields(json!({"shot": shot.id})), ..ObjectDraft::default() };
        let node: ProductionNode = add(&store, project.id, node, at(0)).await;
        let take = NewTake {
            project: project.id,
            node: node.node_id.clone(),
            quality: QualityPreset::High,
            seed: Some(7),
            composite: None,
            workflow: None,
            metadata: Map::new(),
        };
        let task = TaskId(Uuid::from_u128(number));
        store.attach_task(task, take, at(1)).await.unwrap();
        let end = TakeEnd { state: TakeState::Completed, output: Some((0, "png".into())), has_thumbnail: true, error: None };
        store.task_ended(task, end, at(2)).await.unwrap();
    }
    store.close().await;
    let engine = demo_engine(folder, 1e9).await;
    let running = darkroom(data, engine.addr).await;
    let api = Api::at(format!("http://{}", running.addr)).await;
    (running, engine, api, project.id.to_string())
}

/// The page at a path as it is without JavaScript.
async fn page(api: &Api, path: &str) -> (StatusCode, String) {
    let answer = reqwest::get(format!("{}{path}", api.base)).await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn a_film_is_exported_for_other_programs() {
    let folder = tempfile::tempdir().unwrap();
    let (_running, _engine, api, project) = with_film(&folder).await;
    let export = async |ending: &str| api.get(&format!("/api/projects/{project}/export.{ending}")).await;

    let list = export("edl").await;
    assert!(list.header("content-disposition").contains("the-lighthouse.edl"), "{:?}", list.headers);
    let lines: Vec<&str> = str::from_utf8(&list.bytes).unwrap().lines().collect();
    let cuts: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with("00")).collect();
    assert_eq!(
        cuts,
        [
            "001  AX       V     C        00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00",
            "002  AX       V     C        00:00:00:00 00:00:03:00 01:00:02:00 01:00:05:00",
            "003  BL       V     C        00:00:00:00 00:00:02:00 01:00:05:00 01:00:07:00",
        ]
    );
    assert!(lines.contains(&"* SOURCE FILE: 03_Renders/S001/P001/S001_P001_T001.png"), "{lines:?}");

    let timeline = export("otio").await.json;
    let names: Vec<_> = timeline["tracks"]["children"][0]["children"].as_array().unwrap().iter().map(|clip| clip["name"].clone()).collect();
    assert_eq!(names, [json!("S001_P001_T001.png"), json!("S001_P002_T001.png"), json!("S001_P003")]);

    let table = export("csv").await;
    assert_eq!(str::from_utf8(&table.bytes).unwrap().lines().count(), 4);

    let zip = export("zip").await;
    let mut zip = ZipArchive::new(Cursor::new(zip.bytes)).unwrap();
    let names: Vec<String> = zip.file_names().map(str::to_owned).collect();
    assert_eq!(names, ["the-lighthouse.edl", "the-lighthouse.otio", "the-lighthouse.csv", "MISSING.txt"]);
    let mut missing = String::new();
    zip.by_name("MISSING.txt").unwrap().read_to_string(&mut missing).unwrap();
    assert!(missing.contains("03_Renders/S001/P002/S001_P002_T001.png: "), "what was never kept is named: {missing}");

    let unknown = api.get("/api/projects/0199a0c6-0000-7000-8000-000000000001/export.edl").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn dailies_have_every_shot_in_order_with_what_was_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let (_running, _engine, api, project) = with_film(&folder).await;
    let takes = api.get(&format!("/api/projects/{project}/takes")).await.json["items"].clone();
    let take = format!("/api/projects/{project}/takes/{}", text(&takes[1]["id"]));
    let drawing = json!([{"color": "yellow", "points": [[0, 0], [5000, 10000]]}]);
    let version = &takes[1]["version"];
    let wrong = json!([{"color": "yellow", "points": [[0, 10001]]}]);
    let refused = api.patch(&take, &json!({"version": version, "drawing": wrong})).await;
    assert_eq!((refused.status, &refused.json["errors"][0]["pointer"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("/drawing/0/points")));
    let drawn = api.patch(&take, &json!({"version": version, "drawing": drawing, "note": "higher"})).await.json;
    assert_eq!((&drawn["drawing"], &drawn["note"]), (&drawing, &json!("higher")));

    let (status, html) = page(&api, &format!("/projects/{project}/dailies")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("Takes of 2 of 3 shots"), "{html}");
    for words in ["S001 P001", "S001 P002", "S001 P003", "0,0 5000,10000"] {
        assert!(html.contains(words), "{words} is missing");
    }
}

#[tokio::test]
async fn a_link_shows_the_dailies_until_it_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (running, _engine, api, project) = with_film(&folder).await;
    let id: ProjectId = project.parse().unwrap();
    let share = async || call::<Result<String, ProductionProblem>>(running.addr, "share_dailies", &(id,)).await.unwrap();
    let link = share().await;
    let (status, html) = page(&api, &link).await;
    assert!(status == StatusCode::OK && html.contains("Dailies of The Lighthouse") && html.contains("S001 P003"), "{html}");
    assert!(!html.contains("/api/"), "no address of another part of Darkroom is in it: {html}");
    // Another link in the place of the first, and no link at all.
    let second = share().await;
    assert_eq!(page(&api, &link).await.0, StatusCode::NOT_FOUND);
    assert_eq!(page(&api, &second).await.0, StatusCode::OK);
    let take = format!("{second}/takes/{}", Uuid::nil());
    assert_eq!(page(&api, &take).await.0, StatusCode::NOT_FOUND, "only current takes of this project");
    call::<Result<(), ProductionProblem>>(running.addr, "unshare_dailies", &(id,)).await.unwrap();
    assert_eq!(page(&api, &second).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pages_are_rendered_with_what_there_is() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, ..) = film(&api, "Fog over the pier").await;
    let project = path.strip_prefix("/api").unwrap();
    let id = path.rsplit('/').next().unwrap();
    made(&api, &format!("{path}/beats"), json!({"beat": "Hope rises", "intensity": 0.5, "step": "act-1", "keywords": ["fog"]})).await;
    made(&api, &format!("{path}/assets"), json!({"kind": "character", "name": "Anna of the light", "trigger_word": "ohwx"})).await;
    let told = json!({"type": "agent.assigned", "project_id": id, "task_id": "t", "task_description": "Cut the arrival"});
    assert_eq!(api.post_json("/api/agents/Editor/events", &told).await.status, StatusCode::OK);

    let cases: [(&str, &[&str]); 4] = [
        ("story", &["Hope rises", "Confrontation", "S001", "Three acts"]),
        ("assets", &["Anna of the light", "ohwx", "No style yet"]),
        ("agents", &["Editor", "Cut the arrival", "Working"]),
        ("activity", &["Editor began: Cut the arrival", "Anna of the light"]),
    ];
    for (name, words) in cases {
        let (status, html) = page(&api, &format!("{project}/{name}")).await;
        assert_eq!(status, StatusCode::OK, "{name}");
        for word in words.iter().chain(&["Fog over the pier"]) {
            assert!(html.contains(word), "{name}: {word} is missing");
        }
        let (status, html) = page(&api, &format!("/projects/0199a0c6-0000-7000-8000-000000000001/{name}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{name}");
        assert!(html.contains("There is no such project"), "{name}");
    }
    assert_eq!(page(&api, &format!("{project}/nothing")).await.0, StatusCode::NOT_FOUND);
    let (status, html) = page(&api, "/agents").await;
    assert!(status == StatusCode::OK && html.contains("Cut the arrival") && html.contains("Fog over the pier"));
    let (status, html) = page(&api, "/external?state=failed").await;
    assert!(status == StatusCode::OK && html.contains("Redis is not configured") && html.contains("No task is like this"));
}

#[tokio::test]
async fn the_activity_goes_back_in_time_and_is_filtered() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, ..) = film(&api, "Fog").await;
    let project = path.strip_prefix("/api").unwrap();
    made(&api, &format!("{path}/assets"), json!({"kind": "prop", "name": "Lamp"})).await;
    made(&api, &format!("{path}/beats"), json!({"beat": "Storm"})).await;
    let events = api.get(&format!("{path}/events")).await.json["events"].clone();
    let lamp = events.as_array().unwrap().iter().find(|event| event["type"] == "asset.changed").unwrap()["number"].as_u64().unwrap();
    let of = async |query: String| page(&api, &format!("{project}/activity?{query}")).await.1;
    let (storm, lamp_words) = ("The beat \u{201c}Storm\u{201d} was added.", "The prop \u{201c}Lamp\u{201d} was added.");
    let all = of(String::new()).await;
    assert!(all.contains(storm) && all.contains(lamp_words));
    let story = of("kind=story".into()).await;
    assert!(story.contains(storm) && !story.contains(lamp_words));
    let before = of(format!("upto={lamp}")).await;
    assert!(!before.contains(storm) && before.contains(lamp_words));
    let older = of(format!("upto={}", lamp - 1)).await;
    assert!(!older.contains(lamp_words) && older.contains("was created."));
}

#[tokio::test]
async fn assets_and_beats_are_added_without_javascript() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, ..) = film(&api, "Fog").await;
    let project = path.strip_prefix("/api").unwrap();
    let send = async |page: &str, fields: &[(&str, &str)]| {
        let form = reqwest::Client::new().post(format!("{}{project}/{page}", api.base)).form(fields);
        let answer = form.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let (status, html) = send("assets", &[("name", "Lamp"), ("kind", "prop")]).await;
    assert!(status == StatusCode::OK && html.contains("Lamp"), "it leads back to the page: {status}");
    assert!(send("story", &[("beat", "Storm")]).await.1.contains("Storm"));
    assert_eq!(send("assets", &[("name", ""), ("kind", "prop")]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(send("agents", &[("name", "x")]).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(api.get(&format!("{path}/assets")).await.json["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn all_projects_are_followed_on_one_stream() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let mut events = Events::open(both.darkroom.addr, "/api/projects/events/stream", None).await;
    film(&api, "One").await;
    let told = json!({"type": "agent.assigned", "task_id": "t", "task_description": "Soup"});
    api.post_json("/api/agents/Caterer/events", &told).await;
    let mut names = Vec::new();
    while names.last().is_none_or(|name| name != "agent.assigned") {
        events.next().await.expect("the stream is open");
        names.push(events.name.clone());
    }
    assert!(names.contains(&"shot.changed".to_owned()), "{names:?}");
}
