use proptest::prelude::*;

use super::support::{TODAY, condition, error, facet, terms, words};
use crate::{
    gallery::{Condition, Facet, FacetValue, Search, SearchPlace, SearchWords, Trait, corrected, help},
    limits,
};

#[test]
fn words_and_phrases_are_terms_of_their_own() {
    let terms = terms("red  \"old door\"\tlightho* -blurry -\"no way\"");
    let conditions: Vec<_> = terms.iter().map(|term| (term.text.as_str(), term.is_negated, term.condition.clone())).collect();
    assert_eq!(
        conditions,
        [
            ("red", false, words("red")),
            ("\"old door\"", false, words("old door")),
            ("lightho*", false, Condition::Words(SearchWords { text: "lightho".into(), is_prefix: true })),
            ("-blurry", true, words("blurry")),
            ("-\"no way\"", true, words("no way")),
        ]
    );
    assert_eq!(Search::parse(" \n ", TODAY), Ok(Search::default()));
}

#[test]
fn quotes_are_doubled_inside_of_quotes_and_ordinary_inside_of_words() {
    assert_eq!(condition("\"a \"\"b\"\" c\""), words("a \"b\" c"));
    assert_eq!(condition("tag:\"\"\"x\"\"\""), facet(Facet::Tag, &["\"x\""]));
    assert_eq!(condition("5\""), words("5\""));
    assert_eq!(condition("\"red do\"*"), Condition::Words(SearchWords { text: "red do".into(), is_prefix: true }));
    assert_eq!(condition("\"a*\""), words("a*"));
}

#[test]
fn values_of_a_field_are_alternatives() {
    let value = |text: &str, is_prefix| FacetValue { text: text.into(), is_prefix };
    assert_eq!(
        condition("model:\"my model.safetensors\"|flux*|\"a|b\"*"),
        Condition::Facet {
            facet: Facet::Model,
            values: vec![value("my model.safetensors", false), value("flux", true), value("a|b", true)]
        }
    );
    let term = &terms("-tag:\"red door\"")[0];
    assert!(term.is_negated);
    assert_eq!(term.condition, facet(Facet::Tag, &["red door"]));
}

#[test]
fn names_of_fields_have_aliases_and_any_case() {
    assert_eq!(condition("comfyui:gpu"), facet(Facet::Backend, &["gpu"]));
    assert_eq!(condition("Backend:127.0.0.1:8188"), facet(Facet::Backend, &["127.0.0.1:8188"]));
    assert_eq!(condition("kind:Picture|3d"), facet(Facet::Type, &["image", "file"]));
    assert_eq!(condition("type:sound"), condition("type:audio"));
}

#[test]
fn fixed_values_are_read() {
    assert_eq!(condition("star:"), Condition::Star(true));
    assert_eq!(condition("star:YES"), Condition::Star(true));
    assert_eq!(condition("star:no"), Condition::Star(false));
    assert_eq!(condition("is:starred"), Condition::Star(true));
    assert_eq!(condition("has:mask"), Condition::Has(Trait::Mask));
    assert_eq!(condition("in:trash"), Condition::In(SearchPlace::Trash));
    assert_eq!(condition("negative:\"bad hand\"*"), Condition::Negative(SearchWords { text: "bad hand".into(), is_prefix: true }));
}

#[test]
fn text_that_is_no_field_is_a_word() {
    for text in ["12:30", "16:9", "(cat:1.2)", "http://x", "model://x", "<lora:x:1>", ":x", "a|b", "x.y:z", "ünï", "!"] {
        assert_eq!(condition(text), words(text), "{text}");
    }
}

#[test]
fn a_wrong_field_is_named_with_the_nearest() {
    for (wrong, nearest) in
        [("modle:x", "model:"), ("-Sede:1", "seed:"), ("samplers:x", "sampler:"), ("comfy:x", "comfyui:"), ("tags:x", "tag:")]
    {
        assert!(error(wrong).message.contains(&format!("Did you mean {nearest}?")), "{wrong}: {}", error(wrong));
    }
    for far in ["abcdef:x", "b:x", "it:x", "embedding:cat"] {
        let message = error(far).message;
        assert!(!message.contains("Did you mean") && message.contains(&format!("\"{far}\"")), "{far}: {message}");
    }
}

#[test]
fn a_search_with_a_wrong_field_is_corrected() {
    assert_eq!(corrected("red modle:x -blurry").as_deref(), Some("red model:x -blurry"));
    assert_eq!(corrected("ö -Sede:1").as_deref(), Some("ö -seed:1"));
    for fine in ["red", "model:x", "abcdef:x", "12:30", ""] {
        assert_eq!(corrected(fine), None, "{fine}");
    }
}

#[test]
fn what_the_message_about_an_unknown_field_suggests_can_be_searched_for() {
    assert_eq!(error("-abc:x\"y").message, "There is no abc:. To search for the text itself write \"abc:x\"\"y\".");
    assert_eq!(condition("\"abc:x\"\"y\""), words("abc:x\"y"));
}

#[test]
fn an_error_says_where_and_what_to_do() {
    for (text, at, says) in [
        ("a -", 2..3, "left out"),
        ("ö \"x y", 3..7, "not closed"),
        ("a tag:\"x", 2..8, "not closed"),
        ("a \"b\"c d", 2..6, "space after the closing quote"),
        ("a model:", 2..8, "model:flux*"),
        ("tag:a||b", 0..8, "tag:"),
        ("tag:a|", 0..6, "tag:"),
        ("tag:\"\"", 0..6, "tag:"),
        ("\"\" x", 0..2, "nothing between"),
        ("x*", 0..2, "at least 2"),
        ("*", 0..1, "at least 2"),
        ("tag:*", 0..5, "at least 2"),
        ("fo*o", 0..4, "in quotes"),
        ("--no", 0..4, "one -"),
        ("has:money", 0..9, "mask, parent, prompt, lora, tag"),
        ("has:mask|tag", 0..12, "one value"),
        ("in:albums", 0..9, "trash"),
        ("star:maybe", 0..10, "yes, no"),
        ("is:nice", 0..7, "starred"),
        ("type:text", 0..9, "image, video, audio, file"),
        ("type:im*", 0..8, "without *"),
        ("seed:4*", 0..7, "without *"),
        ("negative:", 0..9, "negative:blurry"),
    ] {
        let error = error(text);
        assert!(error.message.contains(says), "{text}: {error}");
        assert_eq!(error.at, at, "{text}");
        assert_eq!(error.text, text[at], "{text}");
    }
}

#[test]
fn the_first_wrong_term_is_told() {
    assert_eq!(error("a foo:x bar:y").text, "foo:x");
}

#[test]
fn text_and_terms_are_limited() {
    assert_eq!(terms(&"a ".repeat(limits::SEARCH_TERMS)).len(), limits::SEARCH_TERMS);
    assert!(error(&"a ".repeat(limits::SEARCH_TERMS + 1)).message.contains("Leave some out"));
    terms(&"a".repeat(limits::SEARCH_TEXT));
    assert!(error(&"a".repeat(limits::SEARCH_TEXT + 1)).message.contains("Make it shorter"));
}

#[test]
fn what_help_shows_can_be_typed() {
    for field in help() {
        let example = condition(field.example);
        assert_ne!(example, words(field.example), "{}", field.name);
        assert!(field.example.starts_with(&format!("{}:", field.name)), "{}", field.name);
        for value in field.values {
            condition(&format!("{}:{value}", field.name));
        }
        for alias in field.aliases {
            assert_eq!(condition(&field.example.replace(field.name, alias)), example);
        }
        assert!(field.help.ends_with('.'), "{}", field.name);
    }
}

/// Parts of which searches are made, so that random ones are often right.
pub(super) fn likely_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        proptest::sample::select(
            help().iter().flat_map(|field| [format!("{}:", field.name), field.example.to_owned()]).collect::<Vec<_>>()
        ),
        proptest::sample::select(vec![
            "\"", "-", "|", "*", " ", "..", ">", "mp", "x", ":", "ab", "red", "12", "2026", "é", "\u{3000}", "\"a b\"", "tag:x"
        ])
        .prop_map(str::to_owned),
        proptest::char::any().prop_map(String::from),
    ];
    proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = Search::parse(&text, TODAY);
    }

    /// Errors are at a term, and terms stand in the text as they are.
    #[test]
    fn terms_and_errors_are_parts_of_the_text(text in likely_text()) {
        match Search::parse(&text, TODAY) {
            Ok(search) => for term in search.terms {
                prop_assert!(text.contains(&term.text));
                prop_assert_eq!(term.is_negated, term.text.starts_with('-'));
            },
            Err(error) => {
                prop_assert_eq!(text.get(error.at.clone()), Some(error.text.as_str()));
                prop_assert!(!error.message.is_empty());
            }
        }
    }

    #[test]
    fn terms_joined_by_spaces_are_the_same_search(text in likely_text()) {
        if let Ok(search) = Search::parse(&text, TODAY) {
            let joined = search.terms.iter().map(|term| term.text.as_str()).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(Search::parse(&joined, TODAY), Ok(search));
        }
    }

    /// The second of two searches is read as it is read alone, wherever the first has no open quote.
    #[test]
    fn a_term_means_the_same_after_others(first in likely_text(), second in likely_text()) {
        if let (Ok(one), Ok(other)) = (Search::parse(&first, TODAY), Search::parse(&second, TODAY)) {
            let both = Search::parse(&format!("{first} {second}"), TODAY).unwrap();
            let terms: Vec<_> = one.terms.into_iter().chain(other.terms).collect();
            prop_assert_eq!(both.terms, terms);
        }
    }
}
