//! What the routes share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::engine::Engine;

/// The largest request body, as `/features` says.
pub(super) const MAX_UPLOAD: usize = 100 << 20;

/// The state of every route.
pub(super) struct App {
    pub(super) engine: Arc<Engine>,
    /// Ends the WebSockets, and requests that would never be answered.
    pub(super) closing: CancellationToken,
}
