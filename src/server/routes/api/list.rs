//! `GET /api/tasks`: many tasks, page by page.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{Json, extract::State};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{extract::ApiQuery, kind::ProblemKind, problem::ApiProblem, responses::problem_responses};
use crate::{
    AppState,
    clock::{now, parse_rfc3339},
    report::{TaskReport, TaskStatus},
    store::{Cursor, Filter, Page},
};
use proto::{ids::TaskId, limits, task::Task, time::Timestamp};

/// Which tasks.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only those of this status; several between commas.
    #[param(value_type = Option<Vec<TaskStatus>>, style = Form, explode = false, nullable = false, min_items = 1)]
    status: Option<String>,
    /// Only those that were handed in after this moment (RFC 3339).
    #[param(format = DateTime, nullable = false, example = "2026-11-20T17:11:54.015Z")]
    created_after: Option<String>,
    /// Only those that were handed in before this moment (RFC 3339).
    #[param(format = DateTime, nullable = false, example = "2026-11-20T17:11:54.015Z")]
    created_before: Option<String>,
    /// Only those with this in their name or prompt, in any case.
    #[param(nullable = false)]
    q: Option<String>,
    /// `nextCursor` of the page before.
    #[param(nullable = false, pattern = "^A[Q-Za-f][A-Za-z0-9_-]{31}[AQgw]$")]
    cursor: Option<String>,
    /// Tasks in a page.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<usize>,
}

/// A page of tasks, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskPage {
    tasks: Vec<TaskReport>,
    /// For the next page; `null` on the last page.
    next_cursor: Option<String>,
}

const DEFAULT_LIMIT: usize = 20;

problem_responses!(ListProblems {
    400 => "An unknown parameter, a bad value, or a bad cursor.",
    503 => "The database cannot be read.",
});

/// List tasks
///
/// Newest first. A page may have fewer tasks than `limit` although there are more: `nextCursor` shows whether there are more. Only a list that has ended has a page without any.
#[utoipa::path(
    get,
    path = "/tasks",
    operation_id = "listTasks",
    tag = "Tasks",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of tasks.", body = TaskPage),
        ListProblems,
    ),
)]
pub(super) async fn list(State(state): State<AppState>, ApiQuery(query): ApiQuery<ListQuery>) -> Result<Json<TaskPage>, ApiProblem> {
    let cursor = query.cursor.as_deref().map(parse_cursor).transpose()?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=limits::STORE_PAGE).contains(&limit) {
        return Err(bad("limit", &format!("a number from 1 to {}", limits::STORE_PAGE)));
    }
    let Page { tasks, mut origins, next } = state.archive().list(query.filter()?, cursor, limit).await?;
    let (positions, hold, now) = (state.tracker().positions(), state.tracker().hold(), now());
    let report = |task: &Task| {
        let origin = origins.remove(&task.id).unwrap_or_default();
        TaskReport::of(task, positions.get(&task.id).copied(), hold, &origin, state.urls(), now)
    };
    Ok(Json(TaskPage { tasks: tasks.iter().map(report).collect(), next_cursor: next.map(cursor_text) }))
}

impl ListQuery {
    fn filter(&self) -> Result<Filter, ApiProblem> {
        let mut states = Vec::new();
        for word in self.status.iter().flat_map(|words| words.split(',')) {
            let known = TaskStatus::ALL.map(TaskStatus::as_str).join(", ");
            states.extend_from_slice(
                TaskStatus::parse(word.trim()).ok_or_else(|| bad("status", &format!("one or more of {known}")))?.states(),
            );
        }
        Ok(Filter {
            states,
            after: time("created_after", self.created_after.as_deref())?,
            before: time("created_before", self.created_before.as_deref())?,
            text: self.q.clone().filter(|text| !text.is_empty()),
            ..Filter::default()
        })
    }
}

fn bad(parameter: &str, what: &str) -> ApiProblem {
    ApiProblem::new(ProblemKind::BadQuery, format!("{parameter} must be {what}."))
}

fn time(parameter: &str, text: Option<&str>) -> Result<Option<Timestamp>, ApiProblem> {
    let parse =
        |text| parse_rfc3339(text).ok_or_else(|| bad(parameter, "a time such as 2026-11-20T17:11:54.015Z or 2026-11-20T18:11:54+01:00"));
    text.map(parse).transpose()
}

/// Opaque to clients, so that the format may change; the first byte is the version of the format.
fn cursor_text(Cursor { created_at, task }: Cursor) -> String {
    let bytes: Vec<u8> = [FORMAT].into_iter().chain(created_at.0.to_be_bytes()).chain(*task.0.as_bytes()).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

const FORMAT: u8 = 1;

fn parse_cursor(text: &str) -> Result<Cursor, ApiProblem> {
    let cursor = || {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (at, task) = bytes.strip_prefix(&[FORMAT])?.split_first_chunk::<8>()?;
        let task = uuid::Uuid::from_slice(task).ok()?;
        Some(Cursor { created_at: Timestamp(u64::from_be_bytes(*at)), task: TaskId(task) })
    };
    cursor().ok_or_else(|| ApiProblem::new(ProblemKind::BadCursor, "This is no cursor of this list. Begin again without one."))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_cursor_survives_a_round_trip_and_anything_else_is_refused() {
        let cursor = Cursor { created_at: Timestamp(1_795_194_714_015), task: TaskId(Uuid::from_u128(7)) };
        assert_eq!(parse_cursor(&cursor_text(cursor)).unwrap(), cursor);
        for wrong in ["", "a", "%", "AAAA", &cursor_text(cursor)[1..], &format!("{}AA", cursor_text(cursor))] {
            assert_eq!(parse_cursor(wrong).unwrap_err().kind, ProblemKind::BadCursor, "{wrong}");
        }
    }
}
