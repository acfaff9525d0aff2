//! The routes of the pages.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{StatusCode, header},
    response::{Redirect, Response},
    routing::{get, post},
};
use proto::{
    limits,
    production::{ProductionProblem, views::DailiesPage},
};
use service::{ArcService, BasePath, Frontend, SHARE_PATH, SignInError};

use super::{assets, edits, gallery, pages, production, production_views, shared_dailies, sign_in, start};
use crate::api::CallError;

/// The routes whose forms may have a picture in them.
fn with_pictures() -> Router<ArcService> {
    Router::new()
        .route("/", get(pages::show).post(pages::submit))
        .route(SHARE_PATH, post(start::share).get(async || Redirect::to("/")))
        .layer(DefaultBodyLimit::max(limits::UPLOAD + limits::UPLOAD_FIELDS))
}

/// The same with a picture and its mask.
fn with_masks() -> Router<ArcService> {
    Router::new()
        .route("/inpaint", get(pages::show).post(edits::submit))
        .layer(DefaultBodyLimit::max(2 * limits::UPLOAD + limits::UPLOAD_FIELDS))
}

/// The pages of Darkroom.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pages;

impl Frontend for Pages {
    fn build(&self) -> Arc<str> {
        assets::version().into()
    }

    fn is_built(&self) -> bool {
        assets::is_built()
    }

    fn open_routes(&self) -> Router {
        Router::new()
            .route("/sign-in.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], sign_in::style())))
            .route("/assets/{build}/{*path}", get(assets::serve))
    }

    fn pages(&self) -> Router<ArcService> {
        // Fails for the second server in one process (in tests), where it is initialized already.
        let _ = any_spawner::Executor::init_tokio();
        Router::new()
            .merge(with_pictures())
            .merge(with_masks())
            .route("/tasks/{id}", get(pages::show))
            .route("/tasks/{id}/cancel", post(pages::cancel))
            .route("/tasks/{id}/webhooks/{delivery}/replay", post(pages::replay))
            .route("/gallery", get(gallery::list))
            .route("/gallery/searches", post(gallery::saved_searches))
            .route("/gallery/compare", get(gallery::compare))
            .route("/gallery/{id}", get(gallery::one).post(gallery::change))
            .route("/projects", get(production::projects).post(production::create_project))
            .route("/projects/{project}", get(production::board).post(production::change_board))
            .route("/projects/{project}/shots/{shot}", get(production::shot).post(production::change_shot))
            .route("/projects/{project}/{page}", get(production_views::of_project).post(production_views::change))
            .route("/agents", get(production_views::agents))
            .route("/external", get(production_views::external))
            .route("/api/fn/{name}", post(pages::server_fn))
            .fallback(pages::show)
    }

    fn shared_dailies(&self, base: &BasePath, page: Result<DailiesPage, ProductionProblem>) -> Response {
        shared_dailies::show(base, page)
    }

    fn sign_in(&self, base: &BasePath, status: StatusCode, next: &str, error: Option<SignInError>) -> Response {
        sign_in::form(base, status, next, error)
    }

    fn signed_out_call(&self) -> String {
        CallError::SignedOut.body()
    }

    fn refused_call(&self, why: &str) -> String {
        CallError::Refused(why.to_owned()).body()
    }

    fn signed_out(&self, base: &BasePath) -> Response {
        sign_in::signed_out(base)
    }
}
