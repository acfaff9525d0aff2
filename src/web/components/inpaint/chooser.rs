//! Choosing the picture: a file, the clipboard, the camera, or a result.

use leptos::{ev, prelude::*, web_sys};

use super::model::InpaintModel;
#[cfg(feature = "hydrate")]
use crate::components::pictures::picture_in;
use crate::components::{
    pictures::{PictureButtons, PictureUpload, UploadStatus},
    reactive::{Erased, memo, truth},
};

/// In place of the editor while there is no picture.
#[component]
pub(super) fn Chooser(model: InpaintModel) -> impl IntoView {
    let sending = memo(move || model.upload.get() == PictureUpload::Sending);
    view! {
        <div class="picture-chooser" aria-busy=truth(move || sending.get())>
            <p class="picture-title">"Choose the picture to change"</p>
            <p class="note with-script">"Drop it here, paste it, or choose a file: PNG, JPEG or WebP. Results have a button “Edit this picture”."</p>
            <p class="without-script">"Painting a mask needs JavaScript. Without it, the form takes the picture and a mask as files, or extends the picture by numbers."</p>
            <ChooserButtons model />
            <UploadStatus upload=model.upload />
        </div>
    }
    .erased()
}

/// The buttons that open a file and the camera.
#[component]
pub(super) fn ChooserButtons(model: InpaintModel) -> impl IntoView {
    view! { <PictureButtons id="edit" choose=Callback::new(move |file| choose(model, file)) /> }.erased()
}

/// Takes pictures that are dropped on the page or pasted, as long as the page is shown.
pub(super) fn take_dropped_and_pasted(model: InpaintModel) {
    Effect::new(move |_| {
        let listeners = [
            window_event_listener(ev::dragover, |event| event.prevent_default()),
            window_event_listener(ev::drop, move |event| {
                event.prevent_default();
                dropped(model, &event);
            }),
            window_event_listener(ev::paste, move |event| paste(model, &event)),
        ];
        on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
    });
}

fn dropped(model: InpaintModel, event: &web_sys::DragEvent) {
    #[cfg(feature = "hydrate")]
    take(model, event.data_transfer());
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, event);
}

fn paste(model: InpaintModel, event: &ev::ClipboardEvent) {
    #[cfg(feature = "hydrate")]
    take(model, event.clipboard_data());
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, event);
}

#[cfg(feature = "hydrate")]
fn take(model: InpaintModel, data: Option<web_sys::DataTransfer>) {
    if let Some(picture) = data.and_then(|data| picture_in(&data)) {
        choose(model, picture);
    }
}

fn choose(model: InpaintModel, file: web_sys::Blob) {
    #[cfg(feature = "hydrate")]
    super::upload::choose(model, file);
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, file);
}
