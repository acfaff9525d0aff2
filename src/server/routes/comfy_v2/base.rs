//! How the program reached Darkroom: what the addresses in answers begin with.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, OriginalUri},
    http::request::Parts,
};

use crate::{comfy_v2::BaseUrl, routes::router_state::RouterState};

pub(super) struct Base(pub(super) BaseUrl);

impl FromRequestParts<RouterState> for Base {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &RouterState) -> Result<Self, Infallible> {
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, state).await?;
        // What these routes are mounted below.
        let mount = uri.path().find("/api/v2/").and_then(|at| uri.path().get(..at)).unwrap_or_default();
        Ok(Self(BaseUrl::new(&format!("{}{mount}", state.access.base_url(&parts.headers, &uri)))))
    }
}
