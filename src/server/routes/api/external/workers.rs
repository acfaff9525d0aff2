//! `GET /api/external-workers`: workers of Celery, and Redis, over which they report.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::{Json, extract::State};
use proto::external::{ExternalWorker, WorkerPresence};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    AppState,
    clock::rfc3339,
    external::{ExternalPrograms, RedisState},
    routes::api::{problem::ApiProblem, responses::problem_responses},
};

/// Workers of Celery, and how Redis is.
#[derive(Serialize, ToSchema)]
pub struct ExternalWorkers {
    redis: RedisReport,
    /// By their names.
    workers: Vec<ExternalWorkerReport>,
}

/// The link to Redis.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RedisReport {
    state: RedisLinkStatus,
    /// Host, port and database.
    #[schema(example = "127.0.0.1:6379/0")]
    address: Option<String>,
    /// Why it is not connected.
    why: Option<String>,
    /// It is in this state since then.
    #[schema(format = DateTime)]
    since: String,
    /// Messages about projects that there are not, since the start.
    unknown_projects: u64,
    /// Messages and commands about projects that changed nothing there, since the start.
    refused: u64,
    /// Why the last one did not.
    last_refused: Option<String>,
}

/// How the link to Redis is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RedisLinkStatus {
    /// There is no url in the settings.
    Off,
    Connecting,
    Connected,
    Reconnecting,
    /// It refuses: the settings may have to change. The next try is after `[link] refused_retry_s`.
    Failed,
}

/// A worker of Celery.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalWorker)]
pub struct ExternalWorkerReport {
    #[schema(example = "gpu@studio-7")]
    hostname: String,
    presence: WorkerPresence,
    pid: Option<u64>,
    /// Tasks that it runs.
    active: Option<u64>,
    /// Tasks that it ran since it started.
    processed: Option<u64>,
    /// Load of its machine over 1, 5 and 15 minutes.
    load: Option<Vec<f64>>,
    #[schema(example = "py-celery 5.7.0")]
    software: Option<String>,
    #[schema(example = "Linux")]
    system: Option<String>,
    #[schema(format = DateTime)]
    first_seen: String,
    #[schema(format = DateTime)]
    last_seen: String,
    /// It said then that it stops.
    #[schema(format = DateTime)]
    stopped_at: Option<String>,
}

impl From<&ExternalPrograms> for RedisReport {
    fn from(programs: &ExternalPrograms) -> Self {
        let (status, counters) = (programs.redis_status(), programs.redis_counters());
        let state = match status.state {
            RedisState::Off => RedisLinkStatus::Off,
            RedisState::Connecting => RedisLinkStatus::Connecting,
            RedisState::Connected => RedisLinkStatus::Connected,
            RedisState::Reconnecting => RedisLinkStatus::Reconnecting,
            RedisState::Failed => RedisLinkStatus::Failed,
        };
        let total = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Self {
            state,
            address: status.address,
            why: status.why,
            since: rfc3339(status.since),
            unknown_projects: total(&counters.unknown_projects),
            refused: total(&counters.refused),
            last_refused: status.last_refused,
        }
    }
}

impl From<(ExternalWorker, WorkerPresence)> for ExternalWorkerReport {
    fn from((worker, presence): (ExternalWorker, WorkerPresence)) -> Self {
        Self {
            hostname: worker.hostname,
            presence,
            pid: worker.pid,
            active: worker.active,
            processed: worker.processed,
            load: worker.load.map(|load| load.iter().map(|hundredths| f64::from(*hundredths) / 100.0).collect()),
            software: worker.software,
            system: worker.system,
            first_seen: rfc3339(worker.first_seen),
            last_seen: rfc3339(worker.last_seen),
            stopped_at: worker.stopped_at.map(rfc3339),
        }
    }
}

problem_responses!(ExternalWorkersProblems {
    503 => "The database cannot be read.",
});

/// List workers of Celery
///
/// Each that was heard of, and how the link to Redis is.
#[utoipa::path(
    get,
    path = "/external-workers",
    operation_id = "listExternalWorkers",
    tag = "External",
    responses(
        (status = 200, description = "By their names.", body = ExternalWorkers),
        ExternalWorkersProblems,
    ),
)]
pub(in crate::routes::api) async fn list(State(state): State<AppState>) -> Result<Json<ExternalWorkers>, ApiProblem> {
    let external = state.external();
    let workers = external.workers().await?.into_iter().map(ExternalWorkerReport::from).collect();
    Ok(Json(ExternalWorkers { redis: (&**external).into(), workers }))
}
