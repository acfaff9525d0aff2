//! The messages about a project that webhooks of the settings were sent, with every attempt.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{Json, extract::State, http::StatusCode};
use proto::webhook::{Delivery, DeliveryState, ProductionWebhookEvent};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    errors::{OrderProblems, ReadProblems},
    paths::ProjectPath,
    shapes::page_limit,
};
use crate::{
    AppState,
    clock::rfc3339,
    routes::api::{
        extract::{ApiQuery, DeliveryPath},
        problem::ApiProblem,
        webhooks::AttemptReport,
    },
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    #[param(minimum = 1, maximum = 500, default = 100, nullable = false)]
    limit: Option<u32>,
}

/// Messages to webhooks.
#[derive(Serialize, ToSchema)]
pub struct ProjectWebhooks {
    /// Newest first. Of those that are over, the newest 1,000 are kept.
    deliveries: Vec<ProjectDelivery>,
}

/// A message to a webhook of the settings.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectDelivery {
    /// `webhook-id`: the same in all attempts.
    id: String,
    event: ProductionWebhookEvent,
    url: String,
    state: DeliveryState,
    #[schema(format = DateTime)]
    created_at: String,
    /// When it is sent (again).
    #[schema(format = DateTime)]
    next_at: Option<String>,
    /// Oldest first; the newest 50.
    attempts: Vec<AttemptReport>,
}

impl From<Delivery<ProductionWebhookEvent>> for ProjectDelivery {
    fn from(delivery: Delivery<ProductionWebhookEvent>) -> Self {
        let Delivery { id, event, address, is_own: _, state, created_at, next_at, attempts } = delivery;
        let attempts = attempts.into_iter().map(AttemptReport::from).collect();
        Self { id, event, url: address, state, created_at: rfc3339(created_at), next_at: next_at.map(rfc3339), attempts }
    }
}

/// List what webhooks were told of a project
///
/// Every message to the webhooks of the settings that take events of productions, and every attempt to deliver it.
#[utoipa::path(
    get,
    path = "/projects/{project}/webhooks",
    operation_id = "getProjectWebhooks",
    tag = "Webhooks",
    params(("project" = Uuid, Path, description = "The project's id."), MessagesQuery),
    responses((status = 200, description = "The messages.", body = ProjectWebhooks), ReadProblems),
)]
pub(in crate::routes::api) async fn list(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
    ApiQuery(MessagesQuery { limit }): ApiQuery<MessagesQuery>,
) -> Result<Json<ProjectWebhooks>, ApiProblem> {
    let limit = page_limit(limit)?;
    state.productions().project(project).await?;
    let deliveries = state.deliveries().list_of_project(project, limit).await?;
    Ok(Json(ProjectWebhooks { deliveries: deliveries.into_iter().map(ProjectDelivery::from).collect() }))
}

/// Send a message about a project again
///
/// At once, whatever the earlier outcome, with the same `webhook-id`, so that a receiver recognizes a repetition. Scheduled attempts stay.
/// A webhook that a 410 disabled is enabled by it.
#[utoipa::path(
    post,
    path = "/projects/{project}/webhooks/{delivery}/replay",
    operation_id = "replayProjectWebhook",
    tag = "Webhooks",
    params(
        ("project" = Uuid, Path, description = "The project's id."),
        ("delivery" = String, Path, description = "The message's id."),
    ),
    responses((status = 202, description = "It will be sent in a moment."), OrderProblems),
)]
pub(in crate::routes::api) async fn replay(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
    DeliveryPath(delivery): DeliveryPath,
) -> Result<StatusCode, ApiProblem> {
    state.productions().project(project).await?;
    state.deliveries().redeliver_of_project(project, delivery).await?;
    Ok(StatusCode::ACCEPTED)
}
