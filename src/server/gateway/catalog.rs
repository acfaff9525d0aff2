//! What the ComfyUIs have, together: node classes, models, devices.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};
use futures::future::join_all;
use proto::{comfy::parse_lenient, gateway::merged_object_info};
use serde_json::{Map, Value, json};

use super::{answer, catalog_cache::NewestClasses, home, shared::Gateway, socket::server_features};
use crate::backend::Backend;

/// `GET /object_info`
pub(super) async fn classes(State(gateway): State<Gateway>) -> Response {
    let classes = merged(&gateway).await;
    let written = tokio::task::spawn_blocking(move || serde_json::to_string(&*classes)).await;
    match written {
        Ok(Ok(json)) => answer::text(StatusCode::OK, json),
        _ => answer::trouble(),
    }
}

/// `GET /object_info/{class}`: empty if no ComfyUI has it.
pub(super) async fn class(State(gateway): State<Gateway>, Path(class): Path<String>) -> Response {
    let classes = merged(&gateway).await;
    answer::ok(&classes.get(&class).map_or_else(|| json!({}), |found| json!({class: found})))
}

async fn merged(gateway: &Gateway) -> Arc<Map<String, Value>> {
    let uploads = gateway.files.inputs().await;
    // Held meanwhile: many who ask at once wait for one answer.
    let mut newest = gateway.classes.lock().await;
    if let Some(classes) = newest.as_ref().and_then(|newest| newest.current(&uploads)) {
        return classes;
    }
    let texts = join_all(gateway.home_first().into_iter().map(|backend| async move { backend.client.object_info().await.ok() })).await;
    let with = uploads.clone();
    let merge = move || {
        let read = texts.into_iter().flatten().filter_map(|text| parse_lenient(&text).ok()).collect();
        merged_object_info(read, &uploads)
    };
    let classes = Arc::new(tokio::task::spawn_blocking(merge).await.unwrap_or_default());
    if !classes.is_empty() {
        *newest = Some(NewestClasses::new(with, classes.clone()));
    }
    classes
}

/// What each of them answers to this request.
async fn ask_all(gateway: &Gateway, path: &str) -> Vec<(StatusCode, Value)> {
    let ask = async |backend: &Arc<Backend>| {
        let response = backend.client.pass(Method::GET, path, None, HeaderMap::new(), None).await.ok()?;
        let status = response.status();
        Some((status, parse_lenient(&response.text().await.ok()?).unwrap_or_default()))
    };
    join_all(gateway.home_first().into_iter().map(ask)).await.into_iter().flatten().collect()
}

/// Lists that each ComfyUI has, as one: `/embeddings`, `/models`, `/models/{folder}`, `/experiment/models` and its folders.
pub(super) async fn list(State(gateway): State<Gateway>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let mut all: Option<Vec<Value>> = None;
    for (status, found) in ask_all(&gateway, &path).await {
        if let (StatusCode::OK, Value::Array(found)) = (status, found) {
            let all = all.get_or_insert_default();
            for item in found {
                if !all.contains(&item) {
                    all.push(item);
                }
            }
        }
    }
    match all {
        Some(all) => answer::ok(&all.into()),
        None => home::pass(State(gateway), request).await,
    }
}

/// `GET /system_stats`: one system, and the devices of all.
pub(super) async fn system_stats(State(gateway): State<Gateway>) -> Response {
    let mut answers = ask_all(&gateway, "/system_stats").await.into_iter().filter(|(status, _)| *status == StatusCode::OK);
    let Some((_, mut stats)) = answers.next() else { return answer::unavailable("No ComfyUI can be reached.") };
    let more: Vec<Value> = answers.filter_map(|(_, stats)| stats.get("devices")?.as_array().cloned()).flatten().collect();
    if let Some(devices) = stats.get_mut("devices").and_then(Value::as_array_mut).filter(|_| !more.is_empty()) {
        devices.extend(more);
        for (index, device) in devices.iter_mut().enumerate() {
            device["index"] = index.into();
        }
    }
    answer::ok(&stats)
}

/// `GET /features`: the ComfyUI's that serves the page, without what this server does not do.
pub(super) async fn features(State(gateway): State<Gateway>) -> Response {
    let home = match gateway.home() {
        Some(home) => home.client.pass(Method::GET, "/features", None, HeaderMap::new(), None).await.ok(),
        None => None,
    };
    let theirs = match home.filter(|response| response.status() == StatusCode::OK) {
        Some(response) => response.text().await.ok().and_then(|text| parse_lenient::<Map<String, Value>>(&text).ok()),
        None => None,
    };
    let Some(mut features) = theirs else { return answer::ok(&server_features()) };
    features.shift_remove("supports_progress_text_metadata");
    if let Some(assets) = features.get_mut("assets") {
        *assets = false.into();
    }
    answer::ok(&features.into())
}

/// `GET /internal/files/input`: with the files that clients gave.
pub(super) async fn input_files(State(gateway): State<Gateway>, request: Request) -> Response {
    let mut names: Vec<Value> = gateway.files.inputs().await.into_iter().filter(|name| !name.contains('/')).map(Value::from).collect();
    let path = request.uri().path().to_owned();
    for (_, found) in ask_all(&gateway, &path).await.into_iter().take(1) {
        for name in found.as_array().into_iter().flatten() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    answer::ok(&names.into())
}
