//! `GET /model-previews/{folder}?file=NAME`: the small picture of a LoRA (`loras`) or an embedding (`embeddings`), as its ComfyUI has it.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::prompts::PromptModel;
use serde::Deserialize;

use crate::AppState;

/// A preview may be changed beside the file.
const A_WHILE: HeaderValue = HeaderValue::from_static("private, max-age=600");

#[derive(Deserialize)]
pub(super) struct PreviewQuery {
    #[serde(default)]
    file: String,
}

/// 204: it has none.
pub(super) async fn show(State(state): State<AppState>, Path(folder): Path<String>, Query(query): Query<PreviewQuery>) -> Response {
    let Some(kind) = PromptModel::of_folder(&folder) else {
        return (StatusCode::NOT_FOUND, "There are previews of loras and embeddings only.\n").into_response();
    };
    match state.model_files().preview(kind, &query.file).await {
        Ok(Some(picture)) => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static("image/webp")), (header::CACHE_CONTROL, A_WHILE)], picture).into_response()
        }
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}
