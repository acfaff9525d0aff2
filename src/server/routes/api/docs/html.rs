//! Escapes text for HTML.

use serde_json::Value;

pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
        out
    })
}

/// Renders a description: paragraphs, with code between backticks.
pub(super) fn words(text: &Value) -> String {
    let paragraph = |text: &str| {
        let code = text
            .split('`')
            .enumerate()
            .map(|(at, part)| if at % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) });
        format!("<p>{}</p>", code.collect::<String>())
    };
    text.as_str().unwrap_or_default().split("\n\n").filter(|text| !text.trim().is_empty()).map(paragraph).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_in_descriptions_is_escaped() {
        assert_eq!(words(&"a <b>\n\n`x & \"y\"`".into()), "<p>a &lt;b&gt;</p><p><code>x &amp; &quot;y&quot;</code></p>");
    }
}
