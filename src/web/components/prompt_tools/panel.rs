//! The tools, folded away.

use leptos::prelude::*;

use super::{insert::InsertPanel, names::KnownNames, preview::PreviewPanel, target::PromptTarget, wildcards::WildcardPanel};
use crate::components::{
    later_styles::LaterStyles,
    memo, part,
    reactive::{Erased, listener, truth},
};

#[derive(Clone, Copy, PartialEq)]
enum PromptTool {
    Preview,
    Insert,
    Wildcards,
}

/// Help with the prompt that had the focus last.
#[component]
pub fn PromptTools() -> impl IntoView {
    let target = PromptTarget::new();
    let names = KnownNames::new();
    let open = RwSignal::new(None::<PromptTool>);
    let button = move |tool: PromptTool, words: &'static str| {
        let toggle = move |_| open.update(|open| *open = if *open == Some(tool) { None } else { Some(tool) });
        view! {
            <button
                type="button"
                class="button"
                aria-expanded=truth(move || open.get() == Some(tool))
                aria-controls="prompt-tool"
                on:click=listener(toggle)
            >
                {words}
            </button>
        }
        .erased()
    };
    let shown = memo(move || open.get());
    view! {
        <LaterStyles />
        <section class="prompt-tools" aria-label="Prompt tools">
            <div class="actions">
                {button(PromptTool::Preview, "Preview")}
                {button(PromptTool::Insert, "Insert…")}
                {button(PromptTool::Wildcards, "Wildcards")}
            </div>
            <div id="prompt-tool">
                {part(move || match shown.get() {
                    Some(PromptTool::Preview) => view! { <PreviewPanel target /> }.erased(),
                    Some(PromptTool::Insert) => view! { <InsertPanel target names /> }.erased(),
                    Some(PromptTool::Wildcards) => view! { <WildcardPanel names /> }.erased(),
                    None => ().into_any(),
                })}
            </div>
        </section>
    }
    .erased()
}
