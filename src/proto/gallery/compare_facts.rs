//! Which facts of outputs differ.

use super::{
    ComparedOutput, TextPiece, changed_words,
    dates::{TimeOfDay, day_and_time},
};
use crate::time::Timestamp;

/// What is known of some outputs, by whether they differ in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComparedFacts {
    pub differing: Vec<ComparedRow>,
    /// What all have, and what that is.
    pub same: Vec<(&'static str, String)>,
}

/// One fact in which they differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedRow {
    pub name: &'static str,
    /// Of each output: its value in pieces; none where it has no such fact. Only of texts some are marked as changed.
    pub values: Vec<Vec<TextPiece>>,
}

/// What differs first, in the order in which pages show facts. What no output has is left out.
#[must_use]
pub fn compare_facts(outputs: &[ComparedOutput]) -> ComparedFacts {
    let mut compared = ComparedFacts::default();
    for (name, is_text, value) in FACTS {
        let values: Vec<String> = outputs.iter().map(value).collect();
        let Some(first) = values.first() else { continue };
        if values.iter().all(|value| value == first) {
            if !first.is_empty() {
                compared.same.push((name, first.clone()));
            }
            continue;
        }
        let values = if is_text {
            changed_words(&values.iter().map(String::as_str).collect::<Vec<_>>())
        } else {
            values.into_iter().map(plain).collect()
        };
        compared.differing.push(ComparedRow { name, values });
    }
    compared
}

fn plain(text: String) -> Vec<TextPiece> {
    if text.is_empty() { Vec::new() } else { vec![TextPiece { text, changed: false }] }
}

/// The name of a fact, whether it is a text of which single words differ, and what it is of an output.
type Fact = (&'static str, bool, fn(&ComparedOutput) -> String);

const FACTS: [Fact; 18] = [
    ("Prompt", true, |output| output.facts.prompt.trim().to_owned()),
    ("Negative prompt", true, |output| output.facts.negative.trim().to_owned()),
    ("Model", false, |output| output.facts.models.join(", ")),
    ("LoRA", false, |output| {
        let loras = output.facts.loras.iter().map(|lora| format!("{} · {}", lora.name, lora.weight));
        loras.collect::<Vec<_>>().join(", ")
    }),
    ("Seed", false, |output| output.facts.seed.map(|seed| seed.to_string()).unwrap_or_default()),
    ("Steps", false, |output| output.facts.steps.map(|steps| steps.to_string()).unwrap_or_default()),
    ("Guidance", false, |output| output.facts.cfg.clone()),
    ("Sampler", false, |output| output.facts.sampler.clone()),
    ("Scheduler", false, |output| output.facts.scheduler.clone()),
    ("Size", false, |output| {
        let (width, height) = (output.tile.width, output.tile.height);
        if width > 0 && height > 0 { format!("{width} × {height}") } else { String::new() }
    }),
    ("Mask", false, |output| if output.facts.has_mask { "with a mask".to_owned() } else { String::new() }),
    ("Sources", false, |output| match output.facts.parents.len() {
        0 => String::new(),
        1 => "made from a picture".to_owned(),
        count => format!("made from {count} pictures"),
    }),
    ("Workflow", false, |output| output.facts.workflow.clone()),
    ("ComfyUI", false, |output| output.facts.backend.clone()),
    ("Program", false, |output| output.facts.program.clone()),
    ("Name", false, |output| {
        // Most tasks have the beginning of their prompt as their name.
        let name = output.facts.name.trim_end_matches('…').to_lowercase();
        if output.facts.prompt.to_lowercase().starts_with(&name) { String::new() } else { output.facts.name.clone() }
    }),
    ("File", false, |output| output.facts.filename.clone()),
    ("Made", false, |output| moment(output.created_at)),
];

/// A moment in UTC, to the second: the same on server and browser.
fn moment(at: Timestamp) -> String {
    let (day, TimeOfDay { hour, minute, second }) = day_and_time(at);
    format!("{day} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{GalleryId, GalleryTile, LoraFact, OutputFacts};

    fn output(id: u64, facts: OutputFacts) -> ComparedOutput {
        let tile = GalleryTile { id: GalleryId(id), kind: None, width: 64, height: 64, star: false, rating: 0, label: String::new() };
        ComparedOutput { tile, facts, bytes: 1, created_at: Timestamp(1_796_147_077_500), deleted_at: None }
    }

    fn facts() -> OutputFacts {
        OutputFacts { prompt: "a red door".into(), models: vec!["dream.safetensors".into()], steps: Some(20), ..OutputFacts::default() }
    }

    fn text(pieces: &[TextPiece]) -> String {
        pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn only_what_differs_has_a_row() {
        let lora = LoraFact { name: "rain".into(), weight: "0.8".into() };
        let other = OutputFacts { prompt: "a blue door".into(), seed: Some(u64::MAX), loras: vec![lora], ..facts() };
        let compared = compare_facts(&[output(1, facts()), output(2, other)]);
        let rows: Vec<_> =
            compared.differing.iter().map(|row| (row.name, row.values.iter().map(|value| text(value)).collect::<Vec<_>>())).collect();
        assert_eq!(
            rows,
            [
                ("Prompt", vec!["a red door".to_owned(), "a blue door".to_owned()]),
                ("LoRA", vec![String::new(), "rain · 0.8".to_owned()]),
                ("Seed", vec![String::new(), u64::MAX.to_string()]),
            ]
        );
        let changed: Vec<_> =
            compared.differing[0].values[1].iter().filter(|piece| piece.changed).map(|piece| piece.text.as_str()).collect();
        assert_eq!(changed, ["blue"]);
        let same: Vec<_> = compared.same.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(same, ["Model: dream.safetensors", "Steps: 20", "Size: 64 × 64", "Made: 2026-12-01 17:44:37 UTC"]);
    }

    #[test]
    fn equal_outputs_and_none_have_no_rows() {
        assert_eq!(compare_facts(&[output(1, facts()), output(2, facts())]).differing, []);
        assert_eq!(compare_facts(&[]), ComparedFacts::default());
    }
}
