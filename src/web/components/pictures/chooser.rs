//! How a picture is given: a file, the camera, or something dropped or pasted.

use leptos::{ev, html, prelude::*, web_sys};

use super::state::PictureUpload;
use crate::components::{
    part,
    reactive::{Erased, listener},
};

/// The buttons that open a file and the camera, with the ids `ID-file` and `ID-camera`.
#[component]
pub(crate) fn PictureButtons(
    id: &'static str,
    /// Gets the file that was chosen.
    choose: Callback<web_sys::Blob>,
) -> impl IntoView {
    view! {
        <div class="picture-buttons with-script">
            {button(format!("{id}-file"), "Choose a picture", None, choose)}
            {button(format!("{id}-camera"), "Take a photo", Some("environment"), choose)}
        </div>
    }
    .erased()
}

fn button(id: String, label: &'static str, capture: Option<&'static str>, choose: Callback<web_sys::Blob>) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_: ev::Event| {
        if let Some(input) = input.get_untracked() {
            give_chosen(&input, choose);
        }
    };
    view! {
        <div class="picture-file" data-camera=capture.map(|_| "true")>
            <input
                type="file"
                id=id.clone()
                class="visually-hidden"
                accept="image/png,image/jpeg,image/webp"
                capture=capture
                node_ref=input
                on:change=listener(chosen)
            />
            <label class="button" for=id>{label}</label>
        </div>
    }
    .erased()
}

fn give_chosen(input: &web_sys::HtmlInputElement, choose: Callback<web_sys::Blob>) {
    #[cfg(feature = "hydrate")]
    if let Some(file) = input.files().and_then(|files| files.get(0)) {
        choose.run(file.into());
        // The same file can be chosen again.
        input.set_value("");
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (input, choose);
}

/// How far the upload is.
#[component]
pub(crate) fn UploadStatus(upload: RwSignal<PictureUpload>) -> impl IntoView {
    part(move || match upload.get() {
        PictureUpload::Idle => ().into_any(),
        PictureUpload::Sending => view! { <p class="note" role="status">"Sending the picture…"</p> }.erased(),
        PictureUpload::Failed(why) => view! { <p class="field-problem" role="alert">{why}</p> }.erased(),
    })
}

/// The first picture of what was dropped or pasted. A text that is pasted into a field stays one.
#[cfg(feature = "hydrate")]
pub(crate) fn picture_in(data: &web_sys::DataTransfer) -> Option<web_sys::Blob> {
    let files = data.files()?;
    let picture = (0..files.length()).filter_map(|at| files.get(at)).find(|file| file.type_().starts_with("image/"));
    picture.map(Into::into)
}
