//! What a picture was made from.

use leptos::prelude::*;

use crate::{
    components::{
        dom,
        icon::{Glyph, Icon},
        later_styles::LaterStyles,
        reactive::{Erased, listener, memo, part},
    },
    live::{Live, ToastKind, use_live},
};
use proto::{ids::TaskId, recipe::Field, task::Task};

/// The prompt and the seed of a task, each with a button that copies it, and the template that the prompt was made from. Nothing for a workflow file.
#[component]
pub(crate) fn MadeFrom(task: TaskId) -> impl IntoView {
    let live = use_live();
    let recipe =
        memo(move || live.with_task(task, |task| task.recipe.as_ref().map(|recipe| (recipe.prompt.clone(), recipe.seed))).flatten());
    let resolved = memo(move || live.with_task(task, resolved_prompt).flatten());
    part(move || {
        let Some((template, seed)) = recipe.get() else { return ().into_any() };
        let resolved = resolved.get();
        let made_of = resolved
            .is_some()
            .then(|| view! { <dt>"Template"</dt><dd class="made-from-template" title=template.clone()>{template.clone()}</dd> }.into_any());
        let prompt = resolved.unwrap_or(template);
        view! {
            <LaterStyles />
            <dl class="made-from">
                <dt class="visually-hidden">"Prompt"</dt>
                <dd class="made-from-prompt" title=prompt.clone()>{prompt.clone()}</dd>
                <dd>{copy_button(live, "Copy the prompt", prompt)}</dd>
                {made_of}
                <dt>"Seed"</dt>
                <dd>{seed}</dd>
                <dd>{copy_button(live, "Copy the seed", seed.to_string())}</dd>
            </dl>
        }
        .erased()
    })
}

/// What the prompt's template became.
fn resolved_prompt(task: &Task) -> Option<String> {
    let (node, input) = Field::Prompt.place()?;
    task.prompts.as_ref()?.at(node, input).map(|resolved| resolved.text.clone())
}

/// Copies a text, and shows whether that succeeded.
pub(crate) fn copy_with_toast(live: Live, text: String) {
    dom::copy(text, move |copied| {
        if copied {
            live.toast(ToastKind::Good, "Copied", "", None);
        } else {
            let why = "The browser allows copying only over HTTPS or on this machine: select the text instead.";
            live.toast(ToastKind::Bad, "Not copied", why, None);
        }
    });
}

fn copy_button(live: Live, label: &'static str, text: String) -> AnyView {
    let copy = move |_| copy_with_toast(live, text.clone());
    view! {
        <button type="button" class="icon-button with-script" aria-label=label title=label on:click=listener(copy)>
            <Icon glyph=Glyph::Copy />
        </button>
    }
    .erased()
}
