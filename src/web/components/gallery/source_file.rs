//! The file of an output, as the browser has files that people choose.

use leptos::{prelude::*, web_sys};
use proto::gallery::GalleryId;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::url::file_url;

/// `name`: how it is called. The error is for people.
pub(super) async fn fetched(id: GalleryId, name: &str) -> Result<JsValue, String> {
    let away = || "Darkroom cannot be reached. Try again when it can.".to_owned();
    let answer = JsFuture::from(window().fetch_with_str(&file_url(id, None))).await.map_err(|_| away())?;
    let answer: web_sys::Response = answer.dyn_into().map_err(|_| away())?;
    if !answer.ok() {
        return Err("Its file is not there any more.".into());
    }
    let bytes = JsFuture::from(answer.blob().map_err(|_| away())?).await.map_err(|_| away())?;
    let file = web_sys::File::new_with_blob_sequence(&js_sys::Array::of1(&bytes), name);
    file.map(JsValue::from).map_err(|_| "The browser cannot read it.".to_owned())
}
