//! How many combinations of choices a template has, without making them.

use std::collections::HashMap;

use super::{
    PromptError, PromptErrorKind, PromptTemplate, Wildcards,
    template::{Picks, PromptChoice, PromptPart, WildcardUse},
};

/// The number of combinations. `None`: 2^128 or more. The order of several that are taken matters.
///
/// # Errors
/// A wildcard is not there, has no values, or uses itself.
pub fn count(text: &str, template: &PromptTemplate, wildcards: &Wildcards) -> Result<Option<u128>, PromptError> {
    let mut counter = Counter { wildcards, known: HashMap::new(), path: Vec::new() };
    counter.template(template).map_err(|error| error.located(text))
}

/// `None` is more than fits.
type Count = Option<u128>;

struct Counter<'a> {
    wildcards: &'a Wildcards,
    /// Of wildcards that were counted.
    known: HashMap<&'a str, Vec<Count>>,
    /// The wildcards around this.
    path: Vec<&'a str>,
}

impl<'a> Counter<'a> {
    fn template(&mut self, template: &'a PromptTemplate) -> Result<Count, PromptError> {
        let mut product = Some(1_u128);
        for part in &template.parts {
            let count = match part {
                PromptPart::Text(_) => continue,
                PromptPart::Choice(choice) => self.choice(choice)?,
                PromptPart::Wildcard(wildcard) => sum(&self.values(wildcard)?),
            };
            product = multiply(product, count);
        }
        Ok(product)
    }

    fn choice(&mut self, choice: &'a PromptChoice) -> Result<Count, PromptError> {
        let counts = match (&choice.picks, choice.options.as_slice()) {
            (Some(_), [only]) if only.template.as_wildcard().is_some() => {
                only.template.as_wildcard().map_or(Ok(Vec::new()), |wildcard| self.values(wildcard))?
            }
            (_, options) => {
                let possible = options.iter().filter(|option| option.weight > 0.0);
                possible.map(|option| self.template(&option.template)).collect::<Result<_, _>>()?
            }
        };
        Ok(choice.picks.as_ref().map_or_else(|| sum(&counts), |picks| permutations(&counts, picks)))
    }

    /// The count of each value.
    fn values(&mut self, wildcard: &'a WildcardUse) -> Result<Vec<Count>, PromptError> {
        let found = self.wildcards.of(wildcard);
        let pattern = || wildcard.pattern.clone();
        if found.is_empty() {
            let nearest = self.wildcards.nearest(&wildcard.pattern);
            return Err(PromptError::new(wildcard.at, PromptErrorKind::UnknownWildcard { pattern: pattern(), nearest }));
        }
        let mut counts = Vec::new();
        for (name, values) in found {
            if let Some(known) = self.known.get(name) {
                counts.extend(known);
                continue;
            }
            if let Some(start) = self.path.iter().position(|outer| *outer == name) {
                let circle = self.path.iter().skip(start).copied().chain([name]).map(str::to_owned).collect();
                return Err(PromptError::new(wildcard.at, PromptErrorKind::Circle(circle)));
            }
            self.path.push(name);
            let mut own = Vec::with_capacity(values.len());
            for value in values.iter().filter(|value| value.option.weight > 0.0) {
                own.push(self.template(&value.option.template).map_err(|error| error.in_wildcard(name, value.line))?);
            }
            self.path.pop();
            counts.extend(&own);
            self.known.insert(name, own);
        }
        if counts.is_empty() {
            return Err(PromptError::new(wildcard.at, PromptErrorKind::EmptyWildcard(pattern())));
        }
        Ok(counts)
    }
}

fn add(one: Count, other: Count) -> Count {
    one?.checked_add(other?)
}

fn multiply(one: Count, other: Count) -> Count {
    if one == Some(0) || other == Some(0) { Some(0) } else { one?.checked_mul(other?) }
}

fn sum(counts: &[Count]) -> Count {
    counts.iter().copied().fold(Some(0), add)
}

/// For each number of options that can be taken: the elementary symmetric polynomial of their counts (which ones), times the orders that they can be in.
fn permutations(counts: &[Count], picks: &Picks) -> Count {
    let range = picks.range(counts.len());
    let mut chosen = vec![Some(0_u128); range.end() + 1];
    if let Some(none) = chosen.first_mut() {
        *none = Some(1);
    }
    for count in counts {
        for taken in (1..chosen.len()).rev() {
            let with = multiply(chosen.get(taken - 1).copied().unwrap_or(Some(0)), *count);
            if let Some(slot) = chosen.get_mut(taken) {
                *slot = add(*slot, with);
            }
        }
    }
    let mut orders = Some(1_u128);
    let mut total = Some(0_u128);
    for (taken, ways) in chosen.into_iter().enumerate() {
        if taken > 0 {
            orders = multiply(orders, u128::try_from(taken).ok());
        }
        if range.contains(&taken) {
            total = add(total, multiply(ways, orders));
        }
    }
    total
}
