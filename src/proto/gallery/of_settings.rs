//! What is known of a file that another program wrote.

use super::facts::{LoraFact, OutputFacts};
use crate::{limits, picture_settings::PictureSettings, prompts::take_lora_tags, recipe::Field};

impl OutputFacts {
    /// The facts in the settings of another program. Texts that should be numbers and are none are left out. The kind and the name of the file, and its
    /// size where the settings have none, are up to the caller.
    #[must_use]
    pub fn from_settings(settings: &PictureSettings) -> Self {
        let mut facts = Self { program: settings.program.to_owned(), ..Self::default() };
        let mut tags = settings.loras.clone();
        for (field, text) in &settings.values {
            let text = text.trim();
            match field {
                Field::Prompt => {
                    let (prompt, own) = take_lora_tags(text);
                    facts.prompt = prompt;
                    tags.extend(own);
                }
                Field::Negative => facts.negative = take_lora_tags(text).0,
                Field::Checkpoint if text.is_empty() => {}
                Field::Checkpoint => facts.models.push(text.to_owned()),
                Field::Width => facts.width = text.parse().unwrap_or_default(),
                Field::Height => facts.height = text.parse().unwrap_or_default(),
                Field::Steps => facts.steps = text.parse().ok(),
                Field::Seed => facts.seed = text.parse().ok(),
                Field::Cfg => {
                    facts.cfg = text.parse::<f64>().ok().filter(|cfg| cfg.is_finite()).map(|_| text.to_owned()).unwrap_or_default()
                }
                Field::Sampler => facts.sampler = text.to_owned(),
                Field::Scheduler => facts.scheduler = text.to_owned(),
                // It says nothing of one picture.
                Field::Batch => {}
            }
        }
        for tag in tags.into_iter().take(limits::FILE_LORAS) {
            let is_off = [&tag.strength, &tag.clip_strength].iter().all(|text| text.parse::<f64>() == Ok(0.0));
            if !is_off && !facts.loras.iter().any(|known| known.name == tag.name) {
                facts.loras.push(LoraFact { name: tag.name, weight: tag.strength });
            }
        }
        facts
    }
}
