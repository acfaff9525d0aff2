use image::{GrayImage, ImageEncoder, ImageFormat, Luma, codecs::jpeg::JpegEncoder};
use reqwest::{
    Method, StatusCode,
    multipart::{Form, Part},
};
use serde_json::json;

use super::support::{Studio, file, give, id, inpaint, mask, photo, png};

#[tokio::test]
async fn a_picture_is_taken_as_it_is_and_given_back() {
    let studio = Studio::start().await;
    for (format, kind) in [(ImageFormat::Png, "image/png"), (ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::WebP, "image/webp")] {
        let bytes = file(photo(), format);
        let picture = studio.give(bytes.clone(), kind).await;
        assert_eq!((&picture["width"], &picture["height"], &picture["contentType"]), (&json!(200), &json!(150), &json!(kind)));
        let again = studio.give(bytes.clone(), "application/octet-stream").await;
        assert_eq!(picture, again, "the same bytes are the same picture");
        let url = picture["url"].as_str().unwrap();
        let whole = studio.api.get(url).await;
        assert_eq!((&whole.bytes, whole.header("content-type")), (&bytes, kind));
    }
}

impl Studio {
    async fn thumbnail(&self, id: &str) -> (u32, u32) {
        let answer = self.api.get(&format!("/api/pictures/{id}?thumb=320")).await;
        let small = image::load_from_memory(&answer.bytes).unwrap();
        (small.width(), small.height())
    }
}

#[tokio::test]
async fn forms_and_results_of_tasks_are_taken_too() {
    let mut studio = Studio::start().await;
    let form = Form::new().part("image", Part::bytes(png(photo())).file_name("../../photo.png"));
    let answer = studio.api.send(studio.api.request(Method::POST, "/api/pictures").multipart(form)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    let picture = id(&answer.json);
    assert_eq!(answer.header("location"), format!("/api/pictures/{picture}"));
    assert_eq!(studio.thumbnail(&picture).await, (200, 150), "it is not enlarged");
    let task = studio.run("upscale", json!({"picture": picture, "percent": 400})).await;
    let result = studio.api.post_json("/api/pictures", &json!({"task": task["taskId"], "output": 0})).await;
    assert_eq!((result.status, &result.json["width"]), (StatusCode::CREATED, &json!(800)), "{}", result.json);
    assert_eq!(studio.thumbnail(&id(&result.json)).await, (320, 240));
    let range = studio.api.send(studio.api.request(Method::GET, &format!("/api/pictures/{picture}")).header("range", "bytes=1-3")).await;
    assert_eq!((range.status, range.bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, &b"PNG"[..]));
}

/// A photo of a phone held upright: the page sees it turned, and so does ComfyUI.
#[tokio::test]
async fn a_turned_photo_and_its_mask_have_the_size_that_is_seen() {
    let mut studio = Studio::start().await;
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    let exif = [&b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[6, 0, 0, 0], &[0; 4]].concat();
    encoder.set_exif_metadata(exif).unwrap();
    encoder.encode_image(&photo()).unwrap();
    let picture = studio.give(bytes, "image/jpeg").await;
    assert_eq!((&picture["width"], &picture["height"], &picture["contentType"]), (&json!(150), &json!(200), &json!("image/png")));
    let turned = GrayImage::from_fn(150, 200, |x, y| Luma([if x < 40 && y < 40 { 255 } else { 0 }]));
    let mask = id(&studio.give(png(turned), "image/png").await);
    let task = studio.run("inpaint", inpaint(&(id(&picture), mask))).await;
    assert_eq!(studio.pixels(&task, 0).await.dimensions(), (150, 200));
    assert_eq!(task["outputs"][0]["outside"]["changed"], 0, "{task}");
}

/// What is under the transparent part of a picture stays.
#[tokio::test]
async fn colours_under_transparency_reach_comfyui() {
    let mut studio = Studio::start().await;
    let photo = photo();
    let transparent = image::RgbaImage::from_fn(200, 150, |x, y| {
        let [r, g, b] = photo.get_pixel(x, y).0;
        image::Rgba([r, g, b, 0])
    });
    let picture = id(&studio.give(png(transparent), "image/png").await);
    let mask = id(&studio.give(png(mask()), "image/png").await);
    let task = studio.run("inpaint", inpaint(&(picture, mask))).await;
    let result = studio.pixels(&task, 0).await;
    assert_eq!(result.get_pixel(10, 10), photo.get_pixel(10, 10), "as they were, and not black");
    assert_eq!(task["outputs"][0]["outside"]["changed"], 0, "{task}");
}

#[tokio::test]
async fn what_is_no_picture_is_refused_with_its_reason() {
    let studio = Studio::start().await;
    let api = &studio.api;
    let damaged = {
        let whole = png(photo());
        whole[..whole.len() / 2].to_vec()
    };
    for (bytes, kind, status, problem) in [
        (b"GIF89a".to_vec(), "image/gif", StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"),
        (b"hello".to_vec(), "text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"),
        (damaged, "image/png", StatusCode::UNPROCESSABLE_ENTITY, "invalid-image"),
        (Vec::new(), "image/png", StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"),
        (b"{".to_vec(), "application/json", StatusCode::BAD_REQUEST, "bad-body"),
        (b"{\"task\": 7}".to_vec(), "application/json", StatusCode::UNPROCESSABLE_ENTITY, "invalid-request"),
    ] {
        let answer = give(api, bytes, kind).await;
        assert_eq!((answer.status, answer.problem()), (status, problem), "{kind}: {}", answer.json);
    }
    let unknown = json!({"task": "0195e0a4-0000-7000-8000-000000000001", "output": 0});
    assert_eq!(api.post_json("/api/pictures", &unknown).await.problem(), "unknown-task");
    let missing = api.get(&format!("/api/pictures/{}", "0".repeat(64))).await;
    assert_eq!((missing.status, missing.problem()), (StatusCode::NOT_FOUND, "unknown-picture"));
    let wrong = api.get("/api/pictures/latest").await;
    assert_eq!((wrong.status, wrong.problem()), (StatusCode::BAD_REQUEST, "bad-path"));
    let two = Form::new().part("image", Part::bytes(png(photo()))).part("other", Part::bytes(png(photo())));
    let answer = api.send(api.request(Method::POST, "/api/pictures").multipart(two)).await;
    assert_eq!(answer.pointers(), ["/other"]);
}
