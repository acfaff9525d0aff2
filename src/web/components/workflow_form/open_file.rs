//! Opens a file that was chosen or dropped: a workflow, or a picture or video with metadata. Of a large one, only the parts with the metadata are sent.

use leptos::wasm_bindgen::JsValue;

use crate::components::form::FormModel;

/// Opens a `File` of the browser in the form.
pub fn open_any_file(form: FormModel, file: JsValue) {
    #[cfg(feature = "hydrate")]
    browser::open(form, file);
    #[cfg(not(feature = "hydrate"))]
    let _ = (form, file);
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::{
        prelude::*,
        task::spawn_local,
        wasm_bindgen::{JsCast, JsValue},
        web_sys::{Blob, File},
    };

    use super::super::{arrangement::set_arrangement, taken};
    use crate::{
        api::open_file,
        components::form::{FormKind, FormModel, WorkflowFile},
    };
    use proto::{
        file_parts::{FileLayout, HEAD},
        limits,
        submit::OpenedFile,
    };

    const UNREADABLE: &str = "The browser could not read this file. Choose it again.";
    const LIMIT: f64 = limits::WORKFLOW as f64;
    /// Browsers know no type for these.
    const ENDINGS: [&str; 5] = [".mkv", ".webm", ".mp4", ".mov", ".avif"];

    /// A file is being opened until this is dropped.
    struct Opening(FormModel);

    impl Drop for Opening {
        fn drop(&mut self) {
            self.0.opening.set(false);
        }
    }

    pub(super) fn open(form: FormModel, file: JsValue) {
        let opening = Opening(form);
        let Ok(file) = file.dyn_into::<File>() else { return };
        form.refusal.set(None);
        let name = file.name();
        let lower = name.to_lowercase();
        let has_metadata = ["image/", "video/"].iter().any(|kind| file.type_().starts_with(kind));
        if file.size() > LIMIT && !has_metadata && !ENDINGS.iter().any(|ending| lower.ends_with(ending)) {
            let why = format!("This file is too large: a workflow may have {} MB.", limits::WORKFLOW >> 20);
            return show(form, WorkflowFile::unreadable(name, why));
        }
        spawn_local(async move {
            let _opening = opening;
            let Some(bytes) = metadata_of(&file).await else {
                return show(form, WorkflowFile::unreadable(name, UNREADABLE.into()));
            };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let opened = match open_file(bytes).await {
                Ok(Ok(OpenedFile { settings: Some(settings), .. })) => return taken::fill(form, name, settings),
                Ok(Ok(file)) => {
                    show(form, WorkflowFile::new(name, file.json, file.notes));
                    // What its author chose for the App mode.
                    form.unwanted.set(file.unwanted.into_iter().map(|node| node.0).collect());
                    return set_arrangement(form, &file.arrangement);
                }
                Ok(Err(why)) => WorkflowFile::unreadable(name, why),
                // Darkroom cannot be reached. What looks like a workflow can be sent later; only the server can open anything else.
                Err(_) if text.trim_start().starts_with('{') => WorkflowFile::new(name, text, Vec::new()),
                Err(_) => {
                    let why = "Darkroom cannot be reached, and only it can read this file. Choose it again later.";
                    WorkflowFile::unreadable(name, why.into())
                }
            };
            show(form, opened);
        });
    }

    fn show(form: FormModel, file: WorkflowFile) {
        form.kind.set(FormKind::Workflow);
        form.choose_file(Some(file));
    }

    /// The whole file, or the parts with its metadata. `None`: the browser cannot read it.
    async fn metadata_of(file: &File) -> Option<Vec<u8>> {
        if file.size() <= LIMIT {
            return read(file, 0.0, file.size()).await;
        }
        let head = read(file, 0.0, HEAD as f64).await?;
        let Some(layout) = FileLayout::of(&head) else { return read(file, 0.0, LIMIT).await };
        let mut at = layout.start() as f64;
        let mut bytes = read(file, 0.0, at).await?;
        for _ in 0..limits::FILE_PARTS {
            let head = read(file, at, at + HEAD as f64).await?;
            let Some(part) = layout.part(&head) else { break };
            let end = (at + part.length as f64).min(file.size());
            if part.is_wanted && bytes.len() as f64 + (end - at) <= LIMIT {
                bytes.extend(read(file, at, end).await?);
            }
            at = end;
        }
        Some(bytes)
    }

    async fn read(file: &File, from: f64, to: f64) -> Option<Vec<u8>> {
        let part: Blob = file.slice_with_f64_and_f64(from, to).ok()?;
        let buffer = wasm_bindgen_futures::JsFuture::from(part.array_buffer()).await.ok()?;
        Some(js_sys::Uint8Array::new(&buffer).to_vec())
    }
}
