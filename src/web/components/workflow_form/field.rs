//! One field: its label, its control, its help and its problem.

use leptos::prelude::*;

use super::{
    choices::is_short,
    control::control,
    handle::{field_id, problem_of, setter},
    numbers::has_slider,
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
    part(move || if there.get() { view! { <Row field form /> }.erased() } else { ().into_any() })
}

/// Whether the field needs the width of the form: text, files, long choices, and what has a slider.
fn is_wide(form: &Form, field: &FormField) -> bool {
    const SHORT: usize = 14;
    match &field.widget {
        _ if field.problem.is_some() => true,
        Widget::Number(bounds) => has_slider(bounds),
        Widget::Choice(list) => {
            let choices = form.choices(*list);
            is_short(choices)
                || field.value.chars().count() > SHORT
                || choices.iter().any(|choice| choice.value.chars().count() > 2 * SHORT)
        }
        Widget::DynamicChoice(_) | Widget::Switch { .. } | Widget::Colour => false,
        _ => true,
    }
}

#[component]
fn Row(field: StoredValue<FormField>, form: StoredValue<Form>) -> impl IntoView {
    let model = use_form();
    let changed = memo(move || field.with_value(|field| value(model, field) != field.value));
    let problem = field.with_value(problem_of);
    let FormField { label, title, help, key, .. } = field.get_value();
    let id = field.with_value(field_id);
    let is_group = field.with_value(|field| matches!(field.widget, Widget::ManyOf(_)));
    let reset_label = format!("Reset {label}");
    let reset = move |_| field.with_value(|field| set(model, field, &field.value.clone()));
    // Where the label alone does not say which field it is.
    let same = form.with_value(|form| form.fields.iter().filter(|other| other.label == label && !other.hidden && other.key != key).count());
    let of_node = (same > 0 && title != label).then(|| view! { <span class="field-node">{title}</span> }.erased());
    let name = label.clone();
    let wide = form.with_value(|form| field.with_value(|field| is_wide(form, field)));
    let helping = RwSignal::new(false);
    let help_id = format!("{id}-help");
    let help_button = help.is_some().then(|| {
        view! {
            <button
                type="button"
                class="help"
                aria-label=format!("About {label}")
                aria-expanded=truth(move || helping.get())
                aria-controls=help_id.clone()
                on:click=listener(move |_| helping.update(|helping| *helping = !*helping))
            >
                "?"
            </button>
        }
        .erased()
    });
    view! {
        <div class="field workflow-field" class:wide=wide data-field=key.to_string()>
            <div class="field-head">
                {if is_group {
                    view! { <span id=format!("{id}-label") class="field-label">{name}</span> }.erased()
                } else {
                    view! { <label for=id.clone() id=format!("{id}-label")>{name}</label> }.erased()
                }}
                {of_node}
                {help_button}
                <When holds=changed>
                    <button type="button" class="reset" aria-label=reset_label.clone() title=reset_label.clone() on:click=listener(reset)>
                        <Icon glyph=Glyph::Again />
                    </button>
                </When>
            </div>
            {control(field, form)}
            {help.map(|help| view! {
                <p class="note" id=help_id hidden=memo(move || !helping.get())>{help}</p>
            }.erased())}
            <p class="field-problem" id=format!("{id}-problem") data-none=truth(move || problem.with(Option::is_none))>{problem}</p>
            {replacements(field, problem)}
        </div>
    }
    .erased()
}

/// A button for each of the names that are nearest to one that no ComfyUI has, while it is not replaced.
fn replacements(field: StoredValue<FormField>, problem: Memo<Option<String>>) -> AnyView {
    let nearest = field.with_value(|field| field.problem.as_ref().map(|problem| problem.nearest.clone())).unwrap_or_default();
    if nearest.is_empty() {
        return ().into_any();
    }
    let set = setter(field);
    let button = move |name: String| {
        let words = format!("Use {name}");
        view! { <button type="button" class="button" on:click=listener(move |_| set(name.clone()))>{words}</button> }.erased()
    };
    part(move || {
        let names = if problem.with(Option::is_some) { nearest.clone() } else { Vec::new() };
        view! { <div class="actions">{names.into_iter().map(button).collect_view()}</div> }.erased()
    })
}
