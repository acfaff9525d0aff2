//! `GET /api/v2/jobs`: jobs, newest first, page by page.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    Json,
    extract::{RawQuery, State},
    http::StatusCode,
};
use proto::{
    comfy_v2::{is_metadata_name, is_metadata_value},
    limits,
    task::TaskState,
};
use url::form_urlencoded;
use utoipa::IntoParams;

use super::{asker::Asker, base::Base, error::V2Error, responses::error_responses, schemas::MetadataFilter};
use crate::{
    AppState,
    comfy_v2::{JobCursor, JobPage},
    store::Filter,
};

#[derive(Default)]
struct V2JobQuery {
    filter: Filter,
    cursor: Option<JobCursor>,
    limit: Option<usize>,
}

// For the API document only: read by [`V2JobQuery::read`].
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "it is a schema")]
pub struct JobListParams {
    /// Jobs on a page.
    #[param(nullable = false, minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    #[param(nullable = false, pattern = "^[A-Za-z0-9_-]{32}$")]
    cursor: Option<String>,
    /// `queued`, `running`, `canceling`, `succeeded`, `failed` or `canceled`; several with commas.
    #[param(
        nullable = false,
        pattern = "^(queued|running|canceling|succeeded|failed|canceled)(,(queued|running|canceling|succeeded|failed|canceled))*$"
    )]
    status: Option<String>,
    /// Only jobs with this pair in their metadata, up to three: `metadata[name]=value`.
    #[param(nullable = false, style = DeepObject, explode, inline, value_type = Option<MetadataFilter>)]
    metadata: Option<String>,
}

error_responses! {
    JobListErrors {
        400 => "An unknown parameter (`invalid_request`), no cursor of a list (`invalid_cursor`), or no pair of metadata (`invalid_metadata_filter`).",
        503 => "The database cannot be read.",
    }
}

/// List jobs
///
/// All tasks of Darkroom, or with `[v2] visibility = "own"` those that the caller submitted; newest first, page by page.
#[utoipa::path(
    get,
    path = "/api/v2/jobs",
    operation_id = "listJobs",
    tag = "Comfy API v2",
    params(JobListParams),
    responses((status = 200, description = "A page of jobs.", body = JobPage), JobListErrors),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    Asker(asker): Asker,
    Base(base): Base,
    RawQuery(query): RawQuery,
) -> Result<Json<JobPage>, V2Error> {
    let V2JobQuery { filter, cursor, limit } = V2JobQuery::read(query.as_deref().unwrap_or_default())?;
    Ok(Json(state.jobs().list(filter, asker, cursor, limit.unwrap_or(limits::JOBS_PAGE), &base).await?))
}

impl V2JobQuery {
    fn read(query: &str) -> Result<Self, V2Error> {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "limit" => read.limit = Some(limit(&value)?),
                "cursor" => {
                    let wrong = |_| V2Error::new(StatusCode::BAD_REQUEST, "invalid_cursor", "This is no cursor of a list of jobs.");
                    read.cursor = Some(value.parse().map_err(wrong)?);
                }
                "status" => {
                    for word in value.split(',') {
                        read.filter.states.extend(states(word)?);
                    }
                }
                name => read.filter.metadata.push(pair(name, &value)?),
            }
        }
        if read.filter.metadata.len() > limits::JOB_FILTERS {
            return Err(wrong_filter(format!("A list is filtered by at most {} pairs of metadata.", limits::JOB_FILTERS)));
        }
        Ok(read)
    }
}

fn wrong_filter(message: String) -> V2Error {
    V2Error::new(StatusCode::BAD_REQUEST, "invalid_metadata_filter", message)
}

fn limit(text: &str) -> Result<usize, V2Error> {
    let limit = text.parse().ok().filter(|limit| (1..=limits::STORE_PAGE).contains(limit));
    limit.ok_or_else(|| V2Error::bad_request(format!("limit is a whole number from 1 to {}.", limits::STORE_PAGE)))
}

fn states(word: &str) -> Result<&'static [TaskState], V2Error> {
    Ok(match word {
        "queued" => &[TaskState::Accepted, TaskState::Queued],
        "running" | "canceling" => &[TaskState::Running],
        "succeeded" => &[TaskState::Completed],
        "failed" => &[TaskState::Failed],
        "canceled" => &[TaskState::Cancelled],
        _ => return Err(V2Error::bad_request("status is queued, running, canceling, succeeded, failed or canceled; several with commas.")),
    })
}

/// `metadata[name]=value`
fn pair(name: &str, value: &str) -> Result<(String, String), V2Error> {
    let Some(name) = name.strip_prefix("metadata[").and_then(|name| name.strip_suffix(']')) else {
        let name: String = name.chars().take(limits::NAME).collect();
        return Err(V2Error::bad_request(format!("{name:?} is no parameter. There are limit, cursor, status and metadata[name].")));
    };
    if !is_metadata_name(name) || !is_metadata_value(value) {
        return Err(wrong_filter("This is no pair that the metadata of a job can have.".into()));
    }
    Ok((name.to_owned(), value.to_owned()))
}
