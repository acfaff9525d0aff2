//! Prompts of other clients on the same ComfyUIs. Darkroom's run in turn with them.

use leptos::prelude::*;

use crate::{
    components::{
        reactive::{Erased, When, memo, part},
        words::{age, backend_name, is_now},
    },
    live::{Live, use_live},
};
use proto::task::{Backend, Foreign};

/// The list of them, if there are any.
#[component]
pub(super) fn ForeignPrompts() -> impl IntoView {
    let live = use_live();
    let some = memo(move || live.backends().iter().any(|backend| !backend.foreign.is_empty()));
    view! {
        <When holds=some>
            <section class="foreign card" aria-labelledby="foreign-title">
                <div class="foreign-head">
                    <h2 id="foreign-title">"Other clients"</h2>
                    <p class="note">"Prompts that did not come through Darkroom. Yours run in turn with them."</p>
                </div>
                <ul class="queue-rows" role="list" aria-label="Prompts of other clients">
                    {part(move || prompts(live).into_iter().map(row).collect_view().into_any())}
                </ul>
            </section>
        </When>
    }
    .erased()
}

/// Each prompt with the name of its backend.
fn prompts(live: Live) -> Vec<(String, Foreign)> {
    let of = |backend: &Backend| {
        let name = backend_name(backend);
        backend.foreign.iter().map(move |prompt| (name.clone(), prompt.clone())).collect::<Vec<_>>()
    };
    live.backends().iter().flat_map(of).collect()
}

fn row((backend, prompt): (String, Foreign)) -> AnyView {
    let live = use_live();
    let since = memo(move || match prompt.since.map(|since| live.now().since(since)) {
        None => "–".to_owned(),
        Some(ms) if is_now(ms) => "just handed in".to_owned(),
        Some(ms) => format!("handed in {} ago", age(ms)),
    });
    let (state, word) = if prompt.running { ("running", "Running") } else { ("waiting", "Waiting") };
    view! {
        <li class="queue-row foreign-row" data-state=state>
            <div class="queue-task">
                <p class="queue-name">"Another client"</p>
                <p class="note foreign-id">{prompt.prompt.to_string()}</p>
            </div>
            <p class="queue-state"><span class="pill">{word}</span></p>
            <p class="queue-backend"><span class="queue-label">"on "</span>{backend}</p>
            <p class="queue-when">{since}</p>
        </li>
    }
    .erased()
}
