//! One result by its kind: a picture, a video, audio, text, or a file to download.

use leptos::prelude::*;

use crate::{
    base_path::with_base,
    components::{
        boundary::use_boundary,
        dom::{self, ImageState},
        reactive::{Erased, listener, memo},
    },
    live::use_live,
};
use proto::{
    ids::TaskId,
    task::{Output, OutputContent, OutputKind},
};

/// The id of the picture on the stage.
const PICTURE: &str = "picture";

/// The URL of an output. With `?thumb=320` it is a small version.
pub(super) fn url(task: TaskId, output: u32) -> String {
    with_base(&format!("/tasks/{task}/outputs/{output}"))
}

/// The file name for downloads, and the label.
pub(super) fn filename(output: &Output) -> String {
    match &output.content {
        OutputContent::File { filename, .. } => filename.clone(),
        OutputContent::Text { .. } => format!("text {}", output.id + 1),
    }
}

/// A result on the stage. `all` are the results of the task, for the number of this one.
#[component]
pub(super) fn OutputView(task: TaskId, output: Output, all: Memo<Vec<Output>>) -> impl IntoView {
    let boundary = use_boundary();
    let url = url(task, output.id);
    let name = filename(&output);
    let missing = StoredValue::new(missing(&output.content));
    let lost = move || missing.with_value(|why| boundary.fail(why));
    match (output.kind, output.content) {
        (OutputKind::Image, _) => {
            let alt = alt(task, output.id, all);
            let link = url.clone();
            // A small version is seen until the picture has come. It would shine through a transparent one, so it goes then.
            let small = format!("{url}?thumb=640");
            let loaded = RwSignal::new(false);
            // Loading may have ended before hydration, when there were no listeners.
            Effect::new(move |_| match dom::image_state(PICTURE) {
                ImageState::Broken => lost(),
                ImageState::Loaded => loaded.set(true),
                ImageState::Loading => {}
            });
            view! {
                <a class="stage-link" href=link target="_blank">
                    <img class="stage-picture" src=small alt="" class:covered=loaded />
                    <img
                        class="stage-picture result"
                        id=PICTURE
                        src=url
                        alt=alt
                        fetchpriority="low"
                        on:load=listener(move |_| loaded.set(true))
                        on:error=listener(move |_| lost())
                    />
                </a>
            }
            .erased()
        }
        (OutputKind::Video, _) => {
            let fails = listener(move |_| lost());
            view! { <video class="stage-picture" src=url controls loop aria-label=name on:error=fails></video> }.erased()
        }
        (OutputKind::Audio, _) => view! {
            <div class="stage-center">
                <p>{name.clone()}</p>
                <audio src=url controls aria-label=name on:error=listener(move |_| lost())></audio>
            </div>
        }
        .erased(),
        (_, OutputContent::Text { text }) => view! { <pre class="stage-text" tabindex="0" aria-label="Result text">{text}</pre> }.erased(),
        (_, OutputContent::File { filename, .. }) => view! {
            <div class="stage-center">
                <p>"This result is a file."</p>
                <a class="button" href=url download=filename.clone()>"Download "{filename.clone()}</a>
            </div>
        }
        .erased(),
    }
}

/// Why the browser could not load a result.
fn missing(content: &OutputContent) -> String {
    if content.is_outside() {
        format!("ComfyUI does not hand out files of this folder: {}", content.path())
    } else {
        "the file did not come. Its ComfyUI may be away, or has deleted it".to_owned()
    }
}

/// "Result 2 of 4: a lighthouse at dusk".
fn alt(task: TaskId, output: u32, all: Memo<Vec<Output>>) -> Memo<String> {
    let live = use_live();
    memo(move || {
        let place = all.with(|all| {
            let at = all.iter().position(|one| one.id == output).unwrap_or_default() + 1;
            if all.len() > 1 { format!("Result {at} of {}", all.len()) } else { "Result".to_owned() }
        });
        let about = live.with_task(task, |task| task.recipe.as_ref().map_or_else(|| task.name.clone(), |recipe| recipe.prompt.clone()));
        format!("{place}: {}", about.unwrap_or_default())
    })
}
