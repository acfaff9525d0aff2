//! Logs as plain text, to read or to attach to a report: `GET /backends/{id}/log`, the latest messages of a ComfyUI's socket, and
//! `GET /tasks/{id}/log`, the history of one task.

use std::fmt::Write;

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::AppState;
use crate::{clock::rfc3339, message_log::LoggedMessage, store::Event};
use proto::{
    ids::{BackendId, TaskId},
    text::is_unseen,
};

/// One line for each message, newest last: time, type, size in bytes, and a note on parts that could not be parsed, separated by tabs.
pub(super) async fn of_backend(State(state): State<AppState>, Path(id): Path<BackendId>) -> Response {
    let Some(backend) = state.backend(&id) else { return (StatusCode::NOT_FOUND, "There is no such ComfyUI.\n").into_response() };
    plain(backend.log.newest().iter().map(line).collect())
}

/// One line for each event of a task, newest last: time, kind, and text, separated by tabs.
pub(super) async fn of_task(State(state): State<AppState>, Path(id): Path<TaskId>) -> Response {
    match state.archive().history(id).await {
        Ok(Some(events)) => plain(events.iter().map(event).collect()),
        Ok(None) => (StatusCode::NOT_FOUND, "There is no such task.\n").into_response(),
        Err(error) => {
            tracing::error!(%error, task = %id, "the history of a task cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, "The database cannot be read now.\n").into_response()
        }
    }
}

/// Browsers do not run markup in a message: the type is plain text, and every response carries `nosniff`.
fn plain(lines: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], lines).into_response()
}

fn event(Event { at, kind, text }: &Event) -> String {
    format!("{}\t{}\t{}\n", rfc3339(*at), kind.as_str(), escaped(text))
}

fn line(LoggedMessage { at, kind, bytes, note }: &LoggedMessage) -> String {
    format!("{}\t{}\t{bytes}\t{}\n", rfc3339(*at), escaped(kind), escaped(note.as_deref().unwrap_or_default()))
}

/// Writes invisible characters as `\u{…}`, so that a message cannot forge lines or hide text in a terminal.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        if is_unseen(c) {
            // Writing to a `String` does not fail.
            let _ = write!(escaped, "{}", c.escape_unicode());
        } else {
            escaped.push(c);
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::time::Timestamp;

    #[test]
    fn a_message_is_one_line_for_any_content() {
        let event = LoggedMessage { at: Timestamp(7), kind: "a\nb".into(), bytes: 3, note: Some("\u{1b}[2J\t\u{202e}é".into()) };
        assert_eq!(line(&event), "1970-01-01T00:00:00.007Z\ta\\u{a}b\t3\t\\u{1b}[2J\\u{9}\\u{202e}é\n");
    }
}
