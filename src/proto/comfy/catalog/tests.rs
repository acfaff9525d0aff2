use serde_json::{Number, Value, json};

use super::*;

fn class(inputs: Value) -> NodeClass {
    let catalog = Catalog::from_object_info(&json!({"Node": {"input": {"required": inputs}}}));
    catalog.class("Node").unwrap().clone()
}

fn kind(spec: Value) -> InputKind {
    class(json!({"x": spec})).input("x").unwrap().kind.clone()
}

fn texts(choices: &[&str]) -> Vec<String> {
    choices.iter().map(|choice| (*choice).to_owned()).collect()
}

#[test]
fn each_form_of_a_type_is_read() {
    let any = |kind: &str| InputKind::Other(kind.into());
    let plain_text = InputKind::Text { multiline: false, placeholder: None, dynamic_prompts: false };
    let whole = InputKind::Number(NumberRange { whole: true, ..NumberRange::default() });
    let cases = [
        (json!(["INT"]), whole.clone()),
        (json!("INT"), whole),
        (json!(["FLOAT", 7]), InputKind::Number(NumberRange::default())),
        (json!(["STRING", {"multiline": "yes"}]), plain_text.clone()),
        (json!("STRING"), plain_text),
        (
            json!(["STRING", {"multiline": true, "placeholder": "what", "dynamicPrompts": true}]),
            InputKind::Text { multiline: true, placeholder: Some("what".into()), dynamic_prompts: true },
        ),
        (json!([["a", "b"], {}]), InputKind::Choice(texts(&["a", "b"]))),
        (json!([["a", "b"]]), InputKind::Choice(texts(&["a", "b"]))),
        (json!([[]]), InputKind::Choice(Vec::new())),
        (json!(["COMBO", {"options": ["x", 2]}]), InputKind::TypedChoice { texts: texts(&["x", "2"]), values: vec![json!("x"), json!(2)] }),
        (json!(["COMBO", {"options": ["x", "y"], "multiselect": true}]), InputKind::ManyOf(texts(&["x", "y"]))),
        (json!([["x", "y"], {"multi_select": {"chip": true}}]), InputKind::ManyOf(texts(&["x", "y"]))),
        (json!(["COMBO"]), InputKind::Choice(Vec::new())),
        (json!(["BOOLEAN", {"label_on": "yes"}]), InputKind::Switch { on: Some("yes".into()), off: None }),
        (json!(["IMAGE,MASK", {}]), any("IMAGE,MASK")),
        (json!(["*"]), any("*")),
        (json!(["COMFY_MATCHTYPE_V3", {"template": {"template_id": "t", "allowed_types": "IMAGE,MASK"}}]), any("IMAGE,MASK")),
        (json!(["COMFY_AUTOGROW_V3", {"template": {}}]), any("COMFY_AUTOGROW_V3")),
        (json!(["LOAD_3D", {}]), any("LOAD_3D")),
    ];
    for (spec, expected) in cases {
        assert_eq!(kind(spec.clone()), expected, "{spec}");
    }
    for broken in [json!([]), json!(7), json!(null), json!([7]), json!({"type": "INT"})] {
        assert!(class(json!({"x": broken})).inputs.is_empty(), "{broken}");
    }
}

#[test]
fn bounds_are_exact_up_to_the_ends_of_64_bits() {
    let InputKind::Number(range) = kind(json!(["INT", {"min": i64::MIN, "max": u64::MAX, "step": 1}])) else { panic!("no number") };
    assert_eq!(range.max.as_ref().map(Number::to_string).as_deref(), Some("18446744073709551615"));
    assert_eq!(range.min.as_ref().map(Number::to_string).as_deref(), Some("-9223372036854775808"));
    assert!(range.contains(&u64::MAX.into()));
    let InputKind::Number(range) = kind(json!(["INT", {"max": u64::MAX - 1}])) else { panic!("no number") };
    assert!(range.contains(&(u64::MAX - 1).into()));
    assert!(!range.contains(&u64::MAX.into()), "as floating point both are the same number");
    let InputKind::Number(range) = kind(json!(["FLOAT", {"min": 0, "max": 1.5}])) else { panic!("no number") };
    assert!(range.contains(&Number::from_f64(1.5).unwrap()));
    assert!(!range.contains(&Number::from_f64(-0.1).unwrap()));
    assert!(!range.contains(&2.into()));
}

#[test]
fn what_the_page_is_told_about_an_input_is_kept() {
    let class = class(json!({
        "image": [["a.png"], {"image_upload": true, "image_folder": "output", "allow_batch": true, "tooltip": "A picture", "display_name": "Picture"}],
        "sound": [[], {"audio_upload": true}],
        "seed": ["INT", {"default": 5, "control_after_generate": "increment"}],
        "noise_seed": ["INT", {"control_after_generate": true, "advanced": true}],
        "linked": ["FLOAT", {"forceInput": true}],
        "typed": ["FLOAT", {"socketless": true, "hidden": true}],
        "old": ["FLOAT", {"defaultInput": true}],
    }));
    let input = |name: &str| class.input(name).unwrap();
    assert_eq!(input("image").upload, Some(UploadTarget { kind: UploadKind::Image, folder: "output".into(), several: true }));
    assert_eq!(input("image").tooltip.as_deref(), Some("A picture"));
    assert_eq!(input("image").label.as_deref(), Some("Picture"));
    assert_eq!(input("sound").upload, Some(UploadTarget { kind: UploadKind::Audio, folder: "input".into(), several: false }));
    assert_eq!(input("seed").after_run, Some(AfterRun::Increment));
    assert_eq!(input("seed").default, Some(json!(5)));
    assert_eq!(input("noise_seed").after_run, Some(AfterRun::Randomize));
    assert!(input("noise_seed").advanced);
    assert_eq!(input("linked").link, LinkUse::Expected);
    assert_eq!(input("old").link, LinkUse::Possible, "of a required input, defaultInput has no effect");
    assert_eq!(input("typed").link, LinkUse::Never);
    assert!(input("typed").hidden);
}

#[test]
fn whole_numbers_named_as_seeds_change_after_a_run_unless_the_class_says_no() {
    let after_run = |name: &str, spec: Value| class(json!({name: spec})).input(name).unwrap().after_run;
    assert_eq!(after_run("seed", json!(["INT", {}])), Some(AfterRun::Randomize));
    assert_eq!(after_run("noise_seed", json!(["INT"])), Some(AfterRun::Randomize));
    assert_eq!(after_run("seed", json!(["INT", {"control_after_generate": false}])), None);
    assert_eq!(after_run("seed", json!(["FLOAT", {}])), None);
    assert_eq!(after_run("steps", json!(["INT", {}])), None);
}

#[test]
fn remote_lists_are_read_from_that_comfyui_only() {
    let remote = |route: &str| kind(json!(["COMBO", {"remote": {"route": route, "response_key": "files"}}]));
    assert_eq!(
        remote("/internal/files/output"),
        InputKind::Remote(RemoteChoices { route: "/internal/files/output".into(), response_key: "files".into(), refresh_button: false })
    );
    for elsewhere in ["https://example.com/list", "//example.com/list", "list", "/a/../../b", "/\\example.com", "/a?b=c"] {
        assert_eq!(remote(elsewhere), InputKind::Choice(Vec::new()), "{elsewhere}");
    }
}

#[test]
fn inputs_of_dynamic_choices_and_growing_groups_are_found_by_their_name_in_workflows() {
    let class = class(json!({
        "resize_type": ["COMFY_DYNAMICCOMBO_V3", {"options": [
            {"key": "dimensions", "inputs": {"required": {"width": ["INT", {}], "crop": ["COMBO", {"options": ["no", "center"]}]}}},
            {"key": "longer", "inputs": {"required": {"longer_size": ["INT", {}]}}},
            {"key": "nested", "inputs": {"optional": {"inner": ["COMFY_DYNAMICCOMBO_V3", {"options": [
                {"key": "k", "inputs": {"required": {"deep": ["BOOLEAN", {}]}}},
            ]}]}}},
            {"no": "key"},
        ]}],
        "images": ["COMFY_AUTOGROW_V3", {"template": {"input": {"required": {"image": ["IMAGE", {}]}}, "prefix": "image", "min": 2, "max": 50}}],
        "named": ["COMFY_AUTOGROW_V3", {"template": {"input": {"required": {"x": ["MASK", {}]}}, "names": ["a", "b"], "max": 900}}],
    }));
    for (name, found) in [
        ("resize_type.crop", true),
        ("resize_type.longer_size", true),
        ("resize_type.inner.deep", true),
        ("resize_type.height", false),
        ("images.image0", true),
        ("images.image49", true),
        ("images.image50", false),
        ("images.picture0", false),
        ("named.b", true),
        ("named.c", false),
        ("width", false),
    ] {
        assert_eq!(class.input(name).is_some(), found, "{name}");
    }
    let InputKind::Autogrow(named) = &class.input("named").unwrap().kind else { panic!("no group") };
    assert_eq!(named.names, AutogrowNames::Listed(texts(&["a", "b"])));
    assert_eq!(named.max, 100);
}

#[test]
fn inputs_have_the_order_of_the_class() {
    let catalog = Catalog::from_object_info(&json!({"Node": {
        "input": {"hidden": {"id": "UNIQUE_ID"}, "optional": {"z": ["INT"]}, "required": {"b": ["INT"], "new": ["INT"], "a": ["INT"]}},
        "input_order": {"required": ["a", "b"], "optional": ["z"], "hidden": ["id"]},
    }}));
    let inputs = &catalog.class("Node").unwrap().inputs;
    assert_eq!(
        inputs.iter().map(|input| (input.name.as_str(), input.required)).collect::<Vec<_>>(),
        [("a", true), ("b", true), ("new", true), ("z", false)]
    );
}

#[test]
fn a_class_that_cannot_be_read_hides_no_other() {
    let catalog = Catalog::parse(
        r#"{"Good": {"input": {"required": {"cfg": ["FLOAT", {"min": -Infinity, "max": 8, "default": NaN}]}}, "output": [["x"], "IMAGE"]},
            "Huge": {"input": {"required": {"x": ["FLOAT", {"max": 1e999}]}}},
            "Broken": 7, "Odd": {"input": ["not", "an", "object"], "output": 3, "display_name": null}}"#,
    )
    .unwrap();
    let good = catalog.class("Good").unwrap();
    let InputKind::Number(range) = &good.input("cfg").unwrap().kind else { panic!("no number") };
    assert_eq!(range.min, None);
    assert_eq!(range.max, Some(8.into()));
    assert_eq!(good.input("cfg").unwrap().default, None);
    assert_eq!(good.outputs.iter().map(|output| output.kind.as_str()).collect::<Vec<_>>(), ["COMBO", "IMAGE"]);
    assert!(catalog.class("Broken").is_none());
    assert_eq!(catalog.class("Odd").unwrap().display_name, "Odd");
    assert!(Catalog::parse("[]").is_err());
    assert!(Catalog::parse(r#"{"Cut": {"input"#).is_err());
}

fn files(names: &[Value]) -> Catalog {
    Catalog::from_object_info(&json!({"Loader": {"input": {"required": {"file": [names], "seed": ["INT"]}}}}))
}

#[test]
fn over_a_pool_each_choice_says_on_how_many_comfyuis_it_is() {
    let never_reached = Catalog::default();
    let catalogs = [
        files(&[json!("b"), json!(r"sd\a"), json!("sd/a")]),
        Catalog::from_object_info(&json!({"Other": {}})),
        never_reached,
        files(&[json!("sd/a"), json!(r"sd\a"), json!("c")]),
    ];
    let merged = pool_class(&catalogs, "Loader").unwrap();
    assert_eq!(merged.available, Availability { have: 2, of: 3 });
    assert_eq!(merged.class.input("file").unwrap().kind.choices(), ["b", r"sd\a", "sd/a", "c"]);
    let have: Vec<u32> = (0..4).map(|index| merged.choice("file", index).have).collect();
    assert_eq!(have, [1, 2, 1, 1]);
    assert_eq!(pool_class(&catalogs, "Other").unwrap().available, Availability { have: 1, of: 3 });
    assert_eq!(pool_class(&catalogs, "Unknown"), None);
}

#[test]
fn a_pool_of_typed_and_untyped_choices_keeps_the_types() {
    let catalogs = [files(&[json!("a"), json!("b")]), files(&[json!("b"), json!(2)])];
    let merged = pool_class(&catalogs, "Loader").unwrap();
    let kind = &merged.class.input("file").unwrap().kind;
    assert_eq!(kind.choices(), ["a", "b", "2"]);
    assert_eq!(kind.typed_choice("2"), Some(&json!(2)));
    assert_eq!(kind.typed_choice("a"), Some(&json!("a")));
}

#[test]
fn equal_classes_of_two_comfyuis_are_in_memory_once() {
    let mut one = Catalog::from_object_info(&json!({"Same": {}, "Differs": {"category": "a"}}));
    let other = Catalog::from_object_info(&json!({"Same": {}, "Differs": {"category": "b"}}));
    one.share(&other);
    assert!(std::ptr::eq(one.class("Same").unwrap(), other.class("Same").unwrap()));
    assert_eq!(one.class("Differs").unwrap().category, "a");
}
