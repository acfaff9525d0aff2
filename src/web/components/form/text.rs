//! The fields of the built-in text-to-image workflow.

use leptos::prelude::*;

use super::{
    field::{NumberField, SelectField, TextField},
    model::use_form,
    seed::SeedField,
};
use crate::components::reactive::{Erased, memo, part};
use proto::{recipe::Field, submit::FormOptions};

/// All fields.
#[component]
pub(super) fn TextFields() -> impl IntoView {
    let form = use_form();
    let offered = move |list: fn(&FormOptions) -> &Vec<String>| Signal::derive(move || form.options.with(|options| list(options).clone()));
    view! {
        <TextField field=Field::Prompt rows=4 placeholder="What should the picture show?" />
        <TextField field=Field::Negative rows=1 placeholder="blurry, text, watermark" />
        <SelectField field=Field::Checkpoint offered=offered(|options| &options.checkpoints) none="No checkpoint" />
        <WhyNoCheckpoint />
        <div class="fields three">
            <NumberField field=Field::Width min="16" max="16384" step="8" />
            <NumberField field=Field::Height min="16" max="16384" step="8" />
            <NumberField field=Field::Batch min="1" max="4096" step="1" />
        </div>
        <div class="fields two">
            <NumberField field=Field::Steps min="1" max="10000" step="1" />
            <NumberField field=Field::Cfg min="0" max="100" step="0.5" />
        </div>
        <div class="fields two">
            <SelectField field=Field::Sampler offered=offered(|options| &options.samplers) none="Not known yet" />
            <SelectField field=Field::Scheduler offered=offered(|options| &options.schedulers) none="Not known yet" />
        </div>
        <SeedField />
    }
    .erased()
}

/// An empty list has a reason.
#[component]
fn WhyNoCheckpoint() -> impl IntoView {
    let form = use_form();
    let why = memo(move || {
        form.options.with(|options| match options {
            FormOptions { known: false, .. } => Some("The checkpoints are listed when a ComfyUI has been reached."),
            FormOptions { checkpoints, .. } if checkpoints.is_empty() => Some("ComfyUI has no model in models/checkpoints."),
            _ => None,
        })
    });
    part(move || why.get().map(|why| view! { <p class="note field-note">{why}</p> }.erased()).into_any())
}
