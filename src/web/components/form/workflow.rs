//! A workflow file: chosen, or dropped anywhere on the page.

use leptos::{ev, html, prelude::*};

use super::{
    drop::load_chosen,
    file::WorkflowFile,
    model::{FormKind, use_form},
};
use crate::components::icon::{Glyph, Icon};
use crate::components::reactive::{Erased, When, listener, memo, part};

/// The file chooser, the form of the chosen file, and the saved workflows while none is chosen.
#[component]
pub(super) fn WorkflowChooser(fields: ViewFn, saved: ViewFn) -> impl IntoView {
    let form = use_form();
    let input = NodeRef::<html::Input>::new();
    // A file may have been chosen before the page was hydrated.
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            load_chosen(form, &input);
        }
    });
    let remove = move |_: ev::MouseEvent| {
        form.choose_file(None);
        if let Some(input) = input.get_untracked() {
            input.set_value("");
            let _ = input.focus();
        }
    };
    let chosen = memo(move || form.file.with(Option::is_some));
    let usable = memo(move || form.file.with(|file| file.as_ref().is_some_and(|file| file.problem.is_none())));
    // The list of saved workflows is loaded when this half of the form is opened. Not on the server, and not before hydration, which expects what the server
    // rendered.
    let hydrated = RwSignal::new(false);
    Effect::new(move |_| hydrated.set(true));
    let empty = memo(move || hydrated.get() && form.kind.get() == FormKind::Workflow && !chosen.get());
    view! {
        <div class="drop-zone" class:chosen=chosen>
            <Icon glyph=Glyph::File />
            <label for="workflow">"Workflow file"</label>
            <p class="note" id="workflow-help">
                "A .json file from ComfyUI, or a picture or video with metadata. "<span class="with-script">"Choose it, or drop it anywhere on this page."</span>
            </p>
            <input
                type="file"
                id="workflow"
                name="workflow"
                accept=".json,image/*,video/*,.mkv"
                aria-describedby="workflow-help"
                node_ref=input
                on:change=listener(move |_| {
                    if let Some(input) = input.get_untracked() {
                        load_chosen(form, &input);
                    }
                })
            />
        </div>
        {part(move || form.file.get().map(|file| file_card(file, remove)).into_any())}
        <When holds=usable>{fields.run()}</When>
        <When holds=empty>{saved.run()}</When>
    }.erased()
}

/// The name of the file, and why it cannot be used or what was left out of it.
fn file_card(file: WorkflowFile, remove: impl Fn(ev::MouseEvent) + 'static) -> AnyView {
    let WorkflowFile { name, problem, notes, .. } = file;
    let is_bad = problem.is_some();
    view! {
        <div class="file-card" class:bad=is_bad role=is_bad.then_some("alert")>
            <div class="file-head">
                <p class="file-name">{name}</p>
                <button type="button" class="icon-button" aria-label="Remove file" title="Remove file" on:click=listener(remove)>
                    <Icon glyph=Glyph::Cross />
                </button>
            </div>
            <p class="note">{problem.unwrap_or_else(|| notes.join(" "))}</p>
        </div>
    }
    .erased()
}
