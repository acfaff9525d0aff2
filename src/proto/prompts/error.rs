//! What is wrong in a template, and where.

use super::PromptMistake;
use crate::limits;

/// A mistake in a template, or in a wildcard that it uses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{kind}", place(.line, .wildcard))]
pub struct PromptError {
    /// The character that it begins at, counted from 0: in the template, or in the line of the wildcard.
    pub at: usize,
    /// The line and the column, from 1, if the template has several lines.
    pub line: Option<(usize, usize)>,
    /// The wildcard and its line, from 1.
    pub wildcard: Option<(String, usize)>,
    pub kind: PromptErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptErrorKind {
    #[error("Alternatives are nested more than {} deep.", limits::PROMPT_DEPTH)]
    TooDeep,
    #[error(
        "\"{words}$$\" takes no number of alternatives: the first number is at most the second, and both are at most {most}.",
        words = .0,
        most = limits::PROMPT_PICKS
    )]
    Picks(String),
    #[error("At least one of these alternatives needs a weight above 0.")]
    Weights,
    #[error("There is no wildcard \"{pattern}\".{} For the text itself write \\__{pattern}__.", near(.nearest))]
    UnknownWildcard { pattern: String, nearest: Vec<String> },
    #[error("The wildcard \"{0}\" has no values: add some, one a line.")]
    EmptyWildcard(String),
    #[error("These wildcards use each other, without end: {}.", .0.join(" → "))]
    Circle(Vec<String>),
    #[error("What this template gives is longer than {} characters.", limits::PROMPT_TEXT)]
    TooLong,
}

fn near(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" The nearest: {}.", names.join(", ")) }
}

fn place(line: &Option<(usize, usize)>, wildcard: &Option<(String, usize)>) -> String {
    match (wildcard, line) {
        (Some((name, line)), _) => format!("In the wildcard \"{name}\", line {line}: "),
        (None, Some((line, column))) => format!("Line {line}, character {column}: "),
        (None, None) => String::new(),
    }
}

impl PromptError {
    pub(super) fn new(at: usize, kind: PromptErrorKind) -> Self {
        Self { at, line: None, wildcard: None, kind }
    }

    /// The same with its place in this template.
    #[must_use]
    pub(super) fn located(self, template: &str) -> Self {
        if self.wildcard.is_some() {
            return self;
        }
        let before: String = template.chars().take(self.at).collect();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line: Some((before.matches('\n').count() + 1, column)), ..self }
    }

    /// The same, within a line of a wildcard. An error has the innermost place.
    #[must_use]
    pub(super) fn in_wildcard(mut self, name: &str, line: usize) -> Self {
        self.wildcard.get_or_insert_with(|| (name.to_owned(), line));
        self
    }

    /// For a page.
    #[must_use]
    pub fn mistake(&self) -> PromptMistake {
        let at = self.wildcard.is_none().then(|| u32::try_from(self.at).unwrap_or(u32::MAX));
        PromptMistake { message: self.to_string(), at }
    }
}
