//! Outputs in one zip file, read back by another reader.

use std::{
    collections::BTreeSet,
    io::{Cursor, Read},
};

use darkroom::{
    proto::{gallery::OutputFacts, task::OutputKind, time::Timestamp},
    server::{
        config::Retention,
        store::{MediaFile, NewGalleryItem, Store},
    },
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::support::{
    api::{Answer, Api, lighthouse},
    darkroom_server::{Both, darkroom, demo_engine},
    outputs::{id, import, kept_path, recorded, tiny_png},
};

const FAST: f64 = 1e9;
const NOON: &str = "2025-03-01T12:00:00Z";

fn opened(answer: &Answer) -> ZipArchive<Cursor<Vec<u8>>> {
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/zip"), "{}", answer.json);
    assert!(answer.header("content-disposition").contains("darkroom-20"), "{:?}", answer.headers);
    assert!(answer.headers.get("content-length").is_none() && answer.headers.get("content-encoding").is_none(), "{:?}", answer.headers);
    ZipArchive::new(Cursor::new(answer.bytes.clone())).expect("a zip file")
}

fn names(zip: &ZipArchive<Cursor<Vec<u8>>>) -> Vec<String> {
    zip.file_names().map(str::to_owned).collect()
}

fn file(zip: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    zip.by_name(name).unwrap_or_else(|error| panic!("{name}: {error}")).read_to_end(&mut bytes).expect("whole");
    bytes
}

fn json_of(zip: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> Value {
    serde_json::from_slice(&file(zip, name)).expect("JSON")
}

#[tokio::test]
async fn a_search_is_downloaded_with_what_is_known_of_its_results() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let first = import(&api, "a.png", NOON, tiny_png(1, "=1+1, a \"red\" door")).await;
    let second = import(&api, "a.jpg", NOON, recorded("comfy.jpg")).await;
    let answer = api.get("/api/outputs/zip?sidecar=both&q=date:2025-03").await;
    let mut zip = opened(&answer);
    let all: BTreeSet<_> = names(&zip).into_iter().collect();
    let expected = ["2025-03-01/a.jpg", "2025-03-01/a.json", "2025-03-01/a (2).png", "2025-03-01/a (2).json", "outputs.csv"];
    assert_eq!(all, expected.map(str::to_owned).into(), "the newest first; a sidecar has the name of its file");
    assert_eq!(file(&mut zip, "2025-03-01/a.jpg"), recorded("comfy.jpg"));
    assert_eq!(file(&mut zip, "2025-03-01/a (2).png"), tiny_png(1, "=1+1, a \"red\" door"));
    let mut known = json_of(&mut zip, "2025-03-01/a (2).json");
    assert_eq!(known["file"], "2025-03-01/a (2).png");
    let more = known.as_object_mut().unwrap();
    assert_eq!((more.remove("file").is_some(), more.remove("apiWorkflow")), (true, Some(Value::Null)));
    assert_eq!(known, first);
    let table = String::from_utf8(file(&mut zip, "outputs.csv")).unwrap();
    let lines: Vec<&str> = table.split("\r\n").collect();
    assert!(lines[0].starts_with("file,outputId,taskId,type,filename,"), "{table}");
    assert!(lines[1].contains(id(&second)) && lines[2].contains(id(&first)) && lines.len() == 4 && lines[3].is_empty(), "{table}");
    assert!(lines[2].contains("\"'=1+1, a \"\"red\"\" door\""), "{table}");
}

#[tokio::test]
async fn outputs_of_tasks_come_with_their_workflow() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let task = api.accepted(&lighthouse(7)).await;
    let until = async {
        while api.get("/api/outputs").await.json["total"] != 1 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), until).await.expect("it is in the gallery");
    let workflow = api.get(&format!("/api/tasks/{task}/workflow")).await.json;
    let mut zip = opened(&api.get("/api/outputs/zip?sidecar=json&names={workflow}/{seed}-{number}").await);
    let names = names(&zip);
    assert_eq!(names, ["text-to-image/7-00001.png", "text-to-image/7-00001.json"]);
    let known = json_of(&mut zip, &names[1]);
    assert_eq!((&known["seed"], &known["prompt"]), (&json!("7"), &json!("a lighthouse at dusk")));
    assert!(known["apiWorkflow"].is_object() && workflow.to_string().contains(&known["apiWorkflow"].to_string()), "{workflow}");
}

#[tokio::test]
async fn single_outputs_are_downloaded_by_programs_and_forms() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let mut ids = Vec::new();
    for number in 1..=3 {
        ids.push(id(&import(&api, &format!("{number}.png"), NOON, tiny_png(number, "a cat")).await).to_owned());
    }
    let newest = ids.iter().max_by_key(|id| id.parse::<u64>().unwrap()).unwrap();
    for (select, expected) in [
        (json!({"ids": [ids[0], ids[2]]}), &["3.png", "1.png"][..]),
        (json!({"q": "cat", "upTo": newest, "except": [ids[2]]}), &["2.png", "1.png"]),
        (json!({"q": "", "upTo": ids[0]}), &["1.png"]),
    ] {
        let answer = api.post_json("/api/outputs/zip", &json!({"select": select, "names": "{name}"})).await;
        assert_eq!(names(&opened(&answer)), expected, "{select}");
    }
    let form = async |fields: &[(&str, &str)]| {
        let body = reqwest::Client::new().post(both.url("/gallery/zip")).form(fields).send().await.unwrap();
        let (status, headers) = (body.status(), body.headers().clone());
        (status, Answer { status, headers, bytes: body.bytes().await.unwrap().to_vec(), json: Value::Null })
    };
    let empty = [("upto", ""), ("except", ""), ("sidecar", "none"), ("metadata", "keep")];
    let two = format!("{},{}", ids[0], ids[1]);
    let (_, answer) = form(&[&empty[..], &[("ids", &two), ("names", "{name}"), ("q", "")]].concat()).await;
    assert_eq!(names(&opened(&answer)), ["2.png", "1.png"]);
    let (_, answer) = form(&[("q", "cat"), ("upto", &ids[1]), ("except", &ids[0])]).await;
    assert_eq!(names(&opened(&answer)), ["2025-03-01/2.png"]);
    let (_, answer) = form(&[("q", "")]).await;
    assert_eq!(opened(&answer).len(), 3);
    for (fields, status, words) in [
        (&[("q", "cat"), ("names", "{lens}")][..], StatusCode::UNPROCESSABLE_ENTITY, "{lens} is not known"),
        (&[("ids", "x")], StatusCode::UNPROCESSABLE_ENTITY, "is not an output's id"),
        (&[("q", "dog")], StatusCode::NOT_FOUND, "no results"),
        (&[("sidecar", "xml")], StatusCode::UNPROCESSABLE_ENTITY, "xml"),
    ] {
        let (said, answer) = form(fields).await;
        let text = String::from_utf8(answer.bytes).unwrap();
        assert!(said == status && text.contains(words), "{fields:?}: {said} {text}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    import(&api, "1.png", NOON, tiny_png(1, "a cat")).await;
    for (path, status, problem, words) in [
        ("?names={lens}", StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", "{lens} is not known in names of files. There are: {date}"),
        ("?q=dog", StatusCode::NOT_FOUND, "unknown-output", "no results"),
        ("?q=date:x", StatusCode::UNPROCESSABLE_ENTITY, "bad-search", "date"),
        ("?sidecar=xml", StatusCode::BAD_REQUEST, "bad-query", "xml"),
        ("?zip=1", StatusCode::BAD_REQUEST, "bad-query", "zip"),
    ] {
        let answer = api.get(&format!("/api/outputs/zip{path}")).await;
        assert_eq!((answer.status, answer.problem()), (status, problem), "{path}: {}", answer.json);
        assert!(answer.json["detail"].as_str().unwrap().contains(words), "{path}: {}", answer.json);
    }
    for (body, status, problem, pointers) in [
        (json!({"select": {"ids": ["1"]}, "names": "{x"}), StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", &["/names"][..]),
        (json!({"select": {}}), StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", &["/select"]),
        (json!({"select": {"ids": vec!["1"; 10_001]}}), StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", &[]),
        (json!({"select": {"ids": ["1"]}}), StatusCode::NOT_FOUND, "unknown-output", &[]),
    ] {
        let answer = api.post_json("/api/outputs/zip", &body).await;
        assert_eq!((answer.status, answer.problem(), answer.pointers().as_slice()), (status, problem, pointers), "{}", answer.json);
    }
}

#[tokio::test]
async fn what_is_missing_is_named_and_what_is_damaged_breaks_the_download() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let data = both.folder.path().join("data");
    for number in 1..=3 {
        import(&api, &format!("{number}.png"), NOON, tiny_png(number, "a cat")).await;
    }
    std::fs::remove_file(kept_path(&data, &tiny_png(2, "a cat"))).unwrap();
    let mut zip = opened(&api.get("/api/outputs/zip?names={name}").await);
    assert_eq!(names(&zip), ["3.png", "1.png", "MISSING.txt"]);
    let missing = String::from_utf8(file(&mut zip, "MISSING.txt")).unwrap();
    assert!(missing.contains("(2.png): its file is not in the media store."), "{missing}");
    let path = kept_path(&data, &tiny_png(1, "a cat"));
    let short = std::fs::read(&path).unwrap();
    std::fs::write(&path, &short[..short.len() - 1]).unwrap();
    let answer = reqwest::get(format!("{}/api/outputs/zip", api.base)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.bytes().await.is_err(), "the client sees that it is not whole");
}

#[tokio::test]
async fn metadata_are_left_out_of_all_files() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    for name in ["a1111.png", "comfy.mp4", "comfy.avif"] {
        import(&api, name, NOON, recorded(name)).await;
    }
    let mut zip = opened(&api.send(api.request(Method::GET, "/api/outputs/zip?metadata=strip&names={name}")).await);
    assert_eq!(names(&zip).into_iter().collect::<BTreeSet<_>>(), ["MISSING.txt", "a1111.png", "comfy.mp4"].map(str::to_owned).into());
    for name in ["a1111.png", "comfy.mp4"] {
        let bytes = file(&mut zip, name);
        assert!(bytes != recorded(name) && !["prompt", "Steps"].iter().any(|word| contains(&bytes, word.as_bytes())), "{name}");
    }
    assert!(String::from_utf8(file(&mut zip, "MISSING.txt")).unwrap().contains("comfy.avif): The metadata of this file cannot be removed"));
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

/// Many more than are read from the database at once. How much is in memory meanwhile: see the tests of `zip_stream.rs`.
#[tokio::test]
async fn thousands_of_outputs_are_in_one_zip_file() {
    const MANY: u32 = 2_000;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let (store, _) = Store::open(&data, Retention { keep_tasks: 0, keep_days: 0 }).unwrap();
    let imports = (0..MANY).map(|number| {
        let bytes = number.to_be_bytes();
        let path = kept_path(&data, &bytes);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let hash = path.file_name().unwrap().to_string_lossy().into_owned();
        let facts = OutputFacts { kind: Some(OutputKind::Image), filename: "x.png".into(), ..OutputFacts::default() };
        let item = NewGalleryItem { key: None, created_at: Timestamp(1_740_830_400_000), hash: hash.clone(), facts: Some(facts) };
        store.import_to_gallery(MediaFile { hash, bytes: 4, mime: Some("image/png".into()) }, item, Timestamp(1_740_830_400_000))
    });
    for imported in futures::future::join_all(imports).await {
        assert!(imported.unwrap().is_some());
    }
    store.close().await;
    let engine = demo_engine(&folder, FAST).await;
    let darkroom = darkroom(data, engine.addr).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    let mut zip = opened(&api.get("/api/outputs/zip?names=all").await);
    assert_eq!(zip.len(), MANY as usize);
    let mut found = BTreeSet::new();
    for at in 0..zip.len() {
        let mut bytes = Vec::new();
        let mut file = zip.by_index(at).unwrap();
        assert!(file.name().starts_with("all") && file.name().ends_with(".png"), "{}", file.name());
        file.read_to_end(&mut bytes).unwrap();
        found.insert(u32::from_be_bytes(bytes.try_into().unwrap()));
    }
    assert_eq!(found, (0..MANY).collect());
}
