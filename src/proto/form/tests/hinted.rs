//! What other programs note in a workflow about its inputs.

use serde_json::json;

use super::support::{field, form, known, recorded, text, value_after, workflow};
use crate::form::{AppMode, Arrangement, Form, Role, Widget};

fn pinned(form: &Form) -> Vec<String> {
    form.fields.iter().filter(|field| field.pinned).map(|field| field.key.to_string()).collect()
}

#[test]
fn titles_for_viewcomfy_choose_the_inputs() {
    let form = form(&workflow(json!({
        "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "x", "clip": ["9", 0]}, "_meta": {"title": "VC_BASIC - What to show"}},
        "2": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}, "_meta": {"title": "VC_ADV Canvas"}},
        "3": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["8", 0]}},
    })));
    assert_eq!(pinned(&form), ["1.text"]);
    assert_eq!(field(&form, "1.text").label, "What to show");
    assert!(field(&form, "2.width").advanced);
    assert!(form.groups.contains(&"Canvas".to_owned()), "{:?}", form.groups);
}

#[test]
fn titles_with_numbers_are_groups_and_names() {
    let form = form(&workflow(json!({
        "1": {"class_type": "PrimitiveInt", "inputs": {"value": 5}, "_meta": {"title": "2. Later/1. Second"}},
        "2": {"class_type": "PrimitiveInt", "inputs": {"value": 5}, "_meta": {"title": "1. Sooner/2. First"}},
        "3": {"class_type": "PrimitiveInt", "inputs": {"value": 5}, "_meta": {"title": "SwarmUI: Third"}},
        "4": {"class_type": "PrimitiveInt", "inputs": {"value": 5}, "_meta": {"title": "with/without slash"}},
    })));
    assert_eq!(form.groups[..2], ["Sooner", "Later"]);
    assert_eq!(field(&form, "2.value").label, "First");
    assert_eq!(field(&form, "3.value").label, "Third");
    assert_eq!(field(&form, "4.value").label, "Value");
    assert_eq!(pinned(&form), ["2.value", "1.value", "3.value"]);
}

#[test]
fn input_nodes_of_other_programs_are_one_field_each() {
    let workflow = workflow(json!({
        "1": {"class_type": "SwarmInputInteger", "inputs": {"title": "Wishes", "value": 3, "min": 1, "max": 9, "step": 1, "view_type": "small",
            "description": "How many", "order_priority": 2.0, "is_advanced": false, "raw_id": "", "group": ["2", 0]}},
        "2": {"class_type": "SwarmInputGroup", "inputs": {"title": "Magic", "open_by_default": true, "description": "", "order_priority": 0.0}},
        "3": {"class_type": "SwarmInputDropdown", "inputs": {"title": "Mood", "value": "calm", "values": "calm, wild", "order_priority": 1.0}},
        "4": {"class_type": "ETN_Parameter", "inputs": {"name": "1. Look/1. Words", "type": "prompt (positive)", "default": "sea", "min": -1.0, "max": 1.0}},
        "5": {"class_type": "ETN_Parameter", "inputs": {"name": "Share", "type": "number", "default": 0.5, "min": 0.0, "max": 1.0}},
        "6": {"class_type": "ComfyUIDeployExternalNumberSlider", "inputs": {"input_id": "strength", "default_value": 0.5, "min_value": 0.0, "max_value": 1.0,
            "display_name": "Strength of it", "description": "From 0"}},
    }));
    let form = form(&workflow);
    let shown: Vec<(&str, &str, String)> = form
        .fields
        .iter()
        .filter(|field| !field.hidden)
        .map(|field| (form.groups[usize::from(field.group)].as_str(), field.label.as_str(), field.key.to_string()))
        .collect();
    assert!(shown.contains(&("Magic", "Wishes", "1.value".into())), "{shown:?}");
    assert!(shown.contains(&("Look", "Words", "4.default".into())), "{shown:?}");
    assert_eq!(shown.len(), 5, "{shown:?}");
    assert_eq!(field(&form, "1.value").help.as_deref(), Some("How many"));
    assert!(
        matches!(&field(&form, "3.value").widget, Widget::Choice(list) if form.choices(*list).len() == 2),
        "{:?}",
        field(&form, "3.value").widget
    );
    assert_eq!(field(&form, "4.default").role, Role::Prompt);
    let Widget::Number(bounds) = &field(&form, "6.default_value").widget else { panic!("no number") };
    assert_eq!(bounds.max.as_deref(), Some("1.0"));
    assert_eq!(value_after(&workflow, &known(&workflow), "5.default", text("1.5")), Err("This must be from 0.0 to 1.0.".into()));
    assert_eq!(value_after(&workflow, &known(&workflow), "1.value", text("9")), Ok(json!(9)));
}

#[test]
fn the_app_mode_chooses_inputs_and_outputs_and_names_what_is_gone() {
    let workflow = workflow(json!({
        "3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 4, "model": ["4", 0]}},
        "12:5": {"class_type": "CLIPTextEncode", "inputs": {"text": "x", "clip": ["4", 1]}, "_meta": {"title": "Words"}},
        "8": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}},
    }));
    let chosen = json!({
        "inputs": [["3b1f-uuid:5:text", "text", {"height": 200}], [3, "steps"], ["uuid:3:model", "model"], [77, "seed"], ["uuid:12%3A5:text", "text"]],
        "outputs": [9, "66"],
    });
    let mut form = form(&workflow);
    let app = AppMode::of(&workflow, &form, &chosen);
    assert_eq!(app.unwanted, ["8".into()]);
    assert_eq!(app.notes.len(), 3, "{:?}", app.notes);
    assert!(app.notes[1].contains("node 77") && app.notes[1].contains("seed"), "{:?}", app.notes);
    form.arrange_fields(&app.arrangement);
    assert_eq!(pinned(&form), ["12:5.text", "3.steps"]);
    assert_eq!(form.groups[0], "Inputs");
    assert!(form.notes.is_empty(), "{:?}", form.notes);
}

#[test]
fn chosen_inputs_keep_their_order_whichever_nodes_they_belong_to() {
    let workflow = recorded("txt2img");
    let mut form = form(&workflow);
    let chosen = json!({"inputs": [["3", "steps"], ["5", "width"], ["3", "cfg"]], "outputs": []});
    let app = AppMode::of(&workflow, &form, &chosen);
    assert!(app.unwanted.is_empty() && app.notes.is_empty(), "{app:?}");
    form.arrange_fields(&app.arrangement);
    assert_eq!(pinned(&form), ["3.steps", "5.width", "3.cfg"]);
    let nothing = AppMode::of(&workflow, &form, &json!({"inputs": [], "outputs": ["77"]}));
    assert_eq!((nothing.arrangement, nothing.unwanted.len(), nothing.notes.len()), (Arrangement::default(), 0, 1));
}
