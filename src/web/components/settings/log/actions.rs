//! What can be done with the log: hold it still, forget it, take it away.

use leptos::prelude::*;

use super::View;
use crate::components::{
    icon::{Glyph, Icon},
    reactive::{Erased, listener, memo},
    settings::export,
    words::count,
};

/// The buttons, and what came of them for those who hear the page.
#[component]
pub(super) fn Actions(log: View) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let paused = memo(move || log.paused_at.get().is_some());
    let toggle = move |_| if paused.get_untracked() { log.resume() } else { log.pause() };
    let clear = move |_| {
        log.clear();
        said.set("The log is empty.".into());
    };
    let copy = move |_| {
        let lines = log.matching.with_untracked(|entries| {
            entries.iter().map(|entry| format!("{} {}", export::utc(entry.at.0), entry.line())).collect::<Vec<_>>()
        });
        let copied = format!("Copied {}.", count(lines.len(), "line", "lines"));
        export::copy(lines.join("\n"), move |done| {
            said.set(if done { copied } else { "This browser does not allow to copy here. Download it instead.".into() });
        });
    };
    let download = move |_| {
        let lines: String = log.matching.with_untracked(|entries| entries.iter().map(|entry| entry.json() + "\n").collect());
        export::download("darkroom-events.ndjson", &lines);
    };
    view! {
        <p class="note log-said" role="status">{said}</p>
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
