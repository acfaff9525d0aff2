//! One field: its label, its control, its help and its problem.

use leptos::prelude::*;

use super::{
    control::control,
    fields::{field_id, problem_of},
    values::{is_there, set, value},
};
use crate::components::{
    form::use_form,
    icon::{Glyph, Icon},
    memo, part,
    reactive::{Erased, When, listener, truth},
};
use proto::form::{Form, FormField, Widget};

#[component]
pub(super) fn FieldRow(field: FormField, form: StoredValue<Form>) -> impl IntoView {
    let model = use_form();
    let field = StoredValue::new(field);
    let there = memo(move || form.with_value(|form| field.with_value(|field| is_there(model, form, field))));
    part(move || if there.get() { view! { <Row field /> }.erased() } else { ().into_any() })
}

#[component]
fn Row(field: StoredValue<FormField>) -> impl IntoView {
    let model = use_form();
    let changed = memo(move || field.with_value(|field| value(model, field) != field.value));
    let problem = field.with_value(problem_of);
    let FormField { label, title, help, key, .. } = field.get_value();
    let id = field.with_value(field_id);
    let is_group = field.with_value(|field| matches!(field.widget, Widget::ManyOf(_)));
    let reset_label = format!("Reset {label}");
    let reset = move |_| field.with_value(|field| set(model, field, &field.value.clone()));
    // The group's heading often is the title already.
    let of_node = (title != label).then(|| view! { <span class="field-node">{title}</span> }.erased());
    let name = format!("{label}");
    view! {
        <div class="field workflow-field" data-field=key.to_string()>
            <div class="field-head">
                {if is_group {
                    view! { <span id=format!("{id}-label") class="field-label">{name}</span> }.erased()
                } else {
                    view! { <label for=id.clone() id=format!("{id}-label")>{name}</label> }.erased()
                }}
                {of_node}
                <When holds=changed>
                    <button type="button" class="reset" aria-label=reset_label.clone() title=reset_label.clone() on:click=listener(reset)>
                        <Icon glyph=Glyph::Again />
                    </button>
                </When>
            </div>
            {control(field)}
            {help.map(|help| view! {
                <details class="field-help">
                    <summary>"About this"</summary>
                    <p class="note">{help}</p>
                </details>
            }.erased())}
            <p class="field-problem" id=format!("{id}-problem") data-none=truth(move || problem.with(Option::is_none))>{problem}</p>
        </div>
    }
    .erased()
}
