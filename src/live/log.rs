//! The event log of a page: what went over its live connection, newest last, in short. Kept only in debug mode; bounded.

use std::{collections::VecDeque, fmt::Write, sync::Arc};

use leptos::prelude::*;

use super::Live;
use crate::proto::{
    limits,
    link::LinkState,
    task::Numbered,
    time::Timestamp,
    wire::{ClientMessage, Command, Frame, News, ServerMessage},
};

/// One message, or one thing that happened to the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Counted from 1 since the page was opened.
    pub number: u64,
    /// By the browser's own clock.
    pub at: Timestamp,
    pub what: Event,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub direction: Direction,
    /// A word for what it is: "changes", "ping", "connected".
    pub kind: &'static str,
    /// How many things are in it: changes in one message.
    pub count: usize,
    /// Of the message as it was sent. `None` where there was none, or its size is not known.
    pub bytes: Option<usize>,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
    /// Not a message: the link changed its state.
    Link,
}

impl Direction {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Link => "link",
        }
    }
}

impl LogEntry {
    /// As one line of text, without the time.
    #[must_use]
    pub fn line(&self) -> String {
        let Event { direction, kind, count, bytes, detail } = &self.what;
        let count = if *count > 1 { format!(" ×{count}") } else { String::new() };
        let bytes = bytes.map(|bytes| format!(" {bytes} B")).unwrap_or_default();
        let detail = if detail.is_empty() { String::new() } else { format!(" {detail}") };
        format!("{} {kind}{count}{bytes}{detail}", direction.word())
    }

    /// As one line of NDJSON: the time in milliseconds since 1970.
    #[must_use]
    pub fn json(&self) -> String {
        let Event { direction, kind, count, bytes, detail } = &self.what;
        let bytes = bytes.map_or_else(|| "null".into(), |bytes| bytes.to_string());
        let detail = serde_json::to_string(detail).unwrap_or_default();
        let (number, at, direction) = (self.number, self.at.0, direction.word());
        format!(
            r#"{{"number":{number},"at_ms":{at},"direction":"{direction}","type":"{kind}","count":{count},"bytes":{bytes},"detail":{detail}}}"#
        )
    }
}

/// The newest [`limits::PAGE_LOG`] entries.
#[derive(Debug, Default)]
pub struct EventLog {
    entries: VecDeque<Arc<LogEntry>>,
    total: u64,
}

impl EventLog {
    fn add(&mut self, at: Timestamp, what: Event) -> Arc<LogEntry> {
        self.total += 1;
        let entry = Arc::new(LogEntry { number: self.total, at, what });
        if self.entries.len() >= limits::PAGE_LOG {
            self.entries.pop_front();
        }
        self.entries.push_back(entry.clone());
        entry
    }
}

impl Live {
    /// Adds an entry at the end of the event log.
    pub fn record(&self, at: Timestamp, what: Event) -> Option<Arc<LogEntry>> {
        self.person.try_update_value(|person| person.log.add(at, what))
    }

    /// How many entries there ever were. Not reactive: a flood of messages wakes nobody.
    #[must_use]
    pub fn recorded(&self) -> u64 {
        self.person.with_value(|person| person.log.total)
    }

    /// The entries that are kept, oldest first. Not reactive.
    #[must_use]
    pub fn log_entries(&self) -> Vec<Arc<LogEntry>> {
        self.person.with_value(|person| person.log.entries.iter().cloned().collect())
    }

    pub fn clear_log(&self) {
        self.person.update_value(|person| person.log.entries.clear());
    }
}

impl Event {
    fn new(direction: Direction, kind: &'static str, bytes: Option<usize>, detail: String) -> Self {
        Self { direction, kind, count: 1, bytes, detail }
    }

    /// A binary message of the server; `None` is one that could not be read.
    #[must_use]
    pub fn received(frame: Option<&Frame<'_>>, bytes: usize) -> Self {
        let of = |kind, detail| Self::new(Direction::In, kind, Some(bytes), detail);
        match frame {
            None => of("unreadable", String::new()),
            Some(Frame::Preview(preview)) => of("preview", format!("task {}", preview.task)),
            Some(Frame::Changes(changes)) => Self { count: changes.len(), ..of("changes", kinds(changes)) },
            Some(Frame::Message(ServerMessage::Welcome { epoch, seq, version, .. })) => {
                of("welcome", format!("epoch {}, seq {}, version {version}", epoch.0, seq.0))
            }
            Some(Frame::Message(ServerMessage::Snapshot { snapshot })) => {
                of("snapshot", format!("{} tasks, seq {}", snapshot.tasks.len(), snapshot.seq.0))
            }
            Some(Frame::Message(ServerMessage::Done { error, .. })) => of("done", error.clone().unwrap_or_default()),
            Some(Frame::Message(ServerMessage::Pong { .. })) => of("pong", String::new()),
        }
    }

    /// A message to the server, of so many bytes.
    #[must_use]
    pub fn sent(message: &ClientMessage, bytes: usize) -> Self {
        let (kind, detail) = match message {
            ClientMessage::Hello { resume, .. } => {
                ("hello", resume.map(|resume| format!("resume after epoch {}, seq {}", resume.epoch.0, resume.seq.0)).unwrap_or_default())
            }
            ClientMessage::Subscribe { .. } => ("subscribe", String::new()),
            ClientMessage::Unsubscribe { .. } => ("unsubscribe", String::new()),
            ClientMessage::Command { command, .. } => ("command", command_word(command).into()),
            ClientMessage::Prefer(prefer) => {
                let previews = if prefer.previews { "previews" } else { "no previews" };
                ("prefer", format!("{previews}, every {} ms", prefer.tick_ms))
            }
            ClientMessage::Ping { .. } => ("ping", String::new()),
        };
        Self::new(Direction::Out, kind, Some(bytes), detail)
    }

    /// The link is in another state.
    #[must_use]
    pub fn state(state: &LinkState) -> Self {
        let (kind, detail) = match state {
            LinkState::Connecting => ("connecting", String::new()),
            LinkState::Connected => ("connected", String::new()),
            LinkState::Reconnecting { attempt, .. } => ("reconnecting", format!("attempt {attempt}")),
            LinkState::Polling { .. } => ("polling", String::new()),
            LinkState::Suspended { .. } => ("suspended", String::new()),
            LinkState::Disconnected => ("disconnected", String::new()),
            LinkState::Failed { why } => ("failed", why.clone()),
        };
        Self::new(Direction::Link, kind, None, detail)
    }

    /// The server is asked over HTTP.
    #[must_use]
    pub fn poll() -> Self {
        Self::new(Direction::Out, "poll", None, String::new())
    }

    /// What came of a poll.
    #[must_use]
    pub fn polled(news: Option<&News>) -> Self {
        match news {
            None => Self::new(Direction::In, "poll", None, "no answer".into()),
            Some(News::Changes { frame, .. }) => {
                let changes = match Frame::decode(frame) {
                    Ok(Frame::Changes(changes)) => changes,
                    _ => Vec::new(),
                };
                Self { count: changes.len(), ..Self::new(Direction::In, "poll", Some(frame.len()), kinds(&changes)) }
            }
            Some(News::Snapshot(snapshot)) => Self::new(Direction::In, "poll", None, format!("{} tasks", snapshot.tasks.len())),
        }
    }
}

/// "node_progress ×3, task_progress": in the order in which they first come.
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

fn command_word(command: &Command) -> &'static str {
    match command {
        Command::Cancel { .. } => "cancel",
        Command::Pause { .. } => "pause",
        Command::Move { .. } => "move",
        Command::Prioritize { .. } => "prioritize",
        Command::PauseQueue { .. } => "pause queue",
        Command::ClearQueue => "clear queue",
        Command::RetryBackend { .. } => "retry backend",
    }
}

/// The kinds of entries there are, to choose from.
pub const KINDS: [&str; 14] = [
    "changes",
    "snapshot",
    "preview",
    "welcome",
    "hello",
    "ping",
    "pong",
    "command",
    "done",
    "poll",
    "subscribe",
    "unsubscribe",
    "prefer",
    "unreadable",
];

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        live::provide_live,
        proto::{
            ids::{CommandId, NodeId, Seq, SessionId, TaskId},
            task::{Change, Snapshot},
            wire::{Prefer, PreviewFrame},
        },
    };

    fn changes() -> Vec<Numbered> {
        let (task, node) = (TaskId(Uuid::nil()), NodeId::from("3"));
        let tick = |value| Change::NodeProgress { task, node: node.clone(), value, max: 20, counted: true };
        let all = [tick(1), Change::TaskProgress { task, permille: 1, ends_at: None, within_ms: None }, tick(2)];
        all.into_iter().zip(1..).map(|(change, seq)| Numbered { seq: Seq(seq), change }).collect()
    }

    #[test]
    fn a_message_is_told_in_short() {
        let told = |event: Event| format!("{} {} ×{} {:?} {}", event.direction.word(), event.kind, event.count, event.bytes, event.detail);
        let frame = Frame::Changes(changes());
        assert_eq!(told(Event::received(Some(&frame), 90)), "in changes ×3 Some(90) node_progress ×2, task_progress");
        let task = TaskId(Uuid::nil());
        let frame = Frame::Preview(PreviewFrame { task, node: NodeId::from("3"), image: &[] });
        assert_eq!(told(Event::received(Some(&frame), 40_000)), format!("in preview ×1 Some(40000) task {task}"));
        assert_eq!(told(Event::received(None, 7)), "in unreadable ×1 Some(7) ");
        let command = ClientMessage::Command { id: CommandId(Uuid::nil()), command: Command::Cancel { task } };
        assert_eq!(told(Event::sent(&command, 80)), "out command ×1 Some(80) cancel");
        let hello = ClientMessage::Hello {
            protocol: 2,
            session: SessionId(Uuid::nil()),
            resume: None,
            topics: Vec::new(),
            prefer: Prefer::default(),
        };
        assert_eq!(told(Event::sent(&hello, 60)), "out hello ×1 Some(60) ");
        let at = std::time::Duration::ZERO;
        assert_eq!(told(Event::state(&LinkState::Reconnecting { attempt: 4, at })), "link reconnecting ×1 None attempt 4");
        assert_eq!(told(Event::polled(None)), "in poll ×1 None no answer");
    }

    #[test]
    fn an_entry_is_a_line_of_text_and_one_of_json() {
        let what = Event { detail: "a \"b\"\n".into(), ..Event::received(Some(&Frame::Changes(changes())), 90) };
        let entry = LogEntry { number: 7, at: Timestamp(1_790_000_000_482), what };
        assert_eq!(entry.line(), "in changes ×3 90 B a \"b\"\n");
        let json: serde_json::Value = serde_json::from_str(&entry.json()).unwrap();
        let expected = serde_json::json!({
            "number": 7, "at_ms": 1_790_000_000_482_u64, "direction": "in", "type": "changes", "count": 3, "bytes": 90, "detail": "a \"b\"\n",
        });
        assert_eq!(json, expected);
        assert!(!entry.json().contains('\n'), "one line each");
        let poll = LogEntry { number: 1, at: Timestamp(0), what: Event::poll() };
        assert_eq!(poll.line(), "out poll");
    }

    #[test]
    fn only_the_newest_are_kept_and_all_are_counted() {
        Owner::new().with(|| {
            let live = provide_live(Snapshot::default());
            for at in 0..(limits::PAGE_LOG as u64 + 20) {
                live.record(Timestamp(at), Event::poll());
            }
            let kept = live.log_entries();
            assert_eq!((kept.len(), kept[0].number, live.recorded()), (limits::PAGE_LOG, 21, limits::PAGE_LOG as u64 + 20));
            live.clear_log();
            assert_eq!((live.log_entries().len(), live.recorded()), (0, limits::PAGE_LOG as u64 + 20));
            let next = live.record(Timestamp(0), Event::poll()).map(|entry| entry.number);
            assert_eq!(next, Some(limits::PAGE_LOG as u64 + 21), "numbers go on");
        });
    }
}
