//! The event log. Messages are recorded as they come; the view is refreshed a few times a second, however many there are.

use std::time::Duration;

use leptos::prelude::*;

use super::{actions::LogActions, filter::Filters, table::LogTable, view::LogView};
use crate::components::reactive::{Erased, memo};
use proto::limits;

const REFRESH_EVERY: Duration = Duration::from_millis(300);

/// The log, its filter, and its buttons.
#[component]
pub(in crate::components::settings) fn EventLogPanel() -> impl IntoView {
    let log = LogView::new();
    log.follow();
    if let Ok(timer) = set_interval_with_handle(move || log.follow(), REFRESH_EVERY) {
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
                <LogActions log />
            </div>
            <Filters filter=log.filter />
            <p class="note log-state">{state}</p>
            <LogTable log />
        </section>
    }
    .erased()
}
