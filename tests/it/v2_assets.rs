//! The Comfy API v2: assets.

use std::io::Cursor;

use crate::support::{
    darkroom_server::Both,
    v2::{V2, form, load, reference},
};
use darkroom::proto::limits;
use image::{ImageFormat, Rgb, RgbImage};
use reqwest::{
    Method, StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

const FAST: f64 = 1e9;

/// A picture of one colour.
fn png(red: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(16, 8, Rgb([red, 0, 0])).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn red(bytes: &[u8]) -> u8 {
    image::load_from_memory(bytes).unwrap().into_rgb8().get_pixel(3, 3)[0]
}

/// The red of the picture that a job with this input makes.
async fn made(v2: &V2, image: Value) -> u8 {
    let job = v2.job(&load(image)).await;
    let done = v2.ended(&job).await;
    assert_eq!(done.text("status"), "succeeded", "{}", done.json);
    red(&v2.get(done.json["outputs"][0]["url"].as_str().unwrap()).await.bytes)
}

#[tokio::test]
async fn a_file_is_uploaded_once_and_known_by_its_hash() {
    let both = Both::start(FAST).await;
    let v2 = V2::of(&both);
    let asset = v2.asset("photo.png", &png(9)).await;
    let hash = asset.text("hash").to_owned();
    assert!(hash.starts_with("blake3:") && hash.len() == 7 + 64, "{hash}");
    assert_eq!(asset.json["created_new"], true);
    assert_eq!((asset.text("file_path"), &asset.json["size_bytes"]), ("photo.png", &json!(png(9).len())));
    // Fields in another order.
    let file = Part::bytes(png(9)).file_name("y.png").mime_str("image/png").unwrap();
    let again = v2.upload(Form::new().part("file", file).text("tags", "a").text("tags", "b").text("file_path", "input/other.png")).await;
    assert_eq!((again.status, &again.json["created_new"]), (StatusCode::OK, &json!(false)), "{}", again.json);
    assert_eq!((again.text("file_path"), again.text("content_type"), again.text("hash")), ("other.png", "image/png", hash.as_str()));
    assert_ne!(again.text("id"), asset.text("id"));
    for path in [format!("/assets/by-hash/{hash}"), format!("/assets/by-hash/{}", hash.replace(':', "%3A"))] {
        assert_eq!(v2.send(v2.request(Method::HEAD, &path)).await.status, StatusCode::OK);
    }
    for unknown in ["blake3:nope".to_owned(), format!("blake3:{}", "0".repeat(64))] {
        let answer = v2.send(v2.request(Method::HEAD, &format!("/assets/by-hash/{unknown}"))).await;
        assert_eq!((answer.status, answer.bytes.len()), (StatusCode::NOT_FOUND, 0));
        v2.post("/assets/from-hash", &json!({"hash": unknown})).await.is(404, "blob_not_found");
    }
    let same = v2.post("/assets/from-hash", &json!({"hash": hash, "file_path": "photo.png"})).await;
    assert_eq!((same.status, same.text("id")), (StatusCode::OK, asset.text("id")));
    let other = v2.post("/assets/from-hash", &json!({"hash": hash, "file_path": "third.png", "expires_in": 3600.0})).await;
    assert_eq!((other.status, other.text("file_path")), (StatusCode::CREATED, "third.png"));
    let found = v2.get(&format!("/assets/{}", asset.text("id"))).await;
    assert_eq!(found.json.get("job_id"), None);
    let content = v2.get(found.text("url")).await;
    assert_eq!(content.bytes, png(9));
    let part = v2.send(v2.request(Method::GET, found.text("url")).header("range", "bytes=0-3")).await;
    assert_eq!((part.status, &part.bytes[..]), (StatusCode::PARTIAL_CONTENT, &png(9)[..4]));
    // The bytes stay while another asset has them.
    for asset in [&asset, &again] {
        let path = format!("/assets/{}", asset.text("id"));
        assert_eq!(v2.send(v2.request(Method::DELETE, &path)).await.status, StatusCode::NO_CONTENT);
        v2.send(v2.request(Method::DELETE, &path)).await.is(404, "not_found");
        assert_eq!(v2.get(other.text("url")).await.bytes, png(9));
    }
}

#[tokio::test]
async fn uploads_that_cannot_be_taken_leave_nothing() {
    let both = Both::start(FAST).await;
    let v2 = V2::of(&both);
    v2.upload(form("photo.png", &png(1)).text("expected_hash", "blake3:deadbeef")).await.is(409, "hash_mismatch");
    for path in ["../a.png", "input/../../a.png", "/etc/passwd", "a\\b.png", "models/loras/x.safetensors", ""] {
        v2.upload(form(path, &png(1))).await.is(422, "invalid_request");
    }
    v2.upload(form("a.png", &png(1)).text("expires_in", "59")).await.is(422, "invalid_request");
    v2.upload(form("a.png", &png(1)).text("content_type", "picture")).await.is(422, "invalid_request");
    v2.upload(Form::new().text("file_path", "a.png")).await.is(422, "invalid_request");
    v2.upload(Form::new().part("file", Part::bytes(png(1)))).await.is(422, "invalid_request");
    v2.upload(form("a.png", &png(1)).part("file", Part::bytes(png(1)))).await.is(422, "invalid_request");
    v2.post("/assets", &json!({})).await.is(422, "invalid_request");
    v2.upload(form("a.png", &vec![0; limits::MEDIA_UPLOAD + 1])).await.is(413, "payload_too_large");
    let hash = v2.asset("a.png", &png(1)).await;
    assert_eq!(hash.json["created_new"], true);
    let keyed = async || {
        let request = v2.request(Method::POST, "/assets").header("idempotency-key", "k").multipart(form("b.png", &png(2)));
        v2.send(request).await
    };
    assert_eq!(keyed().await.status, StatusCode::CREATED);
    keyed().await.is(422, "idempotency_key_reuse");
}

#[tokio::test]
async fn a_job_loads_its_assets_by_reference_and_by_name() {
    let both = Both::start(FAST).await;
    let v2 = V2::of(&both);
    let (first, second) = (v2.asset("photo.png", &png(50)).await, v2.asset("faces/photo.png", &png(90)).await);
    assert_eq!(made(&v2, reference(&first)).await, 50);
    assert_eq!(made(&v2, reference(&second)).await, 90);
    assert_eq!(made(&v2, json!("photo.png")).await, 50);
    assert_eq!(made(&v2, json!("faces/photo.png")).await, 90);
    // The newest of a name.
    v2.asset("photo.png", &png(130)).await;
    assert_eq!(made(&v2, json!("photo.png")).await, 130);
    assert_eq!(made(&v2, reference(&first)).await, 50);

    // An output of a job is an asset.
    let job = v2.job(&load(reference(&second))).await;
    let done = v2.ended(&job).await;
    let output = json!({"__type": "core/ASSET", "info": {"id": done.json["outputs"][0]["id"]}});
    assert_eq!(made(&v2, output).await, 90);
    // What ran has no references any more.
    let ran = v2.get(&format!("/jobs/{}/workflow", job.text("id"))).await.json;
    let input = ran["workflow"]["1"]["inputs"]["image"].as_str().unwrap().to_owned();
    assert!(input.starts_with("darkroom/assets/") && input.ends_with("/photo.png"), "{input}");

    for (image, missing) in [
        (json!({"__type": "core/ASSET", "info": {"id": "asset_ghost"}}), "asset_ghost"),
        (json!({"__type": "core/ASSET", "info": {"id": uuid::Uuid::nil()}}), "00000000-0000-0000-0000-000000000000"),
        (json!({"__type": "core/ASSET"}), ""),
    ] {
        let refused = v2.post("/jobs", &load(image)).await;
        refused.is(422, "missing_asset");
        assert_eq!(refused.json["error"]["details"], json!({"missing_ids": [missing]}));
    }
}

#[tokio::test]
async fn what_a_waiting_job_loads_stays() {
    let both = Both::start(FAST).await;
    let v2 = V2::of(&both);
    let asset = v2.asset("photo.png", &png(50)).await;
    let path = format!("/assets/{}", asset.text("id"));
    let pause = v2.send(v2.request(Method::POST, &both.url("/api/queue/pause"))).await;
    assert!(pause.status.is_success());
    let job = v2.job(&load(reference(&asset))).await;
    v2.send(v2.request(Method::DELETE, &path)).await.is(409, "asset_in_use");
    v2.send(v2.request(Method::POST, &both.url("/api/queue/resume"))).await;
    assert_eq!(v2.ended(&job).await.text("status"), "succeeded");
    assert_eq!(v2.send(v2.request(Method::DELETE, &path)).await.status, StatusCode::NO_CONTENT);
    v2.post("/jobs", &load(reference(&asset))).await.is(422, "missing_asset");
}
