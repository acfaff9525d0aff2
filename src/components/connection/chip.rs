//! The chip in the header. It opens the panel, and closes it on Esc, on a click elsewhere, and on a second press.

use crate::components::reactive::{listener, memo, part, truth};
use leptos::{
    ev, html,
    prelude::*,
    task::spawn_local,
    wasm_bindgen::JsCast,
    wasm_split::{SplitLoaderError, wasm_split},
    web_sys,
};

use std::time::Duration;

use super::{
    panel::ConnectionPanel,
    words::{chip_detail, state_word, tone},
};
use crate::components::boundary::Boundary;
use crate::live::{hooks::use_connection_status, use_live};

/// When the page has come alive and its own work is done, the code of the panel is loaded: it must be there when the connection is not.
const PRELOAD_AFTER: Duration = Duration::from_secs(2);

/// The state of the page's link: icon, word, colour, and the most useful detail.
#[component]
pub(crate) fn ConnectionStatus() -> impl IntoView {
    let live = use_live();
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let chip = NodeRef::<html::Button>::new();

    let status = use_connection_status();
    let word = memo(move || state_word(&status.state()));
    let tone = memo(move || tone(&status.state()).name());
    let detail = memo(move || {
        let backends = live.backends();
        let reachable = backends.iter().filter(|backend| backend.takes_tasks()).count();
        chip_detail(&live.connection(), live.now(), reachable, backends.len())
    });

    Effect::new(move |_| {
        set_timeout(
            || {
                spawn_local(async {
                    // Tried again when the panel is opened.
                    let _ = load_panel().await;
                });
            },
            PRELOAD_AFTER,
        );
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
            <div id="connection-panel">{part(move || if open.get() { panel() } else { ().into_any() })}</div>
        </div>
    }
}

#[wasm_split(panel, wasm_split_path = leptos::wasm_split, preload(load_panel), fallible)]
fn draw_panel() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Boundary name="The connection panel"><ConnectionPanel /></Boundary> }.into_any())
}

fn panel() -> AnyView {
    let drawn = async {
        draw_panel().await.unwrap_or_else(|_| {
            view! { <p class="panel card">"The details cannot be loaded while Darkroom cannot be reached."</p> }.into_any()
        })
    };
    Suspend::new(drawn).into_any()
}
