//! The arrangement of the form: kept beside the changed values, as JSON.

use leptos::prelude::*;

use crate::components::form::FormModel;
use proto::form::{Arrangement, Form};

/// Subscribes the caller to it.
pub(super) fn arrangement(model: FormModel) -> Arrangement {
    model.arrangement.with(|text| serde_json::from_str(text).unwrap_or_default())
}

pub(super) fn set_arrangement(model: FormModel, arrangement: &Arrangement) {
    let is_own = *arrangement == Arrangement::default();
    let text = if is_own { String::new() } else { serde_json::to_string(arrangement).unwrap_or_default() };
    model.arrangement.set(text);
}

/// The form as it is arranged. Subscribes the caller to that.
pub(crate) fn arranged(model: FormModel, form: &Form) -> Form {
    let mut form = form.clone();
    form.arrange_fields(&arrangement(model));
    form
}
