//! Taking in what ComfyUIs made before: for each a button, and how far it is.

use std::time::Duration;

use leptos::{ev, prelude::*, task::spawn_local};

use super::{
    model::GalleryModel,
    words::{call_error, number},
};
use crate::{
    api::{begin_comfyui_import, fetch_comfyui_import, stop_comfyui_import},
    components::reactive::{Erased, listener, memo, part},
};
use proto::{
    gallery::{ComfyuiImport, ComfyuiImportState},
    ids::BackendId,
};

/// How often it is asked how a running import goes.
const PAUSE: Duration = Duration::from_secs(1);

/// A row for each ComfyUI.
#[component]
pub(super) fn ComfyuiImports(model: GalleryModel) -> impl IntoView {
    let ids = memo(move || model.live.backends().into_iter().map(|backend| backend.id).collect::<Vec<_>>());
    view! {
        <section class="gallery-imports card" aria-label="Import from ComfyUI">
            <p class="note">"What they still know of their runs, and the files in their output folders, with their settings. What is here already is not taken again."</p>
            <ul class="comfyui-imports">
                {part(move || ids.get().into_iter().map(|id| view! { <ImportRow model id /> }.into_any()).collect_view().into_any())}
            </ul>
        </section>
    }
    .into_any()
}

/// What was answered last; the error is for people.
type Answer = Option<Result<ComfyuiImport, String>>;

#[component]
fn ImportRow(model: GalleryModel, id: BackendId) -> impl IntoView {
    let answer = RwSignal::new(None::<Result<ComfyuiImport, String>>);
    let name = id.to_string();
    let id = StoredValue::new(id);
    let ask = move || {
        spawn_local(async move {
            let asked = fetch_comfyui_import(id.get_value()).await;
            answered(model, id, answer, asked.map_err(call_error).and_then(|asked| asked));
        });
    };
    Effect::new(move |_| ask());
    let running = memo(move || answer.with(|answer| matches!(answer, Some(Ok(import)) if import.state == ComfyuiImportState::Running)));
    let act = move |_: ev::MouseEvent| {
        let stops = running.get_untracked();
        spawn_local(async move {
            let id_now = id.get_value();
            let asked = if stops { stop_comfyui_import(id_now).await } else { begin_comfyui_import(id_now).await };
            answered(model, id, answer, asked.map_err(call_error).and_then(|asked| asked));
        });
    };
    let said = memo(move || answer.with(words));
    let import = memo(move || answer.get().and_then(Result::ok).unwrap_or_default());
    let found = memo(move || import.with(|import| import.found));
    let done = memo(move || import.with(|import| import.done));
    let refusals = memo(move || import.with(|import| import.refusals.clone()));
    view! {
        <li>
            <div class="gallery-imports-head">
                <p><strong>{name.clone()}</strong>" "<span role="status">{said}</span></p>
                <button type="button" class="button" aria-label=move || if running.get() { format!("Stop the import from {name}") } else { format!("Import from {name}") } on:click=listener(act)>
                    {move || if running.get() { "Stop" } else { "Import" }}
                </button>
            </div>
            <progress max=found value=done aria-label="Files" hidden=move || !running.get()></progress>
            {part(move || {
                let refusals = refusals.get();
                if refusals.is_empty() {
                    return ().into_any();
                }
                let row = |file: proto::gallery::RefusedFile| view! { <li><strong>{file.filename}</strong>" "{file.why}</li> }.erased();
                view! { <ul class="problem import-problems">{refusals.into_iter().map(row).collect_view()}</ul> }.erased()
            })}
        </li>
    }
    .into_any()
}

/// While it runs, it is asked for again; what came in is shown.
fn answered(
    model: GalleryModel,
    id: StoredValue<BackendId>,
    shown: RwSignal<Option<Result<ComfyuiImport, String>>>,
    answer: Result<ComfyuiImport, String>,
) {
    let was_running = shown.try_with_untracked(|shown| matches!(shown, Some(Ok(import)) if import.state == ComfyuiImportState::Running));
    let Some(was_running) = was_running else { return };
    let is_running = matches!(&answer, Ok(import) if import.state == ComfyuiImportState::Running);
    let has_new = matches!(&answer, Ok(import) if import.new > 0);
    shown.set(Some(answer));
    if is_running {
        let again = move || {
            spawn_local(async move {
                let Some(backend) = id.try_get_value() else { return };
                let asked = fetch_comfyui_import(backend).await;
                answered(model, id, shown, asked.map_err(call_error).and_then(|asked| asked));
            });
        };
        set_timeout(again, PAUSE);
    } else if was_running && has_new {
        model.imported();
    }
}

fn words(answer: &Answer) -> String {
    let import = match answer {
        None => return String::new(),
        Some(Err(why)) => return why.clone(),
        Some(Ok(import)) => import,
    };
    let came = || {
        let refused = if import.refused > 0 { format!(", {} not taken", number(import.refused)) } else { String::new() };
        format!("{} imported, {} in the gallery already{refused}.", number(import.new), number(import.known))
    };
    match import.state {
        ComfyuiImportState::None => String::new(),
        ComfyuiImportState::Running if import.found == 0 => "Looking for files…".into(),
        ComfyuiImportState::Running => format!("{} of {} files…", number(import.done), number(import.found)),
        ComfyuiImportState::Done => came(),
        ComfyuiImportState::Stopped => format!("Stopped. {}", came()),
        ComfyuiImportState::Failed => {
            let why = import.why.as_deref().unwrap_or("It broke off.");
            format!("{why} {}", came())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_an_import_goes_and_how_it_ended() {
        let said = |import: ComfyuiImport| words(&Some(Ok(import)));
        let running = ComfyuiImport { state: ComfyuiImportState::Running, ..ComfyuiImport::default() };
        assert_eq!(said(running.clone()), "Looking for files…");
        assert_eq!(said(ComfyuiImport { found: 1_200, done: 7, ..running.clone() }), "7 of 1,200 files…");
        let ended = |state| ComfyuiImport { state, new: 5, known: 2, refused: 1, ..running.clone() };
        assert_eq!(said(ended(ComfyuiImportState::Done)), "5 imported, 2 in the gallery already, 1 not taken.");
        assert!(said(ended(ComfyuiImportState::Failed)).starts_with("It broke off. 5 imported"));
    }
}
