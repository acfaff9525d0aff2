//! `GET /api/v2/assets/{id}/content`: the bytes, or a range of them.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};

use super::{assets::asset_id, error::V2Error};
use crate::{
    AppState,
    comfy_v2::AssetId,
    routes::media::{MediaError, OutputRequest, fetch, kept_file},
};

pub(super) async fn content(
    State(state): State<AppState>,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, V2Error> {
    let request = OutputRequest { thumb: None, download: false, is_head: method == Method::HEAD, headers };
    match asset_id(&id)? {
        AssetId::Uploaded(id) => {
            let asset = state.assets().get(id).await?.ok_or_else(V2Error::no_asset)?;
            let name = asset.file_path.as_deref().unwrap_or("asset");
            Ok(kept_file(state.media(), &asset.file, name, &request).await?)
        }
        AssetId::Output(task, number) => fetch(&state, task, number, request).await.map_err(|error| match error {
            MediaError::UnknownTask | MediaError::UnknownOutput => V2Error::no_asset(),
            error if error.status() == StatusCode::NOT_FOUND || error.status() == StatusCode::GONE => {
                V2Error::new(StatusCode::NOT_FOUND, "output_unavailable", error.to_string())
            }
            error => V2Error::unavailable(error.to_string()),
        }),
    }
}
