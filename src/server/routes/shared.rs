//! The state that all handlers share.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::prelude::LeptosOptions;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{AppState, access::Access};

#[derive(Clone)]
pub(super) struct Shared {
    pub(super) state: AppState,
    pub(super) access: Arc<Access>,
    pub(super) stop: CancellationToken,
    pub(super) options: LeptosOptions,
    /// The build of the front end; see [`crate::assets::version`].
    pub(super) version: Arc<str>,
    /// One permit for each live connection.
    pub(super) connections: Arc<Semaphore>,
}

impl FromRef<Shared> for AppState {
    fn from_ref(shared: &Shared) -> Self {
        shared.state.clone()
    }
}

impl FromRef<Shared> for Arc<Access> {
    fn from_ref(shared: &Shared) -> Self {
        shared.access.clone()
    }
}

impl FromRef<Shared> for LeptosOptions {
    fn from_ref(shared: &Shared) -> Self {
        shared.options.clone()
    }
}
