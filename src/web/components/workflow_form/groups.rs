//! The fields in their groups: the important ones, and the others folded away.

use std::collections::HashSet;

use leptos::prelude::*;

use super::field::FieldRow;
use crate::components::{reactive::Erased, words::count};
use proto::{
    form::{Form, FormField, FormPart},
    ids::NodeId,
};

/// The fields of the form as it is arranged. Those of the nodes in `left_out` are shown elsewhere.
pub(super) fn filled(form: &Form, left_out: &HashSet<NodeId>) -> AnyView {
    let of = |part: FormPart| form.fields.iter().filter(move |field| field.part() == part && !left_out.contains(&field.key.node));
    let (pinned, rest): (Vec<&FormField>, Vec<&FormField>) = (of(FormPart::Pinned).collect(), of(FormPart::More).collect());
    let all = StoredValue::new(form.clone());
    let others = (!rest.is_empty()).then(|| {
        view! {
            <details class="more-fields">
                <summary>{count(rest.len(), "more setting", "more settings")}</summary>
                {grouped(form, &rest, all)}
            </details>
        }
        .erased()
    });
    view! {
        {grouped(form, &pinned, all)}
        {others}
    }
    .into_any()
}

/// The fields below the headings of their groups, each in the order of the form.
fn grouped(form: &Form, fields: &[&FormField], all: StoredValue<Form>) -> AnyView {
    let group = |of_group: &[&FormField]| {
        let heading = of_group.first().and_then(|field| form.groups.get(usize::from(field.group))).cloned();
        let rows: Vec<AnyView> = of_group.iter().map(|field| view! { <FieldRow field=(*field).clone() form=all /> }.erased()).collect();
        view! {
            <fieldset class="field-group">
                <legend>{heading}</legend>
                {rows}
            </fieldset>
        }
        .erased()
    };
    fields.chunk_by(|one, next| one.group == next.group).map(group).collect_view().into_any()
}
