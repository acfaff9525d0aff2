//! The values of the form: those of the workflow, and those that were changed.

use leptos::prelude::*;

use crate::components::form::FormModel;
use proto::form::{Form, FormField, SeedControl};

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

/// After a run was submitted: the next value of each seed.
pub(super) fn next_seeds(model: FormModel, form: &Form) {
    for field in &form.fields {
        let control = model.seed_control(&field.key.to_string()).or(field.seed);
        let current = untrack(|| value(model, field));
        let next = match control {
            Some(SeedControl::Random) => crate::components::dom::random_seed().to_string(),
            Some(SeedControl::Increment) => counted(&current, 1),
            Some(SeedControl::Decrement) => counted(&current, -1),
            Some(SeedControl::Fixed) | None => continue,
        };
        set(model, field, &next);
    }
}

/// One more or one less, without loss of digits. What is no number stays.
fn counted(text: &str, by: i128) -> String {
    text.trim().parse::<i128>().map_or_else(|_| text.to_owned(), |number| (number + by).clamp(0, u64::MAX.into()).to_string())
}
