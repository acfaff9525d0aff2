//! The same as ComfyUI's page.

use super::text;
use proptest::prelude::*;

/// `processDynamicPrompt` of the page, with the alternatives that `choose` takes of this many. `None`: an end of the text after a backslash, where the page
/// writes "undefined".
fn page(text: &str, choose: &mut dyn FnMut(usize) -> usize) -> Option<String> {
    let text = strip(text);
    let chars: Vec<char> = text.chars().collect();
    let mut next = 0;
    let mut result = String::new();
    while let Some(&c) = chars.get(next) {
        next += 1;
        match c {
            '\\' => {
                result.push('\\');
                result.push(*chars.get(next)?);
                next += 1;
            }
            '{' => {
                let (mut options, mut option, mut depth) = (Vec::new(), String::new(), 0);
                while let Some(&c) = chars.get(next) {
                    next += 1;
                    match c {
                        '\\' => {
                            option.push('\\');
                            option.push(*chars.get(next)?);
                            next += 1;
                            continue;
                        }
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        '|' if depth == 0 => {
                            options.push(std::mem::take(&mut option));
                            continue;
                        }
                        _ => {}
                    }
                    option.push(c);
                }
                options.push(option);
                let chosen = choose(options.len());
                result.push_str(&page(&options[chosen], choose)?);
            }
            c => result.push(c),
        }
    }
    Some(result.replace("\\{", "{").replace("\\}", "}").replace("\\|", "|"))
}

fn strip(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(end) = rest.strip_prefix("/*").and_then(|inside| inside.find("*/")) {
            rest = &rest[end + 4..];
        } else if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else {
            result.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    result
}

/// Everything the page can give.
fn all_of_page(text: &str) -> Option<Vec<String>> {
    let mut found = std::collections::BTreeSet::new();
    let mut paths = vec![Vec::new()];
    while let Some(path) = paths.pop() {
        let mut at = 0;
        let mut counts: Vec<usize> = Vec::new();
        let mut choose = |count: usize| {
            let choice = path.get(at).copied().unwrap_or(0);
            at += 1;
            counts.push(count);
            choice
        };
        found.insert(page(text, &mut choose)?);
        for (place, count) in counts.iter().enumerate().skip(path.len()) {
            for other in 1..*count {
                let mut longer: Vec<usize> = path.clone();
                longer.resize(place, 0);
                longer.push(other);
                paths.push(longer);
            }
        }
        if found.len() > 50 {
            return None;
        }
    }
    Some(found.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn alternatives_escapes_and_comments_are_as_in_the_page(template in r"([abc {}|]|\\[{}|a]|//|/\*|\*/|\n){0,14}") {
        let Some(expected) = all_of_page(&template) else { return Ok(()) };
        prop_assume!(!template.contains("$$"));
        let found: std::collections::BTreeSet<String> = (0..1_500).map(|seed| text(&template, seed)).collect();
        prop_assert_eq!(found.into_iter().collect::<Vec<_>>(), expected, "{:?}", template);
    }
}
