mod files;
mod loras;
mod page;
mod templates;
mod weights;
mod wildcards;

use super::{PromptError, PromptTemplate, Wildcards, count, resolve};

pub(super) fn wildcards(files: &[(&str, &str)]) -> Wildcards {
    let mut wildcards = Wildcards::new(files.iter().map(|(name, _)| (*name).to_owned()));
    for (name, text) in files {
        wildcards.add(name, text).unwrap();
    }
    wildcards
}

pub(super) fn text_with(template: &str, wildcards: &Wildcards, seed: u64) -> Result<String, PromptError> {
    resolve(template, &PromptTemplate::parse(template)?, wildcards, seed)
}

pub(super) fn text(template: &str, seed: u64) -> String {
    text_with(template, &Wildcards::default(), seed).unwrap()
}

pub(super) fn combinations(template: &str, wildcards: &Wildcards) -> Option<u128> {
    count(template, &PromptTemplate::parse(template).unwrap(), wildcards).unwrap()
}

/// Every text that seeds below 2,000 give, sorted.
pub(super) fn all(template: &str, wildcards: &Wildcards) -> Vec<String> {
    let texts: std::collections::BTreeSet<String> = (0..2_000).map(|seed| text_with(template, wildcards, seed).unwrap()).collect();
    texts.into_iter().collect()
}
