//! What an output is found by: its values and its tokens.

use proto::{
    gallery::{Facet, OutputFacts, Trait},
    task::OutputKind,
    time::Timestamp,
};

use super::{numbers::size_text, words::MARK};

/// The kinds of values in the dictionary besides those that are counted by: numbers, for ranges.
pub(super) const SIZE: &str = "size";
pub(super) const STEPS: &str = "steps";
pub(super) const CFG: &str = "cfg";

/// Ids of one millisecond.
pub(super) const IDS_OF_MS: i64 = 1 << 20;

/// The first id of a time. Ids stay positive until the year 2248.
pub(super) fn first_id(at: Timestamp) -> i64 {
    i64::try_from(at.0.min((1 << 43) - 2)).unwrap_or_default() * IDS_OF_MS
}

/// In the index of every output that is not in the trash, and of every one that is.
pub(super) fn live() -> String {
    format!("{MARK}live1")
}

pub(super) fn trash() -> String {
    format!("{MARK}trash1")
}

pub(super) fn star() -> String {
    format!("{MARK}star1")
}

/// Of 1 to 5. An output without a rating has no token.
pub(super) fn rating(rating: u8) -> String {
    format!("{MARK}rating{rating}")
}

pub(super) fn seed(seed: u64) -> String {
    format!("{MARK}s{seed}")
}

pub(super) fn value(id: i64) -> String {
    format!("{MARK}v{id}")
}

pub(super) fn has(what: Trait) -> String {
    let word: &str = what.into();
    // Stemming leaves what ends with a digit as it is.
    format!("{MARK}has{word}1")
}

/// What people gave an output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GalleryMarks {
    pub star: bool,
    pub rating: u8,
    pub is_in_trash: bool,
    pub has_tag: bool,
}

/// The values of an output, as pairs of facet and value, without its tags and albums. Each is there once.
pub(super) fn values_of(facts: &OutputFacts) -> Vec<(&'static str, String)> {
    let word = |facet: Facet| -> &'static str { facet.into() };
    let kind = match facts.kind {
        Some(OutputKind::Image) => "image",
        Some(OutputKind::Video) => "video",
        Some(OutputKind::Audio) => "audio",
        Some(OutputKind::Text | OutputKind::File) | None => "file",
    };
    let mut values = vec![(word(Facet::Type), kind.to_owned())];
    let mut add = |facet: &'static str, value: &str| {
        let value = value.trim();
        if !value.is_empty() && !values.iter().any(|(known, other)| *known == facet && other == value) {
            values.push((facet, value.to_owned()));
        }
    };
    facts.models.iter().for_each(|model| add(word(Facet::Model), model));
    facts.loras.iter().for_each(|lora| add(word(Facet::Lora), &lora.name));
    add(word(Facet::Workflow), &facts.workflow);
    add(word(Facet::Backend), &facts.backend);
    add(word(Facet::Sampler), &facts.sampler);
    add(word(Facet::Scheduler), &facts.scheduler);
    add(word(Facet::Program), &facts.program);
    add(CFG, &facts.cfg);
    if let Some(steps) = facts.steps {
        add(STEPS, &steps.to_string());
    }
    if let Some(size) = size_text(facts) {
        add(SIZE, &size);
    }
    values
}

/// The text of the column of terms. `values`: ids of the dictionary. `ranges`: tokens of ranges of numbers.
pub(super) fn terms(facts: &OutputFacts, marks: GalleryMarks, values: &[i64], ranges: &[String]) -> String {
    let mut terms: Vec<String> = values.iter().map(|id| value(*id)).collect();
    terms.push(if marks.is_in_trash { trash() } else { live() });
    terms.extend_from_slice(ranges);
    terms.extend(facts.seed.map(seed));
    terms.extend(marks.star.then(star));
    terms.extend((marks.rating > 0).then(|| rating(marks.rating)));
    let traits = [
        (Trait::Mask, facts.has_mask),
        (Trait::Parent, !facts.parents.is_empty()),
        (Trait::Prompt, !facts.prompt.trim().is_empty()),
        (Trait::Lora, !facts.loras.is_empty()),
        (Trait::Tag, marks.has_tag),
    ];
    terms.extend(traits.into_iter().filter(|(_, holds)| *holds).map(|(what, _)| has(what)));
    terms.join(" ")
}
