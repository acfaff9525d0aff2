//! `GET /api/v2/health`.

use axum::{Json, extract::State};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::AppState;

// For the API document only.
/// Whether Darkroom answers.
#[derive(ToSchema)]
#[schema(as = V2Health)]
#[allow(dead_code, reason = "it is a schema")]
pub struct HealthReport {
    #[schema(example = "healthy")]
    status: String,
    /// `reachable`: a ComfyUI takes tasks.
    #[schema(example = "reachable")]
    upstream: String,
}

/// Whether Darkroom answers
///
/// For everybody. `upstream` says whether a ComfyUI takes tasks.
#[utoipa::path(
    get,
    path = "/api/v2/health",
    operation_id = "getHealth",
    tag = "Comfy API v2",
    responses((status = 200, description = "It does.", body = HealthReport)),
)]
pub(super) async fn health(State(state): State<AppState>) -> Json<Value> {
    let upstream = if state.pool().is_ready() { "reachable" } else { "unreachable" };
    Json(json!({"status": "healthy", "upstream": upstream}))
}
