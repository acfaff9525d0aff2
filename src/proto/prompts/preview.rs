//! What a template gives, before it is paid for.

use super::{PromptError, PromptPreview, PromptSample, PromptTemplate, Wildcards, count, resolve};

/// The number of combinations, and texts for `samples` seeds from `seed` on.
///
/// # Errors
/// See [`PromptError`].
pub fn preview(
    text: &str,
    template: &PromptTemplate,
    wildcards: &Wildcards,
    seed: u64,
    samples: u32,
) -> Result<PromptPreview, PromptError> {
    let combinations = count(text, template, wildcards)?;
    // One text needs no second sample.
    let samples = if combinations == Some(1) { samples.min(1) } else { samples };
    let sample = |offset: u32| {
        let seed = seed.wrapping_add(u64::from(offset));
        Ok(PromptSample { seed, text: resolve(text, template, wildcards, seed)? })
    };
    let note = |at: &usize| {
        let place = text.chars().take(*at).filter(|c| *c == '\n').count() + 1;
        format!("A brace in line {place} is never closed: its alternatives reach to the end. For the brace itself write \\{{.")
    };
    Ok(PromptPreview {
        combinations: combinations.map(|count| count.to_string()),
        samples: (0..samples).map(sample).collect::<Result<_, _>>()?,
        wildcards: wildcards.read().map(str::to_owned).collect(),
        notes: template.unclosed.iter().map(note).collect(),
    })
}
