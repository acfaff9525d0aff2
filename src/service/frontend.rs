//! What the server mounts.

use std::sync::Arc;

use axum::{Router, http::StatusCode, response::Response};
use proto::production::{ProductionProblem, views::DailiesPage};

use crate::{ArcService, BasePath};

/// The pages and the built files that they load.
pub trait Frontend: Send + Sync {
    /// The name of the build, sent in the welcome of `/ws`, so that a page can detect that it is of another build.
    fn build(&self) -> Arc<str>;

    /// Whether the code for the browser is in this binary. Without it, pages are rendered and forms work, but nothing is live.
    fn is_built(&self) -> bool;

    /// The routes that need no authentication: built files, and the stylesheet of the sign-in page.
    fn open_routes(&self) -> Router;

    /// The routes of the pages and of their server functions, with a fallback that renders "not found". A request that belongs to a
    /// session has [`SignedIn`] among its extensions, one that came in below a base path that [`BasePath`].
    fn pages(&self) -> Router<ArcService>;

    /// The dailies of a project, for those who have a link to them. Takes are at the addresses that it names.
    fn shared_dailies(&self, base: &BasePath, page: Result<DailiesPage, ProductionProblem>) -> Response;

    /// The form that asks for the token. `next` is a path of Darkroom, without the base path.
    fn sign_in(&self, base: &BasePath, status: StatusCode, next: &str, error: Option<SignInError>) -> Response;

    /// The body of a response to a server function when the session has ended.
    fn signed_out_call(&self) -> String;

    /// The body of a response that refuses a server function; `why` is for people.
    fn refused_call(&self, why: &str) -> String;

    /// The response to a form that was sent while signed out.
    fn signed_out(&self, base: &BasePath) -> Response;
}

/// Extension of a request that belongs to the session of a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedIn;

/// Why signing in failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInError {
    NoToken,
    WrongToken,
    TooManyAttempts,
}
