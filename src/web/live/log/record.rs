//! Recording into the event log of a page, and reading it.

use std::sync::Arc;

use leptos::prelude::*;

use super::entry::{LogEntry, LogEvent};
use crate::live::state::Live;
use proto::time::Timestamp;

impl Live {
    /// Adds an entry at the end of the event log.
    pub fn record(&self, at: Timestamp, event: LogEvent) -> Option<Arc<LogEntry>> {
        self.browser.try_update_value(|browser| browser.log.add(at, event))
    }

    /// How many entries were ever recorded. Not reactive: with many messages, subscribers would be woken too often.
    #[must_use]
    pub fn recorded(&self) -> u64 {
        self.browser.with_value(|browser| browser.log.total)
    }

    /// The recorded entries, oldest first. Not reactive.
    #[must_use]
    pub fn log_entries(&self) -> Vec<Arc<LogEntry>> {
        self.browser.with_value(|browser| browser.log.entries.iter().cloned().collect())
    }

    pub fn clear_log(&self) {
        self.browser.update_value(|browser| browser.log.entries.clear());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::provide_live;
    use proto::{limits, task::Snapshot};

    #[test]
    fn only_the_newest_entries_are_kept_but_all_are_counted() {
        Owner::new().with(|| {
            let live = provide_live(Snapshot::default());
            for at in 0..(limits::PAGE_LOG as u64 + 20) {
                live.record(Timestamp(at), LogEvent::Poll);
            }
            let kept = live.log_entries();
            assert_eq!(kept.len(), limits::PAGE_LOG);
            assert_eq!(kept[0].number, 21);
            assert_eq!(live.recorded(), limits::PAGE_LOG as u64 + 20);
            live.clear_log();
            assert!(live.log_entries().is_empty());
            assert_eq!(live.recorded(), limits::PAGE_LOG as u64 + 20);
            let next = live.record(Timestamp(0), LogEvent::Poll).map(|entry| entry.number);
            assert_eq!(next, Some(limits::PAGE_LOG as u64 + 21), "numbering continues");
        });
    }
}
