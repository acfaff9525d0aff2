//! Parses JSON as Python writes it. It may contain bare `NaN` and lone surrogates (fact 25), which strict parsers reject.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

/// Parses strict JSON. If that fails, replaces Python's extensions (`NaN`, `Infinity` and `-Infinity` by `null`, a lone surrogate by
/// U+FFFD) and parses again, so that one unusual value does not make the whole response unreadable.
///
/// # Errors
/// The error of the second attempt: the text is not JSON.
pub fn parse_lenient<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text).or_else(|first| match mend(text, escape, |_| "null") {
        Cow::Borrowed(_) => Err(first),
        Cow::Owned(mended) => serde_json::from_str(&mended),
    })
}

/// Replaces each bare `NaN`, `Infinity` and `-Infinity` by a text: a zero character and the word, so that it can be located.
#[cfg(feature = "files")]
pub(crate) fn mark_numbers(text: &str) -> Cow<'_, str> {
    let kept = |text: &str, at| (escape(text, at).0, None);
    mend(text, kept, |word| match word {
        "NaN" => "\"\\u0000NaN\"",
        "Infinity" => "\"\\u0000Infinity\"",
        _ => "\"\\u0000-Infinity\"",
    })
}

/// The length of a sequence, and its replacement, if it needs one.
type Replacement = (usize, Option<&'static str>);

fn mend(text: &str, escape: fn(&str, usize) -> Replacement, number: fn(&str) -> &'static str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut in_string = false;
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let (len, replacement) = match bytes[at] {
            b'"' => {
                in_string = !in_string;
                (1, None)
            }
            b'\\' if in_string => escape(text, at),
            _ if in_string => (1, None),
            _ => number_word(&text.as_bytes()[at..]).map_or((1, None), |word| (word.len(), Some(number(word)))),
        };
        if let Some(replacement) = replacement {
            out.push_str(&text[copied..at]);
            out.push_str(replacement);
            copied = at + len;
        }
        at += len;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// The length of the escape sequence at `at`, and its replacement if it is a lone surrogate.
fn escape(text: &str, at: usize) -> Replacement {
    match unit(text, at) {
        Some(0xd800..=0xdbff) => match unit(text, at + 6) {
            Some(0xdc00..=0xdfff) => (12, None),
            _ => (6, Some("\\ufffd")),
        },
        Some(0xdc00..=0xdfff) => (6, Some("\\ufffd")),
        Some(_) => (6, None),
        // `\"`, `\\` and the like. A trailing backslash ends the scan either way.
        None => (2, None),
    }
}

/// The UTF-16 unit of a `\uXXXX` escape that starts at `at`.
fn unit(text: &str, at: usize) -> Option<u16> {
    let hex = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(hex, 16).ok()
}

fn number_word(rest: &[u8]) -> Option<&'static str> {
    ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| rest.starts_with(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn parsed(text: &str) -> Value {
        parse_lenient(text).expect("readable")
    }

    #[test]
    fn nan_and_infinity_as_python_writes_them_are_read() {
        assert_eq!(parsed(r#"{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN"}"#), json!({"a": null, "b": [null, null], "c": "NaN"}));
    }

    #[test]
    fn replaces_lone_surrogates_and_keeps_pairs() {
        assert_eq!(parsed(r#"["\ud83d", "\ud83d\udc08", "\udc08x", "\\ud83d"]"#), json!(["\u{fffd}", "🐈", "\u{fffd}x", "\\ud83d"]));
    }

    #[test]
    fn refuses_what_is_not_json() {
        assert!(parse_lenient::<Value>("{\"a\": ").is_err());
        assert!(parse_lenient::<Value>("NaNcy").is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "[\\\\\"u0-9a-fDNaInfity{}: é🐈-]{0,60}") {
            let _ = parse_lenient::<Value>(&text);
        }

        #[test]
        fn strict_json_is_unchanged(text in any::<String>()) {
            let strict = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(parsed(&strict), Value::String(text));
        }
    }
}
