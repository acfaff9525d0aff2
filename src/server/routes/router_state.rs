//! The state that all handlers share.

use std::{sync::Arc, time::Duration};

use axum::extract::FromRef;
use service::Frontend;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{AppState, access::Access};

#[derive(Clone)]
pub(super) struct RouterState {
    pub(super) state: AppState,
    pub(super) access: Arc<Access>,
    pub(super) stop: CancellationToken,
    pub(super) frontend: Arc<dyn Frontend>,
    /// See [`Frontend::build`].
    pub(super) version: Arc<str>,
    /// One permit for each live connection.
    pub(super) connections: Arc<Semaphore>,
    /// How long after its handshake a page may take to say hello.
    pub(super) hello_within: Duration,
}

impl FromRef<RouterState> for AppState {
    fn from_ref(shared: &RouterState) -> Self {
        shared.state.clone()
    }
}

impl FromRef<RouterState> for Arc<Access> {
    fn from_ref(shared: &RouterState) -> Self {
        shared.access.clone()
    }
}

impl FromRef<RouterState> for Arc<dyn Frontend> {
    fn from_ref(shared: &RouterState) -> Self {
        shared.frontend.clone()
    }
}
