//! Log of a ComfyUI's socket messages: the newest ones, and counts by type. Bounded, however long it runs and whatever types custom nodes
//! invent.

use std::collections::{BTreeMap, VecDeque};

use parking_lot::Mutex;

use proto::{limits, time::Timestamp};

#[derive(Default)]
pub struct EventLog(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    newest: VecDeque<LoggedEvent>,
    counts: BTreeMap<String, u64>,
    unreadable: u32,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEvent {
    pub at: Timestamp,
    /// ComfyUI's message type, "preview", or "unreadable".
    pub kind: String,
    pub bytes: usize,
    /// The read error; for an unknown type, the beginning of the message.
    pub note: Option<String>,
}

/// The kind of unreadable messages.
pub const UNREADABLE: &str = "unreadable";
/// The combined count of all types over the limit.
const OTHERS: &str = "others";

impl EventLog {
    pub fn add(&self, event: LoggedEvent) {
        let mut inner = self.0.lock();
        if event.kind == UNREADABLE {
            inner.unreadable = inner.unreadable.saturating_add(1);
        }
        let is_full = inner.counts.len() >= limits::EVENT_TYPES && !inner.counts.contains_key(&event.kind);
        let kind = if is_full { OTHERS.to_owned() } else { event.kind.clone() };
        *inner.counts.entry(kind).or_default() += 1;
        if inner.newest.len() >= limits::EVENT_LOG {
            inner.newest.pop_front();
        }
        inner.newest.push_back(event);
    }

    /// Oldest first.
    #[must_use]
    pub fn newest(&self) -> Vec<LoggedEvent> {
        self.0.lock().newest.iter().cloned().collect()
    }

    /// The number of messages of each type.
    #[must_use]
    pub fn counts(&self) -> Vec<(String, u64)> {
        self.0.lock().counts.iter().map(|(kind, count)| (kind.clone(), *count)).collect()
    }

    #[must_use]
    pub fn unreadable(&self) -> u32 {
        self.0.lock().unreadable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: String) -> LoggedEvent {
        LoggedEvent { at: Timestamp(0), kind, bytes: 1, note: None }
    }

    #[test]
    fn it_is_bounded_whatever_comes() {
        let log = EventLog::default();
        for number in 0..limits::EVENT_LOG + 10 {
            log.add(event(format!("type {number}")));
        }
        assert_eq!(log.newest().len(), limits::EVENT_LOG);
        assert_eq!(log.newest()[0].kind, "type 10");
        let counts = log.counts();
        assert_eq!(counts.len(), limits::EVENT_TYPES + 1);
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), u64::try_from(limits::EVENT_LOG + 10).unwrap());
    }
}
