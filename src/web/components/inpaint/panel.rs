//! The page: the picture with its mask or its result, and the form.

use leptos::{ev, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_query_map};

use super::{
    chooser::{Chooser, ChooserButtons, take_dropped_and_pasted},
    form::EditForm,
    from_gallery::open_from_gallery,
    marks,
    model::InpaintModel,
    result::EditResult,
    reused::ReusedNote,
};
use crate::{
    base_path::{use_navigate, with_base},
    components::{
        boundary::Boundary,
        form::{edit_form, refresh_options},
        mask_editor::MaskEditor,
        pictures::{PictureUpload, UploadStatus},
        reactive::{Erased, When, listener, memo, part, truth},
    },
    first_paint::FirstPaint,
    live::{Live, use_live},
};
use proto::ids::TaskId;

/// The picture is that of `?task=ID&output=N`, a result, that of `?settings=ID`, a task, that of `?gallery=ID`, or the one that was edited last in this browser.
#[component]
pub fn InpaintPanel() -> impl IntoView {
    let first: FirstPaint = use_context().unwrap_or_default();
    let live = use_live();
    let form = edit_form(&first);
    refresh_options(form, live);
    let model = InpaintModel::new(form);
    take_dropped_and_pasted(model);
    open_linked(model);
    open_settings(model, live);
    open_from_gallery(model, live);
    let has_picture = memo(move || model.choices.with(|choices| choices.picture.is_some()));
    let has_task = memo(move || model.choices.with(|choices| choices.task.is_some()));
    let shows_result = memo(move || model.shows_result.get() && has_task.get());
    let tab = move |result: bool, label: &'static str| {
        view! {
            <button
                type="button"
                class="button"
                aria-pressed=truth(move || shows_result.get() == result)
                on:click=listener(move |_: ev::MouseEvent| model.shows_result.set(result))
            >
                {label}
            </button>
        }
        .erased()
    };
    view! {
        <link rel="stylesheet" href=with_base(&format!("/assets/{}/inpaint.css", first.build)) />
        <div class="inpaint">
            <h1 class="visually-hidden">"Inpaint"</h1>
            <section class="card inpaint-picture" aria-label="Picture">
                <When holds=has_picture>
                    <div class="inpaint-head">
                        <When holds=has_task>
                            <div class="picture-buttons" role="group" aria-label="What is shown">{tab(false, "Mask")}{tab(true, "Result")}</div>
                        </When>
                        <ChooserButtons model />
                    </div>
                    <UploadStatus upload=model.upload />
                </When>
                <ReusedNote model />
                <Boundary name="The mask editor">
                    {part(move || if has_picture.get() {
                        view! {
                            <div class="inpaint-editor" hidden=move || shows_result.get()>
                                <MaskEditor model=model.editor over=ViewFn::from(move || marks::marks(model)) />
                            </div>
                        }.erased()
                    } else {
                        view! { <Chooser model /> }.erased()
                    })}
                </Boundary>
                <Boundary name="The result">
                    <When holds=shows_result><EditResult model /></When>
                </Boundary>
            </section>
            <EditForm model />
        </div>
    }
    .into_any()
}

/// A page that was opened from a result begins with that. Reloaded, it goes on with what was painted since.
fn open_linked(model: InpaintModel) {
    let query = use_query_map();
    let linked = memo(move || {
        query.with(|query| {
            let task: TaskId = query.get_str("task")?.parse().ok()?;
            let output: u32 = query.get_str("output").unwrap_or("0").parse().ok()?;
            Some((task, output))
        })
    });
    Effect::new(move |_| {
        if let Some((task, output)) = linked.get() {
            open_once(model, task, output);
        }
    });
}

/// A page that was opened with the settings of a task begins with these. Its address is that of the page from then on: a reload goes on with what
/// was painted since.
fn open_settings(model: InpaintModel, live: Live) {
    let query = use_query_map();
    let navigate = use_navigate();
    let linked = memo(move || query.with(|query| query.get_str("settings").and_then(|task| task.parse::<TaskId>().ok())));
    Effect::new(move |_| {
        if let Some(task) = linked.get() {
            use_settings(model, live, task);
            untrack(|| navigate("/inpaint", NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() }));
        }
    });
    #[cfg(feature = "hydrate")]
    super::reuse::take_waiting_mask(model);
}

fn use_settings(model: InpaintModel, live: Live, task: TaskId) {
    #[cfg(feature = "hydrate")]
    super::reuse::use_settings(model, live, task);
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, live, task);
}

fn open_once(model: InpaintModel, task: TaskId, output: u32) {
    #[cfg(feature = "hydrate")]
    {
        use crate::storage;
        const KEY: &str = "darkroom:edit:opened";
        let result = format!("{task} {output}");
        let opened = storage::load(KEY).as_deref() == Some(&result) && model.choices.with_untracked(|choices| choices.picture.is_some());
        if !opened && model.upload.get_untracked() != PictureUpload::Sending {
            storage::save(KEY, &result);
            super::upload::choose_result(model, task, output);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, task, output, PictureUpload::Idle);
}
