use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::support::{form, known, one_node, recorded, recorded_workflows, workflow};
use crate::{
    comfy::Workflow,
    form::{FieldInput, Form, apply, schema, spec::unwrapped},
};

fn validator(form: &Form) -> Validator {
    let schema = schema(form);
    jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|why| panic!("no schema: {why}: {schema:#}"));
    jsonschema::draft202012::new(&schema).unwrap()
}

/// The workflow's own values that ComfyUI accepts.
fn own(workflow: &Workflow, form: &Form) -> Value {
    let there = form.fields.iter().filter(|field| form.is_there(field) && field.problem.is_none());
    let value = |field: &crate::form::FormField| {
        Some((field.key.to_string(), unwrapped(workflow.0[&field.key.node].input(&field.key.input)?).clone()))
    };
    Value::Object(there.filter_map(value).collect::<Map<_, _>>())
}

#[test]
fn the_workflows_own_values_are_valid() {
    for (name, workflow) in recorded_workflows() {
        let form = form(&workflow);
        let own = own(&workflow, &form);
        assert!(own.as_object().is_some_and(|own| !own.is_empty()));
        if let Err(why) = validator(&form).validate(&own) {
            panic!("{name}: {why} at {}", why.instance_path());
        }
    }
}

#[test]
fn what_the_schema_refuses_apply_refuses_too() {
    let workflow = recorded("txt2img");
    let validator = validator(&form(&workflow));
    for (key, value, valid) in [
        ("3.seed", json!(u64::MAX), true),
        ("3.seed", json!("18446744073709551615"), true),
        ("3.seed", json!(-1), false),
        ("3.seed", json!("x"), false),
        ("3.steps", json!(20), true),
        ("3.steps", json!(0), false),
        ("3.steps", json!("many"), false),
        ("3.cfg", json!(7.5), true),
        ("3.cfg", json!(200), false),
        ("3.sampler_name", json!("euler"), true),
        ("3.sampler_name", json!("nobody"), false),
        ("6.text", json!("words"), true),
        ("3.model", json!("x"), false),
        ("99.seed", json!(1), false),
    ] {
        assert_eq!(validator.is_valid(&json!({key: value})), valid, "{key} = {value}");
        let applied = apply(&workflow, &known(&workflow), [(key, &FieldInput::Json(value.clone()))]);
        assert_eq!(applied.is_ok(), valid, "{key} = {value}: {applied:?}");
    }
}

#[test]
fn hints_tell_a_program_what_a_page_shows() {
    let schema = schema(&form(&recorded("inpaint-noise-mask")));
    let seed = &schema["properties"]["3.seed"];
    assert_eq!((&seed["x-darkroom-role"], &seed["x-darkroom-label"], &seed["default"]), (&json!("seed"), &json!("Seed"), &json!(61)));
    assert_eq!(seed["x-darkroom-group"], "Sampling");
    assert!(seed["x-darkroom-order"].is_u64());
    assert_eq!(schema["properties"]["20.image"]["contentMediaType"], "image/*");
    assert_eq!(schema["properties"]["20.image"]["x-darkroom-upload"]["folder"], "input");
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn every_kind_of_value_has_a_schema() {
    let (workflow, classes) = one_node(
        json!({
            "typed": [[1, 2.5, true, "x"]], "many": [["a", "b", "c"], {"multiselect": true}], "colour": ["COLOR", {}], "curve": ["CURVE", {}],
            "on": ["BOOLEAN", {}], "empty": [[]], "any": ["INT", {}],
        }),
        json!({"typed": 2.5, "many": {"__value__": ["a", "b"]}, "colour": "#fff", "curve": {"p": []}, "on": true, "empty": "", "any": -5}),
    );
    let form = Form::of(&workflow, &classes);
    validator(&form).validate(&own(&workflow, &form)).unwrap();
}

#[test]
fn options_of_a_dynamic_choice_may_share_names() {
    let workflow = workflow(json!({"9": {"class_type": "ResizeImageMaskNode", "inputs": {
        "input": ["1", 0], "resize_type": "scale dimensions", "resize_type.width": 512, "resize_type.height": 256, "resize_type.crop": "center",
        "scale_method": "area"}}}));
    let form = form(&workflow);
    let validator = validator(&form);
    validator.validate(&own(&workflow, &form)).unwrap();
    assert!(validator.is_valid(&json!({"9.resize_type": "scale by multiplier", "9.resize_type.multiplier": 2})));
    assert!(!validator.is_valid(&json!({"9.resize_type.multiplier": "x"})));
}

#[test]
fn lists_of_loras_are_beside_the_inputs() {
    let workflow = workflow(json!({
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x"}},
        "10": {"class_type": "LoraLoader", "inputs": {"lora_name": "a", "strength_model": 0.5, "strength_clip": 0.25, "model": ["4", 0], "clip": ["4", 1]}},
        "3": {"class_type": "KSampler", "inputs": {"model": ["10", 0], "seed": 1}},
    }));
    let schema = schema(&form(&workflow));
    let lists = &schema["x-darkroom-loras"]["lists"];
    assert_eq!(*lists, json!([{"model": "4", "entries": [{"file": "a", "strength": 0.5, "promptStrength": 0.25, "on": true}]}]));
    assert!(schema["x-darkroom-loras"]["files"].is_array());
}
