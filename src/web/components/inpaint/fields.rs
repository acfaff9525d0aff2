//! The fields of the form.

use leptos::{ev, prelude::*};

use super::{
    choices::{EditKind, method_label},
    model::InpaintModel,
    number::{EditNumber, bound},
    plain::{PlainOptions, PlainPictures},
};
use crate::components::{
    edit_fields::{RadioTab, StrengthField},
    form::{CheckpointField, NumberField, SamplerFields, SeedField, TextField},
    reactive::{Erased, When, listener, memo, part},
};
use proto::{
    edit::{EditField, InpaintMethod},
    limits,
    recipe::Field,
};

/// What to do with the picture.
#[component]
pub(super) fn Kind(model: InpaintModel) -> impl IntoView {
    view! {
        <fieldset class="tabs with-script">
            <legend class="visually-hidden">"What to do with the picture"</legend>
            {tab(model, EditKind::Inpaint, "edit-inpaint", "Paint a part new")}
            {tab(model, EditKind::Outpaint, "edit-outpaint", "Extend")}
        </fieldset>
    }
    .erased()
}

fn tab(model: InpaintModel, kind: EditKind, id: &'static str, label: &'static str) -> AnyView {
    let chosen = memo(move || model.choices.with(|choices| choices.kind == kind));
    let choose = Callback::new(move |()| model.choices.update(|choices| choices.kind = kind));
    view! { <RadioTab id name="edit-kind" label chosen choose /> }.erased()
}

/// All of them.
#[component]
pub(super) fn EditFields(model: InpaintModel) -> impl IntoView {
    let extends = memo(move || model.choices.with(|choices| choices.kind == EditKind::Outpaint));
    let masked = memo(move || model.choices.with(|choices| choices.masked));
    view! {
        <PlainPictures />
        <TextField field=Field::Prompt rows=3 placeholder="What should be there?" />
        <TextField field=Field::Negative rows=1 placeholder="blurry, text, watermark" />
        <When holds=extends><Edges model /></When>
        <PlainOptions />
        <div class="with-script edit-group"><Strength model /></div>
        <fieldset class="edit-area">
            <legend>"What the model sees"</legend>
            <div class="with-script edit-group">
                {area(model, true, "edit-part", "The part that changes, and around it")}
                {area(model, false, "edit-whole", "The whole picture")}
            </div>
            <When holds=masked>
                <div class="fields three">
                    <div class="with-script">
                        <EditNumber model field=EditField::Context label="Around it, px" max=limits::EDIT_CONTEXT.to_string() />
                    </div>
                    <NumberField field=Field::Width min="64" max="2048" step="8" />
                    <NumberField field=Field::Height min="64" max="2048" step="8" />
                </div>
                <p class="note field-note">"Width × height is about how many pixels the model works with: what it was made for, such as 512 × 512."</p>
            </When>
        </fieldset>
        <CheckpointField />
        <Method model />
        <div class="fields three">
            <NumberField field=Field::Steps min="1" max="10000" step="1" />
            <NumberField field=Field::Cfg min="0" max="100" step="0.5" />
            <NumberField field=Field::Batch min="1" max="64" step="1" />
        </div>
        <SamplerFields />
        <SeedField />
    }
    .erased()
}

/// By how much the picture is extended.
#[component]
fn Edges(model: InpaintModel) -> impl IntoView {
    let side = |field: EditField, label: &'static str| {
        view! { <EditNumber model field label max=limits::EDIT_SIDE.to_string() step="8" /> }.erased()
    };
    view! {
        <fieldset class="edit-edges">
            <legend>"Extend by, px"</legend>
            <div class="fields two">
                {side(EditField::Left, "Left")}
                {side(EditField::Right, "Right")}
                {side(EditField::Top, "Top")}
                {side(EditField::Bottom, "Bottom")}
            </div>
            <EditNumber model field=EditField::Feather label="Fade into the picture, px" max=limits::EDIT_FEATHER.to_string() />
        </fieldset>
    }
    .erased()
}

/// How much is redrawn, also in steps.
#[component]
fn Strength(model: InpaintModel) -> impl IntoView {
    let erases = memo(move || model.choices.with(|choices| choices.method == InpaintMethod::Erase));
    let (value, problem, typed) = bound(model, EditField::Strength);
    let steps = memo(move || {
        let planned = model.planned.get();
        let (run, of) = planned.plan.as_ref().map(|plan| (plan.steps, plan.of_steps)).or_else(|| {
            // Before anything is painted there is no plan, but the strength is known.
            let of: u32 = model.form.value(Field::Steps).get().trim().parse().ok()?;
            Some((planned.edit.as_ref()?.strength()?.steps(of), of))
        })?;
        Some(format!("{run} of {of} steps will run"))
    });
    view! {
        <When holds=memo(move || !erases.get())>
            {view! { <StrengthField id="edit-strength" value problem typed /> }.erased()}
        </When>
        <p class="note edit-steps" role="status">{steps}</p>
    }
    .erased()
}

fn area(model: InpaintModel, masked: bool, id: &'static str, label: &'static str) -> AnyView {
    let is_it = memo(move || model.choices.with(|choices| choices.masked == masked));
    view! {
        <label class="check" for=id>
            <input
                type="radio"
                name="edit-area"
                id=id
                checked=is_it.get_untracked()
                prop:checked=is_it
                on:change=listener(move |_: ev::Event| model.choices.update(|choices| choices.masked = masked))
            />
            {label}
        </label>
    }
    .erased()
}

/// For which models, and how.
#[component]
fn Method(model: InpaintModel) -> impl IntoView {
    let help = memo(move || match model.choices.with(|choices| choices.method) {
        InpaintMethod::Noise => "For any checkpoint. What is there now shows through as far as the strength leaves it.",
        InpaintMethod::InpaintModel => "For models that were made for it, such as sd-inpaint or Flux Fill.",
        InpaintMethod::Erase => "What is under the mask is erased before, and all steps run.",
    });
    let option = move |method: InpaintMethod| {
        let is_it = memo(move || model.choices.with(|choices| choices.method == method));
        view! { <option value=method.name() selected=is_it prop:selected=is_it>{method_label(method)}</option> }.erased()
    };
    let chosen = move |event: ev::Event| {
        if let Some(method) = InpaintMethod::of_name(&event_target_value(&event)) {
            model.choices.update(|choices| choices.method = method);
        }
    };
    view! {
        <div class="field with-script">
            <label for="edit-method">"Method"</label>
            <select id="edit-method" aria-describedby="edit-method-help" on:change=listener(chosen)>
                {InpaintMethod::ALL.into_iter().map(option).collect_view()}
            </select>
            <p class="note field-note" id="edit-method-help">{part(move || help.get().into_any())}</p>
        </div>
    }
    .erased()
}
