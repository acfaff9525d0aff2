//! Which entries of the log are shown, and pausing.

use std::sync::Arc;

use leptos::prelude::*;

use super::filter::LogFilter;
use crate::{
    components::reactive::memo,
    live::{Live, LogEntry, use_live},
};

/// What the table shows of the log. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct LogView {
    live: Live,
    pub entries: RwSignal<Vec<Arc<LogEntry>>>,
    /// The number of entries since the page was opened.
    pub total: RwSignal<u64>,
    /// The number of entries when it was paused.
    pub paused_at: RwSignal<Option<u64>>,
    pub filter: LogFilter,
    /// The entries that match the filter, oldest first.
    pub matching: Memo<Vec<Arc<LogEntry>>>,
}

impl LogView {
    pub fn new() -> Self {
        let live = use_live();
        let (entries, filter) = (RwSignal::new(Vec::new()), LogFilter::new());
        let matching = memo(move || entries.with(|entries| filter.of(entries)));
        Self { live, entries, total: RwSignal::new(0), paused_at: RwSignal::new(None), filter, matching }
    }

    /// Shows the entries recorded since the last call, unless paused.
    pub fn follow(&self) {
        let total = self.live.recorded();
        if self.total.get_untracked() == total {
            return;
        }
        self.total.set(total);
        if self.paused_at.get_untracked().is_none() {
            self.entries.set(self.live.log_entries());
        }
    }

    pub fn pause(&self) {
        self.follow();
        self.paused_at.set(Some(self.total.get_untracked()));
    }

    pub fn resume(&self) {
        self.paused_at.set(None);
        self.entries.set(self.live.log_entries());
    }

    pub fn clear(&self) {
        self.live.clear_log();
        self.entries.set(Vec::new());
        if self.paused_at.get_untracked().is_some() {
            self.pause();
        }
    }
}
