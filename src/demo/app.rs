//! State shared by the routes.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::engine::Engine;

/// The largest request body in bytes, as `/features` reports it.
pub(super) const MAX_UPLOAD: usize = 100 << 20;

/// The state of every route.
pub(super) struct App {
    pub(super) engine: Arc<Engine>,
    /// Cancelled to close the WebSockets and to abort requests that would never be answered.
    pub(super) closing: CancellationToken,
}
