//! What ComfyUI's routes say of the files of models. Its LoRAs are no files here: their previews are painted, their metadata is made of their names.

use std::{io::Cursor, sync::Arc};

use axum::{
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use image::{DynamicImage, ImageFormat};
use paint::Wish;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{app::App, python};

/// The side of a preview in pixels.
const SIDE: u32 = 256;
const LORAS: &str = "loras";

/// `GET /experiment/models/{folder}`.
pub(super) async fn list(State(app): State<Arc<App>>, Path(folder): Path<String>) -> Response {
    let names = if folder == LORAS { loras(&app) } else { Vec::new() };
    let file = |name: String| json!({"name": name, "pathIndex": 0, "modified": 1.7e9, "created": 1.7e9, "size": 144});
    python::ok(&names.into_iter().map(file).collect())
}

/// `GET /experiment/models/preview/{folder}/{path_index}/{filename}`.
pub(super) async fn preview(State(app): State<Arc<App>>, Path((folder, _, file)): Path<(String, u32, String)>) -> Response {
    if folder != LORAS || !loras(&app).contains(&file) {
        return python::empty(StatusCode::NOT_FOUND);
    }
    let painted = tokio::task::spawn_blocking(move || {
        let prompt = format!("{}, a heron at a lake", subject(&file));
        let wish = Wish { prompt: &prompt, negative: "", seed: 7, cfg: 7.0, checkpoint: &file };
        let mut bytes = Vec::new();
        let picture = DynamicImage::from(paint::paint(&wish, SIDE, SIDE));
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::WebP).ok().map(|()| bytes)
    });
    match painted.await {
        Ok(Some(bytes)) => ([(header::CONTENT_TYPE, "image/webp")], bytes).into_response(),
        _ => python::trouble(),
    }
}

#[derive(Deserialize)]
pub(super) struct FileParams {
    filename: Option<String>,
}

/// `GET /view_metadata/{folder}?filename=`.
pub(super) async fn metadata(State(app): State<Arc<App>>, Path(folder): Path<String>, Query(params): Query<FileParams>) -> Response {
    let Some(file) = params.filename.filter(|file| folder == LORAS && loras(&app).contains(file)) else {
        return python::empty(StatusCode::NOT_FOUND);
    };
    let subject = subject(&file);
    let tags = json!({"10_pictures": {format!("{subject} (style)"): 24, "analog photo": 18, "soft light": 9}});
    python::ok(&json!({"modelspec.trigger_phrase": subject, "ss_tag_frequency": tags.to_string(), "ss_output_name": file}))
}

fn loras(app: &App) -> Vec<String> {
    app.engine.catalog.loras().as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What a file is about: `demo-grain.safetensors` is "grain".
fn subject(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.strip_prefix("demo-").unwrap_or(stem).replace(['-', '_'], " ")
}
