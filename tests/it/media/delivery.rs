//! How a kept output is answered: entity tags, ranges, thumbnails.

use crate::support::{
    darkroom_server::{backend, darkroom_with},
    faults::{Answer, Fault, FaultyEngine},
    media::{MediaCaller, picture},
    page::Page,
};
use darkroom::server::config::Config;
use reqwest::{Client, Method};

/// A file of a kilobyte that counts, which begins as WebM does.
fn clip() -> Vec<u8> {
    [0x1a, 0x45, 0xdf, 0xa3].into_iter().chain((4..1000_u32).map(|at| (at % 251) as u8)).collect()
}

#[tokio::test]
async fn outputs_are_served_with_entity_tags_and_ranges() {
    use base64::{Engine, engine::general_purpose::STANDARD};

    let engine = FaultyEngine::start(f64::INFINITY).await;
    let config = Config { data: engine.folder.path().join("data"), backends: vec![backend(engine.addr)], ..Config::default() };
    let darkroom = darkroom_with(config).await;
    Page::open(darkroom.addr).await.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    engine.fault(Fault::PutOut { filename: "clip.webm".into(), content: Some(STANDARD.encode(clip())), bytes: 0 }).await;
    let id = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_kept(&id).await;
    engine.fault(Fault::Http { route: "*".into(), answer: Answer::DropBefore }.always()).await;

    let whole = caller.output(&id, "", &[]).await;
    let etag = whole.headers()["etag"].to_str().unwrap().to_owned();
    assert!(etag.starts_with('"') && etag.len() == 66, "strong: {etag}");
    for (name, value) in [
        ("content-type", "video/webm"),
        ("accept-ranges", "bytes"),
        ("content-length", "1000"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "private, max-age=31536000, immutable"),
    ] {
        assert_eq!(whole.headers()[name], value, "{name}");
    }
    assert!(whole.bytes().await.unwrap() == clip());

    let other = "\"0000\"";
    for (headers, status, range, body) in [
        (vec![("range", "bytes=0-")], 206, "bytes 0-999/1000", &clip()[..]),
        (vec![("range", "bytes=100-199")], 206, "bytes 100-199/1000", &clip()[100..200]),
        (vec![("range", "bytes=990-2000")], 206, "bytes 990-999/1000", &clip()[990..]),
        (vec![("range", "bytes=-10")], 206, "bytes 990-999/1000", &clip()[990..]),
        (vec![("range", "bytes=1000-")], 416, "bytes */1000", &[]),
        (vec![("range", "bytes=1000-1001")], 416, "bytes */1000", &[]),
        (vec![("range", "bytes=5-1")], 200, "", &clip()),
        (vec![("range", "bytes=0-1,5-6")], 200, "", &clip()),
        (vec![("range", "bytes=0-9"), ("if-range", &etag)], 206, "bytes 0-9/1000", &clip()[..10]),
        (vec![("range", "bytes=0-9"), ("if-range", other)], 200, "", &clip()),
        (vec![("range", "bytes=0-9"), ("if-range", "Sat, 28 Nov 2026 09:30:02 GMT")], 200, "", &clip()),
        (vec![("if-none-match", &etag)], 304, "", &[]),
        (vec![("if-none-match", &etag), ("range", "bytes=0-9")], 304, "", &[]),
        (vec![("if-none-match", other)], 200, "", &clip()),
    ] {
        for path in ["/api/tasks", "/tasks"] {
            let mut request = Client::new().get(format!("http://{}{path}/{id}/outputs/0", darkroom.addr));
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let response = request.send().await.unwrap();
            let said = format!("{path} {headers:?}: {:?}", response.headers());
            assert_eq!(response.status().as_u16(), status, "{said}");
            assert_eq!(response.headers().get("content-range").map_or("", |range| range.to_str().unwrap()), range, "{said}");
            assert_eq!(response.headers()["etag"].to_str().unwrap(), etag, "{said}");
            if status != 304 && status != 416 {
                assert_eq!(response.headers()["content-length"].to_str().unwrap(), body.len().to_string(), "{said}");
            }
            let bytes = response.bytes().await.unwrap();
            if status == 416 && path == "/api/tasks" {
                let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                assert_eq!(problem["type"], "/api/docs#range-not-satisfiable", "{said}");
            } else {
                assert!(bytes == body, "{said}");
            }
        }
    }

    let head = Client::new().request(Method::HEAD, format!("http://{}/tasks/{id}/outputs/0", darkroom.addr)).header("range", "bytes=0-9");
    let head = head.send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.headers()["content-length"].to_str().unwrap()), (200, "1000"));
    assert_eq!(head.bytes().await.unwrap().len(), 0);
    let saved = caller.output(&id, "?download=true", &[("range", "bytes=0-9")]).await;
    assert_eq!(saved.status(), 206);
    assert_eq!(saved.headers()["content-disposition"], "attachment; filename*=UTF-8''clip.webm");
    assert_eq!(saved.headers()["content-type"], "application/octet-stream");
}

#[tokio::test]
async fn thumbnails_are_small_have_tags_of_their_own_and_are_kept() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let data = engine.folder.path().join("data");
    let darkroom = darkroom_with(Config { data: data.clone(), backends: vec![backend(engine.addr)], ..Config::default() }).await;
    Page::open(darkroom.addr).await.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    let mut workflow = picture(0x0088_aacc, "SaveImage");
    (workflow["1"]["inputs"]["width"], workflow["1"]["inputs"]["height"]) = (1200.into(), 600.into());
    let id = caller.submit(&workflow).await;
    caller.until_kept(&id).await;
    let mut tags = std::collections::BTreeSet::new();
    for (query, side) in [("?thumb=320", 320), ("?thumb=640", 640), ("?thumb=320", 320)] {
        let response = caller.output(&id, query, &[]).await;
        assert_eq!(response.headers()["content-type"], "image/webp");
        let etag = response.headers()["etag"].to_str().unwrap().to_owned();
        let bytes = response.bytes().await.unwrap();
        let made = image::load_from_memory(&bytes).unwrap();
        assert_eq!((made.width(), made.height()), (side, side / 2));
        let known = caller.output(&id, query, &[("if-none-match", &etag)]).await;
        assert_eq!(known.status(), 304);
        tags.insert(etag);
    }
    assert_eq!(tags.len(), 2, "{tags:?}");
    let kept = crate::support::media::files(&data.join("media/thumbnails"));
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(caller.output(&id, "?thumb=100", &[]).await.status(), 400);
    let plain = Client::new().get(format!("http://{}/tasks/{id}/outputs/0?thumb=100", darkroom.addr)).send().await.unwrap();
    assert_eq!(plain.status(), 400);
}
