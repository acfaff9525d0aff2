//! Pages of productions that are read as a whole, beside boards and shots.

use axum::{
    Form,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{Response, StatusCode},
};
use proto::production::{
    ObjectKind, ProductionChange, ProductionFirst, ProductionProblem, ProjectId,
    views::{ActivityQuery, ExternalQuery},
};
use serde::{Deserialize, Serialize};
use service::ArcService;

use super::{
    production::{carry_out, no_such_page, show, status_of},
    production_form::ProductionForm,
};

/// A page of a project by its name.
pub(super) async fn of_project(
    State(service): State<ArcService>,
    Path((project, page)): Path<(String, String)>,
    request: Request,
) -> Response<Body> {
    let Ok(project) = project.parse::<ProjectId>() else { return no_such_page(service, request).await };
    let (status, view) = match page.as_str() {
        "agents" => packed(service.agents_page(Some(project)).await),
        "activity" => {
            let query = Query::<ActivityParameters>::try_from_uri(request.uri()).map(|Query(parameters)| parameters).unwrap_or_default();
            packed(service.activity_page(project, query.read()).await)
        }
        "assets" => packed(service.assets_page(project).await),
        "dailies" => packed(service.dailies_page(project).await),
        "story" => packed(service.story_page(project).await),
        _ => return no_such_page(service, request).await,
    };
    render(service, status, view, request).await
}

/// A form of such a page, without JavaScript.
pub(super) async fn change(
    State(service): State<ArcService>,
    Path((project, page)): Path<(ProjectId, String)>,
    Form(form): Form<ProductionForm>,
) -> Response<Body> {
    let kind = match page.as_str() {
        "assets" => ObjectKind::Asset,
        "story" => ObjectKind::Beat,
        _ => return carry_out(&service, None, "").await,
    };
    let fields = form.fields(if kind == ObjectKind::Asset { &["name", "kind"] } else { &["beat"] });
    let change = ProductionChange::Create { project, kind, parent: None, name: None, before: None, fields };
    carry_out(&service, Some(change), &format!("/projects/{project}/{page}")).await
}

/// The agents of all projects.
pub(super) async fn agents(State(service): State<ArcService>, request: Request) -> Response<Body> {
    let (status, view) = packed(service.agents_page(None).await);
    render(service, status, view, request).await
}

/// Tasks of other programs.
pub(super) async fn external(State(service): State<ArcService>, request: Request) -> Response<Body> {
    let query = Query::<ExternalParameters>::try_from_uri(request.uri()).map(|Query(parameters)| parameters).unwrap_or_default();
    let (status, view) = packed(service.external_page(query.read()).await);
    render(service, status, view, request).await
}

/// The query of the address of that list. What cannot be read is left out.
#[derive(Default, Deserialize)]
struct ExternalParameters {
    #[serde(default)]
    state: String,
    #[serde(default)]
    worker: String,
    #[serde(default)]
    before: String,
}

impl ExternalParameters {
    fn read(self) -> ExternalQuery {
        ExternalQuery {
            group: self.state.parse().unwrap_or_default(),
            worker: Some(self.worker).filter(|worker| !worker.is_empty()),
            before: self.before.parse().ok(),
        }
    }
}

/// The query of the address of the activity. What cannot be read is left out.
#[derive(Default, Deserialize)]
struct ActivityParameters {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    upto: String,
}

impl ActivityParameters {
    fn read(&self) -> ActivityQuery {
        ActivityQuery { kind: self.kind.parse().unwrap_or_default(), upto: self.upto.parse().ok() }
    }
}

type PackedView = Result<Vec<u8>, ProductionProblem>;

fn packed<V: Serialize>(view: Result<V, ProductionProblem>) -> (StatusCode, PackedView) {
    let status = status_of(&view);
    (status, view.map(|view| postcard::to_allocvec(&view).unwrap_or_default()))
}

async fn render(service: ArcService, status: StatusCode, view: PackedView, request: Request) -> Response<Body> {
    let path = request.uri().path().trim_end_matches('/').to_owned();
    show(service, ProductionFirst::View { path, view }, status, request).await
}
