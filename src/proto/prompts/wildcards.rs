//! Wildcards: lists of values by name, of which a template takes one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use super::{
    PromptError, PromptTemplate,
    parse::{is_name_char, parse_value},
    template::{PromptOption, WildcardUse},
};
use crate::limits;

/// The name of a wildcard: the path of its file below the folder of wildcards, with `/` and without the ending.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WildcardName(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "The name of a wildcard is made of letters, digits, spaces, and . - _ & + ', with / between folders: \"animals/dogs\". It has at most {} characters, and no \"__\"; a part of it neither begins nor ends with a space, a dot or _.",
    limits::WILDCARD_NAME
)]
pub struct WildcardNameError;

impl FromStr for WildcardName {
    type Err = WildcardNameError;

    fn from_str(name: &str) -> Result<Self, WildcardNameError> {
        let part = |part: &str| {
            let ends = |c: char| c.is_whitespace() || c == '.' || c == '_';
            !part.is_empty() && part.chars().all(is_name_char) && !part.starts_with(ends) && !part.ends_with(ends)
        };
        let fits = name.chars().count() <= limits::WILDCARD_NAME
            && !name.contains("__")
            && name.split('/').count() <= limits::WILDCARD_FOLDERS
            && name.split('/').all(part);
        if fits { Ok(Self(name.to_owned())) } else { Err(WildcardNameError) }
    }
}

impl WildcardName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WildcardName {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The values that templates need. They are read step by step, because a value may name another wildcard: see [`Wildcards::wanted`].
#[derive(Clone, Debug, Default)]
pub struct Wildcards {
    /// All that there are.
    names: BTreeSet<String>,
    read: BTreeMap<String, Vec<WildcardValue>>,
    wanted: BTreeSet<String>,
}

#[derive(Clone, Debug)]
pub(super) struct WildcardValue {
    pub(super) option: PromptOption,
    /// From 1.
    pub(super) line: usize,
}

impl Wildcards {
    /// `names`: of all wildcards that there are.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self { names: names.into_iter().collect(), ..Self::default() }
    }

    /// Those that this template needs have to be read.
    pub fn want(&mut self, template: &PromptTemplate) {
        for wildcard in template.wildcards() {
            let names = self.names.iter().filter(|name| matches(&wildcard.pattern, name));
            self.wanted.extend(names.filter(|name| !self.read.contains_key(*name)).cloned());
        }
    }

    /// One that has to be read and is not. `None`: all are.
    pub fn wanted(&mut self) -> Option<String> {
        self.wanted.pop_first()
    }

    /// Adds the text of a wildcard: a value in each line; lines that are empty or begin with `#` are none.
    ///
    /// # Errors
    /// A line is no template.
    pub fn add(&mut self, name: &str, text: &str) -> Result<(), PromptError> {
        let mut values = Vec::new();
        for (line, value) in (1..).zip(text.lines()) {
            let value = value.trim();
            if !value.is_empty() && !value.starts_with('#') {
                let option = parse_value(value).map_err(|error| error.in_wildcard(name, line))?;
                values.push(WildcardValue { option, line });
            }
        }
        self.names.insert(name.to_owned());
        for value in &values {
            self.want(&value.option.template);
        }
        self.wanted.remove(name);
        self.read.insert(name.to_owned(), values);
        Ok(())
    }

    /// The names of those that were read.
    pub fn read(&self) -> impl Iterator<Item = &str> {
        self.read.keys().map(String::as_str)
    }

    /// The wildcards of this pattern, with their values.
    pub(super) fn of<'a>(&'a self, wildcard: &'a WildcardUse) -> Vec<(&'a str, &'a [WildcardValue])> {
        if !wildcard.pattern.contains(['*', '?']) {
            let found = self.read.get_key_value(&wildcard.pattern);
            return found.map(|(name, values)| (name.as_str(), values.as_slice())).into_iter().collect();
        }
        let fitting = self.read.iter().filter(|(name, _)| matches(&wildcard.pattern, name));
        fitting.map(|(name, values)| (name.as_str(), values.as_slice())).collect()
    }

    /// Names that are like this pattern.
    pub(super) fn nearest(&self, pattern: &str) -> Vec<String> {
        /// Names given at most, and how alike they are at least.
        const NEAREST: usize = 3;
        const ALIKE: f64 = 0.75;
        let alike = |name: &String| {
            let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
            strsim::jaro_winkler(&pattern.to_lowercase(), &name.to_lowercase()).max(strsim::jaro_winkler(&last(pattern), &last(name)))
        };
        let mut names: Vec<(f64, &String)> = self.names.iter().map(|name| (alike(name), name)).collect();
        names.retain(|(alike, _)| *alike >= ALIKE);
        names.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        names.into_iter().take(NEAREST).map(|(_, name)| name.clone()).collect()
    }
}

/// `*` is any text without a slash, `**` any text, `?` one character.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return pattern == name;
    }
    let name: Vec<char> = name.chars().collect();
    // The places in the name that the pattern so far can end at.
    let mut ends = vec![false; name.len() + 1];
    if let Some(first) = ends.first_mut() {
        *first = true;
    }
    let mut pattern = pattern.chars().peekable();
    while let Some(c) = pattern.next() {
        let mut next = vec![false; name.len() + 1];
        if c == '*' {
            let crosses = pattern.next_if_eq(&'*').is_some();
            let mut reached = false;
            for at in 0..=name.len() {
                let passes = at > 0 && reached && (crosses || name.get(at - 1) != Some(&'/'));
                reached = passes || ends.get(at) == Some(&true);
                if let Some(end) = next.get_mut(at) {
                    *end = reached;
                }
            }
        } else {
            for (at, here) in name.iter().enumerate() {
                let fits = if c == '?' { *here != '/' } else { *here == c };
                if let Some(end) = next.get_mut(at + 1) {
                    *end = fits && ends.get(at) == Some(&true);
                }
            }
        }
        ends = next;
    }
    ends.last() == Some(&true)
}
