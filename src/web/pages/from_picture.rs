//! Tasks that start from a picture: the slot in the form of Studio, and the upscaling of a result. Their code is loaded with the first focus in
//! Studio, or when they are opened.

use leptos::{
    ev,
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::lazy::{LazyCode, if_loaded};
use crate::components::reactive::{Erased, When, listener};
use crate::components::{Boundary, StartSlot, UpscalePanel, UpscaleSource, part, use_form};

/// The part of the form with the slot. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct LazyStart {
    /// It stays: its slot takes pasted pictures also while it is closed.
    wanted: RwSignal<bool>,
}

impl LazyStart {
    pub fn new() -> Self {
        let form = use_form();
        let wanted = RwSignal::new(form.start.with_untracked(|start| !start.is_empty()));
        Effect::new(move |_| {
            if form.start.with(|start| !start.is_empty()) {
                wanted.set(true);
            }
        });
        Self { wanted }
    }

    pub fn load(self) {
        self.wanted.set(true);
    }

    pub fn view(self) -> AnyView {
        let wanted = self.wanted.get_untracked();
        view! {
            <details class="more-fields start" id="start" open=wanted on:toggle=listener(move |_: ev::Event| self.load())>
                <summary>"Start from a picture"</summary>
                // Without JavaScript.
                {(!wanted).then(|| view! { <div class="without-script" inner_html=PLAIN_FIELDS></div> }.erased())}
                <When holds=self.wanted>{slot()}</When>
            </details>
        }
        .erased()
    }
}

/// Only the server renders it: with a script it is not shown.
#[cfg(feature = "hydrate")]
const PLAIN_FIELDS: &str = "";
#[cfg(not(feature = "hydrate"))]
const PLAIN_FIELDS: &str = "<input type=file name=start aria-label='Picture to start from' accept=image/png,image/jpeg,image/webp>\
    <label>Strength <input type=number name=strength value=0.75 min=0 max=1 step=0.05></label>";

fn slot() -> AnyView {
    loaded(|parts| (parts.slot)())
}

/// The form that upscales a picture.
pub(super) fn upscale(source: UpscaleSource) -> AnyView {
    loaded(move |parts| (parts.upscale)(source.clone()))
}

fn loaded(draw: impl Fn(PictureParts) -> AnyView + Send + 'static) -> AnyView {
    let code = LazyCode::new();
    Effect::new(move |_| code.load(load_from_picture()));
    part(move || match if_loaded("from_picture", parts()) {
        Some(parts) => draw(parts),
        None => code.placeholder(),
    })
}

pub(super) struct PictureParts {
    slot: fn() -> AnyView,
    upscale: fn(UpscaleSource) -> AnyView,
}

#[wasm_split(from_picture, wasm_split_path = leptos::wasm_split, preload(load_from_picture), fallible)]
pub(super) fn parts() -> Result<PictureParts, SplitLoaderError> {
    Ok(PictureParts { slot: draw_slot, upscale: draw_upscale })
}

fn draw_slot() -> AnyView {
    view! { <Boundary name="The picture to start from"><StartSlot /></Boundary> }.erased()
}

fn draw_upscale(source: UpscaleSource) -> AnyView {
    let source = StoredValue::new(source);
    view! { <Boundary name="Upscaling"><UpscalePanel source=source.get_value() /></Boundary> }.erased()
}
