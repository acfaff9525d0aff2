use super::{all, combinations, text_with, wildcards};
use crate::prompts::{PromptErrorKind, PromptTemplate, WildcardName, Wildcards, wildcards::matches};

#[test]
fn a_wildcard_gives_one_of_its_values_which_may_be_templates() {
    let files =
        wildcards(&[("people/africa", "Namibian\nBasotho"), ("people/all", "# all of them\n\n__people/africa__\n{Thai|Lao}\n  2::Dane  ")]);
    assert_eq!(all("a __people/all__", &files), ["a Basotho", "a Dane", "a Lao", "a Namibian", "a Thai"]);
    assert_eq!(combinations("a __people/all__", &files), Some(5));
    let danes = (0..4_000).filter(|seed| text_with("__people/all__", &files, *seed).unwrap() == "Dane").count();
    assert!((1_850..2_150).contains(&danes), "half of them: {danes}");
}

#[test]
fn several_values_of_one_wildcard_are_different() {
    let files = wildcards(&[("flavours", "vanilla\nmint")]);
    assert_eq!(all("{2$$__flavours__}", &files), ["mint, vanilla", "vanilla, mint"]);
    assert_eq!(all("{2$$ & $$__flavours__|__flavours__}", &files).len(), 4, "each by itself");
    assert_eq!(combinations("{2$$__flavours__}", &files), Some(2));
}

#[test]
fn a_pattern_takes_the_values_of_all_that_fit() {
    let files = wildcards(&[("colours-cold", "blue"), ("colours-warm", "red"), ("more/colours-x", "grey")]);
    assert_eq!(all("__colours*__", &files), ["blue", "red"]);
    assert_eq!(all("__**colours*__", &files), ["blue", "grey", "red"]);
    assert_eq!(all("__colours-?old__", &files), ["blue"]);
    for (pattern, name, fits) in [
        ("a*", "abc", true),
        ("a*", "a/b", false),
        ("a/**", "a/b/c", true),
        ("*/c", "b/c", true),
        ("*/c", "a/b/c", false),
        ("**/c", "a/b/c", true),
        ("a?c", "abc", true),
        ("a?c", "a/c", false),
        ("*a*a*a*", "aaaa", true),
        ("*b*", "aaaa", false),
        ("", "", true),
    ] {
        assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
    }
}

#[test]
fn wildcards_without_values_and_in_circles_are_refused() {
    let files = wildcards(&[("empty", "# nothing"), ("a", "x\n__b__"), ("b", "{y|__a__}"), ("bad", "fine\n__gone__")]);
    let kind = |template: &str| text_with(template, &files, 0).unwrap_err();
    assert_eq!(kind("__empty__").kind, PromptErrorKind::EmptyWildcard("empty".into()));
    let circle = kind("__a__");
    assert_eq!(circle.kind, PromptErrorKind::Circle(vec!["a".into(), "b".into(), "a".into()]));
    assert_eq!(circle.wildcard, Some(("b".into(), 1)));
    assert_eq!(kind("__bad__").to_string().split(':').next(), Some("In the wildcard \"bad\", line 2"));
}

#[test]
fn only_what_is_needed_is_wanted_step_by_step() {
    let mut files = Wildcards::new(["a", "b", "c"].map(str::to_owned));
    files.want(&PromptTemplate::parse("x {__a__|y}").unwrap());
    assert_eq!(files.wanted().as_deref(), Some("a"));
    files.add("a", "__b__").unwrap();
    assert_eq!(files.wanted().as_deref(), Some("b"));
    files.add("b", "__a__").unwrap();
    assert_eq!(files.wanted(), None);
}

#[test]
fn names_are_paths_below_a_folder() {
    for good in ["colours", "animals/wild cats", "a.b-c_d&e+f'g", "é/ß"] {
        assert!(good.parse::<WildcardName>().is_ok(), "{good}");
    }
    for bad in [
        "",
        "/a",
        "a/",
        "a//b",
        "../a",
        "a/../b",
        ".hidden",
        "a__b",
        "a\\b",
        "a:b",
        "a\0",
        " a",
        "a ",
        "a*",
        &"x".repeat(201),
        "1/2/3/4/5/6/7/8/9",
    ] {
        assert!(bad.parse::<WildcardName>().is_err(), "{bad}");
    }
}
