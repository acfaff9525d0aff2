//! What a person does to arrange a form on a page.

use proptest::prelude::*;
use serde_json::json;

use super::support::{field, form, keys, recorded, workflow};
use crate::{
    comfy::Workflow,
    form::{Arrangement, FieldChange, FieldKey, Form, FormPart, MovedTo, Overlay, SeedControl},
};

fn key(text: &str) -> FieldKey {
    text.parse().unwrap()
}

fn arranged(base: &Form, arrangement: &Arrangement) -> Form {
    let mut form = base.clone();
    form.arrange_fields(arrangement);
    form
}

/// Two samplers, one after the other, with the same seed.
fn two_passes() -> Workflow {
    let sampler = |steps: u64| {
        json!({"class_type": "KSampler", "inputs": {"seed": 7, "steps": steps, "cfg": 1.0, "sampler_name": "euler", "scheduler": "normal",
            "denoise": 1.0, "positive": ["8", 0]}})
    };
    workflow(json!({"3": sampler(4), "5": sampler(9), "8": {"class_type": "CLIPTextEncode", "inputs": {"text": "x"}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}}}))
}

/// The keys below a heading in one part of the form.
fn below(form: &Form, part: FormPart, heading: &str) -> Vec<String> {
    let is_there = |field: &&crate::form::FormField| field.part() == part && form.groups[usize::from(field.group)] == heading;
    form.fields.iter().filter(is_there).map(|field| field.key.to_string()).collect()
}

#[test]
fn fields_are_pinned_hidden_and_renamed_and_what_is_undone_is_not_kept() {
    let base = form(&two_passes());
    let mut arrangement = Arrangement::default();
    let filename = key("9.filename_prefix");
    assert_eq!(field(&base, "9.filename_prefix").part(), FormPart::Pinned);
    arrangement.set_pinned(&base, &filename, false);
    arrangement.rename(&base, &filename, "  Called ");
    arrangement.set_hidden(&base, &key("3.cfg"), true);
    let now = arranged(&base, &arrangement);
    assert_eq!((field(&now, "9.filename_prefix").part(), field(&now, "9.filename_prefix").label.as_str()), (FormPart::More, "Called"));
    assert_eq!(field(&now, "3.cfg").part(), FormPart::Hidden);
    assert_eq!(keys(&now), keys(&base), "the order stays");

    arrangement.set_pinned(&base, &filename, true);
    arrangement.rename(&base, &filename, " ");
    arrangement.set_hidden(&base, &key("3.cfg"), false);
    assert_eq!(arrangement, Arrangement::default());
    assert_eq!(arranged(&base, &arrangement), base);
}

#[test]
fn a_field_moves_among_those_of_its_heading_that_are_shown_with_it() {
    let base = form(&two_passes());
    let mut arrangement = Arrangement::default();
    let before = below(&base, FormPart::Pinned, "Sampling");
    let last = before.last().unwrap().clone();
    assert_eq!(arrangement.move_field(&base, &key(&last), false), None, "it is at the end");
    assert_eq!(arrangement, Arrangement::default());
    let moved = arrangement.move_field(&base, &key(&last), true);
    assert_eq!(moved, Some(MovedTo { place: before.len() - 1, of: before.len() }));
    let now = arranged(&base, &arrangement);
    let mut wanted = before.clone();
    wanted.swap(before.len() - 1, before.len() - 2);
    assert_eq!(below(&now, FormPart::Pinned, "Sampling"), wanted);
    assert_eq!(now.groups, base.groups, "the headings stay in their order");
    arrangement.move_field(&now, &key(&last), false);
    assert_eq!(keys(&arranged(&base, &arrangement)), keys(&base));
}

#[test]
fn a_heading_moves_with_its_fields() {
    let base = form(&two_passes());
    let mut arrangement = Arrangement::default();
    assert_eq!(base.groups, ["Prompt", "Sampling", "Output"]);
    assert_eq!(arrangement.move_heading(&base, FormPart::Pinned, "Output", true), Some(MovedTo { place: 2, of: 3 }));
    let now = arranged(&base, &arrangement);
    assert_eq!(now.groups, ["Prompt", "Output", "Sampling"]);
    assert_eq!(below(&now, FormPart::Pinned, "Sampling"), below(&base, FormPart::Pinned, "Sampling"));
    assert_eq!(arrangement.move_heading(&now, FormPart::Pinned, "Prompt", true), None);
    assert_eq!(arrangement.move_heading(&now, FormPart::Hidden, "Prompt", false), None, "nothing of it is hidden");
}

#[test]
fn a_field_comes_last_below_another_heading_and_takes_none_along() {
    let base = form(&two_passes());
    let mut arrangement = Arrangement::default();
    // An order of all fields, in which that of the prompt is the first.
    arrangement.move_heading(&base, FormPart::Pinned, "Output", true);
    let now = arranged(&base, &arrangement);
    arrangement.set_heading(&base, &now, &key("8.text"), "Sampling");
    let now = arranged(&base, &arrangement);
    assert_eq!(now.groups, ["Output", "Sampling"]);
    assert_eq!(now.fields.iter().rfind(|field| now.groups[usize::from(field.group)] == "Sampling").unwrap().key, key("8.text"));
    arrangement.set_heading(&base, &now, &key("3.seed"), " Luck ");
    let now = arranged(&base, &arrangement);
    assert_eq!(now.groups, ["Output", "Sampling", "Luck"]);
    arrangement.set_heading(&base, &now, &key("3.seed"), "");
    assert!(!arrangement.fields.contains_key(&key("3.seed")), "an empty heading is the one that Darkroom gives");
}

#[test]
fn fields_of_one_type_are_linked_the_same_first() {
    let base = form(&two_passes());
    let offered: Vec<String> = base.linkable(&key("3.seed")).iter().map(|field| field.key.to_string()).collect();
    assert_eq!(offered[0], "5.seed", "the same value");
    assert!(offered.contains(&"5.steps".to_owned()) && !offered.contains(&"5.cfg".to_owned()), "{offered:?}");
    assert!(!offered.contains(&"8.text".to_owned()) && !offered.contains(&"3.seed".to_owned()), "{offered:?}");

    let mut arrangement = Arrangement::default();
    arrangement.link(&key("5.seed"), &key("5.steps"));
    arrangement.link(&key("3.seed"), &key("5.seed"));
    assert_eq!(arrangement.linked, [[key("3.seed"), key("5.seed"), key("5.steps")]], "what had its value comes along");
    let now = arranged(&base, &arrangement);
    assert_eq!(now.leader(&key("5.steps")).map(|field| field.key.clone()), Some(key("3.seed")));
    assert_eq!(field(&now, "5.seed").part(), FormPart::Hidden);
    assert!(now.linkable(&key("3.steps")).iter().all(|field| field.key != key("5.seed")), "it has a value already");
    arrangement.unlink(&key("5.steps"));
    assert_eq!(arrangement.linked, [[key("3.seed"), key("5.seed")]]);
    arrangement.unlink(&key("3.seed"));
    assert_eq!(arranged(&base, &arrangement), base);
}

#[test]
fn an_overlay_has_the_arrangement_beside_what_else_was_changed() {
    let base = form(&two_passes());
    let mut overlay = Overlay::default();
    overlay.field(&key("3.seed")).seed = Some(SeedControl::Increment);
    overlay.field(&key("3.cfg")).label = Some("Strictness".into());
    overlay.field(&key("3.cfg")).other.insert("colour".into(), "red".into());
    let mut arrangement = overlay.arrangement();
    assert_eq!(arrangement.fields.len(), 1, "{arrangement:?}");
    arrangement.rename(&base, &key("3.cfg"), "");
    arrangement.link(&key("3.seed"), &key("5.seed"));
    overlay.set_arrangement(arrangement.clone());
    assert_eq!(overlay.arrangement(), arrangement);
    assert_eq!(overlay.fields[&key("3.seed")].seed, Some(SeedControl::Increment));
    assert_eq!(overlay.fields[&key("3.cfg")], FieldChange { other: overlay.fields[&key("3.cfg")].other.clone(), ..FieldChange::default() });
    overlay.fields.clear();
    overlay.set_arrangement(Arrangement::default());
    assert_eq!(overlay, Overlay::default());
}

proptest! {
    /// Whatever is done: all fields are still there, each below a heading, and what a page keeps and sends is the same.
    #[test]
    fn no_field_is_lost(steps in proptest::collection::vec((0_u8..7, 0_usize..40, 0_usize..40, any::<bool>()), 0..25)) {
        let base = form(&recorded("txt2img"));
        let mut arrangement = Arrangement::default();
        for (what, at, other, flag) in steps {
            let now = arranged(&base, &arrangement);
            let pick = |at: usize| now.fields[at % now.fields.len()].clone();
            let (field, other) = (pick(at), pick(other));
            let before = keys(&now);
            match what {
                0 => arrangement.set_pinned(&base, &field.key, flag),
                1 => arrangement.set_hidden(&base, &field.key, flag),
                2 => arrangement.rename(&base, &field.key, if flag { "Other" } else { "" }),
                3 => arrangement.set_heading(&base, &now, &field.key, &now.groups[usize::from(other.group)]),
                4 => {
                    if let Some(to) = arrangement.move_field(&now, &field.key, flag) {
                        prop_assert!(to.place >= 1 && to.place <= to.of);
                        prop_assert_ne!(keys(&arranged(&base, &arrangement)), before);
                    }
                }
                5 => {
                    let heading = now.groups[usize::from(field.group)].clone();
                    if arrangement.move_heading(&now, field.part(), &heading, flag).is_some() {
                        prop_assert_ne!(arranged(&base, &arrangement).groups, now.groups);
                    }
                }
                _ if now.linkable(&field.key).iter().any(|fitting| fitting.key == other.key) && now.leader(&field.key).is_none() => {
                    arrangement.link(&field.key, &other.key);
                }
                _ => arrangement.unlink(&field.key),
            }
        }
        let now = arranged(&base, &arrangement);
        let sorted = |form: &Form| { let mut keys = keys(form); keys.sort(); keys };
        prop_assert_eq!(sorted(&now), sorted(&base));
        prop_assert!(now.fields.iter().all(|field| usize::from(field.group) < now.groups.len()));
        prop_assert!(now.fields.iter().map(|field| field.group).is_sorted());
        prop_assert!(now.notes.is_empty());
        let json = serde_json::to_string(&arrangement).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Arrangement>(&json).unwrap(), &arrangement);
        let bytes = postcard::to_allocvec(&arrangement).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Arrangement>(&bytes).unwrap(), arrangement);
    }
}
