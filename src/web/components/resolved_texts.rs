//! The texts of a task that were made from templates.

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo, part};
use crate::live::use_live;
use proto::{ids::TaskId, prompts::ResolvedPrompt};

/// Each template, and what it became. Nothing without any.
#[component]
pub fn ResolvedTexts(task: TaskId) -> impl IntoView {
    let live = use_live();
    let prompts = memo(move || live.with_task(task, |task| task.prompts.clone()).flatten());
    let titles = memo(move || {
        live.with_task(task, |task| task.nodes.iter().map(|node| (node.id.clone(), node.title.clone())).collect::<Vec<_>>())
            .unwrap_or_default()
    });
    part(move || {
        let Some(prompts) = prompts.get() else { return ().into_any() };
        let row = |ResolvedPrompt { node, input, template, text }: ResolvedPrompt| {
            let title = titles.with(|titles| titles.iter().find(|(id, _)| *id == node).map(|(_, title)| title.clone()));
            let name = format!("{}, {input}", title.unwrap_or_else(|| node.to_string()));
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd class="resolved-text">{text}</dd>
                    <dd class="note">"Template: "{template}</dd>
                </div>
            }
            .erased()
        };
        view! {
            <h2>"Made from templates"</h2>
            <dl class="facts resolved-texts">
                {prompts.texts.into_iter().map(row).collect_view()}
                <div><dt>"Seed of the choices"</dt><dd>{prompts.seed.to_string()}</dd></div>
            </dl>
        }
        .into_any()
    })
}
