//! Files from outside of the page: dropped on it, or chosen in the form. Read in the browser, so that a wrong one is told at once.

use leptos::{ev, prelude::*, web_sys};

use super::model::{FormModel, Kind, use_form};

/// Takes a file that is dropped anywhere on the page, and shows that it would while one is held over it.
#[component]
pub(super) fn DropTarget() -> impl IntoView {
    let form = use_form();
    let over = RwSignal::new(false);
    Effect::new(move |_| {
        let listeners = [
            window_event_listener(ev::dragover, move |event| {
                event.prevent_default();
                if !over.get_untracked() {
                    over.set(true);
                }
            }),
            window_event_listener(ev::dragleave, move |event| {
                // Leaving one element for another is no leaving of the page.
                if event.related_target().is_none() {
                    over.set(false);
                }
            }),
            window_event_listener(ev::drop, move |event| {
                event.prevent_default();
                over.set(false);
                load_dropped(form, &event);
            }),
        ];
        on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
    });
    view! {
        <Show when=move || over.get()>
            <div class="drop-veil" aria-hidden="true"><p>"Drop the workflow file to load it"</p></div>
        </Show>
    }
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

fn load_dropped(form: FormModel, event: &web_sys::DragEvent) {
    #[cfg(feature = "hydrate")]
    if let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)) {
        load(form, file);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (form, event, Kind::Workflow);
}

#[cfg(feature = "hydrate")]
fn load(form: FormModel, file: web_sys::File) {
    use super::file::WorkflowFile;
    use crate::proto::limits;

    form.kind.set(Kind::Workflow);
    form.refusal.set(None);
    let name = file.name();
    if file.size() > limits::WORKFLOW as f64 {
        let why = format!("This file is too large: a workflow may have {} MB.", limits::WORKFLOW >> 20);
        form.file.set(Some(WorkflowFile::unreadable(name, why)));
        return;
    }
    leptos::task::spawn_local(async move {
        let text = wasm_bindgen_futures::JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
        form.file.set(Some(match text {
            Some(text) => WorkflowFile::new(name, text),
            None => WorkflowFile::unreadable(name, "The browser could not read this file. Choose it again.".into()),
        }));
    });
}
