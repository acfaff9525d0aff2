//! `POST /api/v2/assets`: a form with a file. Its fields may come in any order.

use std::time::Duration;

use axum::{
    Json,
    extract::{
        FromRequest, Multipart, Request, State,
        multipart::{Field, MultipartError},
    },
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use proto::{comfy_v2::AssetPath, limits};
use utoipa::ToSchema;

use super::{base::Base, error::V2Error, idempotency::key_text, responses::error_responses, submit::JobKeyHeader};
use crate::{
    AppState,
    clock::now,
    comfy_v2::{AssetLibrary, AssetReport, AssetUpload, BaseUrl, UploadedAsset},
};

// For the API document only: read by [`AssetForm::receive`].
/// A file, and what is said of it. The fields may come in any order.
#[derive(ToSchema)]
#[schema(as = V2NewAsset)]
#[allow(dead_code, reason = "it is a schema")]
pub struct NewAssetForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// Its name, perhaps below a folder: `input/photo.png`.
    #[schema(
        max_length = 255,
        pattern = r"^(?!models/)(?!(.*/)?\.{1,2}(/|$))[^\x00-\x1f\x7f-\x9f\\:/]+(/[^\x00-\x1f\x7f-\x9f\\:/]+)*$",
        example = "photo.png"
    )]
    file_path: String,
    /// Its media type; by default that of the part.
    #[schema(nullable = false, max_length = 255, pattern = r"^[\t -~]*/[\t -~]*$", example = "image/png")]
    content_type: Option<String>,
    /// `blake3:` and 64 hexadecimal digits: other bytes are refused.
    #[schema(nullable = false)]
    expected_hash: Option<String>,
    /// Seconds.
    #[schema(nullable = false, minimum = 60, maximum = 604_800)]
    expires_in: Option<u64>,
}

error_responses! {
    UploadErrors {
        400 => "The form breaks off, or takes too long (`invalid_request`).",
        409 => "Other bytes than expected (`hash_mismatch`).",
        413 => "Too large (`payload_too_large`).",
        422 => "Not a form, or wrong fields (`invalid_request`); or an Idempotency-Key that was used (`idempotency_key_reuse`).",
        503 => "It cannot be stored now.",
    }
}

/// Upload an asset
///
/// A file for inputs of workflows.
#[utoipa::path(
    post,
    path = "/api/v2/assets",
    operation_id = "createAsset",
    tag = "Comfy API v2",
    params(JobKeyHeader),
    request_body(content = NewAssetForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "It is stored. Another asset has the same bytes.", body = AssetReport),
        (status = 201, description = "It is stored.", body = AssetReport),
        UploadErrors,
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    Base(base): Base,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, V2Error> {
    let key = key_text(&headers)?;
    if let Some(key) = &key
        && state.assets().is_key_used(key).await?
    {
        return Err(V2Error::key_reused());
    }
    let form = Multipart::from_request(request, &()).await;
    let form = form.map_err(|_| V2Error::unprocessable("Send a form: multipart/form-data with a file in the field file."))?;
    let taken = tokio::time::timeout(limits::UPLOAD_TIME, take(state.assets(), form, key, &base)).await;
    taken.map_err(|_| V2Error::bad_request(format!("An upload takes at most {} s.", limits::UPLOAD_TIME.as_secs())))?
}

#[derive(Default)]
struct AssetForm<'a> {
    file: Option<UploadedAsset<'a>>,
    part_type: Option<String>,
    content_type: Option<String>,
    file_path: Option<String>,
    expected_hash: Option<String>,
    expires_in: Option<String>,
}

async fn take(assets: &AssetLibrary, form: Multipart, key: Option<String>, base: &BaseUrl) -> Result<Response, V2Error> {
    let form = AssetForm::receive(assets, form).await?;
    let file_path = form.file_path.ok_or_else(|| V2Error::unprocessable("There is no file_path: the name of the file."))?;
    let file_path = AssetPath::parse(&file_path).map_err(|wrong| V2Error::unprocessable(wrong.to_string()))?;
    let upload = AssetUpload {
        content_type: content_type(form.content_type.or(form.part_type))?,
        file_path,
        expected_blake3: form.expected_hash.map(|hash| hash.strip_prefix("blake3:").unwrap_or("?").to_owned()),
        expires_in: form.expires_in.map(|text| expires_in(text.parse().ok())).transpose()?,
        key,
    };
    let file = form.file.ok_or_else(|| V2Error::unprocessable("There is no file: send one in the field file."))?;
    let (asset, is_new) = assets.add(file, upload).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(AssetReport::of(&asset, Some(is_new), base, now()))).into_response())
}

impl<'a> AssetForm<'a> {
    async fn receive(assets: &'a AssetLibrary, mut sent: Multipart) -> Result<Self, V2Error> {
        let mut form = Self::default();
        for _ in 0..limits::ASSET_FIELDS {
            let Some(field) = sent.next_field().await.map_err(unreadable)? else { return Ok(form) };
            let name = field.name().unwrap_or_default().to_owned();
            let place = match name.as_str() {
                "file" if form.file.is_some() => return Err(V2Error::unprocessable("One file at a time.")),
                "file" => {
                    form.part_type = field.content_type().map(str::to_owned);
                    form.file = Some(assets.keep(field).await?);
                    continue;
                }
                "content_type" => &mut form.content_type,
                "file_path" => &mut form.file_path,
                "expected_hash" => &mut form.expected_hash,
                "expires_in" => &mut form.expires_in,
                // Tags, and what later versions of the specification may have.
                _ => &mut None,
            };
            *place = Some(text(field, &name).await?);
        }
        Err(V2Error::unprocessable(format!("A form has at most {} fields.", limits::ASSET_FIELDS)))
    }
}

async fn text(mut field: Field<'_>, name: &str) -> Result<String, V2Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > limits::ASSET_FIELD {
            return Err(V2Error::unprocessable(format!("The field {name:.40?} has more than {} bytes.", limits::ASSET_FIELD)));
        }
    }
    String::from_utf8(bytes).map_err(|_| V2Error::unprocessable(format!("The field {name:.40?} is not UTF-8.")))
}

fn unreadable(error: MultipartError) -> V2Error {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let words = format!("A file is at most {} MiB.", limits::MEDIA_UPLOAD >> 20);
        return V2Error::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", words);
    }
    V2Error::bad_request(format!("The form cannot be read: {}.", error.body_text()))
}

fn content_type(text: Option<String>) -> Result<String, V2Error> {
    let text = text.unwrap_or_else(|| "application/octet-stream".into());
    let is_type = text.len() <= limits::ASSET_PATH && HeaderValue::from_str(&text).is_ok() && text.is_ascii() && text.contains('/');
    if is_type { Ok(text) } else { Err(V2Error::unprocessable("content_type is a media type, such as image/png.")) }
}

/// Seconds.
pub(super) fn expires_in(seconds: Option<u64>) -> Result<Duration, V2Error> {
    let range = limits::ASSET_EXPIRES_IN_S;
    let wrong = || V2Error::unprocessable(format!("expires_in is a whole number of seconds from {} to {}.", range.start(), range.end()));
    seconds.filter(|seconds| range.contains(seconds)).map(Duration::from_secs).ok_or_else(wrong)
}
