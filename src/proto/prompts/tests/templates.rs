use super::{all, combinations, text, text_with};
use crate::prompts::{PromptErrorKind, PromptTemplate, Wildcards, preview, resolve};
use proptest::prelude::*;

fn none() -> Wildcards {
    Wildcards::default()
}

#[test]
fn one_of_the_alternatives_is_taken() {
    assert_eq!(all("a {red|blue|} door", &none()), ["a  door", "a blue door", "a red door"]);
    assert_eq!(all("{{rose|white} gold|platinum} ring", &none()), ["platinum ring", "rose gold ring", "white gold ring"]);
    assert_eq!(combinations("a {red|blue|} {{rose|white} gold|platinum} door", &none()), Some(9));
}

#[test]
fn several_are_taken_each_once_in_any_order() {
    assert_eq!(all("{2$$a|b|c}", &none()), ["a, b", "a, c", "b, a", "b, c", "c, a", "c, b"]);
    assert_eq!(all("{2$$ and $$a|b}", &none()), ["a and b", "b and a"]);
    assert_eq!(all("{1-2$$/$$a|b}", &none()), ["a", "a/b", "b", "b/a"]);
    assert_eq!(all("{-2$$ a | b }", &none()), all("{1-2$$a|b}", &none()), "spaces around them do not count");
    assert_eq!(all("{1-$$a|b}", &none()), all("{1-2$$a|b}", &none()));
    assert_eq!(all("{7$$a|b}", &none()), ["a, b", "b, a"], "no more than there are");
    assert_eq!(all("{0-1$$a|b}", &none()), ["", "a", "b"]);
    assert_eq!(all(r"{2$$ \| $$a|b}", &none()), ["a | b", "b | a"]);
    assert_eq!(all("{2$$a|}", &none()), ["a"], "nothing is not joined");
    for (template, expected) in [("{2$$a|b|c}", 6), ("{1-2$$a|b|c}", 9), ("{0-$$a|b|c}", 16), ("{2$${a|b}|{c|d|e}|f}", 2 * (6 + 2 + 3))] {
        assert_eq!(combinations(template, &none()), Some(expected), "{template}");
    }
}

#[test]
fn weights_make_an_alternative_more_likely() {
    let count = |template: &str| (0..4_000).filter(|seed| text(template, *seed) == "a").count();
    let (even, heavy) = (count("{a|b}"), count("{3::a|b}"));
    assert!((1_850..2_150).contains(&even), "{even}");
    assert!((2_850..3_150).contains(&heavy), "{heavy}");
    assert_eq!(all("{0::a|.5::b|c}", &none()), ["b", "c"]);
    assert_eq!(combinations("{0::a|.5::b|c}", &none()), Some(2));
    assert_eq!(all("{a::b|12:30}", &none()), ["12:30", "a::b"], "no numbers");
}

#[test]
fn signs_are_escaped_and_comments_are_left_out() {
    assert_eq!(text(r"\{a\|b\} \(c\)", 0), r"{a|b} \(c\)");
    assert_eq!(text("a /* {x|y} */b // c\nd", 0), "a b \nd");
    assert_eq!(text(r"\__init__ __ a __ _x_", 0), "__init__ __ a __ _x_");
    assert_eq!(text("{a", 0), "a");
    assert_eq!(text("a} | b", 0), "a} | b");
}

#[test]
fn mistakes_have_a_place() {
    let error = |template: &str| PromptTemplate::parse(template).unwrap_err();
    let wrong = error("fine\nand {3-1$$a|b}");
    assert_eq!((wrong.at, wrong.line), (9, Some((2, 5))));
    assert!(wrong.to_string().starts_with("Line 2, character 5: \"3-1$$\""), "{wrong}");
    assert_eq!(error("{1001$$a}").kind, PromptErrorKind::Picks("1001".into()));
    assert_eq!(error("{0::a|0::b}").kind, PromptErrorKind::Weights);
    assert_eq!(error(&"{".repeat(40)).kind, PromptErrorKind::TooDeep);
    let unknown = text_with("é __colour__", &super::wildcards(&[("colours", "red")]), 0).unwrap_err();
    assert_eq!(unknown.at, 2);
    assert_eq!(
        unknown.to_string(),
        "Line 1, character 3: There is no wildcard \"colour\". The nearest: colours. For the text itself write \\__colour__."
    );
}

#[test]
fn a_preview_has_the_number_of_combinations_and_samples_that_their_seeds_give_again() {
    let template = "a {red|blue} {door|window";
    let made = preview(template, &PromptTemplate::parse(template).unwrap(), &none(), 40, 5).unwrap();
    assert_eq!(made.combinations.as_deref(), Some("4"));
    assert_eq!(made.samples.iter().map(|sample| sample.seed).collect::<Vec<_>>(), [40, 41, 42, 43, 44]);
    for sample in &made.samples {
        assert_eq!(text(template, sample.seed), sample.text);
    }
    assert_eq!(made.notes.len(), 1, "a brace is not closed: {:?}", made.notes);
    let fixed = preview("a door", &PromptTemplate::parse("a door").unwrap(), &none(), 0, 5).unwrap();
    assert_eq!((fixed.combinations.as_deref(), fixed.samples.len()), (Some("1"), 1));
}

#[test]
fn large_numbers_of_combinations_are_counted_without_making_them() {
    let many = "{a|b|c|d|e|f|g|h|i|j}".repeat(38);
    assert_eq!(combinations(&many, &none()), Some(10_u128.pow(38)));
    assert_eq!(combinations(&format!("{many}{many}"), &none()), None);
    let list: Vec<String> = (0..10_000).map(|number| number.to_string()).collect();
    assert_eq!(combinations("{2$$__n__}", &super::wildcards(&[("n", &list.join("\n"))])), Some(10_000 * 9_999));
}

/// They must never change: a stored seed has to give its text again.
#[test]
fn a_seed_always_gives_the_same_text() {
    let template = "{a|b|c|d} {2$$e|f|g|h} {1-3$$i|j|k} {5::l|m}";
    let texts: Vec<String> = [0, 1, 7, u64::MAX].into_iter().map(|seed| text(template, seed)).collect();
    assert_eq!(texts, PINNED, "{texts:?}");
}
const PINNED: [&str; 4] = ["d f, e k, i l", "a h, g j m", "c h, f j l", "d g, h j, k, i m"];

proptest! {
    #[test]
    fn any_text_is_read_and_resolved_or_refused(template in r"[ab{}|\\/*$_0-3:,\n -]{0,60}", seed: u64) {
        let Ok(read) = PromptTemplate::parse(&template) else { return Ok(()) };
        let Ok(first) = resolve(&template, &read, &none(), seed) else { return Ok(()) };
        prop_assert_eq!(resolve(&template, &read, &none(), seed).unwrap(), first, "deterministic");
    }

    #[test]
    fn text_without_signs_stays_as_it_is(text_only in r"[a-zA-Zäß0-9 ,.():<>\n'-]{0,80}", seed: u64) {
        prop_assert_eq!(text(&text_only, seed), text_only);
    }
}

proptest! {
    // Each case resolves a template two thousand times.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn as_many_texts_as_are_counted(
        options in proptest::collection::vec(proptest::collection::btree_set("[a-f]{2}", 1..4), 1..3),
        picks in 1_usize..3,
    ) {
        // Every choice has texts of its own, so that no two combinations give the same.
        let choice = |(at, texts): (usize, &std::collections::BTreeSet<String>)| {
            let texts: Vec<String> = texts.iter().map(|text| format!("{at}{text}")).collect();
            format!("{{{picks}$$ + $${}}}", texts.join("|"))
        };
        let template: String = options.iter().enumerate().map(choice).collect();
        let found = all(&template, &none());
        prop_assert_eq!(combinations(&template, &none()), Some(found.len() as u128), "{}: {:?}", template, found);
    }
}
