//! What the form has in place of the mask editor where there is no JavaScript: pictures as files, and numbers.

use leptos::prelude::*;

use crate::{
    base_path::with_base,
    components::reactive::Erased,
    first_paint::{FirstPaint, KEPT_MASK, KEPT_PICTURE, ReturnedForm, WITHOUT_MASK},
};
use proto::{
    edit::{EditField, InpaintMethod, METHOD_FIELD},
    limits,
};

use super::choices::method_label;

/// A form that was sent and refused; an empty one, if there is none.
fn returned() -> ReturnedForm {
    use_context::<FirstPaint>().and_then(|first| first.returned_edit).unwrap_or_default()
}

fn text(form: &ReturnedForm, name: &str) -> Option<String> {
    form.fields.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone())
}

/// The picture, its mask, and by how much it is extended.
#[component]
pub(super) fn PlainPictures() -> impl IntoView {
    let form = returned();
    view! {
        <div class="without-script">
            <div class="plain-edit">
                {file(&form, EditField::Source, "picture", KEPT_PICTURE, "Picture to change", "PNG, JPEG or WebP.")}
                {file(
                    &form,
                    EditField::Mask,
                    "mask",
                    KEPT_MASK,
                    "Mask of it",
                    "Of the same size: white is painted new, black stays. Or a picture with transparent places: these are painted new. Without a mask the picture is extended.",
                )}
                <fieldset class="edit-edges">
                    <legend>"Without a mask: extend by, px"</legend>
                    <div class="fields two">
                        {number(&form, EditField::Left, "On the left", "0", limits::EDIT_SIDE)}
                        {number(&form, EditField::Right, "On the right", "0", limits::EDIT_SIDE)}
                        {number(&form, EditField::Top, "At the top", "0", limits::EDIT_SIDE)}
                        {number(&form, EditField::Bottom, "At the bottom", "0", limits::EDIT_SIDE)}
                    </div>
                </fieldset>
            </div>
        </div>
    }
    .erased()
}

/// How it is painted.
#[component]
pub(super) fn PlainOptions() -> impl IntoView {
    let form = returned();
    let chosen = text(&form, METHOD_FIELD).unwrap_or_default();
    let option = |method: InpaintMethod| {
        view! { <option value=method.name() selected=chosen == method.name()>{method_label(method)}</option> }.erased()
    };
    view! {
        <div class="without-script">
            <div class="plain-edit">
                <div class="fields two">
                    {number_in_steps(&form, EditField::Strength, "How much is redrawn, 0 to 1", "0.75", "1", "0.05")}
                    <div class="field">
                        <label for="plain-method">"How it is painted"</label>
                        <select id="plain-method" name=METHOD_FIELD>{InpaintMethod::ALL.into_iter().map(option).collect_view()}</select>
                    </div>
                    {number(&form, EditField::Grow, "Enlarge the mask by, px", "4", limits::EDIT_GROW)}
                    {number(&form, EditField::Feather, "Soft edge, px", "8", limits::EDIT_FEATHER)}
                    {number(&form, EditField::Context, "Seen beside what changes, px", "64", limits::EDIT_CONTEXT)}
                </div>
                <p class="note field-note">"With nothing in the last field the model sees the whole picture."</p>
            </div>
        </div>
    }
    .erased()
}

/// A file, with the one that was sent before. `kept` is the name of the field with its id.
fn file(form: &ReturnedForm, field: EditField, name: &'static str, kept: &'static str, label: &'static str, help: &'static str) -> AnyView {
    let (id, help_id, problem_id) = (format!("plain-{name}"), format!("plain-{name}-help"), format!("plain-{name}-problem"));
    let before = text(form, kept).filter(|id| !id.is_empty());
    let problem = form.refusal.at_edit(field);
    let described = if problem.is_some() { format!("{problem_id} {help_id}") } else { help_id.clone() };
    let without = (kept == KEPT_MASK)
        .then(|| view! { <label class="check"><input type="checkbox" name=WITHOUT_MASK value="1" />"Do without it"</label> }.erased());
    let shown = before.map(move |before| {
        view! {
            <div class="plain-kept">
                <img src=with_base(&format!("/api/pictures/{before}?thumb=320")) alt=format!("{label}, as it was sent") />
                <input type="hidden" name=kept value=before />
                <p class="note">"It was sent, and stays unless you choose another file."</p>
                {without.into_any()}
            </div>
        }
        .erased()
    });
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {shown.into_any()}
            <input
                type="file"
                id=id
                name=name
                accept="image/png,image/jpeg,image/webp"
                aria-invalid=problem.is_some().then_some("true")
                aria-describedby=described
            />
            <p class="note field-note" id=help_id>{help}</p>
            {problem_line(problem_id, problem)}
        </div>
    }
    .erased()
}

fn number(form: &ReturnedForm, field: EditField, label: &'static str, default: &'static str, max: u32) -> AnyView {
    number_in_steps(form, field, label, default, &max.to_string(), "1")
}

fn number_in_steps(
    form: &ReturnedForm,
    field: EditField,
    label: &'static str,
    default: &'static str,
    max: &str,
    step: &'static str,
) -> AnyView {
    let name = field.name();
    let (id, problem_id) = (format!("plain-{name}"), format!("plain-{name}-problem"));
    let problem = form.refusal.at_edit(field);
    let described = problem.is_some().then(|| problem_id.clone());
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                type="number"
                id=id
                name=name
                min="0"
                max=max.to_owned()
                step=step
                inputmode="decimal"
                autocomplete="off"
                aria-invalid=problem.is_some().then_some("true")
                aria-describedby=described
                value=text(form, name).unwrap_or_else(|| default.to_owned())
            />
            {problem_line(problem_id, problem)}
        </div>
    }
    .erased()
}

fn problem_line(id: String, problem: Option<String>) -> AnyView {
    let is_hidden = problem.is_none();
    view! { <p class="field-problem" id=id hidden=is_hidden>{problem.unwrap_or_default()}</p> }.erased()
}
