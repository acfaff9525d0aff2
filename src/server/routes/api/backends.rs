//! `/api/backends`: the ComfyUIs that do the work.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{kind::ProblemKind, problem::ApiProblem, responses::problem_responses};
use crate::{AppState, clock::rfc3339};
use proto::{
    ids::BackendId,
    task::{Backend, BackendState, HttpState},
};

/// All ComfyUIs that are configured.
#[derive(Serialize, ToSchema)]
pub struct Backends {
    backends: Vec<BackendReport>,
}

/// A ComfyUI.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Backend)]
pub struct BackendReport {
    #[schema(example = "127.0.0.1:8188")]
    id: String,
    /// It is the built-in demo engine.
    demo: bool,
    /// It takes tasks now.
    ready: bool,
    /// The state of the link that reports the progress of tasks.
    state: LinkStatus,
    /// What is wrong: why it is `failed`, takes no tasks, or has no live updates (`polling`).
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Prompts wait there since then, and none is begun although none runs. `null`: not so.
    #[schema(format = DateTime)]
    stuck_since: Option<String>,
    /// It is in this state since then.
    #[schema(format = DateTime)]
    since: String,
    /// Whether its HTTP answers: judged apart from the link.
    http_up: bool,
    #[schema(example = "0.8.0")]
    version: Option<String>,
    #[schema(example = "NVIDIA GeForce RTX 4090")]
    device: Option<String>,
    /// Bytes.
    vram_free: Option<u64>,
    vram_total: Option<u64>,
    /// Prompts running or waiting there, everyone's.
    queue: u64,
    /// Of those, the known ones of other clients.
    foreign: usize,
    /// Of a ping on the link, milliseconds.
    round_trip_ms: Option<f64>,
}

/// How the link to a ComfyUI does.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = LinkWord)]
pub enum LinkStatus {
    Connecting,
    Connected,
    Reconnecting,
    /// It is polled, because there is no socket.
    Polling,
    Suspended,
    Disconnected,
    /// It refuses: the settings may have to change. The next try is after `[link] refused_retry_s`.
    Failed,
}

impl From<&Backend> for BackendReport {
    fn from(backend: &Backend) -> Self {
        let state = match &backend.state {
            BackendState::Connecting => LinkStatus::Connecting,
            BackendState::Connected => LinkStatus::Connected,
            BackendState::Reconnecting { .. } => LinkStatus::Reconnecting,
            BackendState::Polling => LinkStatus::Polling,
            BackendState::Suspended => LinkStatus::Suspended,
            BackendState::Disconnected => LinkStatus::Disconnected,
            BackendState::Failed { .. } => LinkStatus::Failed,
        };
        Self {
            id: backend.id.0.clone(),
            demo: backend.demo,
            ready: backend.takes_tasks(),
            state,
            why: backend.trouble().or_else(|| backend.refused.clone()),
            stuck_since: backend.stuck_since.map(rfc3339),
            since: rfc3339(backend.since),
            http_up: backend.http == HttpState::Up,
            version: backend.version.clone(),
            device: backend.device.clone(),
            vram_free: backend.vram.map(|(free, _)| free),
            vram_total: backend.vram.map(|(_, total)| total),
            queue: backend.queue,
            foreign: backend.foreign.len(),
            round_trip_ms: backend.round_trip.map(|(micros, _)| f64::from(micros) / 1000.0),
        }
    }
}

/// List the ComfyUIs
#[utoipa::path(
    get,
    path = "/backends",
    operation_id = "listBackends",
    tag = "Backends",
    responses((status = 200, description = "In the order of the settings.", body = Backends)),
)]
pub(super) async fn list(State(state): State<AppState>) -> Json<Backends> {
    Json(Backends { backends: state.tracker().backends().iter().map(BackendReport::from).collect() })
}

problem_responses!(BackendProblems {
    400 => "Not a name.",
    404 => "There is no ComfyUI of this name.",
});

/// Look at a ComfyUI
#[utoipa::path(
    get,
    path = "/backends/{id}",
    operation_id = "getBackend",
    tag = "Backends",
    params(("id" = String, Path, description = "Its name in the settings, or its host and port.", example = "demo")),
    responses(
        (status = 200, description = "As it is now.", body = BackendReport),
        BackendProblems,
    ),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    id: Result<Path<BackendId>, PathRejection>,
) -> Result<Json<BackendReport>, ApiProblem> {
    let Path(id) = id.map_err(|_| ApiProblem::new(ProblemKind::BadPath, "The name of a ComfyUI is text in UTF-8."))?;
    let backends = state.tracker().backends();
    let backend = backends.iter().find(|backend| backend.id == id);
    backend
        .map(|backend| Json(backend.into()))
        .ok_or_else(|| ApiProblem::new(ProblemKind::UnknownBackend, format!("There is no ComfyUI called {id}.")))
}
