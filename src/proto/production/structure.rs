//! Narrative structures: the steps of a story, and what becomes of beats when a project takes another one.

use serde::{Deserialize, Serialize};

use super::{BeatFields, ChapterFields, FieldProblem, check_line};
use crate::limits;

/// The steps of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NarrativeStructure {
    /// Small letters, digits and `-`: `three-act`.
    pub id: String,
    /// 1 to 200 characters.
    pub title: String,
    /// In order, at least one.
    pub steps: Vec<StructureStep>,
    /// It is one of Darkroom's, and cannot be changed.
    #[serde(default)]
    pub builtin: bool,
}

/// A step of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StructureStep {
    /// Unique in its structure: small letters, digits and `-`.
    pub key: String,
    pub title: String,
}

impl NarrativeStructure {
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), FieldProblem> {
        check_key("id", &self.id)?;
        check_line("title", &self.title, limits::PRODUCTION_LINE)?;
        if !(1..=limits::STRUCTURE_STEPS).contains(&self.steps.len()) {
            return Err(FieldProblem::new("steps", format!("A structure has 1 to {} steps.", limits::STRUCTURE_STEPS)));
        }
        for (at, step) in self.steps.iter().enumerate() {
            check_key(&format!("steps/{at}/key"), &step.key)?;
            check_line(&format!("steps/{at}/title"), &step.title, limits::PRODUCTION_LINE)?;
            if self.steps[..at].iter().any(|earlier| earlier.key == step.key) {
                return Err(FieldProblem::new(format!("steps/{at}/key"), "Another step has this key."));
            }
        }
        Ok(())
    }

    fn place(&self, key: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.key == key)
    }

    /// The step of `new` at the place of this one's step `key`: the first stays first, and the order is kept. `None`: there is no such step here.
    #[must_use]
    pub fn carry(&self, key: &str, new: &Self) -> Option<String> {
        let at = self.place(key)?;
        let carried = if self.steps.len() == 1 {
            0
        } else {
            // The nearest, so that the last stays last, too.
            (at * (new.steps.len() - 1) + (self.steps.len() - 1) / 2) / (self.steps.len() - 1)
        };
        new.steps.get(carried).map(|step| step.key.clone())
    }
}

fn check_key(field: &str, key: &str) -> Result<(), FieldProblem> {
    let fits = (1..=limits::PRODUCTION_SLUG).contains(&key.len())
        && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !key.starts_with('-');
    let message = || format!("1 to {} small letters, digits and \"-\".", limits::PRODUCTION_SLUG);
    if fits { Ok(()) } else { Err(FieldProblem::new(field, message())) }
}

/// The beat after its project took another structure: it keeps everything, and knows the step that it had. A step that it had there before is taken up
/// again, so that a switch back restores all. One without a step stays without.
pub fn switch_beat(beat: &mut BeatFields, old: &NarrativeStructure, new: &NarrativeStructure) {
    if let Some(step) = beat.step.clone() {
        let known = beat.step_by_structure.get(&new.id).filter(|key| new.place(key).is_some()).cloned();
        if let Some(carried) = known.or_else(|| old.carry(&step, new)) {
            beat.step_by_structure.insert(old.id.clone(), step);
            beat.step = Some(carried);
        }
    }
}

/// As [`switch_beat`], for the steps that are told in a chapter. A step that two become is there once.
pub fn switch_chapter(chapter: &mut ChapterFields, old: &NarrativeStructure, new: &NarrativeStructure) {
    if chapter.beat_keys.is_empty() {
        return;
    }
    let known = chapter.beat_keys_by_structure.get(&new.id).filter(|keys| keys.iter().all(|key| new.place(key).is_some())).cloned();
    let carried = known.unwrap_or_else(|| {
        let mut carried: Vec<String> = chapter.beat_keys.iter().filter_map(|key| old.carry(key, new)).collect();
        carried.dedup();
        carried
    });
    let before = std::mem::replace(&mut chapter.beat_keys, carried);
    chapter.beat_keys_by_structure.insert(old.id.clone(), before);
}
