//! One picture over the other, more or less transparent.

use leptos::{ev, html, prelude::*};

use super::{super::window::set_property, layers::Layers, model::CompareModel};
use crate::components::reactive::{listener, memo};

#[component]
pub(super) fn OnionSkin(model: CompareModel) -> impl IntoView {
    let stage = NodeRef::<html::Div>::new();
    // Of the second, in percent.
    let opacity = RwSignal::new(50_u32);
    Effect::new(move |_| {
        let opacity = opacity.get();
        if let Some(stage) = stage.get() {
            set_property(&stage, "--opacity", &format!("{opacity}%"));
        }
    });
    let words = memo(move || format!("{} %", opacity.get()));
    view! {
        <Layers model class="compare-onion" stage />
        <div class="compare-tools with-script">
            <label for="compare-opacity">"Opacity of B"</label>
            <input
                type="range"
                id="compare-opacity"
                min="0"
                max="100"
                prop:value=memo(move || opacity.get().to_string())
                aria-valuetext=words
                on:input=listener(move |event: ev::Event| {
                    if let Ok(value) = event_target_value(&event).parse() {
                        opacity.set(value);
                    }
                })
            />
            <span class="compare-words">{words}</span>
        </div>
    }
    .into_any()
}
