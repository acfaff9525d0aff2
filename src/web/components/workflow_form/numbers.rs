//! Numbers: typed, with a slider where the range is small, and seeds with what becomes of them after a run.

use leptos::prelude::*;

use super::handle::{field_id, invalid, setter, text_of};
use crate::components::{
    dom::random_seed,
    form::use_form,
    icon::{Glyph, Icon},
    memo,
    reactive::{Erased, listener},
};
use proto::form::{FormField, NumberBounds, SeedControl};

/// A range of at most so many steps has a slider.
const SLIDER_STEPS: f64 = 100.0;

#[component]
pub(super) fn NumberControl(field: StoredValue<FormField>, bounds: NumberBounds) -> impl IntoView {
    let (id, text, set) = (field.with_value(field_id), text_of(field), setter(field));
    let NumberBounds { whole, min, max, step, .. } = bounds.clone();
    let slider_step = step.clone().unwrap_or_else(|| if whole { "1" } else { "0.01" }.to_owned());
    let label = field.with_value(|field| format!("{}, slider", field.label));
    let slider = has_slider(&bounds).then(|| {
        view! {
            <input
                type="range"
                aria-label=label
                min=min.clone()
                max=max.clone()
                step=slider_step
                prop:value=text
                on:input=listener(move |event| set(event_target_value(&event)))
            />
        }
        .erased()
    });
    view! {
        <div class="number">
            {slider}
            <input
                type="number"
                id=id.clone()
                min=min
                max=max
                // Between the steps is allowed: ComfyUI does not check them.
                step=if whole { "1" } else { "any" }
                inputmode=if whole { "numeric" } else { "decimal" }
                autocomplete="off"
                aria-invalid=invalid(field)
                aria-describedby=format!("{id}-problem")
                prop:value=text
                on:input=listener(move |event| set(event_target_value(&event)))
            />
        </div>
    }
    .erased()
}

/// Whether a slider makes sense: the class asks for one, or there are few steps.
pub(super) fn has_slider(bounds: &NumberBounds) -> bool {
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
    let (Some(min), Some(max)) = (number(&bounds.min), number(&bounds.max)) else { return false };
    let step = number(&bounds.step).filter(|step| *step > 0.0).unwrap_or(if bounds.whole { 1.0 } else { 0.01 });
    bounds.display.as_deref().is_some_and(|display| display != "number") || (max - min) / step <= SLIDER_STEPS
}

/// The seed as text, because it has more digits than JavaScript's numbers.
#[component]
pub(super) fn SeedControls(field: StoredValue<FormField>, bounds: NumberBounds) -> impl IntoView {
    let model = use_form();
    let (id, text, set) = (field.with_value(field_id), text_of(field), setter(field));
    let key = field.with_value(|field| field.key.to_string());
    let default = field.with_value(|field| field.seed).unwrap_or_default();
    let control = {
        let key = key.clone();
        memo(move || model.seed_control(&key).unwrap_or(default))
    };
    let option = |choice: SeedControl, words: &'static str| {
        let (word, is_it) = (<&str>::from(choice), memo(move || control.get() == choice));
        view! { <option value=word prop:selected=is_it>{words}</option> }.erased()
    };
    let label = field.with_value(|field| format!("{} after each run", field.label));
    let dice = field.with_value(|field| format!("Random {}", field.label));
    view! {
        <div class="seed">
            <input
                type="text"
                id=id.clone()
                inputmode="numeric"
                autocomplete="off"
                pattern="-?[0-9]+"
                aria-invalid=invalid(field)
                aria-describedby=format!("{id}-problem")
                title=match (&bounds.min, &bounds.max) {
                    (Some(min), Some(max)) => format!("{min} to {max}"),
                    _ => String::new(),
                }
                prop:value=text
                on:input=listener(move |event| set(event_target_value(&event)))
            />
            <button type="button" class="icon-button" aria-label=dice.clone() title=dice on:click=listener(move |_| {
                let next = field.with_value(|field| field.next_value(SeedControl::Random, &field.value, random_seed()));
                next.into_iter().for_each(set);
            })>
                <Icon glyph=Glyph::Dice />
            </button>
        </div>
        <select
            class="seed-control"
            aria-label=label
            on:change=listener(move |event| {
                if let Ok(chosen) = event_target_value(&event).parse() {
                    model.set_seed_control(&key, chosen);
                }
            })
        >
            {option(SeedControl::Random, "New after each run")}
            {option(SeedControl::Increment, "One more after each run")}
            {option(SeedControl::Decrement, "One less after each run")}
            {option(SeedControl::Fixed, "Stays")}
        </select>
    }
    .erased()
}
