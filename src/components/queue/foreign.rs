//! Other people's prompts on the same ComfyUIs: ours run in turn with them.

use leptos::prelude::*;

use crate::{
    components::{
        reactive::{When, memo},
        words::{age, backend_name},
    },
    live::use_live,
    proto::{
        task::{Backend, Foreign},
        time::Timestamp,
    },
};

/// A prompt of another client, and where it is.
#[derive(Clone, PartialEq)]
struct Shown {
    backend: String,
    prompt: Foreign,
}

/// The list of them, if there are any.
#[component]
pub(super) fn ForeignPrompts() -> impl IntoView {
    let live = use_live();
    let all = memo(move || live.backends().iter().flat_map(of).collect::<Vec<_>>());
    view! {
        <When holds=memo(move || all.with(|all| !all.is_empty()))>
            <section class="foreign card" aria-labelledby="foreign-title">
                <div class="foreign-head">
                    <h2 id="foreign-title">"Other clients"</h2>
                    <p class="note">"Prompts that did not come through Darkroom. Yours run in turn with them."</p>
                </div>
                <ul class="queue-rows" role="list" aria-label="Prompts of other clients">
                    {move || all.get().into_iter().map(|shown| row(shown, live.now())).collect_view()}
                </ul>
            </section>
        </When>
    }
}

fn of(backend: &Backend) -> impl Iterator<Item = Shown> {
    let name = backend_name(backend);
    backend.foreign.clone().into_iter().map(move |prompt| Shown { backend: name.clone(), prompt })
}

fn row(Shown { backend, prompt }: Shown, now: Timestamp) -> impl IntoView {
    let (state, word) = if prompt.running { ("running", "Running") } else { ("waiting", "Waiting") };
    let since = prompt.since.map(|since| match age(now.since(since)) {
        now if now == "now" => "just handed in".to_owned(),
        age => format!("handed in {age} ago"),
    });
    view! {
        <li class="queue-row foreign-row" data-state=state>
            <div class="queue-task">
                <p class="queue-name">"Another client"</p>
                <p class="note foreign-id">{prompt.prompt.to_string()}</p>
            </div>
            <p class="queue-state"><span class="pill">{word}</span></p>
            <p class="queue-backend"><span class="queue-label">"on "</span>{backend}</p>
            <p class="queue-when">{since.unwrap_or_else(|| "–".into())}</p>
        </li>
    }
}
