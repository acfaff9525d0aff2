//! Summaries of log entries, for people and for export.

use std::{fmt::Write, sync::Arc};

use leptos::{
    logging,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::entry::{Direction, EventSummary, LogEntry, LogEvent, PollAnswer};
use proto::{
    link::LinkState,
    outbox::Answer,
    task::Numbered,
    wire::{ClientMessage, Frame, ServerMessage},
};

/// Writes an entry to the browser's console. Its code is loaded with that of the settings page.
#[wasm_split(settings, wasm_split_path = leptos::wasm_split, fallible)]
pub fn print(entry: Arc<LogEntry>) -> Result<(), SplitLoaderError> {
    logging::log!("{}", entry.line());
    Ok(())
}

impl LogEntry {
    #[must_use]
    pub fn summary(&self) -> &EventSummary {
        self.summary.get_or_init(|| EventSummary::of(&self.event))
    }

    /// As one line of text, without the time.
    #[must_use]
    pub fn line(&self) -> String {
        let EventSummary { direction, kind, count, bytes, detail } = self.summary();
        let count = if *count > 1 { format!(" ×{count}") } else { String::new() };
        let bytes = bytes.map(|bytes| format!(" {bytes} B")).unwrap_or_default();
        let detail = if detail.is_empty() { String::new() } else { format!(" {detail}") };
        format!("{} {kind}{count}{bytes}{detail}", direction.as_str())
    }

    /// As one line of NDJSON: the time in milliseconds since 1970.
    #[must_use]
    pub fn json(&self) -> String {
        let EventSummary { direction, kind, count, bytes, detail } = self.summary();
        let bytes = bytes.map_or_else(|| "null".into(), |bytes| bytes.to_string());
        let detail = serde_json::to_string(detail).unwrap_or_default();
        let (number, at, direction) = (self.number, self.at.0, direction.as_str());
        format!(
            r#"{{"number":{number},"at_ms":{at},"direction":"{direction}","type":"{kind}","count":{count},"bytes":{bytes},"detail":{detail}}}"#
        )
    }
}

impl EventSummary {
    fn of(event: &LogEvent) -> Self {
        match event {
            LogEvent::Received(kept, bytes) => received(kept, *bytes),
            LogEvent::Sent(message, bytes) => sent(message, *bytes),
            LogEvent::State(state) => link(state),
            LogEvent::Poll => Self::new(Direction::Out, "poll", None, String::new()),
            LogEvent::Polled(answer) => polled(answer.as_ref()),
            LogEvent::Order(label, bytes) => Self::new(Direction::Out, "order", Some(*bytes), label.clone()),
            LogEvent::Answer(answer) => Self::new(Direction::In, "answer", None, answered(answer.as_ref())),
        }
    }

    fn new(direction: Direction, kind: &'static str, bytes: Option<usize>, detail: String) -> Self {
        Self { direction, kind, count: 1, bytes, detail }
    }
}

/// `kept` may be only the beginning of a message of `bytes` bytes.
fn received(kept: &[u8], bytes: usize) -> EventSummary {
    let of = |kind, detail| EventSummary::new(Direction::In, kind, Some(bytes), detail);
    match Frame::decode(kept) {
        Err(_) if kept.len() < bytes => of("long", "too long to be kept here".into()),
        Err(_) => of("unreadable", String::new()),
        Ok(Frame::Preview(preview)) => of("preview", format!("task {}", preview.task)),
        Ok(Frame::Changes(changes)) => EventSummary { count: changes.len(), ..of("changes", kinds(&changes)) },
        Ok(Frame::Message(ServerMessage::Welcome { epoch, seq, version, .. })) => {
            of("welcome", format!("epoch {}, seq {}, version {version}", epoch.0, seq.0))
        }
        Ok(Frame::Message(ServerMessage::Snapshot { snapshot })) => {
            of("snapshot", format!("{} tasks, seq {}", snapshot.tasks.len(), snapshot.seq.0))
        }
        Ok(Frame::Message(ServerMessage::Pong { .. })) => of("pong", String::new()),
        Ok(Frame::Project(event)) => of("project", format!("{}, event {}", event.project, event.number)),
    }
}

fn sent(message: &ClientMessage, bytes: usize) -> EventSummary {
    let (kind, detail) = match message {
        ClientMessage::Hello { resume, .. } => {
            ("hello", resume.map(|resume| format!("resume after epoch {}, seq {}", resume.epoch.0, resume.seq.0)).unwrap_or_default())
        }
        ClientMessage::Prefer(prefer) => {
            let previews = if prefer.previews { "previews" } else { "no previews" };
            ("prefer", format!("{previews}, every {} ms", prefer.tick_ms))
        }
        ClientMessage::Projects(places) => ("projects", format!("{} followed", places.len())),
        ClientMessage::Ping { .. } => ("ping", String::new()),
    };
    EventSummary::new(Direction::Out, kind, Some(bytes), detail)
}

fn link(state: &LinkState) -> EventSummary {
    let (kind, detail) = match state {
        LinkState::Connecting => ("connecting", String::new()),
        LinkState::Connected => ("connected", String::new()),
        LinkState::Reconnecting { attempt, .. } => ("reconnecting", format!("attempt {attempt}")),
        LinkState::Polling { .. } => ("polling", String::new()),
        LinkState::Suspended { .. } => ("suspended", String::new()),
        LinkState::Disconnected => ("disconnected", String::new()),
        LinkState::Failed { why } => ("failed", why.clone()),
    };
    EventSummary::new(Direction::Link, kind, None, detail)
}

fn polled(answer: Option<&PollAnswer>) -> EventSummary {
    match answer {
        None => EventSummary::new(Direction::In, "poll", None, "no answer".into()),
        Some(PollAnswer::Changes(frame)) => {
            let changes = match Frame::decode(frame) {
                Ok(Frame::Changes(changes)) => changes,
                _ => Vec::new(),
            };
            EventSummary { count: changes.len(), ..EventSummary::new(Direction::In, "poll", Some(frame.len()), kinds(&changes)) }
        }
        Some(PollAnswer::Snapshot(tasks)) => EventSummary::new(Direction::In, "poll", None, format!("{tasks} tasks")),
    }
}

fn answered(answer: Option<&Answer>) -> String {
    match answer {
        Some(Answer::Done { task: Some(task) }) => format!("done: task {task}"),
        Some(Answer::Done { task: None }) => "done".into(),
        Some(Answer::Refused(refusal)) => format!("refused: {}", refusal.message),
        Some(Answer::Later(why)) => format!("later: {why}"),
        None => "no answer".into(),
    }
}

/// "node_progress ×3, task_progress": in the order of first occurrence.
fn kinds(changes: &[Numbered]) -> String {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for numbered in changes {
        let kind = numbered.change.kind();
        match counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    let mut words = String::new();
    for (kind, count) in counts {
        let comma = if words.is_empty() { "" } else { ", " };
        let _ = if count > 1 { write!(words, "{comma}{kind} ×{count}") } else { write!(words, "{comma}{kind}") };
    }
    words
}

/// All kinds of entries, for the filter.
pub const KINDS: [&str; 15] = [
    "changes",
    "snapshot",
    "preview",
    "welcome",
    "hello",
    "ping",
    "pong",
    "order",
    "answer",
    "poll",
    "prefer",
    "project",
    "projects",
    "unreadable",
    "long",
];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use proto::{
        ids::{NodeId, Seq, SessionId, TaskId},
        limits,
        task::Change,
        time::Timestamp,
        wire::{PROTOCOL, Prefer, PreviewFrame, changes_frame},
    };

    fn changes() -> Vec<u8> {
        let (task, node) = (TaskId(Uuid::nil()), NodeId::from("3"));
        let tick = |value| Change::NodeProgress { task, node: node.clone(), value, max: 20, counted: true };
        let all = [tick(1), Change::TaskProgress { task, permille: 1, ends_at: None, within_ms: None }, tick(2)];
        let parts: Vec<Vec<u8>> = (1..).zip(all).map(|(seq, change)| Numbered { seq: Seq(seq), change }.encode().unwrap()).collect();
        changes_frame(parts.iter().map(Vec::as_slice))
    }

    fn entry(event: LogEvent) -> LogEntry {
        LogEntry::new(7, Timestamp(1_790_000_000_482), event)
    }

    fn summary(event: LogEvent) -> String {
        let summary = EventSummary::of(&event);
        format!("{} {} ×{} {:?} {}", summary.direction.as_str(), summary.kind, summary.count, summary.bytes, summary.detail)
    }

    #[test]
    fn a_message_is_summarized() {
        let frame = changes();
        let bytes = frame.len();
        let received = |frame: &[u8]| summary(LogEvent::received(frame));
        assert_eq!(received(&frame), format!("in changes ×3 Some({bytes}) node_progress ×2, task_progress"));
        let task = TaskId(Uuid::nil());
        let preview = PreviewFrame { task, node: NodeId::from("3"), image: &[7; 40_000] }.encode();
        assert_eq!(received(&preview), format!("in preview ×1 Some({}) task {task}", preview.len()));
        assert_eq!(received(&frame[..bytes - 1]), format!("in unreadable ×1 Some({}) ", bytes - 1));
        let prefer = ClientMessage::Prefer(Prefer { previews: false, tick_ms: 50 });
        assert_eq!(summary(LogEvent::Sent(prefer, 80)), "out prefer ×1 Some(80) no previews, every 50 ms");
        let hello = ClientMessage::Hello {
            protocol: PROTOCOL,
            session: SessionId(Uuid::nil()),
            resume: None,
            topics: Vec::new(),
            prefer: Prefer::default(),
        };
        assert_eq!(summary(LogEvent::Sent(hello, 60)), "out hello ×1 Some(60) ");
        let trying = LinkState::Reconnecting { attempt: 4, at: Duration::ZERO };
        assert_eq!(summary(LogEvent::State(trying)), "link reconnecting ×1 None attempt 4");
        assert_eq!(summary(LogEvent::Polled(None)), "in poll ×1 None no answer");
        assert_eq!(summary(LogEvent::Order("Cancel “a”".into(), 33)), "out order ×1 Some(33) Cancel “a”");
        assert_eq!(summary(LogEvent::Answer(Some(Answer::Later("full".into())))), "in answer ×1 None later: full");
        assert_eq!(
            summary(LogEvent::Polled(Some(PollAnswer::Changes(frame)))),
            format!("in poll ×3 Some({bytes}) node_progress ×2, task_progress")
        );
    }

    #[test]
    fn only_the_beginning_of_a_long_message_is_recorded() {
        let many = changes_frame(std::iter::repeat_n(changes()[1..].as_ref(), 2_000));
        let LogEvent::Received(kept, bytes) = LogEvent::received(&many) else { panic!("a message") };
        assert_eq!(kept.len(), limits::LOGGED_FRAME);
        assert_eq!(bytes, many.len());
        assert_eq!(summary(LogEvent::Received(kept, bytes)), format!("in long ×1 Some({bytes}) too long to be kept here"));
    }

    #[test]
    fn an_entry_is_a_line_of_text_and_one_of_json() {
        let failed = entry(LogEvent::State(LinkState::Failed { why: "a \"b\"\n".into() }));
        assert_eq!(failed.line(), "link failed a \"b\"\n");
        let json: serde_json::Value = serde_json::from_str(&failed.json()).unwrap();
        let expected = serde_json::json!({
            "number": 7, "at_ms": 1_790_000_000_482_u64, "direction": "link", "type": "failed", "count": 1, "bytes": null, "detail": "a \"b\"\n",
        });
        assert_eq!(json, expected);
        assert!(!failed.json().contains('\n'), "one line each");
        let frame = changes();
        let bytes = frame.len();
        let line = entry(LogEvent::received(&frame)).line();
        assert_eq!(line, format!("in changes ×3 {bytes} B node_progress ×2, task_progress"));
        assert_eq!(entry(LogEvent::Poll).line(), "out poll");
    }
}
