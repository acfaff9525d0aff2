use proptest::prelude::*;

use super::{parsing::likely_text, support::terms};
use crate::gallery::{Condition, Facet, TypedPart, completion_at, fields_beginning, help};

/// The text with `^` at the cursor.
fn split(marked: &str) -> (String, usize) {
    (marked.replace('^', ""), marked.find('^').unwrap())
}

/// What is typed, as "name mo", "tag re", or nothing; and what a choice replaces.
#[track_caller]
fn typed(marked: &str) -> (String, String) {
    let (text, cursor) = split(marked);
    let completion = completion_at(&text, cursor);
    let part = match completion.part {
        TypedPart::Name { beginning } => format!("name {beginning}"),
        TypedPart::Value { field, beginning } => format!("{} {beginning}", field.name),
        TypedPart::Other => String::new(),
    };
    (part, text[completion.at].to_owned())
}

#[track_caller]
fn inserted(marked: &str, chosen: &str) -> String {
    let (text, cursor) = split(marked);
    let (mut text, cursor) = completion_at(&text, cursor).insert(&text, chosen);
    text.insert(cursor, '^');
    text
}

#[test]
fn what_is_typed_is_known() {
    for (marked, part, replaced) in [
        ("^", "name ", ""),
        ("red ^ door", "name ", ""),
        ("red  ^", "name ", ""),
        ("red mo^", "name mo", "mo"),
        ("m^o x", "name m", "mo"),
        ("-mo^", "name mo", "mo"),
        ("-^", "name ", ""),
        ("mo^del:x", "name mo", "model:"),
        ("-mo^del:x", "name mo", "model:"),
        ("^model:x", "", ""),
        ("model:^", "model ", ""),
        ("model:fl^ x", "model fl", "fl"),
        ("model:f^l*|b", "model f", "fl*"),
        ("model:a|b^|c", "model b", "b"),
        ("model:a|^", "model ", ""),
        ("tag:\"red do^", "tag red do", "\"red do"),
        ("tag:\"red do^or\" x", "tag red do", "\"red door\""),
        ("tag:\"re^ star:yes", "tag re", "\"re"),
        ("comfyui:g^", "backend g", "g"),
        ("is:^", "is ", ""),
        ("type:im^", "type im", "im"),
        ("seed:4^", "", ""),
        ("\"red ^", "", ""),
        ("modle:x^", "", ""),
    ] {
        assert_eq!(typed(marked), (part.to_owned(), replaced.to_owned()), "{marked}");
    }
}

#[test]
fn a_choice_is_inserted_with_the_cursor_behind_it() {
    for (marked, chosen, expected) in [
        ("red mo^", "model", "red model:^"),
        ("-mo^ x", "model", "-model:^ x"),
        ("mo^del:x", "lora", "lora:^x"),
        ("model:fl^", "flux dev", "model:\"flux dev\" ^"),
        ("model:fl^ red", "flux", "model:flux ^red"),
        ("model:fl^\u{3000}red", "flux", "model:flux\u{3000}^red"),
        ("model:a^|b", "c", "model:c^|b"),
        ("tag:\"red d^", "red door", "tag:\"red door\" ^"),
        ("tag:\"r^ star:yes", "red", "tag:red ^star:yes"),
        ("\"red^", "x", "\"red^"),
    ] {
        assert_eq!(inserted(marked, chosen), expected, "{marked}");
    }
}

#[test]
fn fields_are_found_by_the_beginning_of_any_of_their_names() {
    let names = |beginning: &str| fields_beginning(beginning).map(|field| field.name).collect::<Vec<_>>();
    assert_eq!(names("S"), ["sampler", "scheduler", "seed", "star", "steps", "size"]);
    assert_eq!(names("comf"), ["backend"]);
    assert_eq!(names("").len(), help().len());
    assert!(names("x").is_empty());
}

#[test]
fn facets_are_counted_by_the_store_and_other_choices_are_fixed() {
    let completion = completion_at("tag:", 4);
    let TypedPart::Value { field, .. } = completion.part else { panic!("no value") };
    assert_eq!(field.facet_of(), Some(Facet::Tag));
    let TypedPart::Value { field, .. } = completion_at("has:", 4).part else { panic!("no value") };
    assert_eq!((field.facet_of(), field.values.contains(&"mask")), (None, true));
}

proptest! {
    #[test]
    fn any_place_in_any_text_can_be_completed(text in likely_text(), cursor in 0_usize..80, chosen in ".{0,6}") {
        let completion = completion_at(&text, cursor);
        prop_assert!(text.get(completion.at.clone()).is_some());
        prop_assert!(completion.at.start <= cursor);
        let (changed, place) = completion.insert(&text, &chosen);
        prop_assert!(changed.is_char_boundary(place));
        prop_assert!(changed.starts_with(&text[..completion.at.start]));
        prop_assert!(changed.ends_with(&text[completion.at.end..]));
    }

    /// Whatever is chosen, it is the value of the term, and what follows is as it was.
    #[test]
    fn an_inserted_value_is_what_the_term_asks_for(chosen in "[^\\p{White_Space}]{1,3}[\\PC ]{0,6}") {
        for marked in ["tag:^", "red tag:x|y^", "tag:\"a b^ star:yes", "-tag:^ab \"c d\""] {
            let (text, cursor) = split(marked);
            let (text, _) = completion_at(&text, cursor).insert(&text, &chosen);
            let found = terms(&text).into_iter().find_map(|term| match term.condition {
                Condition::Facet { values, .. } => values.last().cloned(),
                _ => None,
            });
            prop_assert_eq!(found.map(|value| (value.text, value.is_prefix)), Some((chosen.clone(), false)));
        }
    }
}
