//! Errors of what is in front of the routes: each has the body that clients of its path expect.

use axum::{
    Router,
    middleware::from_fn,
    response::{IntoResponse, Response},
};

use super::{
    api::{self, ApiProblem, ProblemKind},
    comfy_v2,
    shaped_error::ShapedError,
};

/// An error as a line of text, which [`error_bodies`] replaces where programs ask.
pub fn refusal(kind: ProblemKind, words: &'static str) -> Response {
    let (parts, _) = ApiProblem::new(kind, words).into_response().into_parts();
    (parts.status, parts.headers, parts.extensions, format!("{words}\n")).into_response()
}

/// A response that has its body already.
pub fn mark_shaped(mut response: Response) -> Response {
    response.extensions_mut().insert(ShapedError);
    response
}

/// Writes the bodies of errors that have none.
pub fn error_bodies(router: Router) -> Router {
    router.layer(from_fn(comfy_v2::error_bodies)).layer(from_fn(api::problem_bodies))
}
