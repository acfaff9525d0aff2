//! Who asks: with `[v2] visibility = "own"` each sees only its own jobs.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    access::{Access, Caller},
    routes::router_state::RouterState,
};

/// See [`Access::submitter`].
pub(super) struct Asker(pub(super) String);

impl FromRequestParts<RouterState> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &RouterState) -> Result<Self, Infallible> {
        let caller = parts.extensions.get().copied().unwrap_or(Caller::Anybody);
        Ok(Self(Access::submitter(caller, state.access.peer(parts))))
    }
}
