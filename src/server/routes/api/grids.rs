//! `/api/grids`: tables of tasks, one for each combination of values.

mod shapes;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use self::shapes::{GridChange, GridDetails, GridList, GridPlanReport, GridReport, NewGrid, field_error};
use super::{
    extract::{ApiQuery, CellPath, GridPath, JsonBytes},
    kind::ProblemKind,
    outputs::Bytes,
    problem::ApiProblem,
    responses::problem_responses,
};
use crate::{
    AppState,
    grids::{GridError, SheetFormat},
};
use proto::{grid::GridAction, workflow_file::FileError};

impl From<GridError> for ApiProblem {
    fn from(error: GridError) -> Self {
        match error {
            GridError::Unknown => Self::new(ProblemKind::UnknownGrid, error.to_string()),
            GridError::UnknownCell => Self::new(ProblemKind::UnknownCell, error.to_string()),
            GridError::Full => Self::new(ProblemKind::GridsFull, error.to_string()),
            GridError::Refused(problems) => Self::with_errors(problems.iter().map(field_error).collect()),
            GridError::File(error @ FileError::NoCatalog) => Self::new(ProblemKind::Unavailable, error.to_string()),
            GridError::File(error) => Self::at("/workflow", error.to_string()).of_kind(ProblemKind::InvalidWorkflow),
            GridError::NotEnded | GridError::Unfinished | GridError::SeedOnAxis | GridError::NoSeed => {
                Self::new(ProblemKind::WrongState, error.to_string())
            }
            GridError::Stopping => Self::new(ProblemKind::Unavailable, error.to_string()),
            GridError::Store(error) => error.into(),
            GridError::Task(error) => error.into(),
            GridError::Damaged | GridError::Sheet(_) => Self::new(ProblemKind::Internal, error.to_string()),
        }
    }
}

problem_responses!(ListProblems {
    503 => "The database cannot be read.",
});

problem_responses!(ReadProblems {
    400 => "Not an id.",
    404 => "There is no such grid.",
    503 => "The database cannot be read.",
});

problem_responses!(NewGridProblems {
    400 => "Not JSON, or an unknown parameter.",
    409 => "There are too many grids.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, values that a field does not accept (`errors` has each at its axis and place), too many cells, or not a workflow.",
    503 => "It cannot be stored now.",
});

problem_responses!(ChangeProblems {
    400 => "Not an id, or not JSON.",
    404 => "There is no such grid.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, or values that a field does not accept.",
    503 => "It cannot be stored now.",
});

problem_responses!(RemoveProblems {
    400 => "Not an id, or an unknown parameter.",
    404 => "There is no such grid.",
    409 => "Its tasks are to be removed, too, and some have not ended.",
    503 => "The database cannot be used.",
});

problem_responses!(AgainProblems {
    400 => "Not an id, or an unknown parameter.",
    404 => "There is no such grid or cell.",
    409 => "The cell has not ended; or a new seed is wanted, and a seed is on an axis, or there is none.",
    503 => "It cannot be stored now.",
});

/// List grids
#[utoipa::path(
    get,
    path = "/grids",
    operation_id = "listGrids",
    tag = "Grids",
    responses((status = 200, description = "All of them.", body = GridList), ListProblems),
)]
pub(super) async fn list(State(state): State<AppState>) -> Result<Json<GridList>, ApiProblem> {
    Ok(Json(GridList { grids: state.grids().list().await?.into_iter().map(|head| GridReport::of(head, state.urls())).collect() }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct NewGridQuery {
    /// Nothing is made: the answer is what would be made, with what is wrong with it.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
}

/// Make a grid
///
/// Stored with all its cells before this answers. Its cells become ordinary tasks, in an order that loads models rarely.
#[utoipa::path(
    post,
    path = "/grids",
    operation_id = "createGrid",
    tag = "Grids",
    params(NewGridQuery),
    request_body = NewGrid,
    responses(
        (status = 200, description = "With `dryRun`: what would be made.", body = GridPlanReport),
        (status = 201, description = "It is stored, and its cells will run.", body = GridDetails, headers(("Location" = String, description = "The grid."))),
        NewGridProblems,
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    ApiQuery(NewGridQuery { dry_run }): ApiQuery<NewGridQuery>,
    body: JsonBytes,
) -> Result<Response, ApiProblem> {
    let (spec, priority) = body.read::<NewGrid>()?.spec(&state).await?;
    if dry_run {
        return Ok(Json(GridPlanReport::from(state.grids().plan(spec).await?)).into_response());
    }
    let details = GridDetails::of(state.grids().create(spec, priority).await?, state.urls());
    Ok((StatusCode::CREATED, [(header::LOCATION, details.location())], Json(details)).into_response())
}

/// Look at a grid
#[utoipa::path(
    get,
    path = "/grids/{grid}",
    operation_id = "getGrid",
    tag = "Grids",
    params(("grid" = Uuid, Path, description = "The grid's id.")),
    responses((status = 200, description = "The grid with the state of each cell.", body = GridDetails), ReadProblems),
)]
pub(super) async fn get(State(state): State<AppState>, GridPath(id): GridPath) -> Result<Json<GridDetails>, ApiProblem> {
    Ok(Json(GridDetails::of(state.grids().get(id).await?, state.urls())))
}

/// Change a grid
///
/// Its name, more values of an axis, pause and resume it, cancel what has not ended, or make again what failed. In this order, if there is more than one.
#[utoipa::path(
    patch,
    path = "/grids/{grid}",
    operation_id = "changeGrid",
    tag = "Grids",
    params(("grid" = Uuid, Path, description = "The grid's id.")),
    request_body = GridChange,
    responses((status = 200, description = "The grid as it is now.", body = GridDetails), ChangeProblems),
)]
pub(super) async fn change(
    State(state): State<AppState>,
    GridPath(id): GridPath,
    body: JsonBytes,
) -> Result<Json<GridDetails>, ApiProblem> {
    let mut changed = None;
    for action in body.read::<GridChange>()?.actions(state.grids(), id).await? {
        changed = state.grids().act(id, action).await?;
    }
    let changed = changed.ok_or_else(|| ApiProblem::at("", "Nothing is to change: see the document for what can."))?;
    Ok(Json(GridDetails::of(changed, state.urls())))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RemoveQuery {
    /// Remove its tasks, too, with their pictures. By default they stay.
    #[serde(default)]
    #[param(default = false)]
    tasks: bool,
}

/// Remove a grid
#[utoipa::path(
    delete,
    path = "/grids/{grid}",
    operation_id = "removeGrid",
    tag = "Grids",
    params(("grid" = Uuid, Path, description = "The grid's id."), RemoveQuery),
    responses((status = 204, description = "It is removed."), RemoveProblems),
)]
pub(super) async fn remove(
    State(state): State<AppState>,
    GridPath(id): GridPath,
    ApiQuery(RemoveQuery { tasks }): ApiQuery<RemoveQuery>,
) -> Result<StatusCode, ApiProblem> {
    if tasks {
        state.grids().remove_with_tasks(id).await?;
    } else {
        state.grids().act(id, GridAction::Remove).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct AgainQuery {
    /// With another random seed.
    #[serde(default)]
    #[param(default = false)]
    new_seed: bool,
}

/// Make a cell again
///
/// As a new task, which takes the place of the earlier one in the grid. That task stays.
#[utoipa::path(
    post,
    path = "/grids/{grid}/cells/{cell}/again",
    operation_id = "repeatCell",
    tag = "Grids",
    params(
        ("grid" = Uuid, Path, description = "The grid's id."),
        ("cell" = u32, Path, description = "The cell's number.", minimum = 0),
        AgainQuery,
    ),
    responses((status = 200, description = "The grid as it is now.", body = GridDetails), AgainProblems),
)]
pub(super) async fn again(
    State(state): State<AppState>,
    GridPath(id): GridPath,
    CellPath(cell): CellPath,
    ApiQuery(AgainQuery { new_seed }): ApiQuery<AgainQuery>,
) -> Result<Json<GridDetails>, ApiProblem> {
    let changed = state.grids().act(id, GridAction::Again { cell, new_seed }).await?;
    Ok(Json(GridDetails::of(changed.ok_or(GridError::Unknown)?, state.urls())))
}

/// A grid as one picture
///
/// PNG, scaled down to at most 32 megapixels. Its text chunk `darkroom_grid` is JSON with the grid's `spec`, and in `cells` the place of each cell in the picture.
#[utoipa::path(
    get,
    path = "/grids/{grid}/sheet.png",
    operation_id = "getGridSheet",
    tag = "Grids",
    params(("grid" = Uuid, Path, description = "The grid's id.")),
    responses((status = 200, description = "The picture.", body = Bytes, content_type = "image/png"), ReadProblems),
)]
pub(super) async fn sheet_png(State(state): State<AppState>, GridPath(id): GridPath) -> Result<Response, ApiProblem> {
    let bytes = state.grids().sheet(id, SheetFormat::Png).await?;
    Ok(([(header::CONTENT_TYPE, "image/png")], bytes).into_response())
}

/// A grid as one picture, smaller
///
/// As lossy WebP, without the text.
#[utoipa::path(
    get,
    path = "/grids/{grid}/sheet.webp",
    operation_id = "getGridSheetAsWebp",
    tag = "Grids",
    params(("grid" = Uuid, Path, description = "The grid's id.")),
    responses((status = 200, description = "The picture.", body = Bytes, content_type = "image/webp"), ReadProblems),
)]
pub(super) async fn sheet_webp(State(state): State<AppState>, GridPath(id): GridPath) -> Result<Response, ApiProblem> {
    let bytes = state.grids().sheet(id, SheetFormat::Webp).await?;
    Ok(([(header::CONTENT_TYPE, "image/webp")], bytes).into_response())
}
