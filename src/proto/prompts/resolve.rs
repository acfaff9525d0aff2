//! Makes the text of a template: one of each choice.

use super::{
    PromptError, PromptErrorKind, PromptTemplate, Wildcards,
    count::count,
    parse::unescaped,
    random::PromptRandom,
    template::{Picks, PromptChoice, PromptOption, PromptPart, WildcardUse},
};
use crate::limits;

/// The text of a template. The same template, wildcards and seed always give the same.
///
/// # Errors
/// See [`count`]; or the text is too long.
pub fn resolve(text: &str, template: &PromptTemplate, wildcards: &Wildcards, seed: u64) -> Result<String, PromptError> {
    // Every wildcard is there, and none is within itself.
    count(text, template, wildcards)?;
    let mut resolver = Resolver { wildcards, random: PromptRandom::new(seed, text), left: limits::PROMPT_TEXT };
    let mut resolved = String::new();
    resolver.template(template, &mut resolved).map_err(|error| error.located(text))?;
    Ok(resolved)
}

struct Resolver<'a> {
    wildcards: &'a Wildcards,
    random: PromptRandom,
    /// Characters that may be added.
    left: usize,
}

impl<'a> Resolver<'a> {
    fn template(&mut self, template: &'a PromptTemplate, result: &mut String) -> Result<(), PromptError> {
        let mut text = String::new();
        for part in &template.parts {
            match part {
                PromptPart::Text(own) => {
                    let characters = own.chars().count();
                    self.left = self.left.checked_sub(characters).ok_or_else(|| PromptError::new(0, PromptErrorKind::TooLong))?;
                    text.push_str(own);
                }
                PromptPart::Choice(choice) => self.choice(choice, &mut text)?,
                PromptPart::Wildcard(wildcard) => {
                    let values = self.values(wildcard);
                    if let Some(value) = self.one(&values) {
                        self.template(&value.template, &mut text)?;
                    }
                }
            }
        }
        result.push_str(&unescaped(&text));
        Ok(())
    }

    fn choice(&mut self, choice: &'a PromptChoice, text: &mut String) -> Result<(), PromptError> {
        let mut options: Vec<&PromptOption> = choice.options.iter().collect();
        let Some(picks) = &choice.picks else {
            return match self.one(&options) {
                Some(option) => self.template(&option.template, text),
                None => Ok(()),
            };
        };
        if let [only] = options.as_slice()
            && let Some(wildcard) = only.template.as_wildcard()
        {
            options = self.values(wildcard);
        }
        options.retain(|option| option.weight > 0.0);
        self.several(options, picks, text)
    }

    fn several(&mut self, mut options: Vec<&'a PromptOption>, picks: &Picks, text: &mut String) -> Result<(), PromptError> {
        let range = picks.range(options.len());
        let number = range.start() + self.random.below(range.end() - range.start() + 1);
        let mut is_first = true;
        for _ in 0..number {
            let weights: Vec<f64> = options.iter().map(|option| option.weight).collect();
            let Some(index) = self.random.weighted(&weights) else { break };
            let mut own = String::new();
            self.template(&options.remove(index).template, &mut own)?;
            if own.is_empty() {
                continue;
            }
            if !is_first {
                text.push_str(&picks.separator);
            }
            is_first = false;
            text.push_str(&own);
        }
        Ok(())
    }

    fn one(&mut self, options: &[&'a PromptOption]) -> Option<&'a PromptOption> {
        let weights: Vec<f64> = options.iter().map(|option| option.weight).collect();
        options.get(self.random.weighted(&weights)?).copied()
    }

    fn values(&self, wildcard: &'a WildcardUse) -> Vec<&'a PromptOption> {
        self.wildcards.of(wildcard).into_iter().flat_map(|(_, values)| values).map(|value| &value.option).collect()
    }
}
