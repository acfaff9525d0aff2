//! Requests to `POST /api/pictures`. Each answers with the picture's id and size, or why it was not taken, for people.

use crate::base_path::with_base;
use js_sys::Reflect;
use leptos::{prelude::*, web_sys};
use proto::{
    edit::{PictureId, PixelSize},
    gallery::GalleryId,
    ids::TaskId,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Stores a picture in Darkroom.
pub(crate) async fn upload(file: &web_sys::Blob) -> Result<(PictureId, PixelSize), String> {
    let body = web_sys::FormData::new().map_err(|_| "The browser could not read this file.".to_owned())?;
    let _ = body.append_with_blob("image", file);
    let request = web_sys::RequestInit::new();
    request.set_body(&body);
    send(&request).await
}

/// Takes a result of a task as a picture, without the bytes coming to the browser.
pub(crate) async fn give_result(task: TaskId, output: u32) -> Result<(PictureId, PixelSize), String> {
    give(&format!("{{\"task\":\"{task}\",\"output\":{output}}}")).await
}

/// Takes an output of the gallery as a picture, in the same way.
pub(crate) async fn give_output(output: GalleryId) -> Result<(PictureId, PixelSize), String> {
    give(&format!("{{\"outputId\":\"{output}\"}}")).await
}

async fn give(json: &str) -> Result<(PictureId, PixelSize), String> {
    let request = web_sys::RequestInit::new();
    request.set_body(&JsValue::from_str(json));
    let headers = js_sys::Object::new();
    let _ = Reflect::set(&headers, &"content-type".into(), &"application/json".into());
    request.set_headers(&headers);
    send(&request).await
}

async fn send(request: &web_sys::RequestInit) -> Result<(PictureId, PixelSize), String> {
    request.set_method("POST");
    let answer = JsFuture::from(window().fetch_with_str_and_init(&with_base("/api/pictures"), request)).await;
    let away = || "Darkroom cannot be reached. Nothing is lost: try again when it can.".to_owned();
    let answer: web_sys::Response = answer.ok().and_then(|answer| answer.dyn_into().ok()).ok_or_else(away)?;
    let json = JsFuture::from(answer.json().map_err(|_| away())?).await.unwrap_or(JsValue::NULL);
    let get = |key: &str| Reflect::get(&json, &JsValue::from_str(key)).ok();
    let number = |key: &str| get(key).and_then(|value| value.as_f64()).map(|value| value as u32);
    let id = get("id").and_then(|id| id.as_string()).and_then(|id| id.parse().ok());
    match (id, number("width"), number("height")) {
        (Some(id), Some(width), Some(height)) => Ok((id, PixelSize::new(width, height))),
        _ => Err(get("detail").and_then(|detail| detail.as_string()).unwrap_or_else(|| "This file was not taken.".into())),
    }
}
