//! What a person changed of a form, over versions of the workflow's file.

use serde_json::json;

use super::support::{field, form, keys, known, recorded, text, workflow};
use crate::{
    comfy::Workflow,
    form::{FieldInput, FieldKey, Form, Overlay, SeedControl, UnmatchedPart, apply},
};

fn key(text: &str) -> FieldKey {
    text.parse().unwrap()
}

fn titled() -> Workflow {
    let sampler = |seed: u64| {
        json!({"class_type": "KSampler", "inputs": {"seed": seed, "steps": 4, "cfg": 1.0, "sampler_name": "euler", "scheduler": "normal",
        "denoise": 1.0}})
    };
    let mut nodes = json!({"3": sampler(7), "5": sampler(7), "8": {"class_type": "CLIPTextEncode", "inputs": {"text": "x"}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}}});
    nodes["3"]["_meta"] = json!({"title": "First pass"});
    nodes["5"]["_meta"] = json!({"title": "Second pass"});
    workflow(nodes)
}

fn overlay(workflow: &Workflow) -> Overlay {
    let mut overlay = Overlay::default();
    overlay.field(&key("3.seed")).label = Some("Luck".into());
    overlay.field(&key("3.seed")).seed = Some(SeedControl::Increment);
    overlay.field(&key("5.steps")).pinned = Some(false);
    overlay.field(&key("8.text")).group = Some("Words".into());
    overlay.order = vec![key("8.text"), key("5.steps")];
    overlay.linked = vec![vec![key("3.seed"), key("5.seed")]];
    overlay.outputs = Some(["9".into()].into());
    overlay.mark(workflow);
    overlay
}

#[test]
fn a_form_shows_what_was_changed() {
    let workflow = titled();
    let mut form = form(&workflow);
    form.arrange(&overlay(&workflow));
    let seed = field(&form, "3.seed");
    assert_eq!(
        (seed.label.as_str(), seed.seed, seed.linked.as_slice()),
        ("Luck", Some(SeedControl::Increment), [key("5.seed")].as_slice())
    );
    assert!(field(&form, "5.seed").hidden);
    assert!(!field(&form, "5.steps").pinned);
    assert_eq!(form.groups[..2], ["Words", "Sampling"], "{:?}", form.groups);
    assert_eq!(keys(&form)[..2], ["8.text", "5.steps"]);
    assert!(form.fields.iter().map(|field| field.group).is_sorted());
    assert!(form.notes.is_empty(), "{:?}", form.notes);
    assert!(form.fields.iter().all(|field| usize::from(field.group) < form.groups.len()));
}

#[test]
fn linked_fields_get_one_value() {
    let workflow = titled();
    let inputs = overlay(&workflow).spread(&workflow, [("3.seed".to_owned(), text("11"))]);
    let changed = apply(&workflow, &known(&workflow), inputs.iter().map(|(key, input)| (key.as_str(), input))).unwrap();
    assert_eq!((changed.0["3"].input("seed"), changed.0["5"].input("seed")), (Some(&json!(11)), Some(&json!(11))));
    let own = overlay(&workflow).spread(&workflow, [("3.seed".to_owned(), text("1")), ("5.seed".to_owned(), text("2"))]);
    assert_eq!(own.len(), 2, "a value of its own stays");
    assert!(overlay(&workflow).spread(&workflow, []).is_empty(), "both have the same");
    let mut other = workflow;
    other.0.get_mut("5").unwrap().set_input("seed", json!(u64::MAX));
    let spread = overlay(&other).spread(&other, []);
    assert_eq!(spread, [("5.seed".to_owned(), FieldInput::Json(json!(7)))], "that of the first");
}

#[test]
fn the_next_seed_follows_the_control() {
    let workflow = titled();
    let mut form = form(&workflow);
    form.arrange(&overlay(&workflow));
    let seed = field(&form, "3.seed");
    assert_eq!(seed.seed, Some(SeedControl::Increment));
    assert_eq!(seed.next_value(SeedControl::Increment, "18446744073709551614", 5).as_deref(), Some("18446744073709551615"));
    assert_eq!(seed.next_value(SeedControl::Increment, "18446744073709551615", 5).as_deref(), Some("0"));
    assert_eq!(field(&form, "5.seed").next_value(SeedControl::Random, "1", u64::MAX).as_deref(), Some("18446744073709551615"), "random");
    assert_eq!(field(&form, "8.text").next_value(SeedControl::Random, "1", 5), None);
}

#[test]
fn the_same_file_keeps_everything() {
    let workflow = titled();
    let overlay = overlay(&workflow);
    assert_eq!(overlay.carry_to(&workflow), overlay);
}

#[test]
fn other_ids_are_found_by_class_title_and_input() {
    let old = titled();
    let mut new = Workflow(old.0.iter().map(|(id, node)| (format!("1{id}").as_str().into(), node.clone())).collect());
    new.0.get_mut("18").unwrap().set_input("text", json!("other words"));
    let carried = overlay(&old).carry_to(&new);
    assert!(carried.unmatched.is_empty(), "{:?}", carried.unmatched);
    assert_eq!(carried.fields[&key("13.seed")].label.as_deref(), Some("Luck"));
    assert_eq!(carried.linked, [[key("13.seed"), key("15.seed")]]);
    assert_eq!(carried.order, [key("18.text"), key("15.steps")]);
    assert_eq!(carried.outputs, Some(["19".into()].into()));
}

#[test]
fn what_no_longer_fits_is_listed_and_comes_back() {
    let old = titled();
    let mut new = old.clone();
    new.0.shift_remove("5");
    new.0.get_mut("8").unwrap().set_class_type("OtherEncode");
    let carried = overlay(&old).carry_to(&new);
    let lost: Vec<(String, &UnmatchedPart)> =
        carried.unmatched.iter().map(|part| (format!("{}.{}", part.node, part.input.as_deref().unwrap_or_default()), &part.was)).collect();
    assert_eq!(lost.len(), 5, "{lost:?}");
    assert!(lost.contains(&("5.seed".into(), &UnmatchedPart::Linked(vec![key("3.seed")]))), "{lost:?}");
    assert!(
        carried
            .unmatched
            .iter()
            .any(|part| part.sentence() == "\"text\" of node 8 (CLIPTextEncode) was in the group \"Words\", and is not in this version.")
    );
    let mut form = Form::of(&new, &known(&new));
    form.arrange(&carried);
    assert_eq!(form.notes.len(), 5, "{:?}", form.notes);
    let back = carried.carry_to(&old);
    assert_eq!(back, overlay(&old), "with the old file again all is as it was");
}

#[test]
fn an_ambiguous_node_is_not_guessed() {
    let old = titled();
    let mut new = old.clone();
    let node = new.0.shift_remove("3").unwrap();
    new.0.insert("30".into(), node.clone());
    new.0.insert("31".into(), node);
    let carried = overlay(&old).carry_to(&new);
    assert!(
        carried.unmatched.iter().any(|part| part.node.as_str() == "3" && part.input.as_deref() == Some("seed")),
        "{:?}",
        carried.unmatched
    );
}

#[test]
fn stored_overlays_keep_what_a_newer_version_added() {
    let text = r#"{"version":2,"fields":{"3.seed":{"label":"Luck","seed":"increment","colour":"red"},"a\\.b.x":{}},"nodes":{"3":{"class":"KSampler"}},"themes":[1]}"#;
    let overlay: Overlay = serde_json::from_str(text).unwrap();
    assert_eq!(overlay.fields[&key("3.seed")].seed, Some(SeedControl::Increment));
    assert_eq!(serde_json::to_value(&overlay).unwrap(), serde_json::from_str::<serde_json::Value>(text).unwrap());
    let carried = overlay.carry_to(&recorded("txt2img"));
    assert_eq!((carried.version, &carried.other), (2, &overlay.other));
    assert_eq!(carried.fields[&key("3.seed")], overlay.fields[&key("3.seed")]);
    assert_eq!(serde_json::from_str::<Overlay>(r#"{"version":1}"#).unwrap(), Overlay::default());
}
