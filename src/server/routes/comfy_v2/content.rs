//! `GET /api/v2/assets/{id}/content`: the bytes, or a range of them.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};
use utoipa::ToSchema;

use super::{asker::Asker, assets::asset_id, error::V2Error, responses::error_responses};
use crate::{
    AppState,
    comfy_v2::AssetId,
    routes::media::{MediaError, OutputRequest, fetch, kept_file},
};

// For the API document only.
/// The bytes of a file.
#[derive(ToSchema)]
#[schema(as = V2Bytes, value_type = String, format = Binary)]
#[allow(dead_code, reason = "it is a schema")]
pub struct AssetBytes(String);

error_responses! {
    ContentErrors {
        404 => "There is no such asset (`not_found`), or its bytes are gone (`output_unavailable`).",
        416 => "No such range (`range_not_satisfiable`).",
        503 => "It cannot be read now, neither here nor at its ComfyUI.",
    }
}

/// The bytes of an asset
///
/// Or a range of them.
#[utoipa::path(
    get,
    path = "/api/v2/assets/{id}/content",
    operation_id = "getAssetContent",
    tag = "Comfy API v2",
    params(("id" = String, Path, description = "The asset's id.")),
    responses(
        (status = 200, description = "The bytes.", content((AssetBytes = "*/*"))),
        (status = 206, description = "A range of them.", content((AssetBytes = "*/*"))),
        (status = 304, description = "The copy of the client is current."),
        ContentErrors,
    ),
)]
pub(super) async fn content(
    State(state): State<AppState>,
    Asker(asker): Asker,
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
        AssetId::Output(task, _) if !state.jobs().has(task, &asker).await? => Err(V2Error::no_asset()),
        AssetId::Output(task, number) => fetch(&state, task, number, request).await.map_err(|error| match error {
            MediaError::UnknownTask | MediaError::UnknownOutput => V2Error::no_asset(),
            error if error.status() == StatusCode::NOT_FOUND || error.status() == StatusCode::GONE => {
                V2Error::new(StatusCode::NOT_FOUND, "output_unavailable", error.to_string())
            }
            error => V2Error::unavailable(error.to_string()),
        }),
    }
}
