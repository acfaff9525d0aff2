//! A number of the edit, with its problem at its place.

use leptos::prelude::*;

use super::model::InpaintModel;
use crate::components::{
    edit_fields::TypedNumber,
    reactive::{Erased, memo},
};
use proto::edit::EditField;

#[component]
pub(super) fn EditNumber(
    model: InpaintModel,
    field: EditField,
    label: &'static str,
    max: String,
    #[prop(default = "1")] step: &'static str,
) -> impl IntoView {
    let id = format!("edit-{}", field.name());
    let (value, problem, typed) = bound(model, field);
    view! { <TypedNumber id label max step value problem typed /> }.erased()
}

/// A field of the model: its text, its problem, and how it is changed.
pub(super) fn bound(model: InpaintModel, field: EditField) -> (Memo<String>, Memo<Option<String>>, Callback<String>) {
    let value = memo(move || model.choices.with(|choices| choices.clone().text(field).cloned().unwrap_or_default()));
    let problem = memo(move || model.planned.with(|planned| planned.problem(field)));
    let typed = Callback::new(move |text| {
        model.choices.update(|choices| {
            if let Some(value) = choices.text(field) {
                *value = text;
            }
        });
    });
    (value, problem, typed)
}
