//! Help with prompts, and what speaks against a run, for Studio. Their code is loaded with the first focus in the form.

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::components::reactive::Erased;
use crate::components::{Boundary, FormKind, PromptTools, RunNotes, part, use_form};

/// The tools, while and after their code is loaded. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct LazyTools {
    draw: RwSignal<Option<ToolParts>>,
}

/// The tools, and the notes on the run.
#[derive(Clone, Copy)]
pub(super) struct ToolParts {
    tools: fn() -> AnyView,
    notes: fn() -> AnyView,
}

impl LazyTools {
    pub fn new() -> Self {
        Self { draw: RwSignal::new(None) }
    }

    /// Does nothing if it is loaded already: the tools stay as they are. What fails to load is tried again with the next focus.
    pub fn load(self) {
        if self.draw.with_untracked(Option::is_some) {
            return;
        }
        spawn_local(async move {
            // The page may have been left meanwhile, or another focus was faster.
            if let Ok(draw) = tools().await
                && self.draw.try_with_untracked(Option::is_none).unwrap_or_default()
            {
                self.draw.set(Some(draw));
            }
        });
    }

    /// The tools, in this half of the form. Nothing until they are loaded.
    pub fn view(self, half: FormKind) -> AnyView {
        let form = use_form();
        let tools = part(move || match self.draw.get().filter(|_| form.kind.get() == half) {
            Some(parts) => (parts.tools)(),
            None => ().into_any(),
        });
        // Their place is there before them: what is pressed first must not move.
        view! { <div class="prompt-tools-place with-script">{tools}</div> }.erased()
    }

    /// The notes. Nothing until they are loaded.
    pub fn notes(self) -> AnyView {
        part(move || self.draw.get().map_or_else(|| ().into_any(), |parts| (parts.notes)()))
    }
}

#[wasm_split(prompts, wasm_split_path = leptos::wasm_split, preload(load_tools), fallible)]
pub(super) fn tools() -> Result<ToolParts, SplitLoaderError> {
    Ok(ToolParts { tools: draw, notes })
}

fn notes() -> AnyView {
    view! { <Boundary name="The check of the run"><RunNotes /></Boundary> }.erased()
}

fn draw() -> AnyView {
    view! { <Boundary name="Help with the prompt"><PromptTools /></Boundary> }.erased()
}
