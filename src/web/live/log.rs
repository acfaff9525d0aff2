//! The event log of a page: what went over its live connection, newest last. Kept only in debug mode; bounded.
//!
//! Recorded is what came, as it came: what it says in words (`words.rs`) is worked out when somebody looks, with the code of the
//! settings page, so that nobody else loads it.

mod words;

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
};

use leptos::prelude::*;
pub use words::{Direction, Event, KINDS, print};

use super::Live;
use proto::{
    limits,
    link::LinkState,
    outbox::Answer,
    time::Timestamp,
    wire::{ClientMessage, News},
};

/// One message, or one thing that happened to the link.
#[derive(Debug)]
pub struct LogEntry {
    /// Counted from 1 since the page was opened.
    pub number: u64,
    /// By the browser's own clock.
    pub at: Timestamp,
    pub what: Recorded,
    /// The same in words, once somebody asked.
    told: OnceLock<Event>,
}

/// No two of a page have one number.
impl PartialEq for LogEntry {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for LogEntry {}

/// What happened.
#[derive(Debug)]
pub enum Recorded {
    /// A binary message of the server: its bytes, or the first [`limits::LOGGED_FRAME`] of them, and how many there were.
    Received(Vec<u8>, usize),
    /// A message to the server, of so many bytes.
    Sent(ClientMessage, usize),
    /// The link is in another state.
    State(LinkState),
    /// The server is asked over HTTP.
    Poll,
    /// What came of that. `None`: there was no answer.
    Polled(Option<Answered>),
    /// An order goes to the server, over HTTP: what it is, in words, and how large.
    Order(String, usize),
    /// What came of that. `None`: there was no answer.
    Answer(Option<Answer>),
}

/// The answer to a poll.
#[derive(Debug)]
pub enum Answered {
    /// A frame of changes.
    Changes(Vec<u8>),
    /// A snapshot of so many tasks.
    Snapshot(usize),
}

impl LogEntry {
    #[must_use]
    pub fn new(number: u64, at: Timestamp, what: Recorded) -> Self {
        Self { number, at, what, told: OnceLock::new() }
    }
}

impl Answered {
    #[must_use]
    pub fn of(news: &News) -> Self {
        match news {
            News::Changes { frame, .. } => Self::Changes(frame.clone()),
            News::Snapshot(snapshot) => Self::Snapshot(snapshot.tasks.len()),
        }
    }
}

impl Recorded {
    /// A message of the server.
    #[must_use]
    pub fn received(bytes: &[u8]) -> Self {
        Self::Received(bytes[..bytes.len().min(limits::LOGGED_FRAME)].to_vec(), bytes.len())
    }
}

/// The newest [`limits::PAGE_LOG`] entries.
#[derive(Debug, Default)]
pub struct EventLog {
    entries: VecDeque<Arc<LogEntry>>,
    total: u64,
}

impl EventLog {
    fn add(&mut self, at: Timestamp, what: Recorded) -> Arc<LogEntry> {
        self.total += 1;
        let entry = Arc::new(LogEntry::new(self.total, at, what));
        if self.entries.len() >= limits::PAGE_LOG {
            self.entries.pop_front();
        }
        self.entries.push_back(entry.clone());
        entry
    }
}

impl Live {
    /// Adds an entry at the end of the event log.
    pub fn record(&self, at: Timestamp, what: Recorded) -> Option<Arc<LogEntry>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::provide_live;
    use proto::task::Snapshot;

    #[test]
    fn only_the_newest_are_kept_and_all_are_counted() {
        Owner::new().with(|| {
            let live = provide_live(Snapshot::default());
            for at in 0..(limits::PAGE_LOG as u64 + 20) {
                live.record(Timestamp(at), Recorded::Poll);
            }
            let kept = live.log_entries();
            assert_eq!((kept.len(), kept[0].number, live.recorded()), (limits::PAGE_LOG, 21, limits::PAGE_LOG as u64 + 20));
            live.clear_log();
            assert_eq!((live.log_entries().len(), live.recorded()), (0, limits::PAGE_LOG as u64 + 20));
            let next = live.record(Timestamp(0), Recorded::Poll).map(|entry| entry.number);
            assert_eq!(next, Some(limits::PAGE_LOG as u64 + 21), "numbers go on");
        });
    }
}
