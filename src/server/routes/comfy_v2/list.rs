//! `GET /api/v2/jobs`: jobs, newest first, page by page.

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

use super::{base::Base, error::V2Error};
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

pub(super) async fn list(State(state): State<AppState>, Base(base): Base, RawQuery(query): RawQuery) -> Result<Json<JobPage>, V2Error> {
    let V2JobQuery { filter, cursor, limit } = V2JobQuery::read(query.as_deref().unwrap_or_default())?;
    Ok(Json(state.jobs().list(filter, cursor, limit.unwrap_or(limits::JOBS_PAGE), &base).await?))
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
