//! The gallery over the API: outputs of tasks are found, changed, and there when their tasks are gone. Every response is checked against the document.

use crate::support::{
    api::{Api, lighthouse},
    darkroom_server::{Both, backend, darkroom_with},
};
use darkroom::server::config::{Config, Retention};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const FAST: f64 = 1e9;

fn picture(prompt: &str, seed: u64, side: u32) -> Value {
    let parameters = json!({"prompt": prompt, "negativePrompt": "blurry", "width": side, "height": 64, "steps": 3, "seed": seed});
    json!({"workflow": "text-to-image", "parameters": parameters})
}

/// Waits until the gallery has so many results.
async fn until(api: &Api, search: &str, total: u64) -> Value {
    let path = format!("/api/outputs?q={}", urlencoding(search));
    tokio::time::timeout(std::time::Duration::from_secs(60), async {
        loop {
            let found = api.get(&path).await;
            assert_eq!(found.status, StatusCode::OK, "{}", found.json);
            if found.json["total"] == total {
                return found.json;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap_or_else(|_| panic!("{search:?} never had {total} results"))
}

fn urlencoding(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn ids(found: &Value) -> Vec<String> {
    found["outputs"].as_array().unwrap().iter().map(|output| output["outputId"].as_str().unwrap().to_owned()).collect()
}

async fn act(api: &Api, select: Value, change: Value) -> Value {
    let answer = api.post_json("/api/outputs/actions", &json!({"select": select, "change": change})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
    answer.json
}

#[tokio::test]
async fn outputs_are_found_by_what_is_known_of_them() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    for (prompt, seed, side) in [("a red door in the rain", 1, 64), ("a red boat", 2, 64), ("a lighthouse, door open", 3, 128)] {
        api.accepted(&picture(prompt, seed, side)).await;
    }
    let all = until(&api, "", 3).await;
    let first = &all["outputs"][0];
    assert_eq!(first["seed"], "3");
    assert_eq!(first["models"], json!(["demo-safelight.safetensors"]));
    assert_eq!((&first["width"], &first["height"], &first["type"]), (&json!(128), &json!(64), &json!("image")));
    assert_eq!((&first["prompt"], &first["negativePrompt"]), (&json!("a lighthouse, door open"), &json!("blurry")));
    assert_eq!((&first["sampler"], &first["steps"], &first["workflow"]), (&json!("euler"), &json!(3), &json!("text-to-image")));
    for (search, seeds) in [
        ("door", &["3", "1"][..]),
        ("red door", &["1"]),
        ("\"red door\"", &["1"]),
        ("doors", &["3", "1"]),
        ("lightho*", &["3"]),
        ("red -door", &["2"]),
        ("blurry", &[]),
        ("negative:blurry -boat", &["3", "1"]),
        ("model:demo*", &["3", "2", "1"]),
        ("model:safelight", &[]),
        ("seed:2", &["2"]),
        ("size:128x64", &["3"]),
        ("ratio:1:1", &["2", "1"]),
        ("steps:>3", &[]),
        ("date:today -seed:1", &["3", "2"]),
        ("has:prompt has:mask", &[]),
        ("type:video", &[]),
        ("in:trash", &[]),
    ] {
        let found = api.get(&format!("/api/outputs?q={}", urlencoding(search))).await.json;
        let found: Vec<&str> = found["outputs"].as_array().unwrap().iter().map(|output| output["seed"].as_str().unwrap()).collect();
        assert_eq!(found, seeds, "{search}");
    }
    // Page by page, in both orders.
    for order in ["newest", "oldest"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = api.get(&format!("/api/outputs?order={order}&limit=1{after}")).await.json;
            seen.extend(ids(&page));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let mut expected = ids(&all);
        if order == "oldest" {
            expected.reverse();
        }
        assert_eq!(seen, expected);
    }
    let facets = api.get("/api/outputs/facets?q=red").await.json;
    assert_eq!(facets["total"], 2);
    let model = facets["facets"].as_array().unwrap().iter().find(|facet| facet["field"] == "model").unwrap();
    assert_eq!(model["values"], json!([{"value": "demo-safelight.safetensors", "outputs": 2}]));
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let wrong = api.get("/api/outputs?q=modle%3Aflux").await;
    assert_eq!((wrong.status, wrong.problem()), (StatusCode::UNPROCESSABLE_ENTITY, "bad-search"));
    assert!(wrong.json["detail"].as_str().unwrap().contains("model:"), "{}", wrong.json);
    for (path, status, problem) in [
        ("/api/outputs?limit=0", StatusCode::BAD_REQUEST, "bad-query"),
        ("/api/outputs?limit=201", StatusCode::BAD_REQUEST, "bad-query"),
        ("/api/outputs?order=best", StatusCode::BAD_REQUEST, "bad-query"),
        ("/api/outputs/x", StatusCode::BAD_REQUEST, "bad-path"),
        ("/api/outputs/7", StatusCode::NOT_FOUND, "unknown-output"),
        ("/api/outputs/7/file", StatusCode::NOT_FOUND, "unknown-output"),
    ] {
        let answer = api.get(path).await;
        assert_eq!((answer.status, answer.problem()), (status, problem), "{path}");
    }
    for (body, pointer) in [
        (json!({"select": {"q": "red"}, "change": {"star": true}}), "/select/upTo"),
        (json!({"select": {"q": "red", "ids": []}, "change": {"star": true}}), "/select"),
        (json!({"select": {"ids": ["1"]}, "change": {"rating": 6}}), "/change"),
        (json!({"select": {"ids": ["1"]}, "change": {"addTag": "  "}}), "/change"),
    ] {
        let answer = api.post_json("/api/outputs/actions", &body).await;
        assert_eq!((answer.status, answer.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec![pointer]), "{}", answer.json);
    }
    let undo = api.post("/api/outputs/actions/7/undo").await;
    assert_eq!((undo.status, undo.problem()), (StatusCode::NOT_FOUND, "unknown-action"));
}

#[tokio::test]
async fn a_change_of_many_is_undone_also_after_a_restart() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    for seed in 1..=4 {
        api.accepted(&picture("a harbour", seed, 64)).await;
    }
    let before = until(&api, "harbour", 4).await;
    let ids = ids(&before);
    act(&api, json!({"ids": [ids[0]]}), json!({"star": true})).await;
    act(&api, json!({"ids": [ids[1], ids[2]]}), json!({"addTag": " night   sky "})).await;
    let tagged = until(&api, "tag:\"night sky\"", 2).await;
    assert_eq!(tagged["outputs"][0]["tags"], json!(["night sky"]));
    let starred = until(&api, "star:yes", 1).await;
    assert_eq!(starred["outputs"][0]["outputId"], json!(ids[0]));
    let state = api.get("/api/outputs").await.json;

    // All results of a search: the starred one stays.
    let thrown = act(&api, json!({"q": "harbour", "upTo": ids[0], "except": [ids[3]]}), json!({"trash": true})).await;
    assert_eq!((&thrown["changed"], &thrown["refused"]), (&json!(2), &json!(1)));
    assert_eq!(thrown["alsoAt"][0]["outputs"], 2);
    assert!(thrown["alsoAt"][0]["backend"].as_str().is_some_and(|name| !name.is_empty()), "{thrown}");
    assert_eq!(until(&api, "", 2).await["outputs"][0]["outputId"], json!(ids[0]));
    let trash = until(&api, "in:trash", 2).await;
    assert!(trash["outputs"][0]["deletedAt"].is_string());
    assert_eq!(api.get("/api/outputs/facets").await.json["total"], 2);

    let Both { engine, darkroom: first, folder } = both;
    first.stop().await;
    let config = Config { data: folder.path().join("data"), backends: vec![backend(engine.addr)], ..Config::default() };
    let second = darkroom_with(config).await;
    let api = Api::at(format!("http://{}", second.addr)).await;
    let undone = api.post(&format!("/api/outputs/actions/{}/undo", thrown["actionId"])).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    assert_eq!(api.get("/api/outputs").await.json, state);
}

#[tokio::test]
async fn outputs_stay_when_their_tasks_are_gone() {
    let both = Both::start(FAST).await;
    let Both { engine, darkroom: first, folder } = both;
    first.stop().await;
    let retention = Retention { keep_tasks: 1, ..Retention::default() };
    let data = folder.path().join("data");
    let config = Config { data, backends: vec![backend(engine.addr)], retention, ..Config::default() };
    let darkroom = darkroom_with(config).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    for seed in 1..=3 {
        api.accepted(&lighthouse(seed)).await;
    }
    let found = until(&api, "lighthouse", 3).await;
    let oldest = &found["outputs"][2];
    let task = format!("/api/tasks/{}", oldest["taskId"].as_str().unwrap());
    tokio::time::timeout(std::time::Duration::from_secs(60), async {
        while api.get(&task).await.status != StatusCode::NOT_FOUND {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the limit of tasks removes it");
    let id = oldest["outputId"].as_str().unwrap();
    let kept = api.get(&format!("/api/outputs/{id}")).await;
    assert_eq!((&kept.json["seed"], &kept.json["prompt"]), (&json!("1"), &json!("a lighthouse at dusk")));
    let file = api.get(&format!("/api/outputs/{id}/file")).await;
    assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "image/png"));
    assert_eq!(file.bytes.len() as u64, kept.json["bytes"].as_u64().unwrap());
    let part = api.send(api.request(Method::GET, &format!("/api/outputs/{id}/file")).header("range", "bytes=0-7")).await;
    assert_eq!((part.status, part.bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, &file.bytes[..8]));
    let small = reqwest::get(format!("{}/gallery/{id}/file?thumb=320", api.base)).await.unwrap();
    assert_eq!((small.status(), small.headers()["content-type"].to_str().unwrap()), (StatusCode::OK, "image/webp"));
    let saved = api.get(&format!("/api/outputs/{id}/file?download=true")).await;
    assert!(saved.header("content-disposition").starts_with("attachment"), "{:?}", saved.headers);
}

/// A task that a person removes takes its outputs along, but for those that they starred.
#[tokio::test]
async fn a_task_that_is_removed_takes_its_outputs_along_but_for_starred_ones() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let tasks = [api.accepted(&picture("one", 1, 64)).await, api.accepted(&picture("two", 2, 64)).await];
    let found = until(&api, "", 2).await;
    let starred = ids(&found)[0].clone();
    act(&api, json!({"ids": [starred]}), json!({"star": true})).await;
    for task in tasks {
        assert_eq!(api.delete(&format!("/api/tasks/{task}")).await.status, StatusCode::OK);
    }
    let left = until(&api, "", 1).await;
    assert_eq!(ids(&left), [starred.as_str()]);
    assert_eq!(api.get(&format!("/api/outputs/{starred}/file")).await.status, StatusCode::OK);
}

/// A file of `tests/recordings/described`.
fn recorded(name: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/described").join(name)).unwrap()
}

#[tokio::test]
async fn files_are_imported_once_with_what_other_programs_wrote_into_them() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let send = async |name: &str, bytes: Vec<u8>| {
        let path = format!("/api/outputs?filename={name}&createdAt=2025-03-01T12:00:00Z");
        api.send(api.request(Method::POST, &path).header("content-type", "application/octet-stream").body(bytes)).await
    };
    let new = send("a1111.webp", recorded("a1111.webp")).await;
    assert_eq!(new.status, StatusCode::CREATED, "{}", new.json);
    assert_eq!((&new.json["taskId"], &new.json["filename"]), (&Value::Null, &json!("a1111.webp")));
    assert!(new.json["createdAt"].as_str().unwrap().starts_with("2025-03-01T12:00:00"), "{}", new.json);
    assert!(!new.json["prompt"].as_str().unwrap().is_empty() && new.json["seed"].is_string(), "{}", new.json);
    let again = send("copy.webp", recorded("a1111.webp")).await;
    assert_eq!((again.status, &again.json["outputId"]), (StatusCode::OK, &new.json["outputId"]));
    let comfy = send("comfy.webp", recorded("comfy.webp")).await;
    assert_eq!((comfy.status, &comfy.json["program"]), (StatusCode::CREATED, &json!("ComfyUI")), "{}", comfy.json);
    assert_eq!(until(&api, "date:2025-03", 2).await["outputs"].as_array().unwrap().len(), 2);
    // It is worked on like a result of a task.
    let picture = api.post_json("/api/pictures", &json!({"outputId": new.json["outputId"]})).await;
    assert_eq!((picture.status, &picture.json["width"]), (StatusCode::CREATED, &new.json["width"]), "{}", picture.json);
    let unknown = api.post_json("/api/pictures", &json!({"outputId": "7"})).await;
    assert_eq!((unknown.status, unknown.problem()), (StatusCode::NOT_FOUND, "unknown-output"));
    let both_ways = api.post_json("/api/pictures", &json!({"outputId": new.json["outputId"], "output": 0})).await;
    assert_eq!((both_ways.status, both_ways.problem()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid-request"));
    let known = json!({"hashes": [sha256(&recorded("a1111.webp")), "0"]});
    assert_eq!(api.post_json("/api/outputs/known", &known).await.json["known"].as_array().unwrap().len(), 1);

    // What cannot be taken leaves nothing behind, and hurts nothing else.
    let picture = api.get(&format!("/api/outputs/{}/file", new.json["outputId"].as_str().unwrap())).await;
    assert_eq!(picture.bytes, recorded("a1111.webp"));
    let mut cut = recorded("a1111.png");
    cut.truncate(cut.len() - 40);
    for (bytes, status, problem) in [
        (b"just a text, and no picture".to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"),
        (Vec::new(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"),
        (cut, StatusCode::UNPROCESSABLE_ENTITY, "invalid-image"),
    ] {
        let refused = send("x.png", bytes).await;
        assert_eq!((refused.status, refused.problem()), (status, problem), "{}", refused.json);
    }
    let nameless = api.send(api.request(Method::POST, "/api/outputs?filename=").body("x")).await;
    assert_eq!((nameless.status, nameless.problem()), (StatusCode::BAD_REQUEST, "bad-query"));
    assert_eq!(until(&api, "", 2).await["total"], 2);
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The command, twice: the second time there is nothing to do.
#[tokio::test]
async fn a_folder_is_imported_by_the_command_line() {
    let both = Both::start(FAST).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("below")).unwrap();
    for (name, bytes) in [("1.webp", recorded("a1111.webp")), ("below/2.webp", recorded("comfy.webp")), ("3.mp4", recorded("comfy.mp4"))] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    std::fs::write(folder.path().join("damaged.png"), b"\x89PNG\r\n\x1a\nno more").unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no picture").unwrap();
    let run = async |server: String| {
        let folder = folder.path().to_owned();
        let command = move || {
            std::process::Command::new(env!("CARGO_BIN_EXE_darkroom")).arg("import").arg(folder).args(["--server", &server]).output()
        };
        let output = tokio::task::spawn_blocking(command).await.unwrap().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said, errors) = run(both.url("/")).await;
    assert_eq!((code, said.trim()), (Some(1), "3 new, 0 there already, 1 not taken"), "{errors}");
    assert!(errors.contains("damaged.png: This picture is damaged"), "{errors}");
    let (code, said, errors) = run(both.url("/")).await;
    assert_eq!((code, said.trim()), (Some(1), "0 new, 3 there already, 1 not taken"), "{errors}");
    let (code, _, errors) = run("http://127.0.0.1:9".to_owned()).await;
    assert_eq!(code, Some(3), "{errors}");
}
