//! Downloading what is selected, as one zip file.

use leptos::{ev, prelude::*};

use super::model::GalleryModel;
use crate::{
    base_path::with_base,
    components::reactive::{listener, memo},
};
use proto::gallery::{DEFAULT_FILE_NAMES, FileNamePattern, GalleryId, GallerySelection};

const NAMES: &str = "zip-names";
const HELP: &str =
    "A slash makes a folder. Values: {date} {time} {year} {month} {day} {prompt} {seed} {model} {workflow} {id} {name} {number}";

/// A plain form: the browser shows the download, and keeps to it when the page is left.
#[component]
pub(super) fn DownloadForm(model: GalleryModel, done: Callback<()>) -> impl IntoView {
    let names = RwSignal::new(DEFAULT_FILE_NAMES.to_owned());
    let problem = memo(move || names.with(|names| FileNamePattern::parse(names).err().map(|error| error.to_string())));
    let selection = memo(move || {
        let (upto, total) = model.results();
        model.selected.with(|selected| selected.selection(&model.query.get(), upto, total))
    });
    let ids = |ids: &[GalleryId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let field = move |name: &'static str| {
        memo(move || {
            selection.with(|selection| match (selection, name) {
                (Some(GallerySelection::Ids(list)), "ids") => Some(ids(list)),
                (Some(GallerySelection::Results { query, .. }), "q") => Some(query.text.clone()),
                (Some(GallerySelection::Results { upto, .. }), "upto") => Some(upto.to_string()),
                (Some(GallerySelection::Results { except, .. }), "except") if !except.is_empty() => Some(ids(except)),
                _ => None,
            })
        })
    };
    let hidden = move |name: &'static str| {
        let value = field(name);
        // A field without a value is not sent.
        view! { <input type="hidden" name=name value=value disabled=move || value.with(Option::is_none) /> }.into_any()
    };
    view! {
        <form
            class="gallery-download card"
            method="post"
            action=with_base("/gallery/zip")
            aria-label="Download as zip"
            on:submit=listener(move |event: ev::SubmitEvent| {
                if problem.with_untracked(Option::is_some) {
                    event.prevent_default();
                } else {
                    // The form must be there while it is sent.
                    request_animation_frame(move || done.run(()));
                }
            })
        >
            {["ids", "q", "upto", "except"].map(hidden).into_iter().collect_view()}
            <div class="field">
                <label for=NAMES>"Names of the files"</label>
                <input
                    id=NAMES
                    name="names"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=names
                    value=DEFAULT_FILE_NAMES
                    aria-describedby="zip-names-help"
                    aria-invalid=move || problem.with(Option::is_some).to_string()
                    on:input=listener(move |event: ev::Event| names.set(event_target_value(&event)))
                />
                <p class="note" id="zip-names-help">{HELP}</p>
                <p class="field-problem" role="alert">{problem}</p>
            </div>
            <label class="field">
                "Settings of each"
                <select name="sidecar">
                    <option value="none">"Only in the files"</option>
                    <option value="json">"A JSON file beside each"</option>
                    <option value="csv">"One table (CSV)"</option>
                    <option value="both">"Both"</option>
                </select>
            </label>
            <label class="check">
                <input type="checkbox" name="metadata" value="strip" />
                "Take prompts and workflows out of the files"
            </label>
            <button type="submit" class="generate">"Download"</button>
        </form>
    }
    .into_any()
}
