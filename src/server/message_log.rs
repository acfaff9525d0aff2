//! The newest messages of a ComfyUI's socket in short form, and how many of each type there were. Bounded, however long the socket lives and
//! whatever types custom nodes send.

use std::collections::{BTreeMap, VecDeque};

use parking_lot::Mutex;

use proto::{limits, time::Timestamp};

#[derive(Default)]
pub struct MessageLog(Mutex<Messages>);

#[derive(Default)]
struct Messages {
    newest: VecDeque<LoggedMessage>,
    counts: BTreeMap<String, u64>,
    unreadable: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedMessage {
    pub at: Timestamp,
    /// ComfyUI's `type`, "preview", or [`UNREADABLE`].
    pub kind: String,
    pub bytes: usize,
    /// Why the message could not be decoded; for an unknown type, the beginning of the message.
    pub note: Option<String>,
}

/// The kind of a message that could not be decoded.
pub const UNREADABLE: &str = "unreadable";
/// The kind under which all types beyond the first [`limits::EVENT_TYPES`] are counted.
const OTHERS: &str = "others";

impl MessageLog {
    pub fn add(&self, message: LoggedMessage) {
        let mut messages = self.0.lock();
        if message.kind == UNREADABLE {
            messages.unreadable = messages.unreadable.saturating_add(1);
        }
        let is_full = messages.counts.len() >= limits::EVENT_TYPES && !messages.counts.contains_key(&message.kind);
        let kind = if is_full { OTHERS.to_owned() } else { message.kind.clone() };
        *messages.counts.entry(kind).or_default() += 1;
        if messages.newest.len() >= limits::EVENT_LOG {
            messages.newest.pop_front();
        }
        messages.newest.push_back(message);
    }

    /// Oldest first.
    #[must_use]
    pub fn newest(&self) -> Vec<LoggedMessage> {
        self.0.lock().newest.iter().cloned().collect()
    }

    /// How many messages of each type there were.
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

    fn message(kind: String) -> LoggedMessage {
        LoggedMessage { at: Timestamp(0), kind, bytes: 1, note: None }
    }

    #[test]
    fn the_message_log_is_limited_for_any_messages() {
        let log = MessageLog::default();
        for number in 0..limits::EVENT_LOG + 10 {
            log.add(message(format!("type {number}")));
        }
        assert_eq!(log.newest().len(), limits::EVENT_LOG);
        assert_eq!(log.newest()[0].kind, "type 10");
        let counts = log.counts();
        assert_eq!(counts.len(), limits::EVENT_TYPES + 1);
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), u64::try_from(limits::EVENT_LOG + 10).unwrap());
    }
}
