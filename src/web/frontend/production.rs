//! Pages of productions, and their forms without JavaScript.

use std::collections::{BTreeSet, HashMap};

use axum::{
    Form,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{Response, StatusCode},
    response::{IntoResponse, Redirect},
};
use proto::{
    ids::CommandId,
    limits,
    production::{BoardFilter, GenerateOrder, ProductionChange, ProductionEvent, ProductionFirst, ProductionProblem, ProjectId, ShotId},
};
use service::ArcService;

use super::{
    pages::{first_paint, render},
    production_form::ProductionForm,
};

/// The list of projects.
pub(super) async fn projects(State(service): State<ArcService>, request: Request) -> Response<Body> {
    let list = service.project_list().await;
    let status = status_of(&list);
    show(service, ProductionFirst::Projects(list), status, request).await
}

/// The board of a project, filtered by its address. With `?all` also the shots that are left out at first, with `?trash` also what was thrown away.
pub(super) async fn board(State(service): State<ArcService>, Path(project): Path<String>, request: Request) -> Response<Body> {
    let Ok(project) = project.parse::<ProjectId>() else { return no_such_page(service, request).await };
    let parameters = Query::<HashMap<String, String>>::try_from_uri(request.uri()).map(|Query(parameters)| parameters).unwrap_or_default();
    let filter = BoardFilter::read(|name| parameters.get(name).cloned());
    let board = service.board(project).await;
    let status = status_of(&board);
    let stale = if filter.stale_only { service.stale_shots(project).await.unwrap_or_default() } else { Vec::new() };
    let trash = if parameters.contains_key("trash") { service.board_trash(project).await.ok() } else { None };
    let all = parameters.contains_key("all");
    let shown = if all { usize::MAX } else { limits::BOARD_FIRST_SHOTS };
    let of_filter: BTreeSet<ShotId> = stale.iter().copied().collect();
    let board = board.map(|board| Box::new(board.filtered(&filter, &of_filter).beginning(shown)));
    show(service, ProductionFirst::Board { project, board, all, stale, trash }, status, request).await
}

/// A shot.
pub(super) async fn shot(
    State(service): State<ArcService>,
    Path((project, shot)): Path<(String, String)>,
    request: Request,
) -> Response<Body> {
    let (Ok(project), Ok(shot)) = (project.parse::<ProjectId>(), shot.parse::<ShotId>()) else {
        return no_such_page(service, request).await;
    };
    let view = service.shot_view(project, shot).await.map(Box::new);
    let status = status_of(&view);
    show(service, ProductionFirst::Shot { project, shot, view }, status, request).await
}

pub(super) async fn no_such_page(service: ArcService, request: Request) -> Response<Body> {
    let first = first_paint(&service);
    render(service, first, StatusCode::NOT_FOUND, request).await
}

pub(super) async fn show(service: ArcService, page: ProductionFirst, status: StatusCode, request: Request) -> Response<Body> {
    let mut first = first_paint(&service);
    first.production = postcard::to_allocvec(&page).unwrap_or_default();
    render(service, first, status, request).await
}

pub(super) fn status_of<T>(found: &Result<T, ProductionProblem>) -> StatusCode {
    match found {
        Ok(_) => StatusCode::OK,
        Err(ProductionProblem::NotFound(_)) => StatusCode::NOT_FOUND,
        Err(ProductionProblem::Conflict { .. }) => StatusCode::CONFLICT,
        Err(ProductionProblem::Refused { .. }) => StatusCode::UNPROCESSABLE_ENTITY,
        Err(ProductionProblem::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A new project, without JavaScript: redirects to its board.
pub(super) async fn create_project(State(service): State<ArcService>, Form(form): Form<ProductionForm>) -> Response<Body> {
    let made = service.change_production(ProductionChange::CreateProject { fields: form.fields(&["title"]) }).await;
    match made {
        Ok(made) => match made.0 {
            ProductionEvent::ProjectCreated { data } => Redirect::to(&format!("/projects/{}", data.id)).into_response(),
            _ => Redirect::to("/projects").into_response(),
        },
        Err(problem) => refused(&problem),
    }
}

/// A form of a board, without JavaScript.
pub(super) async fn change_board(
    State(service): State<ArcService>,
    Path(project): Path<ProjectId>,
    Form(form): Form<ProductionForm>,
) -> Response<Body> {
    carry_out(&service, form.on_board(project), &format!("/projects/{project}")).await
}

/// A form of the page of a shot, without JavaScript.
pub(super) async fn change_shot(
    State(service): State<ArcService>,
    Path((project, shot)): Path<(ProjectId, ShotId)>,
    Form(form): Form<ProductionForm>,
) -> Response<Body> {
    let back = format!("/projects/{project}/shots/{shot}");
    if let Some(quality) = form.generates() {
        let order = GenerateOrder {
            project,
            id: CommandId(uuid::Uuid::from_u128(rand::random())),
            shots: vec![shot],
            node: None,
            quality,
            off: Vec::new(),
            note: String::new(),
            redo: None,
        };
        return match service.generate_takes(order).await {
            Ok(outcome) => match outcome.refused.into_iter().next() {
                Some((_, why)) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{why}\n")).into_response(),
                None => Redirect::to(&back).into_response(),
            },
            Err(problem) => refused(&problem),
        };
    }
    carry_out(&service, form.on_shot(project, shot), &back).await
}

pub(super) async fn carry_out(service: &ArcService, change: Option<ProductionChange>, back: &str) -> Response<Body> {
    let Some(change) = change else { return (StatusCode::BAD_REQUEST, "There is no such change.\n").into_response() };
    match service.change_production(change).await {
        Ok(_) => Redirect::to(back).into_response(),
        Err(problem) => refused(&problem),
    }
}

pub(super) fn refused(problem: &ProductionProblem) -> Response<Body> {
    let status = status_of::<()>(&Err(problem.clone()));
    (status, format!("{}\n", problem.words())).into_response()
}
