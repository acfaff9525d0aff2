//! The stage before the first task: an invitation, and what tasks would run on.

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo, part};
use crate::{
    components::notes::{Readiness, readiness},
    live::use_live,
};

/// What Studio shows on a first page.
#[component]
pub fn EmptyStage() -> impl IntoView {
    let live = use_live();
    let readiness = memo(move || readiness(&live.backends()));
    view! {
        <section class="stage empty" id="stage" aria-label="Picture">
            <div class="stage-center">
                <svg class="aperture" viewBox="0 0 120 120" aria-hidden="true">
                    <circle class="glow" cx="60" cy="60" r="40" />
                    <circle class="rim" cx="60" cy="60" r="52" />
                    <path class="blades" d="M60 8L82 60M105 34L71 79M105 86L49 79M60 112L38 60M15 86L49 41M15 34L71 41" />
                </svg>
                <h2>"Nothing developed yet"</h2>
                <p>"Describe a picture and press Generate. It appears here while it is made, step by step."</p>
                {part(move || match readiness.get() {
                    Readiness::Ready | Readiness::Dismissed => ().into_any(),
                    Readiness::Unreachable => view! {
                        <p class="note">
                            "No ComfyUI can be reached at the moment. What you send is kept, and made when one is back."
                        </p>
                    }.erased(),
                    Readiness::Demo => view! {
                        <p class="note">
                            "The demo engine is running: it draws pictures to try things out, and runs no model. To use your own ComfyUI, start Darkroom with "
                            <code>"darkroom serve --comfyui http://127.0.0.1:8188"</code>
                            " or set "
                            <code>"DARKROOM_COMFYUI"</code>
                            "."
                        </p>
                    }.erased(),
                })}
            </div>
        </section>
    }.erased()
}
