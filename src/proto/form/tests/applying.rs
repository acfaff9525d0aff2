use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{known, one_node, recorded, set, text, value_after, workflow};
use crate::{
    comfy::{Catalog, Workflow},
    form::{FieldInput, FieldKey, PoolClasses, apply},
    ids::NodeId,
};

fn of_json(value: Value) -> FieldInput {
    FieldInput::Json(value)
}

fn txt2img(key: &str, input: FieldInput) -> Result<Value, String> {
    let workflow = recorded("txt2img");
    value_after(&workflow, &known(&workflow), key, input)
}

#[test]
fn texts_become_values_of_the_right_type() {
    assert_eq!(txt2img("3.seed", text("18446744073709551615")), Ok(json!(u64::MAX)));
    assert_eq!(txt2img("3.steps", text(" 30 ")), Ok(json!(30)));
    assert_eq!(txt2img("3.cfg", text("8")), Ok(json!(8)));
    assert_eq!(txt2img("3.cfg", text("7.0")), Ok(json!(7.0)));
    assert_eq!(txt2img("6.text", text("[\"4\", 0]")), Ok(json!("[\"4\", 0]")), "a text, no link");
    assert_eq!(txt2img("3.scheduler", text("karras")), Ok(json!("karras")));
    assert_eq!(txt2img("5.width", text("72")), Ok(json!(72)));
    assert_eq!(txt2img("5.width", text("71")), Ok(json!(71)), "steps are not checked");
}

#[test]
fn json_becomes_the_type_of_the_class() {
    assert_eq!(txt2img("3.seed", of_json(json!("18446744073709551615"))), Ok(json!(u64::MAX)));
    assert_eq!(txt2img("3.steps", of_json(json!(30.0))), Ok(json!(30)));
    assert_eq!(txt2img("3.cfg", of_json(json!(8))), Ok(json!(8)));
    assert_eq!(txt2img("6.text", of_json(json!(2024))), Ok(json!("2024")));
    assert_eq!(txt2img("6.text", of_json(json!("x"))), Ok(json!("x")));
}

#[test]
fn what_comfyui_would_refuse_is_a_problem_at_its_field() {
    let both = |key: &str, given: Value, message: &str| {
        assert_eq!(txt2img(key, of_json(given.clone())), Err(message.into()), "{key} = {given}");
        if let Some(given) = given.as_str() {
            assert_eq!(txt2img(key, text(given)), Err(message.into()), "{key} = {given}");
        }
    };
    both("3.steps", json!(0), "This must be from 1 to 10000.");
    both("3.steps", json!("10001"), "This must be from 1 to 10000.");
    both("3.steps", json!("many"), "This must be a whole number from 1 to 10000.");
    both("3.steps", json!(1.5), "This must be a whole number from 1 to 10000.");
    both("3.steps", json!("1.5"), "This must be a whole number from 1 to 10000.");
    both("3.seed", json!(-1), "This must be from 0 to 18446744073709551615.");
    both("3.seed", json!("18446744073709551616"), "This must be a whole number from 0 to 18446744073709551615.");
    both("3.cfg", json!("high"), "This must be a number such as 7.0.");
    both("3.cfg", json!(101), "This must be from 0.0 to 100.0.");
    let why = txt2img("3.sampler_name", text("eulr")).unwrap_err();
    assert!(why.contains("No ComfyUI has \"eulr\"") && why.contains("euler"), "{why}");
    both("3.model", json!("x"), "This comes from node 4, and cannot be set here.");
    let link = txt2img("6.text", of_json(json!(["4", 0]))).unwrap_err();
    assert!(link.contains("link"), "{link}");
    let workflow = recorded("txt2img");
    let problems = set(&workflow, &known(&workflow), "3.steps", text("0")).unwrap_err();
    assert_eq!((problems[0].node.as_ref().map(NodeId::as_str), problems[0].input.as_deref()), (Some("3"), Some("steps")));
    assert_eq!(problems[0].title.as_deref(), Some("KSampler"));
}

#[test]
fn an_unknown_key_names_the_nearest() {
    let why = |key: &str| {
        let workflow = recorded("txt2img");
        set(&workflow, &known(&workflow), key, text("1")).unwrap_err().remove(0).message
    };
    assert!(why("3.sed").contains("The nearest: 3.seed"), "{}", why("3.sed"));
    assert!(why("33.seed").contains("3.seed"), "{}", why("33.seed"));
    assert!(why("seed").contains("NODE.INPUT"), "{}", why("seed"));
}

#[test]
fn choices_lists_and_uploads_keep_their_json_type() {
    let (workflow, classes) = one_node(
        json!({
            "typed": [[1, 2.5, true, "x"]], "many": [["a", "b", "c"], {"multiselect": true}], "image": [["old.png"], {"image_upload": true}],
            "on": ["BOOLEAN", {}], "colour": ["COLOR", {}], "curve": ["CURVE", {}],
        }),
        json!({"typed": 1, "many": {"__value__": ["a", "b"]}, "image": "old.png", "on": false, "colour": "#fff", "curve": {"p": []}}),
    );
    let after = |key: &str, input| value_after(&workflow, &classes, key, input);
    assert_eq!(after("1.typed", text("2.5")), Ok(json!(2.5)));
    assert_eq!(after("1.typed", text("true")), Ok(json!(true)));
    assert_eq!(after("1.typed", of_json(json!("x"))), Ok(json!("x")));
    assert_eq!(after("1.typed", of_json(json!("1"))), Ok(json!(1)));
    assert!(after("1.typed", text("3")).is_err());
    assert_eq!(after("1.many", text(r#"["c","a"]"#)), Ok(json!({"__value__": ["c", "a"]})));
    assert_eq!(after("1.many", of_json(json!(["c"]))), Ok(json!({"__value__": ["c"]})));
    assert_eq!(after("1.many", of_json(json!({"__value__": ["b", "c"]}))), Ok(json!({"__value__": ["b", "c"]})));
    assert!(after("1.many", text(r#"["d"]"#)).is_err());
    assert!(after("1.many", text("a")).is_err());
    assert_eq!(after("1.image", text("darkroom/new.png [output]")), Ok(json!("darkroom/new.png [output]")));
    assert_eq!(after("1.on", text("True")), Ok(json!(true)));
    assert_eq!(after("1.on", of_json(json!(1))), Ok(json!(true)));
    assert_eq!(after("1.on", text("perhaps")), Err("This must be true or false.".into()));
    assert_eq!(after("1.colour", text("#a0b1c2")), Ok(json!("#a0b1c2")));
    assert!(after("1.colour", text("red")).is_err());
    assert_eq!(after("1.curve", text(r#"{"p": [1]}"#)), Ok(json!({"p": [1]})));
    assert_eq!(after("1.curve", text("[1, 2]")), Ok(json!({"__value__": [1, 2]})), "a bare list would be a link");
    assert!(after("1.curve", text("{")).is_err());
}

#[test]
fn of_an_unknown_class_the_value_gives_the_type() {
    let workflow = workflow(json!({"a.b:1": {"class_type": "Gone", "inputs": {"n": 7, "t": "7", "b": true, "x": null}}}));
    let after =
        |input: &str, given: &str| value_after(&workflow, &PoolClasses::default(), &FieldKey::new("a.b:1", input).to_string(), text(given));
    assert_eq!(after("n", "7.5"), Ok(json!(7.5)));
    assert!(after("n", "x").is_err());
    assert_eq!(after("t", "8"), Ok(json!("8")));
    assert_eq!(after("b", "false"), Ok(json!(false)));
    assert_eq!(after("x", "[1,2]"), Ok(json!({"__value__": [1, 2]})));
}

fn resize() -> Workflow {
    workflow(json!({"9": {"class_type": "ResizeImageMaskNode", "inputs": {
        "input": ["1", 0], "resize_type": "scale dimensions", "resize_type.width": 512, "resize_type.height": 256, "resize_type.crop": "center",
        "scale_method": "area"}}}))
}

#[test]
fn another_option_of_a_dynamic_choice_brings_its_own_inputs() {
    let workflow = resize();
    let classes = known(&workflow);
    let inputs = [
        ("9.resize_type.multiplier", text("0.5")),
        ("9.resize_type", text("scale by multiplier")),
        // A page sends the fields of the other options, too.
        ("9.resize_type.width", text("999999999")),
    ];
    let changed = apply(&workflow, &classes, inputs.iter().map(|(key, input)| (*key, input))).unwrap();
    let expected = json!({"input": ["1", 0], "resize_type": "scale by multiplier", "scale_method": "area", "resize_type.multiplier": 0.5});
    assert_eq!(json!(changed.0["9"])["inputs"], expected);
    let defaulted = set(&workflow, &classes, "9.resize_type", text("scale by multiplier")).unwrap();
    assert_eq!(defaulted.0["9"].input("resize_type.multiplier"), Some(&json!(1.0)));
    let wrong = set(&workflow, &classes, "9.resize_type", text("scale by multiplyer")).unwrap_err();
    assert!(wrong[0].message.contains("scale by multiplier"), "{wrong:?}");
    let elsewhere = set(&workflow, &classes, "9.resize_type.multiplier", FieldInput::Json(json!(2))).unwrap_err();
    assert!(elsewhere[0].message.contains("another choice"), "{elsewhere:?}");
    let needs_link = set(&workflow, &classes, "9.resize_type", text("match size"));
    assert!(needs_link.is_err_and(|problems| problems[0].message.contains("needs links")));
}

#[test]
fn a_primitive_is_checked_as_what_it_is_linked_to() {
    let workflow = workflow(json!({
        "1": {"class_type": "PrimitiveInt", "inputs": {"value": 640}},
        "2": {"class_type": "EmptyLatentImage", "inputs": {"width": ["1", 0], "height": 64, "batch_size": 1}},
    }));
    assert_eq!(value_after(&workflow, &known(&workflow), "1.value", text("8")), Err("This must be from 16 to 16384.".into()));
    assert_eq!(value_after(&workflow, &known(&workflow), "1.value", text("64")), Ok(json!(64)));
}

#[test]
fn only_what_is_given_changes() {
    let workflow = recorded("txt2img");
    let changed = set(&workflow, &known(&workflow), "3.steps", text("5")).unwrap();
    let mut expected = workflow.clone();
    expected.0.get_mut("3").unwrap().set_input("steps", json!(5));
    assert_eq!(changed, expected);
    assert_eq!(apply(&workflow, &known(&workflow), std::iter::empty()), Ok(workflow.clone()), "also what nobody has");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any text for any field is a value that ComfyUI accepts, or a problem there.
    #[test]
    fn any_text_is_a_value_or_a_problem(given in any::<String>(), at in 0_usize..16) {
        let workflow = recorded("inpaint-noise-mask");
        let classes = known(&workflow);
        let form = crate::form::Form::of(&workflow, &classes);
        let key = &form.fields[at % form.fields.len()].key;
        match set(&workflow, &classes, &key.to_string(), text(&given)) {
            Ok(changed) => {
                let form = crate::form::Form::of(&changed, &classes);
                prop_assert_eq!(&form.field(key).unwrap().problem, &None);
            }
            Err(problems) => {
                prop_assert_eq!(problems.len(), 1);
                prop_assert_eq!(problems[0].input.as_deref(), Some(key.input.as_str()));
            }
        }
    }

    #[test]
    fn whole_numbers_are_exact(number in any::<u64>(), negative in any::<i64>()) {
        let (workflow, classes) = one_node(json!({"n": ["INT", {"min": i64::MIN, "max": u64::MAX}]}), json!({"n": 1}));
        prop_assert_eq!(value_after(&workflow, &classes, "1.n", text(&number.to_string())), Ok(json!(number)));
        prop_assert_eq!(value_after(&workflow, &classes, "1.n", text(&negative.to_string())), Ok(json!(negative)));
        prop_assert_eq!(value_after(&workflow, &classes, "1.n", FieldInput::Json(json!(number))), Ok(json!(number)));
    }
}

#[test]
fn names_of_files_in_the_other_spelling_are_the_same_files() {
    let catalog = Catalog::from_object_info(&json!({"Loader": {"input": {"required": {"file": [["sd/a.ckpt"]]}}}}));
    let workflow = workflow(json!({"1": {"class_type": "Loader", "inputs": {"file": "sd\\a.ckpt"}}}));
    let classes = PoolClasses::for_workflow(&workflow, [&catalog]);
    assert_eq!(value_after(&workflow, &classes, "1.file", text("sd\\a.ckpt")), Ok(json!("sd\\a.ckpt")));
}
