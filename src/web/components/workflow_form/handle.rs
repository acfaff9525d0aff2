//! A field's value and problem as signals, and the ids of its elements.

use leptos::prelude::*;

use super::values::{set, value};
use crate::components::{
    form::{input_id, use_form},
    memo,
};
use proto::form::FormField;

/// The id of a field's control.
pub(super) fn field_id(field: &FormField) -> String {
    input_id(field.key.node.as_str(), &field.key.input)
}

/// The problem of a field after a refused submission, or that of the workflow's own value.
pub(super) fn problem_of(field: &FormField) -> Memo<Option<String>> {
    let model = use_form();
    let (node, input) = (field.key.node.clone(), field.key.input.clone());
    let own = field.problem.as_ref().map(|problem| problem.message.clone());
    let key = field.key.to_string();
    memo(move || {
        let refused = model.refusal.with(|refusal| {
            let of_field =
                |problem: &&proto::task::Problem| problem.node.as_ref() == Some(&node) && problem.input.as_deref() == Some(&input);
            refusal.as_ref()?.problems.iter().find(of_field).map(|problem| problem.message.clone())
        });
        let is_changed = model.inputs.with(|inputs| inputs.iter().any(|(changed, _)| *changed == key));
        refused.or_else(|| own.clone().filter(|_| !is_changed))
    })
}

/// The signal of a field's value.
pub(super) fn text_of(field: StoredValue<FormField>) -> Memo<String> {
    let model = use_form();
    memo(move || field.with_value(|field| value(model, field)))
}

/// Sets a field's value.
pub(super) fn setter(field: StoredValue<FormField>) -> impl Fn(String) + Copy + 'static {
    let model = use_form();
    move |text: String| field.with_value(|field| set(model, field, &text))
}

/// "true" while the field has a problem.
pub(super) fn invalid(field: StoredValue<FormField>) -> Memo<Option<String>> {
    let problem = field.with_value(problem_of);
    memo(move || problem.with(Option::is_some).then(|| "true".into()))
}
