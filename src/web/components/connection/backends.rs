//! Every configured backend with its state.

use leptos::prelude::*;

use crate::components::reactive::{Erased, When, memo, part, truth};
use crate::{
    components::{
        command::send_command,
        words::{backend_name, count, rough, vram, whole},
    },
    live::use_live,
};
use proto::{
    task::{Backend, BackendState, HttpState},
    time::Timestamp,
    wire::Command,
};

/// The list of backends, in the panel.
#[component]
pub(crate) fn Backends() -> impl IntoView {
    let live = use_live();
    let stale = truth(move || !live.connection().state.is_current());
    view! {
        <ul class="backends" aria-label="ComfyUI backends" data-stale=stale>
            {part(move || live.backends().into_iter().map(backend_row).collect_view().into_any())}
        </ul>
        <When holds=memo(move || live.backends().is_empty())>
            <p class="note">"No ComfyUI is configured."</p>
        </When>
    }
    .erased()
}

fn backend_row(backend: Backend) -> AnyView {
    let live = use_live();
    let since = backend.since;
    let (name, tone, word) = (backend_name(&backend), tone(&backend), backend.state.as_str());
    let (about, load) = (about(&backend), load(&backend));
    let (id, is_away) = (backend.id.clone(), backend.stuck_since.is_some() || !matches!(backend.state, BackendState::Connected));
    let retry = move |_| {
        send_command(live, Command::RetryBackend { backend: id.clone() }, "Not tried", None, Box::new(|_| {}));
    };
    // While Darkroom cannot be reached, its last message is the newest information.
    let known_at = move || {
        let connection = live.connection();
        if connection.state.is_current() { live.now() } else { connection.last_message }
    };
    let words =
        memo(move || if live.connection().state.is_current() { word.to_owned() } else { format!("was {}", word.to_ascii_lowercase()) });
    let troubles = memo(move || troubles(&backend, known_at()).join("\n"));
    view! {
        <li>
            <span class="dot" data-tone=tone aria-hidden="true"></span>
            <div>
                <p class="backend-name">{name}</p>
                <p class="note">{about}</p>
                <p class="note">{load}</p>
                <p class="note backend-trouble">{troubles}</p>
            </div>
            <div class="backend-state">
                <p>{words}</p>
                <p class="note">{memo(move || format!("for {}", rough(known_at().since(since))))}</p>
                {is_away.then(|| view! { <button type="button" class="button quiet" on:click=retry>"Try now"</button> }.erased())}
            </div>
        </li>
    }
    .erased()
}

fn tone(backend: &Backend) -> &'static str {
    match backend.state {
        _ if backend.stuck_since.is_some() => "bad",
        BackendState::Connected if backend.http == HttpState::Up => "good",
        BackendState::Connecting => "quiet",
        BackendState::Connected | BackendState::Polling | BackendState::Suspended | BackendState::Reconnecting { .. } => "waiting",
        BackendState::Disconnected | BackendState::Failed { .. } => "bad",
    }
}

/// Engine and version, device, memory.
fn about(backend: &Backend) -> String {
    let engine = match &backend.version {
        _ if backend.demo => "built in: draws pictures, runs no model".to_owned(),
        Some(version) => format!("ComfyUI {version}"),
        None => "ComfyUI".to_owned(),
    };
    let parts = [Some(engine), backend.device.clone(), backend.vram.map(vram)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Its queue and its round-trip time.
fn load(backend: &Backend) -> String {
    let queue = match usize::try_from(backend.queue).unwrap_or(usize::MAX) {
        0 => "idle".to_owned(),
        prompts => format!("{} in its queue", count(prompts, "prompt", "prompts")),
    };
    let foreign = match backend.foreign.len() {
        0 => None,
        1 => Some("1 of another client".to_owned()),
        others => Some(format!("{others} of other clients")),
    };
    let trip = backend.round_trip.map(|(trip, _)| format!("round trip {}", milliseconds(trip)));
    let here = backend.state.is_reachable();
    [Some(queue).filter(|_| here), foreign.filter(|_| here), trip].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn milliseconds(microseconds: u32) -> String {
    if microseconds < 1000 { "< 1 ms".into() } else { format!("{} ms", microseconds / 1000) }
}

/// What does not work, and when it is tried again. HTTP and live updates fail independently.
fn troubles(backend: &Backend, now: Timestamp) -> Vec<String> {
    let in_words = |at: Timestamp| match at.since(now) {
        0..1000 => "now".to_owned(),
        wait => format!("in {}", whole(wait)),
    };
    let next_try = backend.next_try.map(|at| format!(", next try {}", in_words(at))).unwrap_or_default();
    let http = match backend.http {
        HttpState::Up => None,
        HttpState::Down { next_try } => Some(format!("HTTP does not answer, asked again {}", in_words(next_try))),
    };
    let link = match &backend.state {
        BackendState::Polling => {
            let why = backend.refused.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            Some(format!("Live updates are off{why}, polling{next_try}"))
        }
        BackendState::Reconnecting { attempt } => Some(format!("Live updates are off, attempt {attempt} failed{next_try}")),
        BackendState::Suspended => Some(format!("It is restarting{next_try}")),
        BackendState::Failed { why } => Some(why.clone()),
        BackendState::Connecting | BackendState::Connected | BackendState::Disconnected => None,
    };
    let unreadable = usize::try_from(backend.unreadable).unwrap_or(usize::MAX);
    let unreadable = (unreadable > 0).then(|| format!("{} could not be read", count(unreadable, "message", "messages")));
    let stuck = backend
        .stuck_since
        .map(|since| format!("For {} it starts none of its prompts, although nothing runs: restart it", rough(now.since(since))));
    [http, link, stuck, unreadable].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::{
        ids::{BackendId, PromptId},
        task::Foreign,
    };

    fn backend(state: BackendState) -> Backend {
        Backend { state, ..Backend::new(BackendId::from("gpu-1"), false, Timestamp(0)) }
    }

    #[test]
    fn http_and_live_updates_fail_independently() {
        let now = Timestamp(1_000);
        let mut backend = backend(BackendState::Polling);
        assert!(troubles(&Backend { state: BackendState::Connected, ..backend.clone() }, now).is_empty());
        backend.next_try = Some(Timestamp(13_000));
        assert_eq!(troubles(&backend, now), ["Live updates are off, polling, next try in 12 s"]);
        backend.http = HttpState::Down { next_try: Timestamp(9_400) };
        assert_eq!(troubles(&backend, now)[0], "HTTP does not answer, asked again in 8 s");
        backend.state = BackendState::Connected;
        backend.unreadable = 3;
        assert_eq!(troubles(&backend, Timestamp(9_400)), ["HTTP does not answer, asked again now", "3 messages could not be read"]);
        assert_eq!(tone(&backend), "waiting", "a socket alone is not all well");
    }

    #[test]
    fn the_load_names_prompts_of_other_clients() {
        let mut backend = backend(BackendState::Connected);
        assert_eq!(load(&backend), "idle");
        backend.queue = 3;
        backend.round_trip = Some((38_200, 900));
        backend.foreign = vec![Foreign { prompt: PromptId::from("x"), running: true, since: None }];
        assert_eq!(load(&backend), "3 prompts in its queue · 1 of another client · round trip 38 ms");
    }
}
