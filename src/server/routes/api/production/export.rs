//! A project for other programs: an edit list, a timeline, a table, and its current takes in folders.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use std::io;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use proto::production::{
    Take,
    export::{CutList, edl, otio, table},
    slug,
};

use super::{errors::ReadProblems, paths::ProjectPath};
use crate::{
    AppState,
    clock::now,
    gallery::GalleryError,
    media::MediaFailure,
    production_views::cut,
    routes::{
        api::{kind::ProblemKind, outputs::Bytes, problem::ApiProblem},
        attachment::attachment,
    },
    zip_stream::{ZipSink, ZipStreamError, zip_stream},
};

const EDL: &str = "text/plain; charset=utf-8";
const OTIO: &str = "application/json";
const CSV: &str = "text/csv; charset=utf-8";

/// Download an edit list
///
/// Of the current takes in the order of the story, as CMX 3600. Files are named by the folder convention (`03_Renders/S001/P001/S001_P001_T001.png`). A shot
/// without a take is black, and one without a duration takes three seconds.
#[utoipa::path(
    get,
    path = "/projects/{project}/export.edl",
    operation_id = "exportEditList",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id.")),
    responses((status = 200, description = "The edit list.", body = String, content_type = "text/plain"), ReadProblems),
)]
pub(in crate::routes::api) async fn edit_list(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
) -> Result<Response, ApiProblem> {
    let (list, _) = cut(state.productions(), project).await?;
    Ok(file(&list, "edl", EDL, edl(&list).into_bytes()))
}

/// Download a timeline
///
/// The same as a timeline of OpenTimelineIO, with what is known of each shot and take in its metadata.
#[utoipa::path(
    get,
    path = "/projects/{project}/export.otio",
    operation_id = "exportTimeline",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id.")),
    responses((status = 200, description = "The timeline.", body = Object), ReadProblems),
)]
pub(in crate::routes::api) async fn timeline(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
) -> Result<Response, ApiProblem> {
    let (list, _) = cut(state.productions(), project).await?;
    Ok(file(&list, "otio", OTIO, otio_text(&list)?))
}

/// Download a table of all shots
///
/// With their current takes: RFC 4180, in UTF-8, with a header.
#[utoipa::path(
    get,
    path = "/projects/{project}/export.csv",
    operation_id = "exportTable",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id.")),
    responses((status = 200, description = "The table.", body = String, content_type = "text/csv"), ReadProblems),
)]
pub(in crate::routes::api) async fn shots(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
) -> Result<Response, ApiProblem> {
    let (list, _) = cut(state.productions(), project).await?;
    Ok(file(&list, "csv", CSV, table_bytes(&list)?))
}

/// Download the current takes
///
/// As a zip file with the folders of the convention, and the edit list, the timeline and the table beside them, sent as the files are read. What cannot
/// be in it is named in its `MISSING.txt`. If the media store fails in the middle, the response is broken off: what ends well is whole.
#[utoipa::path(
    get,
    path = "/projects/{project}/export.zip",
    operation_id = "exportTakes",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id.")),
    responses((status = 200, description = "The zip file.", content((Bytes = "application/zip"))), ReadProblems),
)]
pub(in crate::routes::api) async fn takes(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
) -> Result<Response, ApiProblem> {
    let (list, takes) = cut(state.productions(), project).await?;
    let texts = [("edl", edl(&list).into_bytes()), ("otio", otio_text(&list)?), ("csv", table_bytes(&list)?)];
    let name = slug(&list.title);
    let (mut sink, body) = zip_stream();
    let fields = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&format!("{name}.zip"))),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        // nginx and compatible proxies store responses unless this header is set.
        (HeaderName::from_static("x-accel-buffering"), "no".to_owned()),
    ];
    // When the client is gone, the body is dropped, and with it what is written next fails.
    tokio::spawn(async move {
        let result = write(&state, &mut sink, &name, texts, takes).await;
        sink.end(result).await;
    });
    Ok((fields, Body::from_stream(body)).into_response())
}

async fn write(
    state: &AppState,
    sink: &mut ZipSink,
    name: &str,
    texts: [(&'static str, Vec<u8>); 3],
    takes: Vec<Take>,
) -> Result<(), ZipStreamError> {
    for (ending, text) in texts {
        sink.add_text(&format!("{name}.{ending}"), now(), io::Cursor::new(text)).await?;
    }
    let mut missing = Vec::new();
    for take in takes {
        if let Some(why) = add(state, sink, &take).await? {
            missing.push(format!("{}: {why}", take.path));
        }
    }
    if !missing.is_empty() {
        let text = format!("These takes are not in this zip file:\r\n\r\n{}\r\n", missing.join("\r\n"));
        sink.add_text("MISSING.txt", now(), io::Cursor::new(text)).await?;
    }
    Ok(())
}

/// `Some`: why it is not in the zip file.
async fn add(state: &AppState, sink: &mut ZipSink, take: &Take) -> Result<Option<&'static str>, ZipStreamError> {
    let Some(id) = take.output_id else { return Ok(Some("it is not kept yet, or not any more.")) };
    let item = match state.gallery().item(id).await {
        Ok(item) => item,
        Err(GalleryError::Unknown) => return Ok(Some("it is not in the gallery any more.")),
        Err(error) => return Err(ZipStreamError::Source(error.to_string())),
    };
    let source = match state.media().read(&item.file, None).await {
        Ok(source) => source.map(|chunk| chunk.map_err(|error| error.to_string())).boxed(),
        Err(MediaFailure::Missing) => return Ok(Some("its file is not in the media store.")),
        Err(error) => return Err(ZipStreamError::File(take.path.clone(), error.to_string())),
    };
    // A file that was missing has no length.
    let bytes = Some(item.file.bytes).filter(|bytes| *bytes > 0);
    sink.add_file(&take.path, item.created_at, bytes, source).await?;
    Ok(None)
}

fn otio_text(list: &CutList) -> Result<Vec<u8>, ApiProblem> {
    serde_json::to_vec_pretty(&otio(list)).map_err(|error| ApiProblem::new(ProblemKind::Internal, error.to_string()))
}

fn table_bytes(list: &CutList) -> Result<Vec<u8>, ApiProblem> {
    table(list).map_err(|error| ApiProblem::new(ProblemKind::Internal, error.to_string()))
}

fn file(list: &CutList, ending: &str, mime: &'static str, bytes: Vec<u8>) -> Response {
    let fields = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&format!("{}.{ending}", slug(&list.title)))),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (fields, bytes).into_response()
}
