//! Makes the form of a page.

use leptos::prelude::*;

use super::{
    kept,
    model::{FormKind, FormModel},
};
use crate::{components::dom, first_paint::FirstPaint};
use proto::recipe::{Field, TextToImage};

/// Provides the form as context. The fields have what a person typed before hydration, else what was sent and refused, else the defaults.
pub fn provide_form(first: &FirstPaint) -> FormModel {
    // On the page with the form for edits, the fields have what belongs to that.
    let form = make_form(first, "form", !dom::exists(EDIT_FORM));
    provide_context(form);
    form
}

/// The form for edits of pictures: the same fields with values of their own. It lives as long as its page.
pub(crate) fn edit_form(first: &FirstPaint) -> FormModel {
    let form = make_form(&FirstPaint { returned: first.returned_edit.clone(), start: String::new(), ..first.clone() }, "edit", true);
    provide_context(form);
    form
}

/// The id of the form for edits.
pub(crate) const EDIT_FORM: &str = "edit-form";

/// `is_shown`: its fields are in the document that the server rendered.
fn make_form(first: &FirstPaint, name: &'static str, is_shown: bool) -> FormModel {
    let defaults = TextToImage {
        seed: first.seed,
        checkpoint: first.options.checkpoints.first().cloned().unwrap_or_default(),
        sampler: preferred(&first.options.samplers, "euler"),
        scheduler: preferred(&first.options.schedulers, "normal"),
        ..TextToImage::default()
    };
    let returned = |name: &str| {
        let fields = first.returned.iter().flat_map(|returned| &returned.fields);
        fields.filter(|(field, _)| field == name).map(|(_, value)| value.clone()).next_back()
    };
    // What was typed before hydration or sent and refused, and the value.
    let value = |field: Field| {
        let (sent, default) = (returned(field.name()), defaults.field(field));
        let typed = is_shown.then(|| dom::typed(field.name())).flatten().filter(|typed| *typed != default);
        let is_default = sent.is_none() && typed.is_none();
        (is_default, RwSignal::new(typed.or(sent).unwrap_or(default)))
    };
    let values = Field::ALL.map(value);
    let kind = match (dom::checked(FormKind::Workflow.id()), returned("kind").as_deref()) {
        (Some(true), _) | (None, Some("workflow")) => FormKind::Workflow,
        _ => FormKind::Text,
    };
    let form = FormModel {
        values: values.map(|(_, value)| value),
        kind: RwSignal::new(kind),
        new_seed: RwSignal::new(true),
        reused_seed: RwSignal::new(false),
        file: RwSignal::new(None),
        inputs: RwSignal::new(Vec::new()),
        off: RwSignal::new(Vec::new()),
        unwanted: RwSignal::new(Vec::new()),
        seeds: RwSignal::new(Vec::new()),
        arrangement: RwSignal::new(String::new()),
        loras: RwSignal::new(String::new()),
        sent: RwSignal::new(0),
        refusal: RwSignal::new(first.returned.as_ref().map(|returned| returned.refusal.clone())),
        sending: RwSignal::new(false),
        options: RwSignal::new(first.options.clone()),
        start: RwSignal::new(first.start.clone()),
        strength: RwSignal::new(returned("strength").unwrap_or_else(|| "0.75".to_owned())),
        with_start: StoredValue::new(None),
        open: StoredValue::new(None),
        opening: RwSignal::new(false),
        send_opened: StoredValue::new(false),
        notice: RwSignal::new(None),
    };
    kept::keep(form, name, |at| values[at].0);
    form
}

fn preferred(offered: &[String], name: &str) -> String {
    let found = offered.iter().find(|one| *one == name).or(offered.first());
    found.cloned().unwrap_or_else(|| name.to_owned())
}
