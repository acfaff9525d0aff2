//! The small routes: queue, history, interrupt, lists and information about the engine.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    app::{App, MAX_UPLOAD},
    files::Folder,
    python,
};

type SharedApp = State<Arc<App>>;

pub(super) async fn prompt_info(State(app): SharedApp) -> Response {
    python::ok(&app.engine.queue.with_info(|info| info))
}

pub(super) async fn queue(State(app): SharedApp) -> Response {
    python::ok(&app.engine.queue.to_json())
}

/// `{clear: true}`, `{delete: [id, …]}` (fact 39).
pub(super) async fn change_queue(State(app): SharedApp, body: Bytes) -> Response {
    let Ok(Value::Object(body)) = serde_json::from_slice(&body) else {
        return python::trouble();
    };
    let (queue, sockets) = (&app.engine.queue, &app.engine.sockets);
    if body.get("clear").is_some_and(proto::comfy::is_truthy) {
        queue.clear(sockets);
    }
    for id in ids(body.get("delete")) {
        queue.delete(&id, sockets);
    }
    python::empty(StatusCode::OK)
}

/// A string is split into its characters, as Python does with `for id in "abc"`.
fn ids(list: Option<&Value>) -> Vec<Value> {
    match list {
        Some(Value::Array(ids)) => ids.clone(),
        Some(Value::String(text)) => text.chars().map(|character| json!(character.to_string())).collect(),
        _ => Vec::new(),
    }
}

/// With a prompt_id interrupts only that prompt, else whichever is running; always 200 (fact 30).
pub(super) async fn interrupt(State(app): SharedApp, body: Bytes) -> Response {
    let body = match serde_json::from_slice(&body) {
        Ok(Value::Object(body)) => body,
        Ok(_) => return python::trouble(),
        Err(_) => serde_json::Map::new(),
    };
    let engine = &app.engine;
    match body.get("prompt_id").filter(|id| proto::comfy::is_truthy(id)) {
        Some(id) if !engine.queue.is_running(id) => {}
        _ => engine.pace.interrupt(),
    }
    python::empty(StatusCode::OK)
}

/// Empties the cache before the next run (fact 50).
pub(super) async fn free(State(app): SharedApp, body: Bytes) -> Response {
    let Ok(Value::Object(body)) = serde_json::from_slice(&body) else {
        return python::trouble();
    };
    if body.get("free_memory").is_some_and(proto::comfy::is_truthy) {
        app.engine.free.store(true, Ordering::Relaxed);
    }
    python::empty(StatusCode::OK)
}

#[derive(Deserialize)]
pub(super) struct Page {
    max_items: Option<String>,
    offset: Option<String>,
}

pub(super) async fn history(State(app): SharedApp, Query(page): Query<Page>) -> Response {
    let number = |text: Option<String>| text.map(|text| text.trim().parse::<i64>()).transpose();
    let (Ok(max_items), Ok(offset)) = (number(page.max_items), number(page.offset)) else {
        return python::trouble();
    };
    python::ok(&app.engine.queue.history(max_items, offset))
}

pub(super) async fn history_of(State(app): SharedApp, Path(id): Path<String>) -> Response {
    python::ok(&app.engine.queue.history_of(&id))
}

pub(super) async fn change_history(State(app): SharedApp, body: Bytes) -> Response {
    let Ok(Value::Object(body)) = serde_json::from_slice(&body) else {
        return python::trouble();
    };
    if body.get("clear").is_some_and(proto::comfy::is_truthy) {
        app.engine.queue.clear_history();
    }
    for id in ids(body.get("delete")) {
        app.engine.queue.delete_history(&id);
    }
    python::empty(StatusCode::OK)
}

pub(super) async fn object_info(State(app): SharedApp) -> Response {
    python::ok(&Value::Object(app.engine.catalog.object_info(&app.engine.folders)))
}

/// `{}` for an unknown class.
pub(super) async fn object_info_of(State(app): SharedApp, Path(class): Path<String>) -> Response {
    let mut all = app.engine.catalog.object_info(&app.engine.folders);
    python::ok(&match all.remove(&class) {
        Some(entry) => json!({class: entry}),
        None => json!({}),
    })
}

/// The recorded shape; the device name says that this is not ComfyUI.
pub(super) async fn system_stats(State(app): SharedApp) -> Response {
    const RAM: u64 = 16 << 30;
    python::ok(&json!({
        "system": {
            "os": std::env::consts::OS,
            "ram_total": RAM,
            "ram_free": RAM / 2,
            "comfyui_version": if app.engine.atomic_cancel { "0.26.0" } else { "0.8.0" },
            "required_frontend_version": "1.35.9",
            "installed_templates_version": null,
            "required_templates_version": "0.7.67",
            "python_version": "none (Darkroom demo engine)",
            "pytorch_version": "none (Darkroom demo engine)",
            "embedded_python": false,
            "argv": ["darkroom", "demo", "--preview-method", if app.engine.previews { "auto" } else { "none" }],
        },
        "devices": [{
            "name": "Darkroom demo engine (CPU)",
            "type": "cpu",
            "index": null,
            "vram_total": RAM,
            "vram_free": RAM / 2,
            "torch_vram_total": RAM,
            "torch_vram_free": RAM / 2,
        }],
    }))
}

pub(super) fn feature_flags() -> Value {
    json!({
        "supports_preview_metadata": true,
        "max_upload_size": MAX_UPLOAD,
        "extension": {"manager": {"supports_v4": true}},
    })
}

pub(super) async fn features() -> Response {
    python::ok(&feature_flags())
}

const MODEL_FOLDERS: [&str; 21] = [
    "checkpoints",
    "configs",
    "loras",
    "vae",
    "text_encoders",
    "diffusion_models",
    "clip_vision",
    "style_models",
    "embeddings",
    "diffusers",
    "vae_approx",
    "controlnet",
    "gligen",
    "upscale_models",
    "latent_upscale_models",
    "custom_nodes",
    "hypernetworks",
    "photomaker",
    "classifiers",
    "model_patches",
    "audio_encoders",
];

pub(super) async fn models() -> Response {
    python::ok(&json!(MODEL_FOLDERS))
}

pub(super) async fn models_in(State(app): SharedApp, Path(folder): Path<String>) -> Response {
    match folder.as_str() {
        "checkpoints" => python::ok(&app.engine.catalog.checkpoints()),
        known if MODEL_FOLDERS.contains(&known) => python::ok(&json!([])),
        _ => python::empty(StatusCode::NOT_FOUND),
    }
}

/// The files at the top of a folder, the newest first: for ComfyUI's own page.
pub(super) async fn files_in(State(app): SharedApp, Path(folder): Path<String>) -> Response {
    match Folder::parse(&folder) {
        Some(folder) => python::ok(&json!(app.engine.folders.newest_files(folder))),
        None => python::json(StatusCode::BAD_REQUEST, &json!({"error": "Invalid directory type"})),
    }
}

/// Embeddings and web extensions: always empty.
pub(super) async fn no_list() -> Response {
    python::ok(&json!([]))
}
