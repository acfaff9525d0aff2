//! Each of the 498 classes of a real ComfyUI as a form.

use serde_json::{Map, Value, json};

use super::support::{RECORDED, known, recorded_workflows};
use crate::{
    comfy::{Input, InputKind, NodeClass, Workflow},
    form::{
        FieldInput, FieldKey, Form, Role, Widget, apply,
        spec::{initial, takes_values},
    },
};

/// A workflow of one node with values for all inputs that are no links; of a dynamic choice those of the option at `option`.
fn alone(class: &NodeClass, option: usize) -> Workflow {
    let mut inputs = Map::new();
    add(&class.inputs, "", option, &mut inputs);
    Workflow::from_value(json!({"7:1": {"class_type": class.name, "inputs": inputs}})).unwrap()
}

fn add(inputs: &[Input], prefix: &str, option: usize, values: &mut Map<String, Value>) {
    for input in inputs.iter().filter(|input| takes_values(input)) {
        let name = format!("{prefix}{}", input.name);
        if let InputKind::DynamicChoice(options) = &input.kind {
            let chosen = &options[option % options.len()];
            values.insert(name.clone(), chosen.key.clone().into());
            add(&chosen.inputs, &format!("{name}."), option, values);
        } else {
            values.insert(name, initial(input));
        }
    }
}

fn is_expected(form: &Form, kind: &InputKind, input: &Input, widget: &Widget, role: Role) -> bool {
    let upload = input.upload.is_some();
    match kind {
        InputKind::Choice(_) | InputKind::TypedChoice { .. } if upload => matches!(widget, Widget::Upload { .. }),
        InputKind::Choice(texts) | InputKind::TypedChoice { texts, .. } => {
            matches!(widget, Widget::Choice(list) if form.choices(*list).iter().map(|choice| &choice.value).eq(texts))
        }
        InputKind::ManyOf(_) => matches!(widget, Widget::ManyOf(_)),
        InputKind::Remote(_) => matches!(widget, Widget::Remote { .. } | Widget::Upload { .. }),
        InputKind::Number(range) => match widget {
            Widget::Seed(bounds) => range.whole && role == Role::Seed && bounds.max == range.max.as_ref().map(ToString::to_string),
            Widget::Number(bounds) => bounds.whole == range.whole && bounds.min == range.min.as_ref().map(ToString::to_string),
            _ => false,
        },
        InputKind::Text { multiline, .. } => matches!(widget, Widget::Prompt { .. }) == *multiline,
        InputKind::Switch { .. } => matches!(widget, Widget::Switch { .. }),
        InputKind::DynamicChoice(options) => matches!(widget, Widget::DynamicChoice(keys) if keys.len() == options.len()),
        InputKind::Autogrow(_) | InputKind::Other(_) => false,
    }
}

#[test]
fn every_input_that_takes_a_value_is_a_field_with_the_widget_of_its_kind() {
    let mut fields = 0;
    for class in RECORDED.classes() {
        for option in 0..6 {
            let workflow = alone(class, option);
            let form = Form::of(&workflow, &known(&workflow));
            for (name, _) in workflow.0["7:1"].inputs() {
                let field = form.field(&FieldKey::new("7:1", name)).unwrap_or_else(|| panic!("{}.{name} is missing", class.name));
                let input = crate::form::classes::describe(class, &workflow.0["7:1"], name).unwrap();
                assert!(is_expected(&form, &input.kind, input, &field.widget, field.role), "{}.{name}: {:?}", class.name, field.widget);
                assert_eq!(field.problem.is_some(), is_refused(input), "{}.{name}: {:?}", class.name, field.problem);
                fields += 1;
            }
            if !class.inputs.iter().any(|input| matches!(input.kind, InputKind::DynamicChoice(_))) {
                break;
            }
        }
    }
    assert!(fields > 1_500, "{fields}");
}

/// The initial value of a choice without any, or one outside of its own bounds, is none that ComfyUI accepts.
fn is_refused(input: &Input) -> bool {
    match &input.kind {
        InputKind::Choice(texts) => input.upload.is_none() && !texts.iter().any(|text| initial(input) == text.as_str()),
        InputKind::Number(range) => initial(input).as_number().is_none_or(|number| !range.contains(number)),
        _ => false,
    }
}

/// The form's own values, as a page and as a program give them.
fn own_values(workflow: &Workflow, form: &Form) -> [Vec<(String, FieldInput)>; 2] {
    let there = || form.fields.iter().filter(|field| form.is_there(field) && field.problem.is_none());
    let as_text = there().map(|field| (field.key.to_string(), FieldInput::Text(field.value.clone())));
    let as_json = there().filter_map(|field| {
        let value = workflow.0[&field.key.node].input(&field.key.input)?;
        Some((field.key.to_string(), FieldInput::Json(value.clone())))
    });
    [as_text.collect(), as_json.collect()]
}

fn assert_round_trip(name: &str, workflow: &Workflow) {
    let classes = known(workflow);
    let form = Form::of(workflow, &classes);
    for inputs in own_values(workflow, &form) {
        let applied = apply(workflow, &classes, inputs.iter().map(|(key, input)| (key.as_str(), input)));
        assert_eq!(applied.as_ref(), Ok(workflow), "{name}");
    }
    let refused = form.fields.iter().filter(|field| form.is_there(field) && field.problem.is_some());
    for field in refused {
        let given = FieldInput::Text(field.value.clone());
        let problems = apply(workflow, &classes, [(field.key.to_string().as_str(), &given)]).unwrap_err();
        assert_eq!(problems.len(), 1, "{name} {}: {problems:?}", field.key);
    }
}

#[test]
fn a_forms_own_values_give_the_workflow_back() {
    for class in RECORDED.classes() {
        let is_dynamic = class.inputs.iter().any(|input| matches!(input.kind, InputKind::DynamicChoice(_)));
        for option in 0..if is_dynamic { 6 } else { 1 } {
            assert_round_trip(&class.name, &alone(class, option));
        }
    }
    for (name, workflow) in recorded_workflows() {
        assert_round_trip(&name, &workflow);
    }
}

#[test]
fn a_form_is_small_enough_for_pages() {
    for (name, workflow) in recorded_workflows() {
        let form = Form::of(&workflow, &known(&workflow));
        let bytes = postcard::to_allocvec(&form).unwrap();
        assert_eq!(postcard::from_bytes::<Form>(&bytes).unwrap(), form, "{name}");
        assert!(bytes.len() < 64 * 1024, "{name}: {} bytes", bytes.len());
        let text = serde_json::to_string(&form).unwrap();
        assert_eq!(serde_json::from_str::<Form>(&text).unwrap(), form, "{name}");
    }
}
