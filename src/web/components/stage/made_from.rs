//! What a picture was made from.

use leptos::prelude::*;

use crate::{
    components::{
        dom,
        icon::{Glyph, Icon},
        reactive::{Erased, listener, memo, part},
    },
    live::{Live, ToastKind, use_live},
};
use proto::ids::TaskId;

/// The prompt and the seed of a task, each with a button that copies it. Nothing for a workflow file.
#[component]
pub(crate) fn MadeFrom(task: TaskId) -> impl IntoView {
    let live = use_live();
    let recipe =
        memo(move || live.with_task(task, |task| task.recipe.as_ref().map(|recipe| (recipe.prompt.clone(), recipe.seed))).flatten());
    part(move || {
        let Some((prompt, seed)) = recipe.get() else { return ().into_any() };
        view! {
            <dl class="made-from">
                <dt class="visually-hidden">"Prompt"</dt>
                <dd class="made-from-prompt" title=prompt.clone()>{prompt.clone()}</dd>
                <dd>{copy_button(live, "Copy the prompt", prompt)}</dd>
                <dt>"Seed"</dt>
                <dd>{seed}</dd>
                <dd>{copy_button(live, "Copy the seed", seed.to_string())}</dd>
            </dl>
        }
        .erased()
    })
}

fn copy_button(live: Live, label: &'static str, text: String) -> AnyView {
    let copy = move |_| {
        dom::copy(text.clone(), move |copied| {
            if copied {
                live.toast(ToastKind::Good, "Copied", "", None);
            } else {
                live.toast(
                    ToastKind::Bad,
                    "Not copied",
                    "The browser allows copying only over HTTPS or on this machine: select the text instead.",
                    None,
                );
            }
        });
    };
    view! {
        <button type="button" class="icon-button with-script" aria-label=label title=label on:click=listener(copy)>
            <Icon glyph=Glyph::Copy />
        </button>
    }
    .erased()
}
