//! The newest entries of the log.

use std::{collections::VecDeque, sync::Arc};

use super::entry::{LogEntry, LogEvent};
use proto::{limits, time::Timestamp};

/// The newest [`limits::PAGE_LOG`] entries.
#[derive(Debug, Default)]
pub struct PageLog {
    pub(super) entries: VecDeque<Arc<LogEntry>>,
    /// Entries ever recorded.
    pub(super) total: u64,
}

impl PageLog {
    pub(super) fn add(&mut self, at: Timestamp, event: LogEvent) -> Arc<LogEntry> {
        self.total += 1;
        let entry = Arc::new(LogEntry::new(self.total, at, event));
        if self.entries.len() >= limits::PAGE_LOG {
            self.entries.pop_front();
        }
        self.entries.push_back(entry.clone());
        entry
    }
}
