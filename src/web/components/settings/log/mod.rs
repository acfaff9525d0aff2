//! The event log. Messages are recorded as they come; what is shown follows a few times a second, however many there are.

mod actions;
mod filter;
mod table;

use std::{sync::Arc, time::Duration};

use leptos::prelude::*;

use crate::{
    components::reactive::{Erased, memo},
    live::{Live, LogEntry, use_live},
};
use actions::Actions;
use filter::{Filter, Filters};
use proto::limits;
use table::Table;

/// How often the view follows.
const EVERY: Duration = Duration::from_millis(300);

/// What is shown of the log. Cheap to copy.
#[derive(Clone, Copy)]
struct View {
    live: Live,
    entries: RwSignal<Vec<Arc<LogEntry>>>,
    /// LogEvent since the page was opened.
    total: RwSignal<u64>,
    /// LogEvent when it was paused.
    paused_at: RwSignal<Option<u64>>,
    filter: Filter,
    /// Those that the filter lets through, oldest first.
    matching: Memo<Vec<Arc<LogEntry>>>,
}

impl View {
    fn new() -> Self {
        let live = use_live();
        let (entries, filter) = (RwSignal::new(Vec::new()), Filter::new());
        let matching = memo(move || entries.with(|entries| filter.of(entries)));
        Self { live, entries, total: RwSignal::new(0), paused_at: RwSignal::new(None), filter, matching }
    }

    /// Shows what came since the last look, unless it is paused.
    fn follow(&self) {
        let total = self.live.recorded();
        if self.total.get_untracked() == total {
            return;
        }
        self.total.set(total);
        if self.paused_at.get_untracked().is_none() {
            self.entries.set(self.live.log_entries());
        }
    }

    fn pause(&self) {
        self.follow();
        self.paused_at.set(Some(self.total.get_untracked()));
    }

    fn resume(&self) {
        self.paused_at.set(None);
        self.entries.set(self.live.log_entries());
    }

    fn clear(&self) {
        self.live.clear_log();
        self.entries.set(Vec::new());
        if self.paused_at.get_untracked().is_some() {
            self.pause();
        }
    }
}

/// The whole log, with what can be done with it.
#[component]
pub(super) fn EventLog() -> impl IntoView {
    let log = View::new();
    log.follow();
    if let Ok(timer) = set_interval_with_handle(move || log.follow(), EVERY) {
        on_cleanup(move || timer.clear());
    }
    let state = memo(move || match log.paused_at.get() {
        Some(at) => format!("Paused. {} came meanwhile.", log.total.get().saturating_sub(at)),
        None => format!("{} since this page was opened or debug mode began; the newest {} are kept.", log.total.get(), limits::PAGE_LOG),
    });
    view! {
        <section class="log card" aria-labelledby="log-title">
            <div class="log-head">
                <h2 id="log-title">"Event log"</h2>
                <Actions log />
            </div>
            <Filters filter=log.filter />
            <p class="note log-state">{state}</p>
            <Table log />
        </section>
    }
    .erased()
}
