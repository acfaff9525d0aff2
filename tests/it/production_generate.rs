//! Takes are started and cancelled from nodes.

use darkroom::proto::production::{Board, ProductionProblem, ProjectId, ProjectList};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    production_objects::{film, made, text},
    support::{
        api::{Answer, Api},
        darkroom_server::{Both, call, darkroom},
        events::Events,
    },
};

/// A project whose shot has a character, a style and a node; the paths of the project and of the node.
async fn stage(api: &Api, title: &str) -> (String, String, Value) {
    let (path, _, _, shot) = film(api, title).await;
    let node = made(api, &format!("{path}/nodes"), json!({"node_id": "render", "shot": shot["id"]})).await;
    for asset in [
        json!({"kind": "character", "name": "Anna", "prompt_fragment": "red coat", "trigger_word": "ann4"}),
        json!({"kind": "style", "name": "Noir", "prompt_fragment": "film noir"}),
    ] {
        let asset = made(api, &format!("{path}/assets"), asset).await;
        made(api, &format!("{path}/casts"), json!({"shot": shot["id"], "asset": asset["id"]})).await;
    }
    let node = format!("{path}/nodes/{}", text(&node["node_id"]));
    (path, node, shot)
}

const PROMPT: &str = "Anna at the rail, ann4, red coat, film noir";

async fn generate(api: &Api, node: &str, body: Value) -> Answer {
    api.post_json(&format!("{node}/generate"), &body).await
}

/// A take that must be started.
async fn started(api: &Api, node: &str, body: Value) -> Value {
    let answer = generate(api, node, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    answer.json["take"].clone()
}

async fn workflow_of(api: &Api, path: &str, take: &Value) -> Value {
    api.get(&format!("{path}/takes/{}/workflow", text(&take["id"]))).await.json
}

fn input<'a>(workflow: &'a Value, node: &str, name: &str) -> &'a Value {
    &workflow[node]["inputs"][name]
}

/// Waits for an event of this type.
async fn wait_for(stream: &mut Events, name: &str) -> Value {
    loop {
        let (told, data) = stream.of_project().await;
        if told == name {
            return data;
        }
    }
}

#[tokio::test]
async fn a_take_is_made_of_the_prompt_of_its_shot_the_values_of_its_quality_and_a_seed() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, node, _) = stage(&api, "Take").await;
    let mut stream = Events::open(both.darkroom.addr, &format!("{path}/events/stream"), None).await;
    let body = json!({"quality": "low", "seed": "18446744073709551615", "note": "redder", "off": [], "parameters": {"cfg": 5.5}});
    let answer = generate(&api, &node, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    let take = &answer.json["take"];
    assert_eq!(answer.header("location"), format!("{path}/takes/{}", text(&take["id"])));
    assert_eq!((&take["take_number"], &take["quality_preset"], &take["node_id"]), (&json!(1), &json!("low"), &json!("render")));
    assert_eq!((&take["seed"], &take["task_id"]), (&json!("18446744073709551615"), &answer.json["task_id"]));
    assert_eq!(take["composite_prompt"]["final_prompt"], PROMPT);
    assert_eq!((&take["metadata"]["note"], &take["metadata"]["workflow"]), (&json!("redder"), &json!("text-to-image")));
    let workflow = workflow_of(&api, &path, take).await;
    assert_eq!((input(&workflow, "6", "text"), input(&workflow, "3", "seed")), (&json!(PROMPT), &json!(u64::MAX)));
    assert_eq!((input(&workflow, "3", "steps"), input(&workflow, "3", "cfg")), (&json!(8), &json!(5.5)));
    assert_eq!((input(&workflow, "5", "width"), input(&workflow, "5", "height")), (&json!(680), &json!(384)), "in the shape of 1920x1080");
    let begun = wait_for(&mut stream, "generation.started").await;
    assert_eq!((&begun["node_id"], &begun["take_number"]), (&json!("render"), &json!(1)));
    let ended = wait_for(&mut stream, "generation.completed").await;
    assert_eq!((&ended["node_id"], &ended["task_id"]), (&json!("render"), &take["task_id"]));
    let now = api.get(&node).await.json;
    assert_eq!((&now["status"], &now["current_take"], &now["take_count"]), (&json!("completed"), &json!(1), &json!(1)));
    let task = api.get(&format!("/api/tasks/{}", text(&take["task_id"]))).await.json;
    assert_eq!((&task["metadata"]["node_id"], &task["name"]), (&json!("render"), &json!("S001_P001 render")));
    // A quality of the node itself, and of the project, and a seed of its own.
    let standard = started(&api, &node, json!({})).await;
    assert_eq!((&standard["quality_preset"], &standard["take_number"]), (&json!("standard"), &json!(2)));
    assert_ne!(standard["seed"], take["seed"]);
    api.patch(&node, &json!({"version": api.get(&node).await.json["version"], "quality_preset": "high"})).await;
    let high = started(&api, &node, json!({"seed": 7})).await;
    assert_eq!((&high["quality_preset"], &high["seed"]), (&json!("high"), &json!("7")));
    assert_eq!(input(&workflow_of(&api, &path, &high).await, "3", "steps"), &json!(40));
}

#[tokio::test]
async fn a_take_is_redone_exactly_and_another_quality_changes_only_its_own_values() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, node, shot) = stage(&api, "Redo").await;
    let draft = started(&api, &node, json!({"quality": "low", "parameters": {"cfg": 4}, "off": []})).await;
    let frozen = workflow_of(&api, &path, &draft).await;
    // Everything that it was made of changes meanwhile.
    let of_shot = format!("{path}/shots/{}", text(&shot["id"]));
    api.patch(&of_shot, &json!({"version": api.get(&of_shot).await.json["version"], "base_prompt": "an empty pier"})).await;
    let presets = json!({"default": {"low": {"overrides": {"steps": 4, "width": 64}}, "high": {"overrides": {"steps": 50, "cfg": 9}}}});
    let changed = api.patch(&path, &json!({"version": 1, "presets": presets})).await;
    assert_eq!(changed.json["presets"]["default"]["low"]["overrides"], json!({"steps": 4, "width": 64}), "{}", changed.json);
    assert_eq!(changed.json["presets"]["default"]["standard"]["overrides"]["steps"], 20, "what is not named stays");

    let same = started(&api, &node, json!({"redo": draft["id"]})).await;
    assert_eq!(workflow_of(&api, &path, &same).await, frozen);
    assert_eq!((&same["seed"], &same["composite_prompt"]), (&draft["seed"], &draft["composite_prompt"]));
    assert_eq!((&same["metadata"]["redo_of"], &same["quality_preset"]), (&draft["id"], &json!("low")));

    let high = started(&api, &node, json!({"redo": draft["id"], "quality": "high"})).await;
    let mut expected = frozen.clone();
    expected["3"]["inputs"]["steps"] = json!(50);
    assert_eq!(workflow_of(&api, &path, &high).await, expected, "the guidance that a person chose stays");
    assert_eq!(high["seed"], draft["seed"]);
    // What the lower quality set, and the higher does not, goes back to what it usually is.
    let small = started(&api, &node, json!({"quality": "low", "seed": 3})).await;
    assert_eq!(input(&workflow_of(&api, &path, &small).await, "5", "width"), &json!(64));
    let large = started(&api, &node, json!({"redo": small["id"], "quality": "high", "parameters": {"sampler": "heun"}})).await;
    let workflow = workflow_of(&api, &path, &large).await;
    assert_eq!((input(&workflow, "5", "width"), input(&workflow, "3", "sampler_name")), (&json!(680), &json!("heun")));
    assert_eq!((input(&workflow, "3", "seed"), input(&workflow, "3", "cfg").as_f64()), (&json!(3), Some(9.0)));

    for (body, pointer) in [
        (json!({"redo": draft["id"], "prompt": "x"}), "/prompt"),
        (json!({"redo": draft["id"], "off": ["base"]}), "/off"),
        (json!({"redo": "00000000-0000-0000-0000-000000000000"}), "/redo"),
    ] {
        let answer = generate(&api, &node, body.clone()).await;
        assert_eq!((answer.status, answer.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec![pointer]), "{body}: {}", answer.json);
    }
    made(&api, &format!("{path}/nodes"), json!({"node_id": "other"})).await;
    let answer = generate(&api, &format!("{path}/nodes/other"), json!({"redo": draft["id"]})).await;
    assert_eq!(answer.pointers(), ["/redo"], "{}", answer.json);
}

#[tokio::test]
async fn a_refusal_leaves_no_take_behind() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, node, shot) = stage(&api, "Refused").await;
    let before = api.get(&format!("{path}/events?limit=500")).await.json["events"].as_array().unwrap().len();
    for (body, pointer) in [
        (json!({"parameters": {"checkpoint": "nowhere.safetensors"}}), "/parameters/checkpoint"),
        (json!({"parameters": {"steps": "many"}}), "/parameters/steps"),
        (json!({"parameters": {"stepps": 3}}), "/parameters/stepps"),
        (json!({"parameters": {"prompt": "x"}}), "/parameters/prompt"),
        (json!({"seed": "-1"}), "/seed"),
        (json!({"seed": 1.5}), "/seed"),
        (json!({"quality": "best"}), "/quality"),
        (json!({"qualty": "low"}), "/qualty"),
        (json!({"priority": 101}), "/priority"),
        (json!({"context": {"shot_id": "P001"}}), "/context/scene_id"),
        (json!({"context": {"scene_id": "S001", "shot_id": "P009"}}), "/context/shot_id"),
        (json!({"context": {"style_refs": ["00000000-0000-0000-0000-000000000000"]}}), "/context/style_refs"),
    ] {
        let answer = generate(&api, &node, body.clone()).await;
        assert_eq!((answer.status, answer.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec![pointer]), "{body}: {}", answer.json);
    }
    let lost = json!({"workflow": "00000000-0000-0000-0000-000000000000"});
    assert_eq!(generate(&api, &node, lost).await.status, StatusCode::NOT_FOUND);
    assert_eq!(generate(&api, &format!("{path}/nodes/nowhere"), json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(api.get(&format!("{path}/events?limit=500")).await.json["events"].as_array().unwrap().len(), before, "nothing was told");
    // ComfyUI itself refuses this one, when the task has its number already.
    let refused = generate(&api, &node, json!({"parameters": {"cfg": 1000}})).await;
    assert_eq!((refused.status, refused.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/parameters/cfg"]), "{}", refused.json);
    // What ComfyUI refused is written a moment later.
    let second = started(&api, &node, json!({})).await;
    assert_eq!(second["take_number"], 2, "no number is given twice");
    let takes = api.get(&format!("{path}/takes")).await.json["items"].as_array().unwrap().len();
    let trashed = api.get(&format!("{path}/takes?trashed=true")).await.json["items"].clone();
    assert_eq!((takes, &trashed[0]["take_number"], &trashed[0]["state"]), (1, &json!(1), &json!("cancelled")));
    // A shot without words, a node without a shot, a shot in the trash.
    let of_shot = format!("{path}/shots/{}", text(&shot["id"]));
    let bare = made(&api, &format!("{path}/shots"), json!({"scene": shot["scene"]})).await;
    made(&api, &format!("{path}/nodes"), json!({"node_id": "bare", "shot": bare["id"]})).await;
    made(&api, &format!("{path}/nodes"), json!({"node_id": "lone"})).await;
    for name in ["bare", "lone"] {
        assert_eq!(generate(&api, &format!("{path}/nodes/{name}"), json!({})).await.pointers(), ["/prompt"], "{name}");
        let take = started(&api, &format!("{path}/nodes/{name}"), json!({"prompt": "a gull"})).await;
        assert_eq!(take["composite_prompt"]["final_prompt"], "a gull");
    }
    let elsewhere = json!({"context": {"scene_id": "S001", "shot_id": "P001"}});
    let take = started(&api, &format!("{path}/nodes/lone"), elsewhere).await;
    assert_eq!(take["composite_prompt"]["final_prompt"], PROMPT, "of the shot that the request names");
    api.delete(&of_shot).await;
    assert_eq!(generate(&api, &node, json!({})).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_same_key_is_the_same_take() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, node, _) = stage(&api, "Once").await;
    let ask = async |node: &str, key: &str, body: Value| {
        let request = api.request(Method::POST, &format!("{node}/generate")).header("idempotency-key", key).json(&body);
        api.send(request).await
    };
    let first = ask(&node, "a", json!({"quality": "low"})).await;
    let again = ask(&node, "a", json!({"quality": "low"})).await;
    assert_eq!((again.status, &again.json["take"]["id"]), (StatusCode::CREATED, &first.json["take"]["id"]));
    assert_eq!((again.header("idempotency-replayed"), again.header("location")), ("true", first.header("location")));
    assert_eq!(ask(&node, "a", json!({"quality": "high"})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    made(&api, &format!("{path}/nodes"), json!({"node_id": "other", "shot": api.get(&node).await.json["shot"]})).await;
    assert_eq!(ask(&format!("{path}/nodes/other"), "a", json!({"quality": "low"})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ask(&node, "", json!({})).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(api.get(&format!("{path}/takes")).await.json["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn all_takes_of_a_node_are_cancelled() {
    let both = Both::start(0.001).await;
    let api = Api::of(&both).await;
    let (path, node, _) = stage(&api, "Cancelled").await;
    let mut stream = Events::open(both.darkroom.addr, &format!("{path}/events/stream"), None).await;
    let idle = api.post(&format!("{node}/cancel")).await;
    assert_eq!((idle.status, &idle.json["tasks"]), (StatusCode::OK, &json!([])), "nothing to cancel is no mistake");
    let (first, second) = (started(&api, &node, json!({})).await, started(&api, &node, json!({})).await);
    assert_eq!(api.get(&node).await.json["status"], "generating");
    let cancelled = api.post(&format!("{node}/cancel")).await.json;
    assert_eq!(cancelled["tasks"], json!([first["task_id"], second["task_id"]]));
    let is_idle = async |stream: &mut Events| {
        while wait_for(stream, "node.state_changed").await["status"] != "idle" {}
    };
    is_idle(&mut stream).await;
    let takes = api.get(&format!("{path}/takes")).await.json["items"].clone();
    assert_eq!((&takes[0]["state"], &takes[1]["state"]), (&json!("cancelled"), &json!("cancelled")));
    assert_eq!(api.post(&format!("{path}/nodes/nowhere/cancel")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn many_shots_are_generated_and_each_is_answered() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, _, shot) = stage(&api, "Many").await;
    let mut shots = vec![shot["id"].clone()];
    for prompt in ["a gull", ""] {
        let shot = made(&api, &format!("{path}/shots"), json!({"scene": shot["scene"], "base_prompt": prompt})).await;
        shots.push(shot["id"].clone());
    }
    shots.push(json!("00000000-0000-0000-0000-000000000000"));
    let ask = async || {
        let request = api.request(Method::POST, &format!("{path}/shots/generate")).header("idempotency-key", "all");
        api.send(request.json(&json!({"shots": shots, "take": {"quality": "low", "seed": 5}}))).await
    };
    let answer = ask().await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    let items = answer.json["items"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| &item["shot"]).collect::<Vec<_>>(), shots.iter().collect::<Vec<_>>());
    assert_eq!(items[0]["started"]["node"]["node_id"], "render", "the node that it has");
    let made_for = format!("render-{}", text(&shots[1]));
    assert_eq!((&items[1]["started"]["take"]["node_id"], &items[1]["started"]["take"]["seed"]), (&json!(made_for), &json!("5")));
    assert_eq!((&items[2]["problem"]["status"], &items[2]["problem"]["errors"][0]["pointer"]), (&json!(422), &json!("/take/prompt")));
    assert_eq!(items[3]["problem"]["status"], 404);
    let again = ask().await.json;
    assert_eq!(again["items"][1]["started"]["take"]["id"], items[1]["started"]["take"]["id"], "the same request is the same takes");
    assert_eq!(api.get(&format!("{path}/takes")).await.json["items"].as_array().unwrap().len(), 2);
    for (body, pointer) in [
        (json!({"shots": []}), "/shots"),
        (json!({"shots": [shots[0]], "take": {"redo": shots[0]}}), "/take/redo"),
        (json!({"shots": [shots[0]], "take": {"qualty": "low"}}), "/take/qualty"),
        (json!({"shots": [shots[0]], "take": {"seed": "x"}}), "/take/seed"),
        (json!({"shots": [shots[0]], "quality": "low"}), "/quality"),
    ] {
        let answer = api.post_json(&format!("{path}/shots/generate"), &body).await;
        assert_eq!((answer.status, answer.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec![pointer]), "{body}: {}", answer.json);
    }
}

#[tokio::test]
async fn a_quality_may_run_a_saved_workflow() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, node, _) = stage(&api, "Saved").await;
    let first = started(&api, &node, json!({"quality": "low", "seed": 11})).await;
    let mut workflow = workflow_of(&api, &path, &first).await;
    // The same graph under other ids, so that nothing fits by chance.
    let text_of = workflow.to_string();
    let renamed = ["3", "4", "5", "6", "7", "8", "9"].iter().fold(text_of, |json, id| {
        json.replace(&format!("\"{id}\":{{"), &format!("\"1{id}\":{{")).replace(&format!("[\"{id}\","), &format!("[\"1{id}\","))
    });
    workflow = serde_json::from_str(&renamed).unwrap();
    let saved = made(&api, "/api/workflows", json!({"name": "Fine", "workflow": workflow})).await;
    let id = &saved["id"];
    let version = |project: &Value| project["version"].clone();
    let high = json!({"workflow": id, "overrides": {"13.steps": 33, "cfg": 6}});
    let presets = json!({"default": {"high": high}, "matte": {"low": {"workflow": id}}});
    let project = api.patch(&path, &json!({"version": 1, "presets": presets})).await.json;
    let fine = started(&api, &node, json!({"quality": "high", "seed": "9007199254740993"})).await;
    let made_with = workflow_of(&api, &path, &fine).await;
    assert_eq!((input(&made_with, "13", "steps"), input(&made_with, "13", "cfg").as_f64()), (&json!(33), Some(6.0)));
    assert_eq!((input(&made_with, "16", "text"), input(&made_with, "13", "seed")), (&json!(PROMPT), &json!(9_007_199_254_740_993_u64)));
    assert_eq!((&fine["metadata"]["workflow"], &fine["metadata"]["workflow_version"]), (id, &json!(1)));
    // From one workflow to the other, with the prompt and the seed of then.
    let again = started(&api, &node, json!({"redo": first["id"], "quality": "high"})).await;
    assert_eq!((&again["seed"], &again["composite_prompt"]), (&json!("11"), &first["composite_prompt"]));
    assert_eq!(input(&workflow_of(&api, &path, &again).await, "13", "seed"), &json!(11));
    // Another kind of node has its own.
    made(&api, &format!("{path}/nodes"), json!({"node_id": "matte", "kind": "matte", "shot": api.get(&node).await.json["shot"]})).await;
    let matte = format!("{path}/nodes/matte");
    let take = started(&api, &matte, json!({"quality": "low", "parameters": {"13.steps": 3}})).await;
    assert_eq!(input(&workflow_of(&api, &path, &take).await, "13", "steps"), &json!(3));
    let wrong = generate(&api, &matte, json!({"quality": "low", "parameters": {"99.steps": 3}})).await;
    assert_eq!(wrong.pointers(), ["/parameters/99.steps"], "{}", wrong.json);
    for (presets, pointer) in [
        (json!({"default": {"low": {"overrides": {"seed": 3}}}}), "/presets/default/low/overrides/seed"),
        (json!({"default": {"low": {"overrides": {"3.steps": 3}}}}), "/presets/default/low/overrides/3.steps"),
        (json!({"default": {"low": {"overrides": {"steps": {}}}}}), "/presets/default/low/overrides/steps"),
        (json!({"default": {"low": {"overides": {}}}}), "/presets/default/low/overides"),
    ] {
        let answer = api.patch(&path, &json!({"version": version(&project), "presets": presets})).await;
        assert_eq!((answer.status, answer.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec![pointer]), "{}", answer.json);
    }
}

#[tokio::test]
async fn a_take_is_made_although_darkroom_was_restarted_before_its_task_began() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, node, _) = stage(&api, "Restart").await;
    api.post("/api/queue/pause").await;
    let take = started(&api, &node, json!({"quality": "low"})).await;
    assert_eq!(take["state"], "generating");
    let known = api.get(&format!("{path}/events?limit=500")).await.json["next"].to_string();
    let Both { engine, darkroom: running, folder } = both;
    running.stop().await;
    let again = darkroom(folder.path().join("data"), engine.addr).await;
    let api = Api::at(format!("http://{}", again.addr)).await;
    assert_eq!(api.get(&node).await.json["last_take_number"], 1);
    let mut stream = Events::open(again.addr, &format!("{path}/events/stream"), Some(&known)).await;
    api.post("/api/queue/resume").await;
    let ended = wait_for(&mut stream, "generation.completed").await;
    assert_eq!(ended["task_id"], take["task_id"]);
    assert_eq!(api.get(&node).await.json["current_take"], 1);
}

/// One that is kept in memory is brought up to date by what has happened since; what is in it is what the database has.
#[tokio::test]
async fn a_board_and_a_card_are_the_same_whether_they_were_read_before_or_are_read_now() {
    type Read<T> = Result<T, ProductionProblem>;
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, node, shot) = stage(&api, "Known").await;
    let id: ProjectId = path.rsplit('/').next().unwrap().parse().unwrap();
    let board = async |addr| call::<Read<Board>>(addr, "board", &(id,)).await.unwrap();
    let cards = async |addr| call::<Read<ProjectList>>(addr, "projects", &()).await.unwrap();
    let addr = both.darkroom.addr;
    let (first, card) = (board(addr).await, cards(addr).await);
    assert_eq!((board(addr).await, cards(addr).await), (first.clone(), card.clone()), "nothing has happened");

    // Of each kind something is made, changed, thrown away or restored.
    let scene =
        made(&api, &format!("{path}/scenes"), json!({"chapter": first.chapters.keys().next().unwrap(), "title": "The storm"})).await;
    for title in ["Waves", "Lightning", "Calm"] {
        let new = made(&api, &format!("{path}/shots"), json!({"scene": scene["id"], "title": title, "base_prompt": "the open sea"})).await;
        let of_shot = made(&api, &format!("{path}/nodes"), json!({"shot": new["id"]})).await;
        if title != "Calm" {
            let (node, shot) = (format!("{path}/nodes/{}", text(&of_shot["node_id"])), format!("{path}/shots/{}", text(&new["id"])));
            started(&api, &node, json!({"quality": "low"})).await;
            assert_eq!(api.delete(&shot).await.status, StatusCode::OK);
            if title == "Waves" {
                assert_eq!(api.post(&format!("{shot}/restore")).await.status, StatusCode::OK);
            }
        }
    }
    for asset in api.get(&format!("{path}/assets")).await.json["items"].as_array().unwrap() {
        let asset = format!("{path}/assets/{}", text(&asset["id"]));
        assert_eq!(api.delete(&asset).await.status, StatusCode::OK);
    }
    let changed = format!("{path}/shots/{}", text(&shot["id"]));
    let version = api.get(&changed).await.json["version"].clone();
    assert_eq!(api.patch(&changed, &json!({"version": version, "title": "Renamed", "status": "approved"})).await.status, StatusCode::OK);
    started(&api, &node, json!({"quality": "low"})).await;
    let is_generating = async || {
        let takes = api.get(&format!("{path}/takes")).await.json;
        takes["items"].as_array().unwrap().iter().any(|take| take["state"] == "generating")
    };
    while is_generating().await {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    api.post("/api/queue/pause").await;
    started(&api, &node, json!({"quality": "low"})).await;

    let (known, known_cards) = (board(addr).await, cards(addr).await);
    assert_ne!(known, first);
    let Both { engine, darkroom: running, folder } = both;
    running.stop().await;
    let again = darkroom(folder.path().join("data"), engine.addr).await;
    assert_eq!((board(again.addr).await, cards(again.addr).await), (known, known_cards));
}

#[tokio::test]
async fn a_node_that_was_made_for_a_take_that_is_refused_is_removed_again() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, _, _, shot) = film(&api, "Refused").await;
    let mut stream = Events::open(both.darkroom.addr, &format!("{path}/events/stream"), None).await;
    let ask = async |cfg: f64| {
        let body = json!({"shots": [shot["id"]], "take": {"parameters": {"cfg": cfg}}});
        api.post_json(&format!("{path}/shots/generate"), &body).await.json["items"][0].clone()
    };
    // ComfyUI itself refuses it, when the task has its number already.
    let refused = ask(1000.0).await;
    assert_eq!((&refused["problem"]["status"], &refused["problem"]["errors"][0]["pointer"]), (&json!(422), &json!("/take/parameters/cfg")));
    for query in ["", "?trashed=true"] {
        assert_eq!(api.get(&format!("{path}/nodes{query}")).await.json["items"], json!([]), "{query}");
    }
    loop {
        let told = wait_for(&mut stream, "node.state_changed").await;
        if told["deleted_at"].is_string() {
            break;
        }
    }
    let made = ask(5.0).await;
    assert_eq!((&made["started"]["take"]["take_number"], &made["started"]["node"]["shot"]), (&json!(1), &shot["id"]), "{made}");
}
