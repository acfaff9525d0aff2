//! `GET /api/v2/health`.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::AppState;

/// Darkroom answers; `upstream` says whether a ComfyUI takes tasks.
pub(super) async fn health(State(state): State<AppState>) -> Json<Value> {
    let upstream = if state.pool().is_ready() { "reachable" } else { "unreachable" };
    Json(json!({"status": "healthy", "upstream": upstream}))
}
