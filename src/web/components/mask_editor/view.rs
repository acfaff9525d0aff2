//! The window with the picture, and the tools around it.

use leptos::{ev, prelude::*};

use super::{
    marks::Marks,
    model::MaskEditorModel,
    saved::MaskLibrary,
    toolbar::{Actions, KeyList, Sliders, Tools, Zoom},
};
use crate::{
    base_path::with_base,
    components::{
        key_bindings::KeyBindings,
        reactive::{Erased, listener, memo, part, truth},
    },
};

/// The editor of the mask of the model's picture. `over` is drawn over the picture, in its pixels.
#[component]
pub(crate) fn MaskEditor(model: MaskEditorModel, over: ViewFn) -> impl IntoView {
    start(model);
    // The server renders with the usual keys.
    Effect::new(move |_| model.bindings.set(KeyBindings::load()));
    let url =
        memo(move || model.picture.with(|picture| picture.as_ref().map(|picture| with_base(&format!("/api/pictures/{}", picture.id)))));
    let covered = memo(move || {
        let painted = model.painted.get();
        match painted.bounds {
            _ if !painted.known => "Looking for a draft…".to_owned(),
            None => "Nothing is painted yet".to_owned(),
            Some(bounds) => {
                format!("{}.{} % painted, within {} × {} px", painted.permille / 10, painted.permille % 10, bounds.width, bounds.height)
            }
        }
    });
    view! {
        <div class="mask-editor" data-locked=truth(move || model.locked.get()) on:keydown=listener(move |event: ev::KeyboardEvent| key(model, &event, true)) on:keyup=listener(move |event: ev::KeyboardEvent| key(model, &event, false))>
            <div
                class="mask-window"
                id="mask-window"
                tabindex="0"
                role="application"
                aria-roledescription="mask editor"
                aria-label="Mask over the picture"
                aria-describedby="mask-help"
                on:pointerdown=listener(move |event: ev::PointerEvent| pointer(model, &event))
                on:pointermove=listener(move |event: ev::PointerEvent| pointer(model, &event))
                on:pointerup=listener(move |event: ev::PointerEvent| pointer(model, &event))
                on:pointercancel=listener(move |event: ev::PointerEvent| pointer(model, &event))
                on:pointerleave=listener(move |event: ev::PointerEvent| pointer(model, &event))
                on:wheel=listener(move |event: ev::WheelEvent| wheel(model, &event))
                on:contextmenu=listener(move |event: ev::MouseEvent| event.prevent_default())
                on:blur=listener(move |_: ev::FocusEvent| model.crosshair.set(None))
            >
                <div class="mask-world" id="mask-world">
                    <img class="mask-picture" id="mask-picture" src=url alt="" draggable="false" on:error=listener(move |_: ev::ErrorEvent| model.broken.set(true)) />
                    <canvas class="mask-overlay" id="mask-overlay"></canvas>
                    <Marks model children=over />
                </div>
                {part(move || model.broken.get().then(|| view! {
                    <p class="mask-broken" role="alert">"This picture cannot be shown. It may have been removed: choose it again."</p>
                }.erased()).into_any())}
            </div>
            <p class="visually-hidden" id="mask-help">
                "The arrow keys move a crosshair. Space or Enter paints there; hold it while you move to draw. The keys of the tools are listed at Keys, below."
            </p>
            <div class="mask-bar">
                <Tools model />
                <Actions model />
                <Zoom model />
            </div>
            <Sliders model />
            <div class="mask-foot">
                <p class="note" id="mask-covered">{covered}</p>
                <KeyList model />
            </div>
            <MaskLibrary model />
            <p class="visually-hidden" role="status" aria-label="Mask">{move || model.announced.get()}</p>
        </div>
    }
    .erased()
}

fn start(model: MaskEditorModel) {
    #[cfg(feature = "hydrate")]
    super::driver::start(model);
    #[cfg(not(feature = "hydrate"))]
    let _ = model;
}

fn pointer(model: MaskEditorModel, event: &ev::PointerEvent) {
    #[cfg(feature = "hydrate")]
    super::driver::pointer(model, event);
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, event);
}

fn wheel(model: MaskEditorModel, event: &ev::WheelEvent) {
    #[cfg(feature = "hydrate")]
    super::driver::wheel(model, event);
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, event);
}

fn key(model: MaskEditorModel, event: &ev::KeyboardEvent, down: bool) {
    #[cfg(feature = "hydrate")]
    super::driver::key(model, event, down);
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, event, down);
}
