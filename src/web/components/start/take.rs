//! Pictures that come into the slot: files, pasted and dropped ones, and results of the page.

use leptos::{ev, prelude::*, task::spawn_local, web_sys};
use leptos_router::NavigateOptions;
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, closure::Closure};

use super::model::{SLOT, StartModel};
use crate::{
    base_path::without_base,
    components::{
        form::FormKind,
        pictures::{PictureUpload, give_result, picture_in, upload},
    },
};
use proto::{
    edit::{PictureId, PixelSize, StartPicture},
    ids::TaskId,
};

/// A file that a person chose.
pub(super) fn take_file(model: StartModel, file: web_sys::Blob) {
    model.upload.set(PictureUpload::Sending);
    open_slot();
    spawn_local(async move { model.opened(upload(&file).await.map(|picture| start(picture, None))) });
}

/// A result of a task.
pub(super) fn take_result(model: StartModel, task: TaskId, output: u32) {
    model.upload.set(PictureUpload::Sending);
    open_slot();
    spawn_local(async move { model.opened(give_result(task, output).await.map(|picture| start(picture, Some(task)))) });
}

fn start((picture, size): (PictureId, PixelSize), parent: Option<TaskId>) -> StartPicture {
    StartPicture { edit: "redraw".into(), picture, size, strength: None, parent }
}

/// Shows the slot, in which it may be closed.
pub(super) fn open_slot() {
    if let Some(slot) = document().get_element_by_id(SLOT) {
        let _ = slot.set_attribute("open", "");
    }
}

/// The address of a page that was opened with a picture (`/?start=…`), or with the reason why there is none, is that of Studio from now on: a reload goes on with the draft.
pub(super) fn forget_address(navigate: impl Fn(&str, NavigateOptions)) {
    if window().location().search().is_ok_and(|query| query.starts_with("?start=") || query.starts_with("?unshared=")) {
        navigate("/", NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
    }
}

/// Takes pictures that are pasted while Studio makes pictures from text. A text that is pasted stays a text.
pub(super) fn take_pasted(model: StartModel) {
    let listener = window_event_listener(ev::paste, move |event| {
        let is_text = model.form.kind.get_untracked() == FormKind::Text;
        let Some(picture) = event.clipboard_data().filter(|_| is_text).and_then(|data| picture_in(&data)) else { return };
        event.prevent_default();
        take_file(model, picture);
    });
    on_cleanup(move || listener.remove());
}

/// Takes what is dropped on the slot, also while it is closed. The page, which takes dropped files as workflows, leaves these alone: their event is
/// marked as handled.
pub(super) fn take_dropped(model: StartModel) {
    let Some(slot) = document().get_element_by_id(SLOT) else { return };
    let handle = Closure::<dyn FnMut(web_sys::DragEvent)>::new({
        let slot = slot.clone();
        move |event: web_sys::DragEvent| {
            event.prevent_default();
            let is_over = event.type_() == "dragover";
            let _ = if is_over { slot.set_attribute("data-over", "true") } else { slot.remove_attribute("data-over") };
            if event.type_() == "drop"
                && let Some(data) = event.data_transfer()
            {
                dropped(model, &data);
            }
        }
    });
    const EVENTS: [&str; 3] = ["dragover", "dragleave", "drop"];
    for name in EVENTS {
        let _ = slot.add_event_listener_with_callback(name, handle.as_ref().unchecked_ref());
    }
    let kept = SendWrapper::new((slot, handle));
    on_cleanup(move || {
        let (slot, handle) = &*kept;
        for name in EVENTS {
            let _ = slot.remove_event_listener_with_callback(name, handle.as_ref().unchecked_ref());
        }
    });
}

/// A result of this page, by its address; else a file.
fn dropped(model: StartModel, data: &web_sys::DataTransfer) {
    let address = data.get_data("text/uri-list").unwrap_or_default();
    if let Some((task, output)) = result_at(model, &address) {
        return take_result(model, task, output);
    }
    match picture_in(data) {
        Some(picture) => take_file(model, picture),
        None => {
            open_slot();
            model.upload.set(PictureUpload::Failed("This is no picture. Drop a PNG, JPEG or WebP file, or a result of this page.".into()));
        }
    }
}

/// The result that an address of this page names, `/tasks/ID` its first one.
fn result_at(model: StartModel, address: &str) -> Option<(TaskId, u32)> {
    let own = window().location().origin().ok()?;
    let path = address.lines().next()?.strip_prefix(&own)?;
    let path = without_base(path).strip_prefix("/tasks/")?;
    let path = path.split(['?', '#']).next()?;
    match path.split_once("/outputs/") {
        Some((task, output)) => Some((task.parse().ok()?, output.parse().ok()?)),
        None => {
            let task = path.parse().ok()?;
            let first = untrack(|| model.live.with_task(task, |task| task.pictures().next().map(|output| output.id)).flatten());
            Some((task, first.unwrap_or_default()))
        }
    }
}
