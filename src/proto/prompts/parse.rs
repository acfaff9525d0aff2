//! Reads templates.

use super::{
    PromptError, PromptErrorKind, PromptTemplate,
    template::{Picks, PromptChoice, PromptOption, PromptPart, WildcardUse},
};
use crate::limits;

/// A character, and its place in the template: comments are left out first.
type Placed = (char, usize);

/// What is between several alternatives if nothing is given.
const SEPARATOR: &str = ", ";

impl PromptTemplate {
    /// # Errors
    /// Numbers or weights that cannot be, or too many levels. Everything else is a text.
    pub fn parse(text: &str) -> Result<Self, PromptError> {
        let placed: Vec<Placed> = text.chars().zip(0..).collect();
        parse(&placed, 0).map_err(|error| error.located(text))
    }
}

/// A line of a wildcard: a template, perhaps with a weight.
pub(super) fn parse_value(line: &str) -> Result<PromptOption, PromptError> {
    let placed: Vec<Placed> = line.chars().zip(0..).collect();
    option(&placed, 0)
}

fn parse(source: &[Placed], depth: usize) -> Result<PromptTemplate, PromptError> {
    let source = without_comments(source);
    if depth > limits::PROMPT_DEPTH {
        return Err(PromptError::new(source.first().map_or(0, |(_, at)| *at), PromptErrorKind::TooDeep));
    }
    let mut template = PromptTemplate::default();
    let mut text = String::new();
    let mut next = 0;
    while let Some(&(c, at)) = source.get(next) {
        let rest = source.get(next + 1..).unwrap_or_default();
        match c {
            '\\' => match wildcard(rest) {
                Some((token, _)) => {
                    text.extend(token.iter().map(|(c, _)| c));
                    next += 1 + token.len();
                }
                None => {
                    text.push(c);
                    text.extend(rest.first().map(|(c, _)| c));
                    next += 2;
                }
            },
            '{' => {
                let block = Block::read(rest);
                next += 1 + block.length;
                if !block.is_closed {
                    template.unclosed.push(at);
                }
                template.flush(&mut text);
                let choice = choice(&block.options, at, depth)?;
                template.unclosed.extend(choice.options.iter().flat_map(|option| option.template.unclosed.iter().copied()));
                template.parts.push(PromptPart::Choice(choice));
            }
            '_' => match wildcard(source.get(next..).unwrap_or_default()) {
                Some((token, pattern)) => {
                    template.flush(&mut text);
                    template.parts.push(PromptPart::Wildcard(WildcardUse { pattern, at }));
                    next += token.len();
                }
                None => {
                    text.push(c);
                    next += 1;
                }
            },
            c => {
                text.push(c);
                next += 1;
            }
        }
    }
    template.flush(&mut text);
    Ok(template)
}

impl PromptTemplate {
    fn flush(&mut self, text: &mut String) {
        if !text.is_empty() {
            self.parts.push(PromptPart::Text(std::mem::take(text)));
        }
    }
}

/// The inside of a pair of braces.
struct Block {
    options: Vec<Vec<Placed>>,
    /// In characters, with the closing brace.
    length: usize,
    is_closed: bool,
}

impl Block {
    /// `rest`: what comes after the opening brace.
    fn read(rest: &[Placed]) -> Self {
        let mut options = Vec::new();
        let mut option = Vec::new();
        let (mut depth, mut next) = (0_usize, 0);
        let mut is_closed = false;
        while let Some(&placed) = rest.get(next) {
            next += 1;
            match placed.0 {
                '\\' => {
                    option.push(placed);
                    option.extend(rest.get(next).copied());
                    next += 1;
                    continue;
                }
                '{' => depth += 1,
                '}' if depth == 0 => {
                    is_closed = true;
                    break;
                }
                '}' => depth -= 1,
                '|' if depth == 0 => {
                    options.push(std::mem::take(&mut option));
                    continue;
                }
                _ => {}
            }
            option.push(placed);
        }
        options.push(option);
        Self { options, length: next.min(rest.len()), is_closed }
    }
}

fn choice(options: &[Vec<Placed>], at: usize, depth: usize) -> Result<PromptChoice, PromptError> {
    let first = options.first().map(Vec::as_slice).unwrap_or_default();
    let header = header(first).map_err(|words| PromptError::new(at, PromptErrorKind::Picks(words)))?;
    let length = header.as_ref().map_or(0, |(_, length)| *length);
    let picks = header.map(|(picks, _)| picks);
    let options = options.iter().enumerate().map(|(index, option_text)| {
        let own = if index == 0 { option_text.get(length..).unwrap_or_default() } else { option_text };
        option(if picks.is_some() { trimmed(own) } else { own }, depth + 1)
    });
    let options = options.collect::<Result<Vec<_>, _>>()?;
    if options.iter().all(|option| option.weight == 0.0) {
        return Err(PromptError::new(at, PromptErrorKind::Weights));
    }
    Ok(PromptChoice { picks, options })
}

fn option(source: &[Placed], depth: usize) -> Result<PromptOption, PromptError> {
    let (weight, rest) = weight(source).unwrap_or((1.0, source));
    Ok(PromptOption { weight, template: parse(rest, depth)? })
}

/// `0.5::` before an alternative.
fn weight(source: &[Placed]) -> Option<(f64, &[Placed])> {
    let start = source.iter().position(|(c, _)| !c.is_whitespace())?;
    let number = source.get(start..)?;
    let length = number.iter().position(|(c, _)| !c.is_ascii_digit() && *c != '.')?;
    let digits: String = number.get(..length)?.iter().map(|(c, _)| c).collect();
    let rest = number.get(length..)?;
    let is_weight = matches!(rest, [(':', _), (':', _), ..]) && digits.contains(|c: char| c.is_ascii_digit());
    let weight = digits.parse::<f64>().ok().filter(|weight| weight.is_finite() && is_weight)?;
    Some((weight, rest.get(2..)?))
}

/// `2$$`, `1-2$$`, `-2$$`, `1-$$`, each perhaps with `separator$$`: how many are taken, and the length of it.
///
/// # Errors
/// The numbers, if they cannot be.
fn header(source: &[Placed]) -> Result<Option<(Picks, usize)>, String> {
    let chars: Vec<char> = source.iter().map(|(c, _)| *c).collect();
    let start = chars.iter().take_while(|c| c.is_whitespace()).count();
    let numbers: String = chars.iter().skip(start).take_while(|c| c.is_ascii_digit() || **c == '-').collect();
    let mut length = start + numbers.chars().count();
    if chars.get(length..length + 2) != Some(&['$', '$']) || numbers.matches('-').count() > 1 || numbers.is_empty() || numbers == "-" {
        return Ok(None);
    }
    length += 2;
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number <= limits::PROMPT_PICKS).ok_or(numbers.clone());
    let (min, max) = match numbers.split_once('-') {
        None => (number(&numbers)?, Some(number(&numbers)?)),
        Some(("", max)) => (1, Some(number(max)?)),
        Some((min, "")) => (number(min)?, None),
        Some((min, max)) => (number(min)?, Some(number(max)?)),
    };
    if max.is_some_and(|max| min > max) {
        return Err(numbers);
    }
    let rest = chars.get(length..).unwrap_or_default();
    let end = rest.windows(2).position(|pair| pair == ['$', '$']);
    let separator = end.and_then(|end| rest.get(..end)).filter(|separator| !separator.contains(&'{') && !separator.contains(&'}'));
    let separator = match separator {
        Some(separator) => {
            length += separator.len() + 2;
            unescaped(&separator.iter().collect::<String>())
        }
        None => SEPARATOR.to_owned(),
    };
    Ok(Some((Picks { min, max, separator }, length)))
}

fn trimmed(source: &[Placed]) -> &[Placed] {
    let is_space = |placed: &Placed| placed.0.is_whitespace();
    let start = source.iter().position(|placed| !is_space(placed)).unwrap_or(source.len());
    let end = source.iter().rposition(|placed| !is_space(placed)).map_or(start, |last| last + 1);
    source.get(start..end).unwrap_or_default()
}

/// `__pattern__` at the beginning: the whole, and the pattern.
fn wildcard(source: &[Placed]) -> Option<(&[Placed], String)> {
    if !matches!(source, [('_', _), ('_', _), ..]) {
        return None;
    }
    let inside = source.get(2..)?;
    // One character at least.
    let end = 1 + inside.get(1..)?.windows(2).position(|pair| matches!(pair, [('_', _), ('_', _)]))?;
    let pattern: String = inside.get(..end)?.iter().map(|(c, _)| c).collect();
    let is_pattern = pattern.chars().count() <= limits::WILDCARD_NAME
        && pattern.chars().all(|c| is_name_char(c) || matches!(c, '/' | '*' | '?'))
        && pattern.trim() == pattern
        && !pattern.starts_with('_');
    is_pattern.then_some((source.get(..end + 4)?, pattern))
}

/// What the names of wildcards are made of, besides slashes.
pub(super) fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '&' | '+' | '\'')
}

/// Removes the backslashes that escape braces and bars.
pub(super) fn unescaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\\'
            && let Some(escaped) = rest.next_if(|next| matches!(next, '{' | '}' | '|'))
        {
            result.push(escaped);
        } else {
            result.push(c);
        }
    }
    result
}

/// Without `/*…*/`, and without `//` to the end of the line.
fn without_comments(source: &[Placed]) -> Vec<Placed> {
    let pair = |at: usize, first: char, second: char| matches!((source.get(at), source.get(at + 1)), (Some((a, _)), Some((b, _))) if *a == first && *b == second);
    // Beyond the last end of a comment there is none.
    let last_end = (0..source.len()).rev().find(|at| pair(*at, '*', '/')).unwrap_or_default();
    let mut result = Vec::with_capacity(source.len());
    let mut next = 0;
    while let Some(&placed) = source.get(next) {
        if pair(next, '/', '*') && next + 2 <= last_end {
            next = (next + 2..=last_end).find(|at| pair(*at, '*', '/')).map_or(source.len(), |end| end + 2);
        } else if pair(next, '/', '/') {
            let is_end = |placed: &Placed| matches!(placed.0, '\n' | '\r' | '\u{2028}' | '\u{2029}');
            next = source.get(next..).unwrap_or_default().iter().position(is_end).map_or(source.len(), |length| next + length);
        } else {
            result.push(placed);
            next += 1;
        }
    }
    result
}
