//! The weight of a part of a prompt, `(red door:1.2)`, changed by keys as in ComfyUI's page ("Comfy.EditAttention", version 1.35.9).

/// What replaces a part of a prompt. Places are in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighted {
    pub start: usize,
    pub end: usize,
    /// What comes there. It is selected afterwards.
    pub text: String,
}

/// Where words end.
const DELIMITERS: &str = " .,\\/!?%^*;:{}=-_`~()\r\n\t";
/// How much one key changes, in hundredths.
const STEP: i64 = 5;

/// Changes the weight of what is selected; without a selection, of the parentheses around the cursor, else of the word at it. `None`: there is nothing.
#[must_use]
pub fn change_weight(prompt: &[char], start: usize, end: usize, up: bool) -> Option<Weighted> {
    let (mut start, mut end) = (start.min(prompt.len()), end.min(prompt.len()));
    if start == end {
        (start, end) = enclosure(prompt, start).unwrap_or_else(|| word(prompt, start));
    }
    let is = |at: Option<usize>, c: char| at.and_then(|at| prompt.get(at)) == Some(&c);
    if end > start && is(end.checked_sub(1), ' ') {
        end -= 1;
    }
    if end <= start {
        return None;
    }
    if is(start.checked_sub(1), '(') && is(Some(end), ')') {
        start -= 1;
        end += 1;
    }
    let selected: String = prompt.get(start..end)?.iter().collect();
    let is_enclosed = selected.starts_with('(') && selected.ends_with(')') && selected.chars().count() > 1;
    let enclosed = if is_enclosed { selected } else { format!("({selected})") };
    let inside = enclosed.strip_prefix('(')?.strip_suffix(')')?;
    let (text, weight) = inside.rsplit_once(':').and_then(|(text, number)| Some((text, hundredths(number)?))).unwrap_or((inside, 100));
    let weight = weight + if up { STEP } else { -STEP };
    let text = if weight == 100 { text.to_owned() } else { format!("({text}:{})", decimal(weight)) };
    Some(Weighted { start, end, text })
}

/// The inside of the nearest parentheses around a place.
fn enclosure(prompt: &[char], at: usize) -> Option<(usize, usize)> {
    let mut open = 0_usize;
    let start = prompt.get(..at)?.iter().rposition(|c| match c {
        '(' if open == 0 => true,
        '(' => {
            open -= 1;
            false
        }
        ')' => {
            open += 1;
            false
        }
        _ => false,
    })?;
    let mut open = 0_usize;
    let length = prompt.get(at..)?.iter().position(|c| match c {
        ')' if open == 0 => true,
        ')' => {
            open -= 1;
            false
        }
        '(' => {
            open += 1;
            false
        }
        _ => false,
    })?;
    Some((start + 1, at + length))
}

fn word(prompt: &[char], at: usize) -> (usize, usize) {
    let ends = |c: &char| DELIMITERS.contains(*c);
    let start = prompt.get(..at).unwrap_or_default().iter().rposition(ends).map_or(0, |end| end + 1);
    let length = prompt.get(at..).unwrap_or_default().iter().position(ends).unwrap_or(prompt.len() - at);
    (start, at + length)
}

/// A weight in hundredths.
fn hundredths(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    let value = text.parse::<f64>().ok().filter(|value| is_number && value.abs() < 1e6)?;
    #[allow(clippy::cast_possible_truncation, reason = "it is small")]
    Some((value * 100.0).round() as i64)
}

fn decimal(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, rest) = (hundredths.abs() / 100, hundredths.abs() % 100);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:02}").trim_end_matches('0').to_owned() }
}
