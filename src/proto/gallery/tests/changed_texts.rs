use proptest::prelude::*;

use super::{
    parsing::likely_text,
    support::{TODAY, condition, facet, terms},
};
use crate::gallery::{Condition, Facet, Search, facet_term, has_facet, has_term, toggle_facet, with_term, without_term};

#[test]
fn a_term_is_known_by_its_meaning() {
    let has = |text: &str, term: &str| has_term(text, &condition(term), TODAY);
    assert!(has("red star:yes", "is:starred"));
    assert!(has("date:2026-11-30", "date:today"));
    assert!(!has("-star:yes", "star:yes"), "it leaves it out");
    assert!(!has("red", "star:yes"));
    assert!(has("modle:x in:trash \"open", "in:trash"), "other terms may be wrong");
}

#[test]
fn a_term_is_added_once_at_the_end() {
    assert_eq!(with_term("", "star:yes"), "star:yes");
    assert_eq!(with_term(" red  door ", "star:yes"), " red  door star:yes");
    assert_eq!(with_term("star:yes red", "star:yes"), "star:yes red");
    assert_eq!(with_term("red", " "), "red");
}

#[test]
fn a_term_is_not_added_inside_of_an_open_quote() {
    assert_eq!(with_term("red \"old do", "star:yes"), "red star:yes \"old do");
    assert_eq!(toggle_facet("tag:\"old do", Facet::Tag, "x"), "tag:x tag:\"old do");
}

#[test]
fn a_term_is_removed_with_its_space() {
    let without = |text: &str| without_term(text, &Condition::Star(true), TODAY);
    assert_eq!(without("red  star:yes  door"), "red  door");
    assert_eq!(without("red  is:starred"), "red");
    assert_eq!(without("star:yes red star:"), "red");
    assert_eq!(without("-star:yes star:no"), "-star:yes star:no");
}

#[test]
fn values_are_quoted_where_they_must_be() {
    for (value, term) in [
        ("red door", "tag:\"red door\""),
        ("a|b", "tag:\"a|b\""),
        ("a*", "tag:\"a*\""),
        ("\"a\"", "tag:\"\"\"a\"\"\""),
        ("5\"", "tag:5\""),
        ("a:b", "tag:a:b"),
        ("-x", "tag:-x"),
        ("//x", "tag:\"//x\""),
    ] {
        assert_eq!(facet_term(Facet::Tag, value), term);
        assert_eq!(condition(term), facet(Facet::Tag, &[value]));
    }
}

#[test]
fn tags_are_added_up_and_models_are_alternatives() {
    assert_eq!(toggle_facet("tag:a", Facet::Tag, "b"), "tag:a tag:b");
    assert_eq!(toggle_facet("red Model:\"a b\" door", Facet::Model, "c d"), "red Model:\"a b\"|\"c d\" door");
    assert_eq!(toggle_facet("-model:a", Facet::Model, "b"), "-model:a model:b");
    assert_eq!(toggle_facet("model:fl*", Facet::Model, "flux"), "model:fl*|flux");
}

#[test]
fn a_value_is_removed_from_its_alternatives() {
    assert_eq!(toggle_facet("x model:a|\"B c\"|d  y", Facet::Model, "b C"), "x model:a|d  y");
    assert_eq!(toggle_facet("model:a|b", Facet::Model, "a"), "model:b");
    assert_eq!(toggle_facet("model:a red model:a|b", Facet::Model, "a"), "red model:b");
    assert_eq!(toggle_facet("kind:picture", Facet::Type, "image"), "");
    assert_eq!(toggle_facet("comfyui:x", Facet::Backend, "x"), "");
}

#[test]
fn an_empty_value_changes_nothing() {
    assert_eq!(toggle_facet("red", Facet::Tag, " "), "red");
}

fn any_facet() -> impl Strategy<Value = Facet> {
    proptest::sample::select(vec![
        Facet::Model,
        Facet::Lora,
        Facet::Tag,
        Facet::Album,
        Facet::Workflow,
        Facet::Backend,
        Facet::Sampler,
        Facet::Program,
    ])
}

fn any_facet_value() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec!["ab", "a b", "x", "//x", "\"", "|", "*", "-", "a\"|*"]).prop_map(str::to_owned),
        "[^\\p{White_Space}].{0,8}"
    ]
}

proptest! {
    #[test]
    fn a_value_can_be_asked_for_in_any_search(text in likely_text(), facet in any_facet(), value in any_facet_value()) {
        let toggled = toggle_facet(&text, facet, &value);
        prop_assert_eq!(has_facet(&toggled, facet, &value), !has_facet(&text, facet, &value), "{}", toggled);
    }

    #[test]
    fn toggling_twice_gives_an_equal_search(text in likely_text(), facet in any_facet(), value in any_facet_value()) {
        let twice = toggle_facet(&toggle_facet(&text, facet, &value), facet, &value);
        if !has_facet(&text, facet, &value) {
            prop_assert_eq!(twice.trim(), text.trim());
        } else if let Ok(search) = Search::parse(&text, TODAY) {
            // It was asked for, perhaps elsewhere and more than once.
            let again = Search::parse(&twice, TODAY).unwrap();
            prop_assert!(has_facet(&twice, facet, &value));
            prop_assert!(again.terms.len() <= search.terms.len() + 1);
        }
    }

    #[test]
    fn other_terms_stay_as_they_were_typed(text in likely_text(), facet in any_facet(), value in any_facet_value()) {
        if let Ok(search) = Search::parse(&text, TODAY) {
            let is_other = |condition: &Condition| !matches!(condition, Condition::Facet { facet: own, .. } if *own == facet);
            let others = |search: &Search| search.terms.iter().filter(|term| is_other(&term.condition)).cloned().collect::<Vec<_>>();
            let toggled = Search::parse(&toggle_facet(&text, facet, &value), TODAY).unwrap();
            prop_assert_eq!(others(&toggled), others(&search));
        }
    }

    #[test]
    fn what_was_added_can_be_removed(text in likely_text()) {
        if !has_term(&text, &Condition::Star(true), TODAY) {
            let with = with_term(&text, "star:yes");
            prop_assert!(has_term(&with, &Condition::Star(true), TODAY));
            let without = without_term(&with, &Condition::Star(true), TODAY);
            prop_assert_eq!(without.trim_end(), text.trim_end());
        }
    }
}

#[test]
fn a_facet_term_alone_is_one_term() {
    assert_eq!(terms(&facet_term(Facet::Album, "my trip \"26\"")).len(), 1);
}
