//! Workflow files dropped on the page or chosen in the form.

use leptos::{ev, prelude::*, web_sys};

use super::model::{FormKind, FormModel, use_form};
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
                if !carries_file(&event) {
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
            <div class="drop-veil" aria-hidden="true"><p>"Drop the workflow file to load it"</p></div>
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
    let _ = (form, event, FormKind::Workflow);
}

#[cfg(feature = "hydrate")]
fn load(form: FormModel, file: web_sys::File) {
    use super::file::WorkflowFile;
    use crate::api::open_file;
    use proto::limits;

    form.kind.set(FormKind::Workflow);
    form.refusal.set(None);
    let name = file.name();
    // The beginning of a picture has its description.
    if file.size() > limits::WORKFLOW as f64 && !file.type_().starts_with("image/") {
        let why = format!("This file is too large: a workflow may have {} MB.", limits::WORKFLOW >> 20);
        form.choose_file(Some(WorkflowFile::unreadable(name, why)));
        return;
    }
    leptos::task::spawn_local(async move {
        let head = file.slice_with_i32_and_i32(0, limits::WORKFLOW as i32).map(|head| head.array_buffer());
        let buffer = match head {
            Ok(head) => wasm_bindgen_futures::JsFuture::from(head).await,
            Err(error) => Err(error),
        };
        let Ok(buffer) = buffer else {
            let why = "The browser could not read this file. Choose it again.".into();
            return form.choose_file(Some(WorkflowFile::unreadable(name, why)));
        };
        let bytes = js_sys::Uint8Array::new(&buffer).to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let opened = match open_file(bytes).await {
            Ok(Ok(file)) => WorkflowFile::new(name, file.json, file.notes),
            Ok(Err(why)) => WorkflowFile::unreadable(name, why),
            // Darkroom cannot be reached. What looks like a workflow can be sent later; only the server can open anything else.
            Err(_) if text.trim_start().starts_with('{') => WorkflowFile::new(name, text, Vec::new()),
            Err(_) => {
                WorkflowFile::unreadable(name, "Darkroom cannot be reached, and only it can read this file. Choose it again later.".into())
            }
        };
        form.choose_file(Some(opened));
    });
}
