//! The seed: typed, random on request, or new for each task.

use leptos::prelude::*;

use super::{field::NumberField, model::use_form};
use crate::components::reactive::{Erased, When, listener, memo};
use crate::components::{
    dom::random_seed,
    icon::{Glyph, Icon},
};
use proto::recipe::Field;

/// The field with its buttons. A seed that a person typed stays: typing switches "New seed each time" off.
#[component]
pub(crate) fn SeedField() -> impl IntoView {
    let form = use_form();
    let reused = memo(move || form.reused_seed.get() && !form.new_seed.get());
    view! {
        <div class="seed" on:input=listener(move |_| {
            form.new_seed.set(false);
            form.reused_seed.set(false);
        })>
            <NumberField field=Field::Seed min="0" max="18446744073709551615" step="1" />
            <button
                type="button"
                class="icon-button with-script"
                aria-label="Random seed"
                title="Random seed"
                on:click=listener(move |_| form.edit(Field::Seed, random_seed().to_string()))
            >
                <Icon glyph=Glyph::Dice />
            </button>
        </div>
        <div class="seed-foot">
            <label class="check with-script">
                <input
                    type="checkbox"
                    checked
                    prop:checked=memo(move || form.new_seed.get())
                    on:change=listener(move |event| form.new_seed.set(event_target_checked(&event)))
                />
                "New seed each time"
            </label>
            <When holds=reused>
                <p class="note" role="status">"Seed of that picture"</p>
            </When>
        </div>
    }
    .erased()
}
