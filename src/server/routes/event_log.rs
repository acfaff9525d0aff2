//! `GET /backends/{id}/log`: what came over a ComfyUI's socket lately, to read or to attach to a report.

use std::fmt::Write;

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::AppState;
use crate::{
    proto::{ids::BackendId, time::Timestamp},
    server::event_log::LoggedEvent,
};

/// One line for each message, newest last: when, its type, its bytes, and a note on what was not understood, between tabs.
pub(super) async fn text(State(state): State<AppState>, Path(id): Path<BackendId>) -> Response {
    let Some(backend) = state.backend(&id) else { return (StatusCode::NOT_FOUND, "There is no such ComfyUI.\n").into_response() };
    let lines: String = backend.log.newest().iter().map(line).collect();
    // A script in a message must stay text, whatever a browser makes of it: every answer has `nosniff`.
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], lines).into_response()
}

fn line(LoggedEvent { at, kind, bytes, note }: &LoggedEvent) -> String {
    format!("{}\t{}\t{bytes}\t{}\n", utc(*at), escaped(kind), escaped(note.as_deref().unwrap_or_default()))
}

/// RFC 3339. The days are counted in years that begin in March, as in Howard Hinnant's "chrono-compatible low-level date algorithms".
fn utc(Timestamp(ms): Timestamp) -> String {
    let (days, ms) = (ms / 86_400_000 + 719_468, ms % 86_400_000);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
}

/// Control characters, and those that turn the direction of text, as `\u{…}`: a message cannot make up lines, or hide some in a terminal.
fn escaped(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        if c.is_control() || turns(c) {
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

    #[test]
    fn times_are_read_by_people() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_194_714_015, "2026-11-20T17:11:54.015Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ];
        for (ms, text) in cases {
            assert_eq!(utc(Timestamp(ms)), text);
        }
    }

    #[test]
    fn a_message_is_one_line_whatever_is_in_it() {
        let event = LoggedEvent { at: Timestamp(7), kind: "a\nb".into(), bytes: 3, note: Some("\u{1b}[2J\t\u{202e}é".into()) };
        assert_eq!(line(&event), "1970-01-01T00:00:00.007Z\ta\\u{a}b\t3\t\\u{1b}[2J\\u{9}\\u{202e}é\n");
    }
}
