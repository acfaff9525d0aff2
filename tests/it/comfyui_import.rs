//! What a ComfyUI made before comes into the gallery: over the API, and by the command line.

use std::{path::PathBuf, time::Duration};

use darkroom::proto::recipe::TextToImage;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    api::{Api, lighthouse},
    darkroom_server::Both,
};

/// Runs a prompt at the engine, as another client does; with files named by `prefix`. Returns when it ended, in milliseconds.
async fn run_elsewhere(both: &Both, prompt: &str, seed: u64, prefix: &str) -> u64 {
    let recipe = TextToImage {
        prompt: prompt.into(),
        seed,
        steps: 2,
        width: 64,
        height: 64,
        checkpoint: "demo-safelight.safetensors".into(),
        ..TextToImage::default()
    };
    let mut workflow = serde_json::to_value(recipe.workflow()).unwrap();
    for node in workflow.as_object_mut().unwrap().values_mut() {
        if node["class_type"] == "SaveImage" {
            node["inputs"]["filename_prefix"] = json!(prefix);
        }
    }
    let engine = format!("http://{}", both.engine.addr);
    let client = Client::new();
    let posted = client.post(format!("{engine}/prompt")).json(&json!({"prompt": workflow})).send().await.unwrap();
    let posted: Value = posted.json().await.unwrap();
    let id = posted["prompt_id"].as_str().unwrap_or_else(|| panic!("{posted}")).to_owned();
    let wait = async {
        loop {
            let history: Value = client.get(format!("{engine}/history/{id}")).send().await.unwrap().json().await.unwrap();
            if let Some(messages) = history[&id]["status"]["messages"].as_array() {
                return messages.last().unwrap()[1]["timestamp"].as_u64().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("the engine ends it")
}

fn path_of(both: &Both, suffix: &str) -> String {
    format!("/api/backends/127.0.0.1%3A{}/import{suffix}", both.engine.addr.port())
}

async fn until_done(api: &Api, both: &Both) -> Value {
    let wait = async {
        loop {
            let answer = api.get(&path_of(both, "")).await;
            assert_eq!(answer.status, StatusCode::OK);
            if answer.json["state"] != "running" {
                return answer.json;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("the import ends")
}

async fn import(api: &Api, both: &Both) -> Value {
    let begun = api.post(&path_of(both, "")).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.json);
    until_done(api, both).await
}

fn counts(import: &Value) -> [u64; 5] {
    ["found", "done", "new", "known", "refused"].map(|name| import[name].as_u64().unwrap())
}

fn output_folder(both: &Both) -> PathBuf {
    both.folder.path().join("comfy/output")
}

fn recorded(name: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/described").join(name)).unwrap()
}

async fn found(api: &Api, search: &str) -> Vec<Value> {
    let answer = api.get(&format!("/api/outputs?q={search}")).await;
    answer.json["outputs"].as_array().unwrap_or_else(|| panic!("{}", answer.json)).clone()
}

fn milliseconds(time: &Value) -> u64 {
    let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
    u64::try_from(time.as_millisecond()).unwrap()
}

#[tokio::test]
async fn old_outputs_of_a_comfyui_are_imported_once_with_the_times_and_settings_of_its_history() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    assert_eq!(api.get(&path_of(&both, "")).await.json["state"], "none");
    let ended = run_elsewhere(&both, "a red door", 1, "old").await;
    run_elsewhere(&both, "a blue door", 2, "below/old").await;
    // Of this Darkroom itself: it keeps it anyway.
    api.accepted(&lighthouse(3)).await;
    tokio::time::timeout(Duration::from_secs(60), async {
        while found(&api, "lighthouse").await.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("it is kept");
    // One that its program freed of all texts; the history knows how it was made.
    std::fs::write(output_folder(&both).join("below/old_00001_.png"), recorded("plain.png")).unwrap();
    // And files that the history does not know.
    std::fs::write(output_folder(&both).join("older.png"), recorded("a1111.png")).unwrap();
    std::fs::write(output_folder(&both).join("damaged.png"), b"\x89PNG\r\n\x1a\nno more").unwrap();
    std::fs::write(output_folder(&both).join("notes.txt"), "no picture").unwrap();
    let time = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    std::fs::File::options().append(true).open(output_folder(&both).join("older.png")).unwrap().set_modified(time).unwrap();

    let done = import(&api, &both).await;
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(counts(&done), [4, 4, 3, 0, 1], "{done}");
    assert_eq!(done["refusals"][0]["filename"], "damaged.png");
    assert!(done["refusals"][0]["why"].as_str().unwrap().contains("damaged"), "{done}");

    let red = &found(&api, "red").await[0];
    assert_eq!((&red["seed"], &red["filename"], &red["program"]), (&json!("1"), &json!("old_00001_.png"), &json!("ComfyUI")));
    assert_eq!((milliseconds(&red["createdAt"]), &red["taskId"]), (ended, &Value::Null));
    assert_eq!(red["backend"], format!("127.0.0.1:{}", both.engine.addr.port()));
    let blue = &found(&api, "blue").await[0];
    assert_eq!((&blue["seed"], &blue["width"], &blue["program"]), (&json!("2"), &json!(8), &json!("ComfyUI")), "{blue}");
    let older = &found(&api, "seed:3735928559").await[0];
    assert_eq!((milliseconds(&older["createdAt"]), &older["program"]), (1_700_000_000_000, &json!("Stable Diffusion WebUI")));
    assert_eq!(found(&api, "").await.len(), 4);

    // Again: nothing is twice.
    let again = import(&api, &both).await;
    assert_eq!(counts(&again), [4, 4, 0, 3, 1], "{again}");
    assert_eq!(found(&api, "").await.len(), 4);
}

#[tokio::test]
async fn an_import_that_was_stopped_does_the_rest_when_it_is_begun_again() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    for number in 0..30 {
        let mut bytes = recorded("plain.png");
        bytes.extend(format!("{number}").bytes());
        std::fs::write(output_folder(&both).join(format!("old{number}.png")), bytes).unwrap();
    }
    let begun = api.post(&path_of(&both, "")).await;
    assert_eq!((begun.status, &begun.json["state"]), (StatusCode::ACCEPTED, &json!("running")));
    let stopped = api.delete(&path_of(&both, "")).await;
    assert_eq!((stopped.status, &stopped.json["state"]), (StatusCode::OK, &json!("stopped")), "{}", stopped.json);
    let before = found(&api, "").await.len() as u64;
    let done = import(&api, &both).await;
    let [found_there, looked_at, new, known, refused] = counts(&done);
    assert_eq!((found_there, looked_at, new + known, refused), (30, 30, 30, 0), "{done}");
    assert!(known >= before, "{known} of {before}");
    assert_eq!(found(&api, "").await.len(), 30);
}

#[tokio::test]
async fn a_comfyui_that_is_not_there_is_an_error_that_says_so() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    for answer in [
        api.post("/api/backends/gpu-9/import").await,
        api.get("/api/backends/gpu-9/import").await,
        api.delete("/api/backends/gpu-9/import").await,
    ] {
        assert_eq!((answer.status, answer.problem()), (StatusCode::NOT_FOUND, "unknown-backend"), "{}", answer.json);
    }
}

#[tokio::test]
async fn the_command_line_follows_the_import_of_a_comfyui() {
    let both = Both::start(1e9).await;
    run_elsewhere(&both, "a red door", 1, "old").await;
    let run = async |comfyui: String| {
        let server = both.url("/");
        let command = move || {
            let arguments = ["import", "--comfyui", &comfyui, "--server", &server];
            std::process::Command::new(env!("CARGO_BIN_EXE_darkroom")).args(arguments).output()
        };
        let output = tokio::task::spawn_blocking(command).await.unwrap().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said, errors) = run(format!("http://{}", both.engine.addr)).await;
    assert_eq!((code, said.trim()), (Some(0), "1 new, 0 there already, 0 not taken"), "{errors}");
    let (code, said, errors) = run(both.engine.addr.to_string()).await;
    assert_eq!((code, said.trim()), (Some(0), "0 new, 1 there already, 0 not taken"), "{errors}");
    let (code, _, errors) = run("http://127.0.0.1:9".to_owned()).await;
    assert_eq!(code, Some(2));
    assert!(errors.contains("There is no ComfyUI called 127.0.0.1:9"), "{errors}");
}
