use crate::prompts::change_weight;
use proptest::prelude::*;

/// The prompt after the key, with what is selected in « ». `[` and `]` are the ends of the selection before.
fn pressed(marked: &str, up: bool) -> Option<String> {
    let start = marked.chars().position(|c| c == '[').unwrap();
    let end = marked.chars().filter(|c| *c != '[').position(|c| c == ']').unwrap();
    let prompt: Vec<char> = marked.chars().filter(|c| !matches!(c, '[' | ']')).collect();
    let made = change_weight(&prompt, start, end, up)?;
    let part = |range: std::ops::Range<usize>| prompt[range].iter().collect::<String>();
    Some(format!("{}«{}»{}", part(0..made.start), made.text, part(made.end..prompt.len())))
}

#[test]
fn keys_change_the_weight_as_in_comfyuis_page() {
    for (before, up, after) in [
        ("a [red] door", true, "a «(red:1.05)» door"),
        ("a [red] door", false, "a «(red:0.95)» door"),
        ("a r[]ed door", true, "a «(red:1.05)» door"),
        ("a [red ]door", true, "a «(red:1.05)» door"),
        ("a ([red:1.05]) door", true, "a «(red:1.1)» door"),
        ("a [(red:1.05)] door", false, "a «red» door"),
        ("a (big r[]ed:1.2) door", true, "a «(big red:1.25)» door"),
        ("a ((big) r[]ed:1.2) door", true, "a «((big) red:1.25)» door"),
        ("a ([red]) door", true, "a «(red:1.05)» door"),
        ("(x:[]0.05)", false, "«(x:0)»"),
        ("(x:[]0)", false, "«(x:-0.05)»"),
        ("[日本] door", true, "«(日本:1.05)» door"),
    ] {
        assert_eq!(pressed(before, up).as_deref(), Some(after), "{before}");
    }
    assert_eq!(pressed("a , [], b", true), None);
    assert_eq!(pressed("[]", true), None);
}

proptest! {
    #[test]
    fn up_and_down_again_is_as_before(word in "[a-z]{1,8}", presses in 1_usize..30) {
        let mut prompt: Vec<char> = word.chars().collect();
        for up in std::iter::repeat_n(true, presses).chain(std::iter::repeat_n(false, presses)) {
            let end = prompt.len();
            prompt = change_weight(&prompt, 0, end, up).unwrap().text.chars().collect();
        }
        prop_assert_eq!(prompt.iter().collect::<String>(), word);
    }

    #[test]
    fn any_place_of_any_text_is_fine(text in r"[a-c(): .0-9é-]{0,20}", start in 0_usize..25, end in 0_usize..25, up: bool) {
        let prompt: Vec<char> = text.chars().collect();
        if let Some(made) = change_weight(&prompt, start, end, up) {
            prop_assert!(made.start < made.end && made.end <= prompt.len());
        }
    }
}
