//! The chip in the header, which opens the connection panel. Esc, a click elsewhere and a second press close it.

use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys};

use super::{
    panel::ConnectionPanel,
    words::{Tone, chip_detail, state_label, tone},
};
use crate::components::boundary::Boundary;
use crate::components::reactive::{Erased, When, listener, memo, truth};
use crate::live::{hooks::use_connection_status, use_live};

/// The state of the page's link: colour, name, and the most useful detail.
#[component]
pub fn ConnectionChip() -> impl IntoView {
    let live = use_live();
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let chip = NodeRef::<html::Button>::new();

    let status = use_connection_status();
    let word = memo(move || state_label(&status.state()));
    let reachable = memo(move || {
        let backends = live.backends();
        (backends.iter().filter(|backend| backend.takes_tasks()).count(), backends.len())
    });
    // Nothing can run, although the page is live.
    let tone = memo(move || match (tone(&status.state()), reachable.get()) {
        (Tone::Good, (0, 1..)) => Tone::Waiting.as_str(),
        (tone, _) => tone.as_str(),
    });
    let detail = memo(move || {
        let (reachable, backends) = reachable.get();
        chip_detail(&live.connection(), live.now(), live.preferences().poll_every_ms, reachable, backends)
    });

    Effect::new(move |_| {
        if !open.get() {
            return;
        }
        let escape = window_event_listener(ev::keydown, move |event| {
            if event.key() == "Escape" {
                open.set(false);
                if let Some(chip) = chip.get_untracked() {
                    let _ = chip.focus();
                }
            }
        });
        let elsewhere = window_event_listener(ev::pointerdown, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
            if !root.get_untracked().is_some_and(|root| root.contains(target.as_ref())) {
                open.set(false);
            }
        });
        on_cleanup(move || {
            escape.remove();
            elsewhere.remove();
        });
    });

    view! {
        <div class="connection with-script" node_ref=root>
            <button
                type="button"
                class="chip"
                data-tone=tone
                aria-expanded=truth(move || open.get())
                aria-controls="connection-panel"
                node_ref=chip
                on:click=listener(move |_| open.update(|open| *open = !*open))
            >
                <span class="dot" aria-hidden="true"></span>
                <span class="chip-word">{word}</span>
                <span class="chip-detail">" "{detail}</span>
            </button>
            <div id="connection-panel">
                <When holds=open>
                    <Boundary name="The connection panel"><ConnectionPanel /></Boundary>
                </When>
            </div>
        </div>
    }
    .erased()
}
