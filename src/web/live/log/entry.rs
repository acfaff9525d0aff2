//! What is recorded: messages as they came, and changes of the link's state.

use std::sync::OnceLock;

use proto::{
    limits,
    link::LinkState,
    outbox::Answer,
    time::Timestamp,
    wire::{ClientMessage, News},
};

/// One message, or one event of the link.
#[derive(Debug)]
pub struct LogEntry {
    /// Counted from 1 since the page was opened.
    pub number: u64,
    /// By the browser's own clock.
    pub at: Timestamp,
    pub event: LogEvent,
    /// Made at the first call of [`LogEntry::summary`].
    pub(super) summary: OnceLock<EventSummary>,
}

/// Numbers are unique within a page.
impl PartialEq for LogEntry {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for LogEntry {}

#[derive(Debug)]
pub enum LogEvent {
    /// A binary message of the server: its bytes, or the first [`limits::LOGGED_FRAME`] of them, and its full length.
    Received(Vec<u8>, usize),
    /// A message to the server, and its length.
    Sent(ClientMessage, usize),
    /// The link entered this state.
    State(LinkState),
    /// A poll over HTTP was sent.
    Poll,
    /// A poll was answered. `None`: there was no answer.
    Polled(Option<PollAnswer>),
    /// An order was sent to the server over HTTP: its label and length.
    Order(String, usize),
    /// An order was answered. `None`: there was no answer.
    Answer(Option<Answer>),
}

/// The answer to a poll.
#[derive(Debug)]
pub enum PollAnswer {
    /// A frame of changes.
    Changes(Vec<u8>),
    /// A snapshot with this number of tasks.
    Snapshot(usize),
}

/// A log entry for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSummary {
    pub direction: Direction,
    /// The type of the entry: "changes", "ping", "connected".
    pub kind: &'static str,
    /// The number of changes in a message, otherwise 1.
    pub count: usize,
    /// The length of the message as it was sent. `None` for entries that are no message, or whose length is unknown.
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
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Link => "link",
        }
    }
}

impl LogEntry {
    #[must_use]
    pub fn new(number: u64, at: Timestamp, event: LogEvent) -> Self {
        Self { number, at, event, summary: OnceLock::new() }
    }
}

impl PollAnswer {
    #[must_use]
    pub fn of(news: &News) -> Self {
        match news {
            News::Changes { frame, .. } => Self::Changes(frame.clone()),
            News::Snapshot(snapshot) => Self::Snapshot(snapshot.tasks.len()),
        }
    }
}

impl LogEvent {
    /// A message of the server.
    #[must_use]
    pub fn received(bytes: &[u8]) -> Self {
        Self::Received(bytes[..bytes.len().min(limits::LOGGED_FRAME)].to_vec(), bytes.len())
    }
}
