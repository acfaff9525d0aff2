//! `/api/agents`: what agents tell, and how they do.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use proto::production::{AgentActivity, AgentHandoff, AgentReport, ProjectId, VramStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::errors::{ChangeProblems, ReadProblems};
use crate::{
    AppState,
    routes::api::{
        extract::{ApiQuery, JsonBytes, shaped},
        kind::ProblemKind,
        problem::ApiProblem,
    },
};

/// Whose agents.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AgentsQuery {
    /// Those of this project. Otherwise those that named none.
    #[param(value_type = Option<uuid::Uuid>, nullable = false)]
    project_id: Option<ProjectId>,
}

/// How agents do.
#[derive(Serialize, ToSchema)]
pub struct AgentList {
    /// By their types.
    agents: Vec<AgentReportNow>,
    /// Who gave which work to whom, the oldest first.
    handoffs: Vec<AgentHandoff>,
    /// What they claim of graphics memory, beside what ComfyUIs measure.
    vram: VramStatus,
}

/// How an agent does.
#[derive(Serialize, ToSchema)]
pub struct AgentReportNow {
    #[serde(flatten)]
    activity: AgentActivity,
    /// It works, and told nothing for two minutes. It need not have failed.
    stale: bool,
}

/// List agents
#[utoipa::path(
    get,
    path = "/agents",
    operation_id = "listAgents",
    tag = "Agents",
    params(AgentsQuery),
    responses((status = 200, description = "As they are now.", body = AgentList), ReadProblems),
)]
pub(in crate::routes::api) async fn list(
    State(state): State<AppState>,
    ApiQuery(AgentsQuery { project_id }): ApiQuery<AgentsQuery>,
) -> Result<Json<AgentList>, ApiProblem> {
    let now = state.productions().agents(project_id).await?;
    let agents = now.agents.into_iter().map(|(activity, stale)| AgentReportNow { activity, stale }).collect();
    Ok(Json(AgentList { agents, handoffs: now.handoffs, vram: now.vram }))
}

/// What an agent tells: an event of STORY-009.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "it is a schema")]
pub struct AgentEvent {
    #[schema(nullable = false)]
    project_id: Option<uuid::Uuid>,
    /// It is read, and not used: the server's clock counts.
    #[schema(nullable = false)]
    timestamp: Option<String>,
    #[serde(flatten)]
    report: AgentReport,
}

/// Tell what an agent does
///
/// `agent.assigned`, `agent.progress`, `agent.completed` or `agent.handoff`. The types of STORY-009 are Producer, Screenwriter, CastingDirector, ArtDirector,
/// Cinematographer, SoundDesigner and Editor; others are taken as they are. The same once more changes nothing.
#[utoipa::path(
    post,
    path = "/agents/{type}/events",
    operation_id = "reportAgent",
    tag = "Agents",
    params(("type" = String, Path, description = "The agent's type.", example = "Cinematographer")),
    request_body = AgentEvent,
    responses((status = 200, description = "How the agent does now.", body = AgentActivity), ChangeProblems),
)]
pub(in crate::routes::api) async fn report(
    State(state): State<AppState>,
    agent_type: Result<Path<String>, PathRejection>,
    body: JsonBytes,
) -> Result<Json<AgentActivity>, ApiProblem> {
    let Path(agent_type) = agent_type.map_err(|_| ApiProblem::new(ProblemKind::BadPath, "The type of an agent is text in UTF-8."))?;
    let mut body: Map<String, Value> = body.read()?;
    let project: Option<ProjectId> = match body.shift_remove("project_id") {
        Some(project) => shaped(project, "/project_id")?,
        None => None,
    };
    body.shift_remove("timestamp");
    // Clients of STORY-009 name it in their messages, too.
    if body.shift_remove("agent_type").is_some_and(|named| named != agent_type.as_str()) {
        return Err(ApiProblem::at("/agent_type", "This is another agent than that of the path."));
    }
    let report: AgentReport = shaped(Value::Object(body), "")?;
    Ok(Json(state.productions().report_agent(project, agent_type, report).await?))
}
