//! Fields that the forms of edits share: inpainting, starting from a picture, and upscaling.

use leptos::{ev, prelude::*};

use crate::components::reactive::{Erased, listener, memo};

/// A number as it is typed, with its problem at its place.
#[component]
pub(crate) fn TypedNumber(
    id: String,
    label: &'static str,
    max: String,
    #[prop(default = "1")] step: &'static str,
    /// For a form that is sent without JavaScript.
    #[prop(optional_no_strip)]
    name: Option<&'static str>,
    value: Memo<String>,
    problem: Memo<Option<String>>,
    typed: Callback<String>,
) -> impl IntoView {
    let problem_id = format!("{id}-problem");
    let none = memo(move || problem.with(Option::is_none));
    let described = {
        let problem_id = problem_id.clone();
        memo(move || (!none.get()).then(|| problem_id.clone()))
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                type="number"
                id=id
                name=name
                min="0"
                max=max
                step=step
                inputmode="decimal"
                autocomplete="off"
                aria-invalid=memo(move || (!none.get()).then_some("true"))
                aria-describedby=described
                value=value.get_untracked()
                prop:value=value
                on:input=listener(move |event: ev::Event| typed.run(event_target_value(&event)))
            />
            <p class="field-problem" id=problem_id hidden=none>{problem}</p>
        </div>
    }
    .erased()
}

/// How much of a picture is redrawn, 0 to 1, as a number and as a slider.
#[component]
pub(crate) fn StrengthField(
    id: &'static str,
    #[prop(optional_no_strip)] name: Option<&'static str>,
    value: Memo<String>,
    problem: Memo<Option<String>>,
    typed: Callback<String>,
) -> impl IntoView {
    view! {
        <div class="edit-strength">
            {view! { <TypedNumber id=id.to_owned() label="Strength" max="1".to_owned() step="0.05" name value problem typed /> }.erased()}
            <input
                type="range"
                class="with-script"
                aria-label="Strength"
                min="0.05"
                max="1"
                step="0.05"
                prop:value=value
                on:input=listener(move |event: ev::Event| typed.run(event_target_value(&event)))
            />
        </div>
    }
    .erased()
}

/// A radio button that looks like a tab.
#[component]
pub(crate) fn RadioTab(
    id: &'static str,
    /// The same for all tabs of a row.
    name: &'static str,
    label: &'static str,
    chosen: Memo<bool>,
    choose: Callback<()>,
) -> impl IntoView {
    view! {
        <input
            type="radio"
            name=name
            class="visually-hidden"
            id=id
            checked=chosen.get_untracked()
            prop:checked=chosen
            on:change=listener(move |_: ev::Event| choose.run(()))
        />
        <label for=id>{label}</label>
    }
    .erased()
}
