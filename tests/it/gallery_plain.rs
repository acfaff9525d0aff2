//! Files of the gallery without what is written in them about how they were made.

use reqwest::{Method, StatusCode};

use crate::support::{
    api::Api,
    darkroom_server::Both,
    outputs::{id, import, recorded},
};

const NOON: &str = "2025-03-01T12:00:00Z";

#[tokio::test]
async fn a_file_without_metadata_is_a_file_of_its_own() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let path = format!("/api/outputs/{}/file", id(&import(&api, "a1111.png", NOON, recorded("a1111.png")).await));
    let own = api.get(&path).await;
    let plain = api.get(&format!("{path}?metadata=strip&download=true")).await;
    assert_eq!((plain.status, plain.header("content-type")), (StatusCode::OK, "application/octet-stream"));
    assert!(plain.header("content-disposition").contains("a1111.png"), "{:?}", plain.headers);
    assert_eq!(plain.header("content-length"), plain.bytes.len().to_string());
    assert!(own.bytes == recorded("a1111.png") && plain.bytes.len() < own.bytes.len());
    assert!(!plain.bytes.windows(10).any(|window| window == b"parameters"));
    let pixels = |bytes: &[u8]| image::load_from_memory(bytes).unwrap();
    assert_eq!(pixels(&plain.bytes), pixels(&own.bytes));

    let etag = plain.header("etag");
    assert!(etag != own.header("etag") && etag.starts_with('"'), "{etag}");
    let ask = async |method: Method, name: &str, value: &str| {
        api.send(api.request(method, &format!("{path}?metadata=strip")).header(name, value)).await
    };
    assert_eq!(ask(Method::GET, "if-none-match", etag).await.status, StatusCode::NOT_MODIFIED);
    let other = ask(Method::GET, "if-none-match", own.header("etag")).await;
    assert_eq!((other.status, other.header("content-type")), (StatusCode::OK, "image/png"));
    let part = ask(Method::GET, "range", "bytes=8-15").await;
    assert_eq!((part.status, part.bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, &plain.bytes[8..16]));
    assert_eq!(part.header("content-range"), format!("bytes 8-15/{}", plain.bytes.len()));
    let beyond = ask(Method::GET, "range", &format!("bytes={}-", plain.bytes.len())).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let head = reqwest::Client::new().head(format!("{}{path}?metadata=strip", api.base)).send().await.unwrap();
    assert_eq!(head.headers()["content-length"].to_str().unwrap(), plain.bytes.len().to_string());

    let page = path.replace("/api/outputs/", "/gallery/");
    let saved = reqwest::get(format!("{}{page}?download=1&metadata=strip", api.base)).await.unwrap();
    assert!(saved.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(saved.bytes().await.unwrap(), plain.bytes);
}

#[tokio::test]
async fn a_file_whose_metadata_cannot_be_removed_is_not_sent() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let output = import(&api, "comfy.avif", NOON, recorded("comfy.avif")).await;
    let refused = api.get(&format!("/api/outputs/{}/file?metadata=strip", id(&output))).await;
    assert_eq!((refused.status, refused.problem()), (StatusCode::UNPROCESSABLE_ENTITY, "metadata-stays"), "{}", refused.json);
    assert!(refused.json["detail"].as_str().unwrap().ends_with("Download it as it is."), "{}", refused.json);
    let page = reqwest::get(format!("{}/gallery/{}/file?metadata=strip", api.base, id(&output))).await.unwrap();
    assert_eq!(page.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let unknown = api.get(&format!("/api/outputs/{}/file?metadata=some", id(&output))).await;
    assert_eq!((unknown.status, unknown.problem()), (StatusCode::BAD_REQUEST, "bad-query"));
}
