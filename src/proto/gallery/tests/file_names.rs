//! Names of files by a pattern.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::{
    gallery::{DEFAULT_FILE_NAMES, FileNamePattern, GalleryId, NamePatternError, NamedOutput, OutputFacts, UniqueNames},
    time::Timestamp,
};

/// 2026-11-20T17:11:54.015Z.
const MADE_AT: Timestamp = Timestamp(1_795_194_714_015);

fn facts() -> OutputFacts {
    OutputFacts {
        filename: "kept_00001_.png".into(),
        prompt: "a red door: in the\nrain, \"very\" wet, photographed by somebody who had no umbrella at all".into(),
        models: vec!["sdxl/dream 1.0.safetensors".into(), "other.ckpt".into()],
        seed: Some(u64::MAX),
        workflow: "text-to-image".into(),
        ..OutputFacts::default()
    }
}

fn path(pattern: &str, facts: &OutputFacts) -> String {
    let output = NamedOutput { id: GalleryId(77), created_at: MADE_AT, facts, number: 42 };
    FileNamePattern::parse(pattern).unwrap().path(output)
}

#[test]
fn every_value_can_be_named() {
    for (pattern, expected) in [
        (DEFAULT_FILE_NAMES, "2026-11-20/kept_00001_"),
        ("{year}/{month}/{day}/{time}", "2026/11/20/17-11-54"),
        ("{prompt}", "a red door_ in the rain, _very_ wet, photographed by"),
        ("{seed} {id} {number}", "18446744073709551615 77 00042"),
        ("{model}/{workflow}", "dream 1_0/text-to-image"),
        ("{model}", "dream 1.0"),
        ("/a//{ Name }/", "a/kept_00001_"),
        ("}x", "}x"),
    ] {
        assert_eq!(path(pattern, &facts()), expected, "{pattern}");
    }
    let nothing = OutputFacts::default();
    assert_eq!(path("{model}/{seed}{prompt}", &nothing), "unknown/unknown");
}

#[test]
fn what_is_wrong_in_a_pattern_is_named() {
    let error = |pattern: &str| FileNamePattern::parse(pattern).unwrap_err();
    let unknown = error("{date}/{lens}").to_string();
    assert!(unknown.starts_with("{lens} is not known") && unknown.contains("{seed}, {model}"), "{unknown}");
    assert_eq!(error("{date"), NamePatternError::Unclosed);
    assert_eq!(error("{da/te}"), NamePatternError::Unclosed);
    assert_eq!(error(" / "), NamePatternError::Empty);
    assert_eq!(error(&"x".repeat(201)), NamePatternError::TooLong);
    assert_eq!(error("a/a/a/a/a/a/a/a/a/a"), NamePatternError::TooLong);
}

#[test]
fn names_are_safe_on_every_system() {
    let named = |name: &str| path("{name}", &OutputFacts { filename: format!("{name}.png"), ..OutputFacts::default() });
    for (name, expected) in [
        ("con", "_con"),
        ("LPT1.x", "_LPT1.x"),
        ("com¹", "_com¹"),
        ("CONIN$", "_CONIN$"),
        ("console", "console"),
        ("com10", "com10"),
        ("..", "unknown"),
        (".hidden", "hidden"),
        ("a. .", "a"),
        ("tab\there\u{0}\u{202e}", "tab here__"),
        ("C:\\x", "x"),
        ("ünï 猫", "ünï 猫"),
    ] {
        assert_eq!(named(name), expected, "{name:?}");
    }
    assert_eq!(path("../../{name}", &facts()), "__/__/kept_00001_");
    assert_eq!(named(&"猫".repeat(300)).len(), 198);
}

#[test]
fn the_same_name_gets_a_number() {
    let mut names = UniqueNames::default();
    assert_eq!(names.take("MISSING", &["txt"]), "MISSING");
    assert_eq!(names.take("a/b", &["png", "json"]), "a/b");
    assert_eq!(names.take("A/B", &["jpg", "json"]), "A/B (2)", "they have the same sidecar");
    assert_eq!(names.take("a/b", &["webp"]), "a/b");
    assert_eq!(names.take("a/b (3)", &["png"]), "a/b (3)");
    assert_eq!(names.take("a/b", &["png"]), "a/b (2)");
    assert_eq!(names.take("a/b", &["png"]), "a/b (4)");
    assert_eq!(names.take("missing", &["txt"]), "missing (2)");
}

fn any_facts() -> impl Strategy<Value = OutputFacts> {
    let text = || prop_oneof![any::<String>(), "[./\\\\ :a]{0,8}", Just("NUL".to_owned()), Just("../..".to_owned())];
    (text(), text(), text(), text(), any::<Option<u64>>()).prop_map(|(filename, prompt, model, workflow, seed)| OutputFacts {
        filename,
        prompt,
        models: vec![model],
        workflow,
        seed,
        ..OutputFacts::default()
    })
}

proptest! {
    #[test]
    fn every_name_is_relative_and_none_is_twice(
        pattern in "([./a: ]|\\{(date|time|prompt|seed|model|workflow|name|number)\\}){1,8}",
        all in proptest::collection::vec(any_facts(), 1..12),
        at in any::<u64>(),
    ) {
        let Ok(pattern) = FileNamePattern::parse(&pattern) else { return Ok(()) };
        let mut names = UniqueNames::default();
        let mut seen = BTreeSet::new();
        for (number, facts) in all.iter().enumerate() {
            let output = NamedOutput { id: GalleryId(1), created_at: Timestamp(at), facts, number: number as u64 };
            let name = format!("{}.png", names.take(&pattern.path(output), &["png"]));
            for part in name.split('/') {
                prop_assert!(!part.is_empty() && !part.starts_with(['.', ' ']) && !part.ends_with(['.', ' ']) && part.len() <= 255, "{name:?}");
                prop_assert!(!part.contains(['\\', ':', '*', '?', '"', '<', '>', '|']) && !part.contains(char::is_control), "{name:?}");
            }
            prop_assert!(name.rsplit_once('/').is_none_or(|(folders, _)| !folders.contains('.')), "{name:?}");
            prop_assert!(seen.insert(name.to_lowercase()), "{name:?} is there twice");
        }
    }

    #[test]
    fn any_text_is_a_pattern_or_an_error(text in any::<String>(), facts in any_facts()) {
        if let Ok(pattern) = FileNamePattern::parse(&text) {
            let output = NamedOutput { id: GalleryId(1), created_at: MADE_AT, facts: &facts, number: 1 };
            prop_assert!(!pattern.path(output).is_empty());
        }
    }
}
