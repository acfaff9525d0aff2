//! Every configured ComfyUI with its own state: what can run a task, and what cannot right now.

use crate::components::reactive::{When, memo};
use leptos::prelude::*;

use crate::{
    components::words::{backend_name, count, vram, whole},
    live::use_live,
    proto::task::{Backend, BackendState},
};

/// The list of backends, in the panel.
#[component]
pub(crate) fn Backends() -> impl IntoView {
    let live = use_live();
    view! {
        <ul class="backends" aria-label="ComfyUI backends">
            {move || live.backends().into_iter().map(|backend| view! { <BackendRow backend /> }).collect_view()}
        </ul>
        <When holds=memo(move || live.backends().is_empty())>
            <p class="note">"No ComfyUI is configured."</p>
        </When>
    }
}

#[component]
fn BackendRow(backend: Backend) -> impl IntoView {
    let live = use_live();
    let since = backend.since;
    let queue = usize::try_from(backend.queue).unwrap_or(usize::MAX);
    let queue = if queue == 0 { "idle".to_owned() } else { format!("{} in its queue", count(queue, "task", "tasks")) };
    let about = about(&backend);
    view! {
        <li>
            <span class="dot" data-tone=tone(&backend.state) aria-hidden="true"></span>
            <div>
                <p class="backend-name">{backend_name(&backend)}</p>
                <p class="note">{about}</p>
            </div>
            <div class="backend-state">
                <p>{backend.state.word()}</p>
                <p class="note">
                    {if backend.state.is_reachable() {
                        queue.into_any()
                    } else {
                        (move || format!("for {}", whole(live.now().since(since)))).into_any()
                    }}
                </p>
            </div>
        </li>
    }
}

fn tone(state: &BackendState) -> &'static str {
    match state {
        BackendState::Connected => "good",
        BackendState::Connecting => "quiet",
        BackendState::Polling | BackendState::Suspended | BackendState::Reconnecting { .. } => "waiting",
        BackendState::Disconnected | BackendState::Failed { .. } => "bad",
    }
}

/// What is known of it: engine and version, device, memory; or why it failed, or how often it was tried.
fn about(backend: &Backend) -> String {
    let detail = match &backend.state {
        BackendState::Failed { why } => Some(why.clone()),
        BackendState::Reconnecting { attempt } => Some(format!("attempt {attempt}")),
        _ => None,
    };
    let engine = if backend.demo { "built in: draws pictures, runs no model".to_owned() } else { "ComfyUI".to_owned() };
    let engine = match &backend.version {
        Some(version) if !backend.demo => format!("{engine} {version}"),
        _ => engine,
    };
    let parts = [Some(engine), backend.device.clone(), backend.vram.map(vram), detail];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
