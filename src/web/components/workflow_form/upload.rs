//! A file for an input: uploaded, or one that every ComfyUI has already.

use leptos::{html, prelude::*, web_sys};

use super::{
    choices::select,
    combobox::{SEARCHED, combobox},
    handle::{field_id, setter, text_of},
};
use crate::components::{
    part,
    reactive::{Erased, listener, truth},
};
use proto::{
    comfy::UploadKind,
    form::{FieldChoice, FormField},
};

#[derive(Clone, PartialEq)]
enum UploadState {
    Idle,
    Sending,
    Failed(String),
}

/// A file that was uploaded.
#[derive(Clone, PartialEq)]
struct InputFile {
    /// What a workflow has for it.
    name: String,
    /// "image", "audio", "video" or "model".
    kind: String,
    /// An address of the browser's, to show it.
    url: String,
}

/// The upload goes to every ComfyUI that can be reached.
#[component]
pub(super) fn UploadControl(field: StoredValue<FormField>, kind: UploadKind, choices: Vec<FieldChoice>) -> impl IntoView {
    let (id, set) = (field.with_value(field_id), setter(field));
    let text = text_of(field);
    let state = RwSignal::new(UploadState::Idle);
    let preview = RwSignal::new(None::<InputFile>);
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else { return };
        state.set(UploadState::Sending);
        send(&input, move |sent| match sent {
            Ok(file) => match unfit(kind, &file.kind) {
                None => {
                    set(file.name.clone());
                    preview.set(Some(file));
                    state.set(UploadState::Idle);
                }
                Some(why) => state.set(UploadState::Failed(why)),
            },
            Err(why) => state.set(UploadState::Failed(why)),
        });
    };
    let accept = match kind {
        UploadKind::Image => "image/png,image/jpeg,image/webp",
        UploadKind::Audio => "audio/*,video/*",
        UploadKind::Video => "video/*,.mkv",
        UploadKind::File => "",
    };
    let file_label = field.with_value(|field| format!("Upload for {}", field.label));
    view! {
        <div class="upload" aria-busy=truth(move || state.get() == UploadState::Sending)>
            {part(move || preview.get().filter(|file| text.with(|text| *text == file.name)).map(shown).into_any())}
            {if choices.len() > SEARCHED { combobox(field, choices) } else { select(field, choices) }}
            <input type="file" id=format!("{id}-file") aria-label=file_label accept=accept node_ref=input on:change=listener(chosen) />
            {part(move || match state.get() {
                UploadState::Idle => ().into_any(),
                UploadState::Sending => view! { <p class="note" role="status">"Uploading…"</p> }.erased(),
                UploadState::Failed(why) => view! { <p class="field-problem" role="alert">{why}</p> }.erased(),
            })}
        </div>
    }
    .erased()
}

/// Why a file of this kind is none for the input. ComfyUI takes the sound of a video, too.
fn unfit(wanted: UploadKind, kind: &str) -> Option<String> {
    let (fits, words): (&[&str], _) = match wanted {
        UploadKind::Image => (&["image"], "a picture"),
        UploadKind::Audio => (&["audio", "video"], "a sound or a video"),
        UploadKind::Video => (&["video"], "a video"),
        UploadKind::File => return None,
    };
    (!fits.contains(&kind)).then(|| format!("This input takes {words}. Choose another file."))
}

/// The file as the browser shows it.
fn shown(file: InputFile) -> AnyView {
    let InputFile { kind, url, .. } = file;
    match kind.as_str() {
        "image" => view! { <img class="upload-preview" src=url alt="The uploaded picture" /> }.erased(),
        "audio" => view! { <audio class="upload-preview" src=url controls aria-label="The uploaded sound"></audio> }.erased(),
        "video" => {
            view! { <video class="upload-preview" src=url controls muted playsinline aria-label="The uploaded video"></video> }.erased()
        }
        _ => ().into_any(),
    }
}

/// Sends the chosen file. Then what was taken, or why not.
fn send(input: &web_sys::HtmlInputElement, then: impl Fn(Result<InputFile, String>) + 'static) {
    #[cfg(feature = "hydrate")]
    browser::send(input, then);
    #[cfg(not(feature = "hydrate"))]
    let _ = (input, then);
}

#[cfg(feature = "hydrate")]
mod browser {
    use gloo_net::http::Request;
    use leptos::{task::spawn_local, web_sys};
    use wasm_bindgen::JsValue;

    use super::InputFile;

    pub(super) fn send(input: &web_sys::HtmlInputElement, then: impl Fn(Result<InputFile, String>) + 'static) {
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        let Ok(body) = web_sys::FormData::new() else { return };
        let _ = body.append_with_blob_and_filename("file", &file, &file.name());
        spawn_local(async move {
            let answer = match Request::post(&crate::base_path::with_base("/api/uploads")).body(body) {
                Ok(request) => request.send().await,
                Err(error) => Err(error),
            };
            let Ok(answer) = answer else {
                return then(Err("Darkroom cannot be reached. Choose the file again when it can.".into()));
            };
            let json = answer.text().await.ok().and_then(|text| js_sys::JSON::parse(&text).ok());
            let text = |key: &str| json.as_ref().and_then(|json| js_sys::Reflect::get(json, &JsValue::from_str(key)).ok()?.as_string());
            match text("file") {
                Some(name) => {
                    let url = web_sys::Url::create_object_url_with_blob(&file).unwrap_or_default();
                    then(Ok(InputFile { name, kind: text("kind").unwrap_or_default(), url }));
                }
                None => then(Err(text("detail").unwrap_or_else(|| "This file was not taken.".into()))),
            }
        });
    }
}
