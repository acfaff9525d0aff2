//! Which entries of the log are shown.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    components::reactive::{Erased, listener, memo},
    live::{Direction, KINDS, LogEntry},
};

/// Words that must be in an entry, and what kind of entry it must be. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct LogFilter {
    words: RwSignal<String>,
    /// A direction, a kind, or empty for all.
    only: RwSignal<String>,
}

impl LogFilter {
    pub(super) fn new() -> Self {
        Self { words: RwSignal::new(String::new()), only: RwSignal::new(String::new()) }
    }

    /// The entries that match, in their order.
    pub(super) fn of(&self, entries: &[Arc<LogEntry>]) -> Vec<Arc<LogEntry>> {
        let (words, only) = (self.words.get().trim().to_ascii_lowercase(), self.only.get());
        entries.iter().filter(|entry| matches(entry, &words, &only)).cloned().collect()
    }
}

/// `words` are in lower case.
fn matches(entry: &LogEntry, words: &str, only: &str) -> bool {
    let summary = entry.summary();
    (only.is_empty() || only == summary.direction.as_str() || (only == summary.kind && summary.direction != Direction::Link))
        && (words.is_empty() || entry.line().to_ascii_lowercase().contains(words))
}

/// The two fields.
#[component]
pub(super) fn Filters(filter: LogFilter) -> impl IntoView {
    let choice = move |(value, words): (&'static str, &'static str)| {
        let is_it = memo(move || filter.only.with(|only| only == value));
        view! { <option value=value prop:selected=is_it>{words}</option> }.erased()
    };
    let directions = [("", "Everything"), ("in", "Only what came in"), ("out", "Only what went out"), ("link", "Only states of the link")];
    view! {
        <div class="log-filters" role="search" aria-label="Event log">
            <div class="field">
                <label for="log-words">"Filter"</label>
                <input
                    type="search"
                    id="log-words"
                    autocomplete="off"
                    placeholder="node_progress, welcome, …"
                    prop:value=filter.words
                    on:input=listener(move |event| filter.words.set(event_target_value(&event)))
                />
            </div>
            <div class="field">
                <label for="log-only">"Direction or type"</label>
                <select id="log-only" on:change=listener(move |event| filter.only.set(event_target_value(&event)))>
                    {directions.map(choice).into_iter().collect_view()}
                    {KINDS.map(|kind| choice((kind, kind))).into_iter().collect_view()}
                </select>
            </div>
        </div>
    }
    .erased()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::LogEvent;
    use proto::{link::LinkState, time::Timestamp};

    #[test]
    fn words_direction_and_type_each_filter_the_log() {
        let entry = |event| LogEntry::new(1, Timestamp(0), event);
        let (poll, state) = (entry(LogEvent::Poll), entry(LogEvent::State(LinkState::Failed { why: "Not allowed".into() })));
        assert!(matches(&poll, "", "") && matches(&poll, "pol", "out") && matches(&poll, "", "poll"));
        assert!(!matches(&poll, "ping", "") && !matches(&poll, "", "in") && !matches(&poll, "pol", "link"));
        assert!(matches(&state, "not allowed", "link"), "whatever the case");
    }
}
