//! The buttons of the log: pause, clear, copy, download.

use leptos::prelude::*;

use super::view::LogView;
use crate::components::{
    dom,
    icon::{Glyph, Icon},
    reactive::{Erased, listener, memo},
    settings::export,
    words::count,
};

/// The buttons, and their result for screen readers.
#[component]
pub(super) fn LogActions(log: LogView) -> impl IntoView {
    let status = RwSignal::new(String::new());
    let paused = memo(move || log.paused_at.get().is_some());
    let toggle = move |_| if paused.get_untracked() { log.resume() } else { log.pause() };
    let clear = move |_| {
        log.clear();
        status.set("The log is empty.".into());
    };
    let copy = move |_| {
        let lines = log.matching.with_untracked(|entries| {
            entries.iter().map(|entry| format!("{} {}", export::utc(entry.at.0), entry.line())).collect::<Vec<_>>()
        });
        let copied = format!("Copied {}.", count(lines.len(), "line", "lines"));
        dom::copy(lines.join("\n"), move |done| {
            status.set(if done { copied } else { "This browser does not allow to copy here. Download it instead.".into() });
        });
    };
    let download = move |_| {
        let lines: String = log.matching.with_untracked(|entries| entries.iter().map(|entry| entry.json() + "\n").collect());
        export::download("darkroom-events.ndjson", &lines);
    };
    view! {
        <p class="note log-said" role="status">{status}</p>
        <div class="log-actions">
            <button type="button" class="button" on:click=listener(toggle)>
                <Icon glyph=Signal::derive(move || if paused.get() { Glyph::Play } else { Glyph::Pause }) />
                {memo(move || if paused.get() { "Resume log" } else { "Pause log" })}
            </button>
            <button type="button" class="button" on:click=listener(clear)>"Clear log"</button>
            <button type="button" class="button" on:click=listener(copy)>"Copy"</button>
            <button type="button" class="button" on:click=listener(download)>"Download"</button>
        </div>
    }
    .erased()
}
