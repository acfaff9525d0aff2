//! Taking files in from this computer: dropped on the page, or chosen.

use leptos::{ev, html, prelude::*, web_sys};

use super::{
    import_state::{ImportState, words},
    model::GalleryModel,
};
use crate::components::{
    icon::{Glyph, Icon},
    reactive::{Erased, When, listener, memo, part},
};

/// The button, and how far it is.
#[component]
pub(super) fn ImportButton(model: GalleryModel) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_: ev::Event| {
        if let Some(input) = input.get_untracked() {
            take_chosen(model, &input);
        }
    };
    view! {
        <div class="gallery-import with-script">
            <input
                type="file"
                id="import-files"
                class="visually-hidden"
                multiple
                accept="image/*,video/*,audio/*"
                node_ref=input
                on:change=listener(chosen)
            />
            <label class="button" for="import-files"><Icon glyph=Glyph::Up /><span>"Import"</span></label>
        </div>
    }
    .erased()
}

/// What became of the files.
#[component]
pub(super) fn ImportLine(model: GalleryModel) -> impl IntoView {
    let imports = model.imports;
    let is_shown = memo(move || imports.with(|imports| imports.total > 0));
    let said = memo(move || imports.with(words));
    let is_done = memo(move || imports.with(ImportState::is_done));
    let failed = memo(move || imports.with(|imports| imports.failed.clone()));
    let done = memo(move || imports.with(ImportState::done));
    let total = memo(move || imports.with(|imports| imports.total));
    view! {
        <When holds=is_shown>
            <section class="gallery-imports card" aria-label="Import">
                <div class="gallery-imports-head">
                    <p role="status">{said}</p>
                    <When holds=is_done>
                        <button
                            type="button"
                            class="icon-button"
                            aria-label="Dismiss"
                            on:click=listener(move |_: ev::MouseEvent| imports.set(ImportState::default()))
                        >
                            <Icon glyph=Glyph::Cross />
                        </button>
                    </When>
                </div>
                <progress max=total value=done aria-label="Files" hidden=is_done></progress>
                {part(move || {
                    let failed = failed.get();
                    if failed.is_empty() {
                        return ().into_any();
                    }
                    let row = |(name, why): (String, String)| view! { <li><strong>{name}</strong>" "{why}</li> }.erased();
                    view! { <ul class="problem import-problems">{failed.into_iter().map(row).collect_view()}</ul> }.erased()
                })}
            </section>
        </When>
    }
    .into_any()
}

/// Files that are dropped anywhere on the page are taken in.
pub(super) fn take_dropped(model: GalleryModel) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| super::import_files::take_dropped(model));
    #[cfg(not(feature = "hydrate"))]
    let _ = model;
}

fn take_chosen(model: GalleryModel, input: &web_sys::HtmlInputElement) {
    #[cfg(feature = "hydrate")]
    {
        if let Some(files) = input.files() {
            super::import_files::send(model, &files);
        }
        // The same files can be chosen again.
        input.set_value("");
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, input);
}
