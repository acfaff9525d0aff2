//! Sends files of this computer to `POST /api/outputs`, a few at a time.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use js_sys::Reflect;
use leptos::{ev, prelude::*, task::spawn_local, web_sys};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::model::GalleryModel;
use crate::base_path::with_base;

/// Requests at the same time.
const AT_ONCE: usize = 3;

type Waiting = Rc<RefCell<VecDeque<web_sys::File>>>;

/// Files that come while others are sent are sent with them.
pub(super) fn send(model: GalleryModel, files: &web_sys::FileList) {
    let files: VecDeque<_> = (0..files.length()).filter_map(|at| files.get(at)).collect();
    if files.is_empty() {
        return;
    }
    let count = files.len() as u64;
    model.imports.update(|imports| {
        if imports.is_done() {
            *imports = Default::default();
        }
        imports.total += count;
    });
    let waiting = Waiting::new(RefCell::new(files));
    for _ in 0..AT_ONCE {
        spawn_local(work(model, waiting.clone()));
    }
}

/// Listens to the window while the page is shown.
pub(super) fn take_dropped(model: GalleryModel) {
    let listeners = [
        window_event_listener(ev::dragover, move |event| {
            if has_files(&event) {
                event.prevent_default();
                model.dropping.set(true);
            }
        }),
        window_event_listener(ev::dragleave, move |event| {
            // It left the window, not only an element.
            if event.related_target().is_none() {
                model.dropping.set(false);
            }
        }),
        window_event_listener(ev::drop, move |event| {
            model.dropping.set(false);
            if let Some(files) = event.data_transfer().filter(|_| has_files(&event)).and_then(|data| data.files()) {
                event.prevent_default();
                send(model, &files);
            }
        }),
    ];
    on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
}

/// A picture of the page itself that is dragged is a file, too, but has an address.
fn has_files(event: &web_sys::DragEvent) -> bool {
    let Some(data) = event.data_transfer() else { return false };
    let types = data.types();
    let has = |name: &str| types.iter().any(|kind| kind.as_string().as_deref() == Some(name));
    has("Files") && !has("text/uri-list")
}

async fn work(model: GalleryModel, waiting: Waiting) {
    loop {
        let next = waiting.borrow_mut().pop_front();
        let Some(file) = next else { break };
        let sent = one(&file).await;
        let is_gone = model
            .imports
            .try_update(|imports| match sent {
                Ok(true) => imports.new += 1,
                Ok(false) => imports.known += 1,
                Err(why) => imports.refuse(file.name(), why),
            })
            .is_none();
        // The page was left.
        if is_gone {
            return;
        }
    }
    let is_done = model.imports.try_with_untracked(|imports| imports.is_done() && imports.new > 0);
    if is_done == Some(true) {
        model.imported();
    }
}

/// Returns whether it is new. The error is for people.
async fn one(file: &web_sys::File) -> Result<bool, String> {
    let request = web_sys::RequestInit::new();
    request.set_method("POST");
    request.set_body(file);
    let headers = js_sys::Object::new();
    let _ = Reflect::set(&headers, &"content-type".into(), &"application/octet-stream".into());
    request.set_headers(&headers);
    let made_at = js_sys::Date::new(&JsValue::from_f64(file.last_modified())).to_iso_string();
    let name = js_sys::encode_uri_component(&file.name());
    let address = with_base(&format!("/api/outputs?filename={name}&createdAt={made_at}"));
    let answer = JsFuture::from(window().fetch_with_str_and_init(&address, &request)).await;
    let away = || "It could not be sent: Darkroom cannot be reached, or the file cannot be read.".to_owned();
    let answer: web_sys::Response = answer.ok().and_then(|answer| answer.dyn_into().ok()).ok_or_else(away)?;
    if answer.ok() {
        return Ok(answer.status() == 201);
    }
    let json = JsFuture::from(answer.json().map_err(|_| away())?).await.unwrap_or(JsValue::NULL);
    let detail = Reflect::get(&json, &"detail".into()).ok().and_then(|detail| detail.as_string());
    Err(detail.unwrap_or_else(|| "It was not taken.".into()))
}
