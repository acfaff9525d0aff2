//! The form below the result.

use leptos::{ev, prelude::*};

use super::{
    choices::{UpscaleKind, words},
    model::UpscaleModel,
};
use crate::{
    components::{
        edit_fields::{RadioTab, StrengthField, TypedNumber},
        form::use_form,
        later_styles::LaterStyles,
        memo,
        page_state::use_page_state,
        part,
        pictures::PictureUpload,
        problems::problem_list,
        reactive::{Erased, When, listener, truth},
        stage::{UpscaleOpen, UpscaleSource},
        words::whole,
    },
    live::use_live,
};
use proto::edit::EditField;

#[component]
pub fn UpscalePanel(source: UpscaleSource) -> impl IntoView {
    let (live, page, open) = (use_live(), use_page_state(), use_context::<UpscaleOpen>());
    let model = UpscaleModel::new(live, use_form(), source);
    let close = Callback::new(move |()| {
        if let Some(UpscaleOpen(open)) = open {
            open.try_set(false);
        }
    });
    let send = move |event: ev::SubmitEvent| {
        event.prevent_default();
        model.send(live, page, close);
    };
    let redraws = memo(move || model.choices.with(|choices| choices.kind == UpscaleKind::Redraw));
    let has_model = memo(move || model.choices.with(|choices| choices.kind != UpscaleKind::Resize));
    let said = memo(move || {
        let plan = model.planned.get()?.ok()?;
        let usual = model.facts.with(|facts| facts.as_ref().and_then(|facts| facts.usual_ms));
        let usual = usual.map(|ms| format!(" Such tasks took about {}.", whole(u64::from(ms).max(1_000)))).unwrap_or_default();
        Some(format!("{}{usual}", words(&plan)))
    });
    let unusable = memo(move || !matches!(model.planned.get(), Some(Ok(_))));
    let word = memo(move || if model.sending.get() { "Sending…" } else { "Upscale" });
    view! {
        <LaterStyles />
        <form class="upscale card" aria-label="Upscale" novalidate on:submit=listener(send)>
            <fieldset class="tabs">
                <legend class="visually-hidden">"How to upscale"</legend>
                {tab(model, UpscaleKind::Resize, "upscale-resize", "Resize")}
                {tab(model, UpscaleKind::Model, "upscale-by-model", "Model")}
                {tab(model, UpscaleKind::Redraw, "upscale-redraw", "Model and redraw")}
            </fieldset>
            <div class="upscale-fields">
                {factor(model)}
                <When holds=has_model><UpscaleModels model /></When>
                <When holds=redraws>{strength(model)}</When>
            </div>
            <When holds=redraws>
                <p class="note">"The checkpoint and the prompt of this picture redraw it: the lower the strength, the more it stays as it is."</p>
            </When>
            <p class="note upscale-plan" role="status">{said}</p>
            {part(move || match model.upload.get() {
                PictureUpload::Failed(why) => view! {
                    <div role="alert">
                        <p class="field-problem">{why}</p>
                        <button type="button" class="button" on:click=listener(move |_: ev::MouseEvent| model.open())>"Try again"</button>
                    </div>
                }.erased(),
                _ => ().into_any(),
            })}
            {part(move || model.refusal.get().map(|refusal| view! {
                <div class="form-problem" role="alert" tabindex="0">
                    <p>{refusal.message.clone()}</p>
                    {problem_list("", &if refusal.problems.len() > 1 { refusal.problems } else { Vec::new() })}
                </div>
            }.erased()).into_any())}
            <div class="picture-buttons">
                <button type="submit" class="generate" disabled=unusable aria-disabled=truth(move || model.sending.get())>{word}</button>
                <button type="button" class="button" on:click=listener(move |_: ev::MouseEvent| close.run(()))>"Close"</button>
            </div>
        </form>
    }
    .into_any()
}

fn tab(model: UpscaleModel, kind: UpscaleKind, id: &'static str, label: &'static str) -> AnyView {
    let chosen = memo(move || model.choices.with(|choices| choices.kind == kind));
    let choose = Callback::new(move |()| model.choose(kind));
    view! { <RadioTab id name="upscale-kind" label chosen choose /> }.erased()
}

fn factor(model: UpscaleModel) -> AnyView {
    let value = memo(move || model.choices.with(|choices| choices.factor.clone()));
    let problem = problem_of(model, EditField::Percent);
    let typed = Callback::new(move |text| model.change(|choices| choices.factor = text));
    view! { <TypedNumber id="upscale-factor".to_owned() label="Times" max="16".to_owned() step="0.5" value problem typed /> }.erased()
}

fn strength(model: UpscaleModel) -> AnyView {
    let value = memo(move || model.choices.with(|choices| choices.strength.clone()));
    let problem = problem_of(model, EditField::Strength);
    let typed = Callback::new(move |text| model.change(|choices| choices.strength = text));
    view! { <StrengthField id="upscale-strength" value problem typed /> }.erased()
}

fn problem_of(model: UpscaleModel, field: EditField) -> Memo<Option<String>> {
    memo(move || match model.planned.get() {
        Some(Err(problem)) if problem.field == field => Some(problem.message),
        _ => None,
    })
}

/// The upscale models that the ComfyUIs have.
#[component]
fn UpscaleModels(model: UpscaleModel) -> impl IntoView {
    let offered = memo(move || model.facts.with(|facts| facts.as_ref().map(|facts| facts.upscalers.clone()).unwrap_or_default()));
    let none = memo(move || model.facts.with(|facts| facts.as_ref().is_some_and(|facts| facts.upscalers.is_empty())));
    let needed = memo(move || model.choices.with(|choices| choices.kind == UpscaleKind::Model));
    let problem = problem_of(model, EditField::Upscaler);
    let option = move |name: String, label: String| {
        let is_it = {
            let name = name.clone();
            memo(move || model.choices.with(|choices| choices.model == name))
        };
        view! { <option value=name selected=is_it prop:selected=is_it>{label}</option> }.erased()
    };
    let chosen = move |event: ev::Event| {
        let name = event_target_value(&event);
        model.change(|choices| choices.model = name);
    };
    view! {
        <div class="field">
            <label for="upscale-model">"Upscale model"</label>
            <select id="upscale-model" on:change=listener(chosen)>
                {part(move || (!needed.get()).then(|| option(String::new(), "None: resize it".into())).into_any())}
                {part(move || offered.get().into_iter().map(|name| option(name.clone(), name)).collect_view().into_any())}
            </select>
            <p class="field-problem" hidden=memo(move || none.get() || problem.with(Option::is_none))>{problem}</p>
            <When holds=none><p class="note field-note">"No ComfyUI has a model in models/upscale_models."</p></When>
        </div>
    }
    .erased()
}
