//! What was read from a picture, and what was not.

use crate::{limits, prompts::LoraTag, recipe::Field, submit::SkippedSetting};

/// The settings in a picture of another program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PictureSettings {
    /// The program, for people.
    pub program: &'static str,
    /// Texts for fields of the form, as the program wrote them; sampler and scheduler by ComfyUI's names, the model by its own.
    pub values: Vec<(Field, String)>,
    /// LoRAs that are not in the prompt.
    pub loras: Vec<LoraTag>,
    /// What the form has no place for.
    pub skipped: Vec<SkippedSetting>,
}

impl PictureSettings {
    pub(super) fn set(&mut self, field: Field, text: impl Into<String>) {
        let text = text.into();
        self.values.retain(|(other, _)| *other != field);
        self.values.push((field, text));
    }

    pub(super) fn skip(&mut self, name: &str, value: impl Into<String>, why: &'static str) {
        if self.skipped.len() < limits::SKIPPED_SETTINGS {
            let value = value.into();
            let mut short: String = value.chars().take(limits::SKIPPED_SETTING_TEXT).collect();
            if short.len() < value.len() {
                short.push('…');
            }
            self.skipped.push(SkippedSetting { name: name.to_owned(), value: short, why: why.to_owned(), instead: Vec::new() });
        }
    }
}
