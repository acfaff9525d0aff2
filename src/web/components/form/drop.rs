//! Workflow files dropped on the page or chosen in the form.

use leptos::{ev, prelude::*, web_sys};

use super::model::{FormModel, use_form};
use crate::components::reactive::{Erased, When};

/// Loads a file that is dropped anywhere on the page. Shows a hint while one is held over it.
#[component]
pub(super) fn DropTarget() -> impl IntoView {
    let form = use_form();
    let over = RwSignal::new(false);
    Effect::new(move |_| {
        let listeners = [
            window_event_listener(ev::dragover, move |event| {
                if !carries_file(&event) {
                    return;
                }
                event.prevent_default();
                if !over.get_untracked() {
                    over.set(true);
                }
            }),
            window_event_listener(ev::dragleave, move |event| {
                // Without a related target, the pointer left the page and not only an element.
                if event.related_target().is_none() {
                    over.set(false);
                }
            }),
            window_event_listener(ev::drop, move |event| {
                over.set(false);
                // A part of the page may have taken it.
                if event.default_prevented() || !carries_file(&event) {
                    return;
                }
                event.prevent_default();
                load_dropped(form, &event);
            }),
        ];
        on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
    });
    view! {
        <When holds=over>
            <div class="drop-veil" aria-hidden="true"><p>"Drop the file to load it"</p></div>
        </When>
    }
    .erased()
}

/// Reads the file that the chooser holds, if any.
pub(super) fn load_chosen(form: FormModel, input: &web_sys::HtmlInputElement) {
    #[cfg(feature = "hydrate")]
    if let Some(file) = input.files().and_then(|files| files.get(0)) {
        load(form, file);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (form, input);
}

/// False for text that is dragged from one field to another.
fn carries_file(event: &web_sys::DragEvent) -> bool {
    #[cfg(feature = "hydrate")]
    return event.data_transfer().is_some_and(|data| data.types().includes(&"Files".into(), 0));
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

fn load_dropped(form: FormModel, event: &web_sys::DragEvent) {
    #[cfg(feature = "hydrate")]
    if let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)) {
        load(form, file);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (form, event);
}

/// The code that opens files is loaded with the first one.
#[cfg(feature = "hydrate")]
fn load(form: FormModel, file: web_sys::File) {
    if let Some(open) = form.open.get_value() {
        form.opening.set(true);
        open(form, file.into());
    }
}
