//! `/dailies/{token}`: the dailies of a project for whoever has the link, to look at. No other part of Darkroom is reached by it.

use axum::{
    extract::{Path, Query, State},
    http::{Extensions, HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
};
use proto::production::{ProductionProblem, ProjectId, Take, TakeId};
use service::BasePath;

use super::{
    media::{MetadataChoice, ViewQuery, gallery_file},
    router_state::RouterState,
};
use crate::{AppState, production::problem_of, production_views::dailies_page};

/// The page.
pub(super) async fn show(State(shared): State<RouterState>, Path(token): Path<String>, extensions: Extensions) -> Response {
    let base = BasePath::of(&extensions);
    let page = async {
        let project = project_of(&shared.state, &token).await?;
        let mut page = dailies_page(shared.state.productions(), project).await.map_err(problem_of)?;
        for take in page.shots.iter_mut().filter_map(|shot| shot.take.as_mut()).filter(|take| !take.file.is_empty()) {
            take.file = base.join(&format!("/dailies/{token}/takes/{}", take.id));
        }
        Ok(page)
    };
    shared.frontend.shared_dailies(&base, page.await)
}

/// The file of a current take, without what is written in it about how it was made.
pub(super) async fn take(
    State(shared): State<RouterState>,
    Path((token, take)): Path<(String, TakeId)>,
    Query(query): Query<ViewQuery>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let state = &shared.state;
    let request = match query.request(&method, headers) {
        Ok(request) => request,
        Err(why) => return (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response(),
    };
    let nothing = || (StatusCode::NOT_FOUND, "There is no such take, or the link leads nowhere any more.\n").into_response();
    let Ok(Some(take)) = current(state, &token, take).await else { return nothing() };
    let Some(id) = take.output_id else { return nothing() };
    match state.gallery().item(id).await {
        Ok(item) => match gallery_file(state, &item, request, MetadataChoice::Strip).await {
            Ok(response) => response,
            Err(error) => (error.status(), format!("{error}\n")).into_response(),
        },
        Err(_) => nothing(),
    }
}

async fn project_of(state: &AppState, token: &str) -> Result<ProjectId, ProductionProblem> {
    let found = state.productions().shared_project(token).await.map_err(problem_of)?;
    found.ok_or_else(|| ProductionProblem::NotFound("This link leads nowhere any more.".into()))
}

/// A take of the project of the link, if it is the current one of its node: no other takes are shared.
async fn current(state: &AppState, token: &str, take: TakeId) -> Result<Option<Take>, ProductionProblem> {
    let project = project_of(state, token).await?;
    let takes = state.productions().current_takes(project).await.map_err(problem_of)?;
    Ok(takes.into_iter().find(|current| current.id == take))
}
