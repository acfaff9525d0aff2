//! The values of the form: those of the workflow, and those that were changed.

use leptos::prelude::*;

use crate::components::{dom::random_seed, form::FormModel};
use proto::form::{Form, FormField};

/// What a field shows: the changed value, else the workflow's.
pub(super) fn value(model: FormModel, field: &FormField) -> String {
    let key = field.key.to_string();
    model
        .inputs
        .with(|inputs| inputs.iter().find(|(changed, _)| *changed == key).map(|(_, value)| value.clone()))
        .unwrap_or_else(|| field.value.clone())
}

/// Changes a value, and that of the fields that are linked to it. The workflow's own value is no change.
pub(super) fn set(model: FormModel, field: &FormField, value: &str) {
    let mut keys = vec![(field.key.to_string(), value == field.value)];
    keys.extend(field.linked.iter().map(|key| (key.to_string(), false)));
    model.inputs.update(|inputs| {
        for (key, is_own) in keys {
            inputs.retain(|(changed, _)| *changed != key);
            if !is_own {
                inputs.push((key, value.to_owned()));
            }
        }
    });
    model.forget_problem(&field.key.node, &field.key.input);
}

/// Whether the field belongs to what the dynamic choices are set to now.
pub(super) fn is_there(model: FormModel, form: &Form, field: &FormField) -> bool {
    let Some((outer, chosen)) = &field.when else { return true };
    let mut outers = form.fields.iter().filter(|other| other.key == *outer);
    outers.any(|other| value(model, other) == *chosen && is_there(model, form, other))
}

/// After a run was submitted: the next value of each seed. One that gets the value of another field has none of its own.
pub(super) fn next_seeds(model: FormModel, form: &Form) {
    for field in form.fields.iter().filter(|field| form.leader(&field.key).is_none()) {
        let Some(control) = model.seed_control(&field.key.to_string()).or(field.seed) else { continue };
        if let Some(next) = field.next_value(control, &untrack(|| value(model, field)), random_seed()) {
            set(model, field, &next);
        }
    }
}
