//! Prints a received call: a line of text, or a JSON object.

use std::{io::Write, time::Duration};

use axum::http::StatusCode;
use serde_json::{Value, json};

use proto::text::is_unseen;

/// A received call.
pub(super) struct ReceivedCall<'a> {
    /// Since the Unix epoch.
    pub at: Duration,
    pub path: &'a str,
    pub id: &'a str,
    pub event: &'a str,
    /// What it is answered with.
    pub status: StatusCode,
    /// A message with this id was received before.
    pub repeated: bool,
    /// Why it is not verified.
    pub wrong: Option<String>,
    /// As text when it is not JSON.
    pub body: Option<Value>,
}

pub(super) struct Printer {
    pub json: bool,
    pub colours: bool,
}

impl Printer {
    pub(super) fn print(&self, call: &ReceivedCall<'_>) {
        let line = if self.json { as_json(call) } else { self.line(call) };
        // An error means that the reader of the pipe is gone: it is ignored.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }

    fn line(&self, call: &ReceivedCall<'_>) -> String {
        let ReceivedCall { event, status, repeated, wrong, body, .. } = call;
        let body = body.as_ref().unwrap_or(&Value::Null);
        let text = |value: &Value| plain(value.as_str().unwrap_or_default());
        let event = if event.is_empty() { text(&body["status"]) } else { plain(event) };
        let verdict = match wrong {
            Some(wrong) => self.paint("31", &format!("NOT VERIFIED: {wrong}")),
            None => self.paint("32", "verified"),
        };
        let again = if *repeated { self.paint("33", " (came before)") } else { String::new() };
        let said = match (&body["result"]["imageUrl"], &body["error"]["message"], &body["progress"]["percentage"]) {
            (Value::String(url), ..) => plain(url),
            (_, Value::String(message), _) => plain(message),
            (.., Value::Number(percentage)) => format!("{percentage} % {}", text(&body["progress"]["currentStep"])),
            _ => String::new(),
        };
        let time = rfc3339(call.at);
        let line = format!("{time}  {event:<9}  {}  {verdict}{again}  → {}  {said}", text(&body["taskId"]), status.as_u16());
        line.trim_end().to_owned()
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colours { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

fn as_json(call: &ReceivedCall<'_>) -> String {
    let ReceivedCall { at, path, id, event, status, repeated, wrong, body } = call;
    let time = rfc3339(*at);
    json!({
        "timestamp": time, "path": path, "id": id, "event": event, "verified": wrong.is_none(), "error": wrong, "repeated": repeated,
        "answered": status.as_u16(), "body": body,
    })
    .to_string()
}

/// `at`: since the Unix epoch.
fn rfc3339(at: Duration) -> String {
    let at = i64::try_from(at.as_millis()).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    format!("{:.3}", at.unwrap_or(jiff::Timestamp::MAX))
}

/// Removes control characters, so that text from elsewhere cannot control the terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !is_unseen(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call<'a>(body: Value, wrong: Option<&str>) -> ReceivedCall<'a> {
        let (at, status) = (Duration::from_millis(1_795_194_714_015), StatusCode::NO_CONTENT);
        ReceivedCall {
            at,
            path: "/",
            id: "msg_1",
            event: "completed",
            status,
            repeated: false,
            wrong: wrong.map(str::to_owned),
            body: Some(body),
        }
    }

    #[test]
    fn a_call_is_one_line_that_cannot_steer_the_terminal() {
        let printer = Printer { json: false, colours: false };
        let body = json!({"taskId": "t\u{1b}[2J\n1", "result": {"imageUrl": "http://x/0"}});
        assert_eq!(printer.line(&call(body, None)), "2026-11-20T17:11:54.015Z  completed  t[2J1  verified  → 204  http://x/0");
        let line = printer.line(&call(json!("no JSON"), Some("no signature fits")));
        assert_eq!(line, "2026-11-20T17:11:54.015Z  completed    NOT VERIFIED: no signature fits  → 204");
        let twice = ReceivedCall { repeated: true, ..call(json!({"error": {"message": "out of memory"}}), None) };
        assert!(printer.line(&twice).ends_with("verified (came before)  → 204  out of memory"));
    }

    #[test]
    fn json_output_has_an_object_for_each_call() {
        let value: Value = serde_json::from_str(&as_json(&call(json!({"a": 1}), Some("old")))).unwrap();
        assert_eq!(value["verified"], false);
        assert_eq!(value["error"], "old");
        assert_eq!(value["body"]["a"], 1);
        assert_eq!(value["answered"], 204);
    }
}
