//! The fields of the built-in text-to-image workflow.

use leptos::prelude::*;

use super::{
    field::{NumberField, SelectField, TextField},
    model::{FormKind, use_form},
    seed::SeedField,
};
use crate::components::reactive::{Erased, memo, part};
use proto::{recipe::Field, submit::FormOptions};

/// All fields.
#[component]
pub(super) fn TextFields(
    /// Help with prompts.
    prompt_tools: Callback<FormKind, AnyView>,
    /// The picture to start from.
    start: ViewFn,
) -> impl IntoView {
    view! {
        <TextField field=Field::Prompt rows=4 placeholder="What should the picture show?" />
        {prompt_tools.run(FormKind::Text)}
        <TextField field=Field::Negative rows=1 placeholder="blurry, text, watermark" />
        {start.run()}
        <CheckpointField />
        <div class="fields three">
            <NumberField field=Field::Width min="16" max="16384" step="8" />
            <NumberField field=Field::Height min="16" max="16384" step="8" />
            <NumberField field=Field::Batch min="1" max="4096" step="1" />
        </div>
        <div class="fields two">
            <NumberField field=Field::Steps min="1" max="10000" step="1" />
            <NumberField field=Field::Cfg min="0" max="100" step="0.5" />
        </div>
        <SamplerFields />
        <SeedField />
    }
    .erased()
}

/// A list that the ComfyUIs offer.
fn offered(list: fn(&FormOptions) -> &Vec<String>) -> Signal<Vec<String>> {
    let form = use_form();
    Signal::derive(move || form.options.with(|options| list(options).clone()))
}

#[component]
pub(crate) fn SamplerFields() -> impl IntoView {
    view! {
        <div class="fields two">
            <SelectField field=Field::Sampler offered=offered(|options| &options.samplers) none="Not known yet" />
            <SelectField field=Field::Scheduler offered=offered(|options| &options.schedulers) none="Not known yet" />
        </div>
    }
    .erased()
}

/// The checkpoint, and if there is none to choose the reason.
#[component]
pub(crate) fn CheckpointField() -> impl IntoView {
    let form = use_form();
    let why = memo(move || {
        form.options.with(|options| match options {
            FormOptions { known: false, .. } => Some("The checkpoints are listed when a ComfyUI has been reached."),
            FormOptions { checkpoints, .. } if checkpoints.is_empty() => Some("ComfyUI has no model in models/checkpoints."),
            _ => None,
        })
    });
    let note = part(move || why.get().map(|why| view! { <p class="note field-note">{why}</p> }.erased()).into_any());
    view! {
        <SelectField field=Field::Checkpoint offered=offered(|options| &options.checkpoints) none="No checkpoint" />
        {note}
    }
    .into_any()
}
