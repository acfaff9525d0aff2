//! Outputs and previews of tasks. File names never come from the browser, and a file is shown only as the type that its bytes have.

mod conditions;
mod error;
mod gallery;
mod headers;
mod kept;
mod passed;
mod plain;
mod request;

pub(crate) use self::error::MediaError;
pub(crate) use self::request::OutputRequest;
use self::{error::problem, headers::media_headers};
pub(super) use self::{
    gallery::{gallery_file, gallery_output},
    kept::respond as kept_file,
    request::{MetadataChoice, ViewQuery},
};
use crate::{AppState, backend::ComfyError, media::sniff};
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::{ids::TaskId, task::OutputContent, wire::PreviewFrame};

/// `GET` and `HEAD /tasks/{id}/outputs/{n}[?thumb=320][&download=1]`.
pub(super) async fn output(
    State(state): State<AppState>,
    Path((id, number)): Path<(TaskId, u32)>,
    Query(query): Query<ViewQuery>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let request = match query.request(&method, headers) {
        Ok(_) if query.metadata() == MetadataChoice::Strip => {
            return problem(StatusCode::BAD_REQUEST, "metadata=strip is for outputs in the gallery: /gallery/{id}/file.");
        }
        Ok(request) => request,
        Err(why) => return problem(StatusCode::BAD_REQUEST, why),
    };
    let fetched = fetch(&state, id, number, request).await;
    fetched.unwrap_or_else(|error| problem(error.status(), &error.to_string()))
}

/// An output: from the media store, else from its ComfyUI.
pub(crate) async fn fetch(state: &AppState, id: TaskId, number: u32, request: OutputRequest) -> Result<Response, MediaError> {
    let task = state.archive().task(id).await.ok_or(MediaError::UnknownTask)?;
    let output = task.outputs.iter().find(|output| output.id == number).ok_or(MediaError::UnknownOutput)?;
    let filename = match &output.content {
        OutputContent::Text { text } => return Ok(text.clone().into_response()),
        OutputContent::File { filename, .. } => filename,
    };
    let mut store_failed = false;
    // Twice: a result that came over the socket may be moved into the media store between the two looks.
    for _ in 0..2 {
        if let Some(file) = state.media().file(&task, number).await {
            match kept::respond(state.media(), &file, filename, &request).await {
                Ok(response) => return Ok(response),
                Err(error) => {
                    tracing::warn!(%id, number, %error, "a kept output cannot be read; its ComfyUI is asked for it");
                    store_failed = true;
                }
            }
        }
        if !output.content.came_over_socket() {
            break;
        }
        if let Some(picture) = state.media().spooled(&output.content).await {
            let mut headers = headers::file_headers(sniff(&picture), filename, request.download);
            if request.thumb.is_some() {
                headers.insert(header::CACHE_CONTROL, headers::BRIEFLY);
            }
            return Ok((headers, picture).into_response());
        }
    }
    if output.content.came_over_socket() {
        return Err(if store_failed { MediaError::StoreUnavailable } else { MediaError::NotKept });
    }
    let passed = async {
        let backend = task.backend.as_ref().and_then(|id| state.backend(id)).ok_or(MediaError::NoBackend)?;
        match backend.client.view(&output.content, request.thumb.is_some()).await {
            Ok(upstream) => Ok(passed::respond(upstream, filename, &request).await),
            Err(ComfyError::Status { status: StatusCode::NOT_FOUND, .. }) => Err(MediaError::Gone),
            Err(ComfyError::NotServed { path }) => Err(MediaError::NotServed(path)),
            Err(error) => {
                tracing::warn!(%id, number, %error, "an output cannot be fetched");
                Err(MediaError::Unreachable)
            }
        }
    };
    passed.await.map_err(|error| if store_failed { MediaError::StoreUnavailable } else { error })
}

/// `GET /tasks/{id}/preview`: the newest preview of a running task; 204 while there is none.
pub(super) async fn preview(State(state): State<AppState>, Path(id): Path<TaskId>) -> Response {
    let frame = state.tracker().newest_preview(id);
    let Some(PreviewFrame { image, .. }) = frame.as_deref().and_then(PreviewFrame::decode) else {
        return match state.archive().task(id).await {
            Some(_) => (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response(),
            None => problem(StatusCode::NOT_FOUND, "There is no such task."),
        };
    };
    let Some(mime) = sniff(image) else { return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "This preview is no picture.") };
    let mut headers = media_headers(mime);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (headers, image.to_vec()).into_response()
}
