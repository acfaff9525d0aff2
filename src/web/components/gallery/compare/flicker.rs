//! One picture and the other in turn.

use std::time::Duration;

use leptos::{ev, html, prelude::*};

use super::{layers::Layers, model::CompareModel};
use crate::components::{
    icon::{Glyph, Icon},
    reactive::{listener, memo, part},
};

/// Changes in two seconds: the slowest, the fastest, and at first. Light that flashes more than three times a second can harm people.
const SLOWEST: u32 = 1;
const FASTEST: u32 = 6;
const USUAL: u32 = 2;

#[component]
pub(super) fn Flicker(model: CompareModel) -> impl IntoView {
    let stage = NodeRef::<html::Div>::new();
    let running = RwSignal::new(false);
    let rate = RwSignal::new(USUAL);
    let is_second = RwSignal::new(false);
    Effect::new(move |_| running.set(!wants_less_motion()));
    Effect::new(move |_| {
        let every = Duration::from_millis(2_000 / u64::from(rate.get().clamp(SLOWEST, FASTEST)));
        if running.get()
            && let Ok(timer) = set_interval_with_handle(move || _ = is_second.try_update(|is_second| *is_second = !*is_second), every)
        {
            on_cleanup(move || timer.clear());
        }
    });
    Effect::new(move |_| {
        let shown = if is_second.get() { "second" } else { "first" };
        if let Some(stage) = stage.get() {
            let _ = stage.set_attribute("data-shown", shown);
        }
    });
    let words = memo(move || match rate.get() {
        2 => "1 change a second".to_owned(),
        rate if rate % 2 == 0 => format!("{} changes a second", rate / 2),
        rate => format!("{}.5 changes a second", rate / 2),
    });
    view! {
        <Layers model class="compare-flicker" stage />
        <div class="compare-tools with-script">
            <button type="button" class="button" on:click=listener(move |_| running.update(|running| *running = !*running))>
                {part(move || {
                    let (glyph, word) = if running.get() { (Glyph::Pause, "Stop") } else { (Glyph::Play, "Flicker") };
                    view! { <Icon glyph /><span>{word}</span> }.into_any()
                })}
            </button>
            <button
                type="button"
                class="button"
                on:click=listener(move |_| {
                    let was_running = running.get_untracked();
                    running.set(false);
                    is_second.update(|is_second| *is_second = was_running || !*is_second);
                })
            >
                {memo(move || if is_second.get() && !running.get() { "Show A" } else { "Show B" })}
            </button>
            <label class="visually-hidden" for="compare-rate">"Changes a second"</label>
            <input
                type="range"
                id="compare-rate"
                min=SLOWEST.to_string()
                max=FASTEST.to_string()
                prop:value=memo(move || rate.get().to_string())
                aria-valuetext=words
                on:input=listener(move |event: ev::Event| {
                    if let Ok(value) = event_target_value(&event).parse() {
                        rate.set(value);
                    }
                })
            />
            <span class="compare-words">{words}</span>
        </div>
    }
    .into_any()
}

/// The person asked the system for less motion: then it begins only when it is asked for.
fn wants_less_motion() -> bool {
    #[cfg(feature = "hydrate")]
    {
        let query = window().match_media("(prefers-reduced-motion: reduce)").ok().flatten();
        query.is_some_and(|query| query.matches())
    }
    #[cfg(not(feature = "hydrate"))]
    true
}
