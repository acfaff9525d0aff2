//! The form beside the picture.

use leptos::{ev, prelude::*};

use super::{
    fields::{EditFields, Kind},
    marks,
    model::InpaintModel,
    notes::EditNotes,
};
use crate::{
    base_path::with_base,
    components::{
        boundary::Boundary,
        form::{EDIT_FORM, GeneralProblems},
        reactive::{Erased, listener, memo, part, truth},
    },
    live::use_live,
};
use proto::edit::EditField;

#[component]
pub(super) fn EditForm(model: InpaintModel) -> impl IntoView {
    let live = use_live();
    let word = memo(move || if model.form.sending.get() { "Sending…" } else { "Generate" });
    let plan = marks::words(model);
    // What belongs to no field that is shown.
    let elsewhere =
        memo(move || model.planned.with(|planned| planned.problem(EditField::Mask).or_else(|| planned.problem(EditField::Source))));
    view! {
        <section class="make card edit-form" aria-label="New task">
            <form
                id=EDIT_FORM
                method="post"
                action=with_base("/inpaint")
                enctype="multipart/form-data"
                novalidate
                on:submit=listener(move |event: ev::SubmitEvent| {
                    event.prevent_default();
                    model.send(live);
                })
                on:keydown=listener(move |event: ev::KeyboardEvent| {
                    if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                        event.prevent_default();
                        model.send(live);
                    }
                })
            >
                <Kind model />
                <div class="make-fields edit-fields"><EditFields model /></div>
                <div class="make-foot">
                    <p class="note edit-plan" role="status">{part(move || elsewhere.get().unwrap_or_else(|| plan.get()).into_any())}</p>
                    <Boundary name="The check of the run"><EditNotes model /></Boundary>
                    <GeneralProblems />
                    <button type="submit" class="generate" aria-disabled=truth(move || model.form.sending.get())>
                        {word}
                        <kbd aria-hidden="true">"Ctrl ↵"</kbd>
                    </button>
                </div>
            </form>
        </section>
    }
    .erased()
}
