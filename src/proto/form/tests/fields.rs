use serde_json::json;

use super::support::{RECORDED, field, form, keys, known, one_node, recorded, workflow};
use crate::{
    comfy::{Availability, Catalog},
    form::{FieldChoice, FieldKey, Form, NumberBounds, PoolClasses, Role, SeedControl, Widget},
};

fn labels(form: &Form) -> Vec<(&str, &str)> {
    form.fields.iter().map(|field| (form.groups[usize::from(field.group)].as_str(), field.label.as_str())).collect()
}

#[test]
fn a_text_to_image_workflow_reads_like_the_built_in_form() {
    let form = form(&recorded("txt2img"));
    assert_eq!(
        labels(&form),
        [
            ("Prompt", "Prompt"),
            ("Prompt", "Negative prompt"),
            ("Size", "Width"),
            ("Size", "Height"),
            ("Size", "Batch"),
            ("Sampling", "Seed"),
            ("Sampling", "Steps"),
            ("Sampling", "Guidance"),
            ("Sampling", "Sampler"),
            ("Sampling", "Scheduler"),
            ("Sampling", "Denoise"),
            ("Model & LoRA", "Checkpoint"),
            ("Output", "File name"),
        ]
    );
    assert!(form.fields.iter().all(|field| field.pinned), "{:?}", form.fields.iter().find(|field| !field.pinned));
    let seed = field(&form, "3.seed");
    assert_eq!(seed.value, "424242");
    assert_eq!(seed.role, Role::Seed);
    assert_eq!(seed.seed, Some(SeedControl::Random));
    let Widget::Seed(bounds) = &seed.widget else { panic!("{:?}", seed.widget) };
    assert_eq!(bounds.max.as_deref(), Some("18446744073709551615"));
    assert_eq!(field(&form, "3.cfg").value, "7.0");
    assert_eq!(field(&form, "3.steps").default.as_deref(), Some("20"));
    assert_eq!(field(&form, "6.text").help.as_deref(), Some("The text to be encoded."));
    assert_eq!(form.outputs.iter().map(|output| output.node.as_str()).collect::<Vec<_>>(), ["9"]);
    assert!(form.missing.is_empty());
    assert!(form.stages.is_empty(), "{:?}", form.stages);
}

#[test]
fn pictures_and_masks_are_uploads() {
    let form = form(&recorded("inpaint-noise-mask"));
    let picture = field(&form, "20.image");
    assert!(matches!(&picture.widget, Widget::Upload { folder, .. } if folder == "input"), "{:?}", picture.widget);
    assert_eq!(picture.role, Role::Picture);
    let mask = field(&form, "21.image");
    assert_eq!(mask.role, Role::Mask);
    assert_eq!(mask.problem, None, "an upload is in no list");
    assert_eq!(form.outputs.len(), 2);
}

#[test]
fn links_are_no_fields_and_unknown_classes_are() {
    let workflow = workflow(json!({
        "1": {"class_type": "Gone", "_meta": {"title": "Old friend"}, "inputs": {
            "text": "a\nb", "name": "x", "count": 18_446_744_073_709_551_615_u64, "share": 0.25, "on": true, "none": null, "list": [1, 2, 3],
            "object": {"a": 1}, "wrapped": {"__value__": ["a", "b"]}, "from": ["2", 0],
        }},
        "2": {"class_type": "Gone", "inputs": {}},
        "3": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "extra": 5}},
    }));
    let form = form(&workflow);
    let of = |key: &str| (field(&form, key).widget.clone(), field(&form, key).value.clone());
    let number = |value: &str| (Widget::Number(NumberBounds::default()), value.to_owned());
    assert_eq!(of("1.text"), (Widget::Prompt { placeholder: None, dynamic: false }, "a\nb".into()));
    assert_eq!(of("1.name"), (Widget::Text { placeholder: None }, "x".into()));
    assert_eq!(of("1.count"), number("18446744073709551615"));
    assert_eq!(of("1.share"), number("0.25"));
    assert_eq!(of("1.on"), (Widget::Switch { on: None, off: None }, "true".into()));
    assert_eq!(of("1.none"), (Widget::Json, "null".into()));
    assert_eq!(of("1.list"), (Widget::Json, "[1,2,3]".into()));
    assert_eq!(of("1.object"), (Widget::Json, r#"{"a":1}"#.into()));
    assert_eq!(of("1.wrapped"), (Widget::Json, r#"["a","b"]"#.into()));
    assert_eq!(of("3.extra"), number("5"), "an input that the class does not have");
    assert!(!keys(&form).contains(&"1.from".to_owned()));
    assert_eq!(form.groups.iter().filter(|group| *group == "Old friend").count(), 1, "{:?}", form.groups);
    let nobody: Vec<_> = form.classes_nobody_has().collect();
    assert_eq!(nobody.len(), 1);
    assert_eq!((nobody[0].class.as_str(), nobody[0].titles.as_slice()), ("Gone", ["Old friend".to_owned(), "Gone".to_owned()].as_slice()));
}

#[test]
fn each_choice_says_on_how_many_comfyuis_it_is() {
    let catalog = |files: serde_json::Value| {
        Catalog::from_object_info(&json!({"Loader": {"python_module": "custom_nodes.pack", "input": {"required": {"file": [files]}}}}))
    };
    let catalogs = [catalog(json!(["a.ckpt", "b.ckpt"])), catalog(json!(["b.ckpt"])), Catalog::from_object_info(&json!({"Other": {}}))];
    let workflow = workflow(json!({"1": {"class_type": "Loader", "inputs": {"file": "b.cpkt"}}}));
    let form = Form::of(&workflow, &PoolClasses::for_workflow(&workflow, &catalogs));
    let choice = |value: &str, have| FieldChoice { value: value.into(), on: Availability { have, of: 3 } };
    let Widget::Choice(list) = form.fields[0].widget else { panic!("no choice") };
    assert_eq!(form.choices(list), [choice("a.ckpt", 1), choice("b.ckpt", 2)]);
    let problem = form.fields[0].problem.as_ref().unwrap();
    assert_eq!(problem.nearest.first().map(String::as_str), Some("b.ckpt"));
    assert!(problem.message.contains("No ComfyUI has \"b.cpkt\""), "{}", problem.message);
    assert_eq!(form.missing[0].on, Availability { have: 2, of: 3 });
    assert_eq!(form.missing[0].module.as_deref(), Some("custom_nodes.pack"));
    assert_eq!(form.classes_nobody_has().count(), 0);
}

#[test]
fn without_any_catalog_nothing_is_missing() {
    let workflow = recorded("txt2img");
    let form = Form::of(&workflow, &PoolClasses::default());
    assert!(form.missing.is_empty());
    assert_eq!(form.fields.len(), 13);
    assert_eq!(field(&form, "3.seed").role, Role::Seed);
    assert_eq!(field(&form, "6.text").role, Role::Prompt);
    assert_eq!(field(&form, "7.text").role, Role::NegativePrompt);
}

#[test]
fn prompts_are_found_through_what_is_between() {
    let encode = |text: &str| json!({"class_type": "CLIPTextEncode", "inputs": {"text": text, "clip": ["4", 1]}});
    let sampler = |positive: &str, slot: u8, negative: &str, other: u8| {
        json!({"class_type": "KSampler", "inputs": {
        "seed": 1, "steps": 4, "cfg": 1.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0,
        "model": ["4", 0], "positive": [positive, slot], "negative": [negative, other], "latent_image": ["5", 0]}})
    };
    let workflow = workflow(json!({
        "1": encode("good"), "2": encode("better"), "3": encode("bad"), "6": encode("Flux"),
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "10": {"class_type": "ConditioningCombine", "inputs": {"conditioning_1": ["1", 0], "conditioning_2": ["2", 0]}},
        "11": {"class_type": "ControlNetApplyAdvanced", "inputs": {"positive": ["10", 0], "negative": ["3", 0], "strength": 1.0,
            "start_percent": 0.0, "end_percent": 1.0, "control_net": ["99", 0], "image": ["98", 0]}},
        "12": sampler("11", 0, "11", 1),
        "13": {"class_type": "FluxGuidance", "inputs": {"conditioning": ["6", 0], "guidance": 3.5}},
        "14": {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["6", 0]}},
        "15": sampler("13", 0, "14", 0),
        "16": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": "from elsewhere"}},
        "17": {"class_type": "CLIPTextEncode", "inputs": {"text": ["16", 0], "clip": ["4", 1]}},
        "18": {"class_type": "BasicGuider", "inputs": {"model": ["4", 0], "conditioning": ["17", 0]}},
    }));
    let form = form(&workflow);
    for (key, role) in [
        ("1.text", Role::Prompt),
        ("2.text", Role::Prompt),
        ("3.text", Role::NegativePrompt),
        ("6.text", Role::Prompt),
        ("16.value", Role::Prompt),
        ("13.guidance", Role::Sampling),
        ("11.strength", Role::Other),
    ] {
        assert_eq!(field(&form, key).role, role, "{key}");
        assert_eq!(field(&form, key).pinned, role != Role::Other, "{key}");
    }
    let seed = field(&form, "12.seed");
    assert_eq!(seed.same_as, [FieldKey::new("15", "seed")], "two samplers' seeds");
    assert!(field(&form, "1.text").same_as.is_empty());
}

#[test]
fn a_primitive_is_what_it_is_linked_to() {
    let workflow = workflow(json!({
        "1": {"class_type": "PrimitiveInt", "inputs": {"value": 640}, "_meta": {"title": "Side"}},
        "2": {"class_type": "EmptyLatentImage", "inputs": {"width": ["1", 0], "height": ["1", 0], "batch_size": ["5", 0]}},
        "3": {"class_type": "PrimitiveInt", "inputs": {"value": 7}},
        "4": {"class_type": "RandomNoise", "inputs": {"noise_seed": ["3", 0]}},
        "5": {"class_type": "PrimitiveInt", "inputs": {"value": 9_223_372_036_854_775_807_i64}},
        "6": {"class_type": "PrimitiveInt", "inputs": {"value": 1}},
    }));
    let form = form(&workflow);
    let side = field(&form, "1.value");
    assert_eq!((side.label.as_str(), side.title.as_str(), side.role, side.pinned), ("Width", "Side", Role::Size, true));
    let Widget::Number(bounds) = &side.widget else { panic!("{:?}", side.widget) };
    assert_eq!((bounds.min.as_deref(), bounds.max.as_deref()), (Some("16"), Some("16384")));
    assert!(matches!(field(&form, "3.value").widget, Widget::Seed(_)));
    assert_eq!(field(&form, "3.value").role, Role::Seed);
    assert_eq!(field(&form, "5.value").value, "9223372036854775807");
    assert!(field(&form, "5.value").problem.is_some(), "a batch of that size");
    assert_eq!(field(&form, "6.value").problem, None);
    assert_eq!(field(&form, "6.value").role, Role::Other, "linked to nothing");
}

#[test]
fn inputs_of_a_dynamic_choice_depend_on_it() {
    let workflow = workflow(json!({"9": {"class_type": "ResizeImageMaskNode", "inputs": {
        "input": ["1", 0], "resize_type": "scale dimensions", "resize_type.width": 512, "resize_type.height": 256, "resize_type.crop": "center",
        "scale_method": "area"}}}));
    let form = form(&workflow);
    let outer = FieldKey::new("9", "resize_type");
    let width = field(&form, "9.resize_type.width");
    assert_eq!((width.value.as_str(), width.label.as_str()), ("512", "Width"));
    assert_eq!(width.when, Some((outer.clone(), "scale dimensions".into())));
    assert!(matches!(&field(&form, "9.resize_type").widget, Widget::DynamicChoice(keys) if keys.len() > 3));
    let factor = form.fields.iter().find(|field| field.key == FieldKey::new("9", "resize_type.multiplier")).unwrap();
    assert_eq!(factor.when, Some((outer, "scale by multiplier".into())));
    assert!(!form.is_there(factor) && form.is_there(width));
    assert_eq!(factor.value, "1.0");
    let place = |key: &str| keys(&form).iter().position(|other| other == key).unwrap();
    assert!(place("9.resize_type") < place("9.resize_type.width") && place("9.resize_type.width") < place("9.scale_method"));
}

#[test]
fn odd_descriptions_make_a_form_nevertheless() {
    let (workflow, classes) = one_node(
        json!({
            "wrong_default": ["INT", {"default": [1, 2], "min": 0, "max": 3}], "empty": [[]], "custom": ["CURVE", {}], "colour": ["COLOR", {"default": "#fff"}],
            "many": [["a", "b", "c"], {"multiselect": true}], "typed": [[1, 2.5, true, "x"]], "words": ["BOOLEAN", {"label_on": "yes", "label_off": "no"}],
            "a.b": ["INT", {}], "hidden": ["STRING", {"hidden": true}], "advanced": ["STRING", {"advanced": true, "display_name": "Finer"}],
        }),
        json!({
            "wrong_default": 9, "empty": "", "custom": {"points": [[0, 1]]}, "colour": "#ffcc00", "many": {"__value__": ["a", "c"]}, "typed": 2.5,
            "words": true, "a.b": 4, "hidden": "h", "advanced": "a",
        }),
    );
    let form = Form::of(&workflow, &classes);
    let of = |key: &str| field(&form, key);
    assert_eq!(of("1.wrong_default").problem.as_ref().unwrap().message, "This must be from 0 to 3.");
    assert!(of("1.empty").problem.is_some());
    assert_eq!(of("1.custom").widget, Widget::Json);
    assert_eq!(of("1.colour").widget, Widget::Colour);
    assert_eq!(of("1.many").value, r#"["a","c"]"#);
    assert_eq!(of("1.many").problem, None);
    assert_eq!((of("1.typed").value.as_str(), &of("1.typed").problem), ("2.5", &None));
    assert_eq!(of("1.words").widget, Widget::Switch { on: Some("yes".into()), off: Some("no".into()) });
    assert_eq!(of("1.a.b").label, "B");
    assert!(of("1.hidden").hidden && of("1.advanced").advanced);
    assert_eq!(of("1.advanced").label, "Finer");
}

#[test]
fn fields_come_from_the_loaders_to_the_outputs() {
    let last_first = workflow(json!({
        "1": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "x"}},
        "2": {"class_type": "ImageSharpen", "inputs": {"image": ["3", 0], "sharpen_radius": 1, "sigma": 1.0, "alpha": 1.0}},
        "3": {"class_type": "ImageBlur", "inputs": {"image": ["4", 0], "blur_radius": 1, "sigma": 1.0}},
        "4": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
    }));
    let expected = ["4.image", "1.filename_prefix", "3.blur_radius", "3.sigma", "2.sharpen_radius", "2.sigma", "2.alpha"];
    assert_eq!(keys(&form(&last_first)), expected, "those with a role, then from the picture to the output");
    let form = form(&recorded("large-200-nodes"));
    let groups: Vec<u16> = form.fields.iter().map(|field| field.group).collect();
    assert!(form.groups.len() > 1 && groups.is_sorted(), "those of a group are together");
}

#[test]
fn every_recorded_class_is_known_by_its_own_workflow() {
    let workflow = recorded("multiple-outputs");
    let form = form(&workflow);
    assert!(known(&workflow).get("KSampler").is_some() && !RECORDED.is_empty());
    assert_eq!(form.outputs.len(), 12, "{:?}", form.outputs);
}

#[test]
fn a_list_of_many_nodes_is_sent_once() {
    let lora =
        |from: &str| json!({"class_type": "LoraLoaderModelOnly", "inputs": {"lora_name": "x", "strength_model": 1.0, "model": [from, 0]}});
    let workflow = workflow(json!({"1": lora("9"), "2": lora("1"), "3": lora("2")}));
    let form = form(&workflow);
    let lists: Vec<_> =
        form.fields.iter().filter_map(|field| if let Widget::Choice(list) = field.widget { Some(list) } else { None }).collect();
    assert_eq!(lists, [form.lora_choices; 3]);
    assert_eq!(form.lists.len(), 1);
}
