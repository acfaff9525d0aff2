//! The routes of the pages.

use std::sync::Arc;

use axum::{
    Router,
    http::{StatusCode, header},
    response::Response,
    routing::{get, post},
};
use service::{ArcService, Frontend, SignInError};

use super::{assets, pages, sign_in};
use crate::api::CallError;

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
            .route("/", get(pages::show).post(pages::submit))
            .route("/tasks/{id}", get(pages::show))
            .route("/tasks/{id}/cancel", post(pages::cancel))
            .route("/tasks/{id}/webhooks/{delivery}/replay", post(pages::replay))
            .route("/api/fn/{name}", post(pages::server_fn))
            .fallback(pages::show)
    }

    fn sign_in(&self, status: StatusCode, next: &str, error: Option<SignInError>) -> Response {
        sign_in::form(status, next, error)
    }

    fn signed_out_call(&self) -> String {
        CallError::SignedOut.body()
    }

    fn refused_call(&self, why: &str) -> String {
        CallError::Refused(why.to_owned()).body()
    }

    fn signed_out(&self) -> Response {
        sign_in::signed_out()
    }
}
