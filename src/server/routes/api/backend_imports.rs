//! `/api/backends/{id}/import`: what a ComfyUI made before comes into the gallery.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{kind::ProblemKind, problem::ApiProblem, responses::problem_responses};
use crate::AppState;
use proto::{
    gallery::{ComfyuiImport, ComfyuiImportState},
    ids::BackendId,
};

/// How the import of a ComfyUI's old outputs goes, or how the last one ended. It is forgotten when Darkroom ends; what was imported is not.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BackendImport)]
pub struct ImportReport {
    state: ImportWord,
    /// Files that the ComfyUI names; 0 while it is asked for them.
    found: u64,
    /// Of these, what was looked at: the sum of the next three.
    done: u64,
    /// In the gallery now.
    new: u64,
    /// In the gallery before, by their bytes.
    known: u64,
    /// Not taken.
    refused: u64,
    /// The first of those that are not taken.
    refusals: Vec<ImportRefusal>,
    /// Why it failed.
    why: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = BackendImportState)]
pub enum ImportWord {
    /// None was begun since Darkroom started.
    None,
    Running,
    Done,
    /// By `DELETE`.
    Stopped,
    /// The ComfyUI cannot be reached, or the file cannot be stored. Begun again, it goes on.
    Failed,
}

/// A file that is not taken.
#[derive(Serialize, ToSchema)]
pub struct ImportRefusal {
    #[schema(example = "portraits/a_00001_.png")]
    filename: String,
    why: String,
}

impl From<ComfyuiImport> for ImportReport {
    fn from(import: ComfyuiImport) -> Self {
        let ComfyuiImport { state, found, done, new, known, refused, refusals, why } = import;
        let state = match state {
            ComfyuiImportState::None => ImportWord::None,
            ComfyuiImportState::Running => ImportWord::Running,
            ComfyuiImportState::Done => ImportWord::Done,
            ComfyuiImportState::Stopped => ImportWord::Stopped,
            ComfyuiImportState::Failed => ImportWord::Failed,
        };
        let refusals = refusals.into_iter().map(|file| ImportRefusal { filename: file.filename, why: file.why }).collect();
        Self { state, found, done, new, known, refused, refusals, why }
    }
}

problem_responses!(BackendImportProblems {
    400 => "Not a name.",
    404 => "There is no ComfyUI of this name.",
});

type NamedBackend = Result<Path<BackendId>, PathRejection>;

fn named(id: NamedBackend) -> Result<BackendId, ApiProblem> {
    id.map(|Path(id)| id).map_err(|_| ApiProblem::new(ProblemKind::BadPath, "The name of a ComfyUI is text in UTF-8."))
}

fn report(id: &BackendId, import: Option<ComfyuiImport>) -> Result<Json<ImportReport>, ApiProblem> {
    let unknown = || ApiProblem::new(ProblemKind::UnknownBackend, format!("There is no ComfyUI called {id}."));
    import.map(|import| Json(import.into())).ok_or_else(unknown)
}

/// Import what a ComfyUI made before
///
/// The outputs in its history, and the files at the top of its output folder where its version lists them, are copied into the gallery, in the background: one
/// after another, each once. Their times and, where a file says nothing of how it was made, their settings are those of the history. If it is under way, it
/// goes on; begun again, it does the rest.
#[utoipa::path(
    post,
    path = "/backends/{id}/import",
    operation_id = "beginBackendImport",
    tag = "Backends",
    params(("id" = String, Path, description = "Its name in the settings, or its host and port.", example = "demo")),
    responses((status = 202, description = "It is under way.", body = ImportReport), BackendImportProblems),
)]
pub(super) async fn begin(State(state): State<AppState>, id: NamedBackend) -> Result<(StatusCode, Json<ImportReport>), ApiProblem> {
    let id = named(id)?;
    Ok((StatusCode::ACCEPTED, report(&id, state.gallery().begin_import(&id))?))
}

/// Look at the import of a ComfyUI
#[utoipa::path(
    get,
    path = "/backends/{id}/import",
    operation_id = "getBackendImport",
    tag = "Backends",
    params(("id" = String, Path, description = "Its name in the settings, or its host and port.", example = "demo")),
    responses((status = 200, description = "As it is now.", body = ImportReport), BackendImportProblems),
)]
pub(super) async fn get(State(state): State<AppState>, id: NamedBackend) -> Result<Json<ImportReport>, ApiProblem> {
    let id = named(id)?;
    report(&id, state.gallery().import_progress(&id))
}

/// Stop the import of a ComfyUI
///
/// What is in the gallery stays.
#[utoipa::path(
    delete,
    path = "/backends/{id}/import",
    operation_id = "stopBackendImport",
    tag = "Backends",
    params(("id" = String, Path, description = "Its name in the settings, or its host and port.", example = "demo")),
    responses((status = 200, description = "It is not under way.", body = ImportReport), BackendImportProblems),
)]
pub(super) async fn stop(State(state): State<AppState>, id: NamedBackend) -> Result<Json<ImportReport>, ApiProblem> {
    let id = named(id)?;
    report(&id, state.gallery().stop_import(&id))
}
