//! The table of the API's routes, from which the API document is made, too.

use axum::{Router, extract::DefaultBodyLimit, http::header, response::IntoResponse, routing::get};
use tower_http::compression::{
    CompressionLayer,
    predicate::{NotForContentType, Predicate, SizeAbove},
};
use utoipa::openapi::Server;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    backend_imports, backends, convert, docs, events, external, gallery, grids, kind::ProblemKind, list, openapi, output_events, outputs,
    pictures, problem::ApiProblem, production, prompts, queue, submit, tasks, uploads, webhooks, workflows, zip,
};
use crate::routes::{headers::PLAIN_DOCUMENT, router_state::RouterState};
use proto::limits;
use service::BasePath;

/// The routes of the API, and the OpenAPI document generated from them.
fn described() -> (Router<RouterState>, utoipa::openapi::OpenApi) {
    let uploads = OpenApiRouter::new()
        .routes(routes!(uploads::create))
        .layer(DefaultBodyLimit::max(limits::MEDIA_UPLOAD + limits::UPLOAD_FIELDS))
        .merge(OpenApiRouter::new().routes(routes!(pictures::create)).layer(DefaultBodyLimit::max(limits::UPLOAD + limits::UPLOAD_FIELDS)))
        .layer(uploads::upload_permits());
    let api = OpenApiRouter::new()
        .routes(routes!(list::list, submit::create))
        .routes(routes!(submit::check::check))
        .routes(routes!(tasks::get, tasks::change, tasks::remove))
        .routes(routes!(tasks::cancel))
        .routes(routes!(tasks::retry))
        .routes(routes!(tasks::workflow))
        .routes(routes!(convert::convert))
        .routes(routes!(outputs::output))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::replay))
        .merge(uploads)
        .routes(routes!(pictures::get))
        .routes(routes!(workflows::list, workflows::save))
        .routes(routes!(workflows::get, workflows::change, workflows::remove))
        .routes(routes!(workflows::input_schema))
        .routes(routes!(workflows::run))
        .routes(routes!(grids::list, grids::create))
        .routes(routes!(grids::get, grids::change, grids::remove))
        .routes(routes!(grids::again))
        .routes(routes!(grids::sheet_png))
        .routes(routes!(grids::sheet_webp))
        .merge(OpenApiRouter::new().routes(routes!(gallery::search, gallery::import)).layer(DefaultBodyLimit::disable()))
        .routes(routes!(gallery::facets))
        .routes(routes!(gallery::known))
        .routes(routes!(gallery::get, gallery::trash::remove))
        .routes(routes!(gallery::trash::empty_trash))
        .routes(routes!(gallery::file))
        .routes(routes!(gallery::act))
        .routes(routes!(gallery::undo))
        .routes(routes!(zip::get, zip::post))
        .routes(routes!(prompts::preview))
        .routes(routes!(prompts::list))
        .routes(routes!(prompts::get, prompts::put, prompts::remove))
        .routes(routes!(queue::get))
        .routes(routes!(queue::pause))
        .routes(routes!(queue::resume))
        .routes(routes!(queue::clear))
        .routes(routes!(external::tasks::list))
        .routes(routes!(external::tasks::get))
        .routes(routes!(external::revoke::revoke))
        .routes(routes!(external::workers::list))
        .routes(routes!(backends::list))
        .routes(routes!(backends::get))
        .routes(routes!(backend_imports::begin, backend_imports::get, backend_imports::stop))
        .merge(productions());
    let (routes, mut document) = OpenApiRouter::with_openapi(openapi::head()).nest("/api", api).split_for_parts();
    document.merge(described_streams().1);
    (routes, document)
}

/// Productions and agents.
fn productions() -> OpenApiRouter<RouterState> {
    use production::{
        agents, events, export, generate, narrative,
        objects::{assets, beats, casts, chapters, nodes, scenes, shots},
        projects, prompt, structures, takes, usage,
    };
    OpenApiRouter::new()
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(projects::get, projects::change, projects::remove))
        .routes(routes!(projects::restore))
        .routes(routes!(chapters::list, chapters::create))
        .routes(routes!(chapters::get, chapters::change, chapters::remove))
        .routes(routes!(chapters::relocate))
        .routes(routes!(chapters::restore))
        .routes(routes!(scenes::list, scenes::create))
        .routes(routes!(scenes::get, scenes::change, scenes::remove))
        .routes(routes!(scenes::relocate))
        .routes(routes!(scenes::restore))
        .routes(routes!(shots::list, shots::create))
        .routes(routes!(shots::get, shots::change, shots::remove))
        .routes(routes!(shots::relocate))
        .routes(routes!(shots::restore))
        .routes(routes!(nodes::list, nodes::create))
        .routes(routes!(nodes::get, nodes::change, nodes::remove))
        .routes(routes!(nodes::relocate))
        .routes(routes!(nodes::restore))
        .routes(routes!(assets::list, assets::create))
        .routes(routes!(assets::get, assets::change, assets::remove))
        .routes(routes!(assets::relocate))
        .routes(routes!(assets::restore))
        .routes(routes!(casts::list, casts::create))
        .routes(routes!(casts::get, casts::change, casts::remove))
        .routes(routes!(casts::relocate))
        .routes(routes!(casts::restore))
        .routes(routes!(beats::list, beats::create))
        .routes(routes!(beats::get, beats::change, beats::remove))
        .routes(routes!(beats::relocate))
        .routes(routes!(beats::restore))
        .routes(routes!(usage::create_shots))
        .routes(routes!(usage::asset_usage))
        .routes(routes!(takes::list))
        .routes(routes!(takes::get, takes::review, takes::remove))
        .routes(routes!(takes::restore))
        .routes(routes!(takes::workflow))
        .routes(routes!(takes::choose))
        .routes(routes!(generate::generate))
        .routes(routes!(generate::cancel))
        .routes(routes!(generate::generate_shots))
        .routes(routes!(narrative::get, narrative::change))
        .routes(routes!(narrative::reach))
        .routes(routes!(structures::list, structures::create))
        .routes(routes!(structures::remove))
        .routes(routes!(structures::switch))
        .routes(routes!(prompt::assemble))
        .routes(routes!(prompt::stale))
        .routes(routes!(events::list))
        .routes(routes!(export::edit_list))
        .routes(routes!(export::timeline))
        .routes(routes!(export::shots))
        .routes(routes!(export::takes))
        .routes(routes!(agents::list))
        .routes(routes!(agents::report))
        .routes(routes!(production::webhooks::list))
        .routes(routes!(production::webhooks::replay))
}

fn described_streams() -> (Router<RouterState>, utoipa::openapi::OpenApi) {
    let api = OpenApiRouter::new()
        .routes(routes!(events::events, external::intake::take))
        .routes(routes!(output_events::events))
        .routes(routes!(production::stream::events))
        .routes(routes!(production::stream::all_events))
        .routes(routes!(external::stream::events));
    OpenApiRouter::new().routes(routes!(events::progress)).nest("/api", api).split_for_parts()
}

/// Event streams. They must not be wrapped in layers that buffer small chunks, such as compression.
pub(in crate::routes) fn streams() -> Router<RouterState> {
    described_streams().0.method_not_allowed_fallback(not_allowed)
}

/// Everything under `/api`. `others`: what else is below it, for the API document.
pub(in crate::routes) fn router(others: utoipa::openapi::OpenApi, base: &BasePath) -> Router<RouterState> {
    let (routes, mut document) = described();
    document.merge(others);
    if !base.is_empty() {
        document.servers = Some(vec![Server::new(base.as_str())]);
    }
    let json = openapi::json(document);
    let page = docs::page(&json);
    let json = serde_json::to_string_pretty(&json).unwrap_or_default();
    let fixed = |content_type: &'static str, text: String| {
        let fields =
            [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache"), (header::CONTENT_SECURITY_POLICY, PLAIN_DOCUMENT)];
        get(async move || (fields, text).into_response())
    };
    routes
        .route("/api/openapi.json", fixed("application/vnd.oai.openapi+json;version=3.1", json))
        .route("/api/docs", fixed("text/html; charset=utf-8", page))
        .route("/api/docs.css", fixed("text/css; charset=utf-8", docs::STYLE.into()))
        .route("/api", get(async || axum::response::Redirect::to("/api/docs")))
        .route("/api/{*path}", axum::routing::any(unknown))
        .method_not_allowed_fallback(not_allowed)
        .layer(CompressionLayer::new().compress_when(is_text()))
}

/// What is worth compressing: files are compressed already, and would lose their `Content-Length`.
fn is_text() -> impl Predicate {
    let other = ["video/", "audio/", "application/octet-stream", "application/zip"].map(NotForContentType::const_new);
    let [video, audio, file, zip] = other;
    SizeAbove::new(1024).and(NotForContentType::IMAGES).and(video).and(audio).and(file).and(zip)
}

async fn unknown() -> ApiProblem {
    ApiProblem::new(ProblemKind::UnknownRoute, "Nothing is at this path. What there is: /api/docs.")
}

async fn not_allowed() -> ApiProblem {
    ApiProblem::new(
        ProblemKind::MethodNotAllowed,
        "What is at this path does not know this method. The Allow header names those that it knows.",
    )
}
