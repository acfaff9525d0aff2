//! Assets that are there: by their id, and by the hash of their bytes.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use proto::comfy_v2::AssetPath;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    asker::Asker,
    base::Base,
    error::V2Error,
    responses::{NoAsset, error_responses},
    submit::{object, unread, whole},
    upload::expires_in,
};
use crate::{
    AppState,
    clock::now,
    comfy_v2::{AssetId, AssetReport, BaseUrl},
    store::AssetRemoved,
};

/// The hexadecimal digits of `blake3:…`.
fn blake3_digits(hash: &str) -> Option<&str> {
    let is_digits = |digits: &&str| digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    hash.strip_prefix("blake3:").filter(is_digits)
}

fn no_blob() -> V2Error {
    V2Error::new(StatusCode::NOT_FOUND, "blob_not_found", "No asset has these bytes. Upload them.")
}

error_responses! {
    HashErrors {
        404 => "No asset has these bytes (`blob_not_found`).",
        503 => "The database cannot be read.",
    }
    FromHashErrors {
        400 => "Not JSON (`invalid_request`).",
        404 => "No asset has these bytes (`blob_not_found`).",
        413 => "Too large (`payload_too_large`).",
        422 => "Wrong members (`invalid_request`).",
        503 => "It cannot be stored now.",
    }
    RemoveErrors {
        404 => "There is no such asset (`not_found`).",
        409 => "It is an output, which goes with its job, or a job that is not over needs it (`asset_in_use`).",
        503 => "The database cannot be written.",
    }
}

/// Whether bytes are there
///
/// Before an upload.
#[utoipa::path(
    head,
    path = "/api/v2/assets/by-hash/{hash}",
    operation_id = "hasAsset",
    tag = "Comfy API v2",
    params(("hash" = String, Path, description = "`blake3:` and 64 hexadecimal digits.")),
    responses((status = 200, description = "An asset has these bytes."), HashErrors),
)]
pub(super) async fn by_hash(State(state): State<AppState>, Path(hash): Path<String>) -> Result<StatusCode, V2Error> {
    let digits = blake3_digits(&hash).ok_or_else(no_blob)?;
    if state.assets().has(digits).await? { Ok(StatusCode::OK) } else { Err(no_blob()) }
}

// For the API document only.
/// Bytes that are there already, as a new asset.
#[derive(ToSchema)]
#[schema(as = V2AssetOfHash)]
#[allow(dead_code, reason = "it is a schema")]
pub struct AssetOfHash {
    /// `blake3:` and 64 hexadecimal digits.
    #[schema(pattern = "^blake3:[0-9a-f]{64}$")]
    hash: String,
    /// By default that of the other asset.
    #[schema(max_length = 255, pattern = r"^(?!models/)(?!(.*/)?\.{1,2}(/|$))[^\x00-\x1f\x7f-\x9f\\:/]+(/[^\x00-\x1f\x7f-\x9f\\:/]+)*$")]
    file_path: Option<String>,
    /// Seconds.
    #[schema(minimum = 60, maximum = 604_800)]
    expires_in: Option<u64>,
}

/// An asset of known bytes
///
/// Without an upload.
#[utoipa::path(
    post,
    path = "/api/v2/assets/from-hash",
    operation_id = "createAssetFromHash",
    tag = "Comfy API v2",
    request_body = AssetOfHash,
    responses(
        (status = 200, description = "It was there.", body = AssetReport),
        (status = 201, description = "It is stored.", body = AssetReport),
        FromHashErrors,
    ),
)]
pub(super) async fn from_hash(
    State(state): State<AppState>,
    Base(base): Base,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, V2Error> {
    let members = object(&body.map_err(unread)?)?;
    let Some(Value::String(hash)) = members.get("hash") else { return Err(V2Error::unprocessable("hash is a text, blake3:….")) };
    let path = match members.get("file_path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) => Some(AssetPath::parse(path).map_err(|wrong| V2Error::unprocessable(wrong.to_string()))?),
        Some(_) => return Err(V2Error::unprocessable("file_path is a text.")),
    };
    let life = match members.get("expires_in") {
        None | Some(Value::Null) => None,
        Some(seconds) => Some(expires_in(whole(seconds).and_then(|seconds| u64::try_from(seconds).ok()))?),
    };
    let digits = blake3_digits(hash).ok_or_else(no_blob)?;
    let (asset, is_new) = state.assets().of_hash(digits, path, life).await?.ok_or_else(no_blob)?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(AssetReport::of(&asset, Some(false), &base, now()))).into_response())
}

pub(super) fn asset_id(text: &str) -> Result<AssetId, V2Error> {
    text.parse().map_err(|_| V2Error::no_asset())
}

async fn report(state: &AppState, id: AssetId, asker: &str, base: &BaseUrl) -> Result<AssetReport, V2Error> {
    let report = match id {
        AssetId::Uploaded(id) => state.assets().get(id).await?.map(|asset| AssetReport::of(&asset, None, base, now())),
        AssetId::Output(task, number) => state.jobs().get(task, asker, base).await?.and_then(|job| {
            let (at, until) = (job.completed_at.or(job.started_at).unwrap_or(job.created_at), job.expires_at);
            let output = job.outputs.into_iter().find(|output| output.number == number)?;
            Some(AssetReport::of_output(output, at, until))
        }),
    };
    report.ok_or_else(V2Error::no_asset)
}

/// Look at an asset
///
/// Outputs of jobs are assets, too.
#[utoipa::path(
    get,
    path = "/api/v2/assets/{id}",
    operation_id = "getAsset",
    tag = "Comfy API v2",
    params(("id" = String, Path, description = "The asset's id.")),
    responses((status = 200, description = "The asset.", body = AssetReport), NoAsset),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    Asker(asker): Asker,
    Base(base): Base,
    Path(id): Path<String>,
) -> Result<Json<AssetReport>, V2Error> {
    report(&state, asset_id(&id)?, &asker, &base).await.map(Json)
}

/// Remove an asset
///
/// Bytes that another asset has, too, stay.
#[utoipa::path(
    delete,
    path = "/api/v2/assets/{id}",
    operation_id = "removeAsset",
    tag = "Comfy API v2",
    params(("id" = String, Path, description = "The asset's id.")),
    responses((status = 204, description = "It is gone."), RemoveErrors),
)]
pub(super) async fn remove(
    State(state): State<AppState>,
    Asker(asker): Asker,
    Base(base): Base,
    Path(id): Path<String>,
) -> Result<StatusCode, V2Error> {
    let in_use = || V2Error::new(StatusCode::CONFLICT, "asset_in_use", "This asset is in use.");
    match asset_id(&id)? {
        AssetId::Uploaded(id) => match state.assets().remove(id).await? {
            AssetRemoved::Removed => Ok(StatusCode::NO_CONTENT),
            AssetRemoved::Unknown => Err(V2Error::no_asset()),
            AssetRemoved::InUse => Err(in_use()),
        },
        // It is a part of its job, and goes with it.
        output @ AssetId::Output(..) => {
            report(&state, output, &asker, &base).await?;
            Err(in_use())
        }
    }
}
