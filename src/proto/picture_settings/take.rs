//! What the built-in form takes over.

use super::settings::PictureSettings;
use crate::{
    form::nearest,
    prompts::{FoundFile, LoraTag, find_file, take_lora_tags},
    recipe::{Field, TextToImage},
    submit::{FormOptions, SettingChoice, SkippedSetting, TakenSettings},
};

impl PictureSettings {
    /// The fields that get a value, and what was not taken over. `options` and `loras`: what the ComfyUIs have.
    #[must_use]
    pub fn take(self, options: &FormOptions, loras: &[String]) -> TakenSettings {
        let mut taken = TakenSettings { program: self.program.to_owned(), fields: Vec::new(), skipped: Vec::new() };
        for (field, text) in self.values {
            match field {
                Field::Prompt => {
                    let prompt = prompt(text, &self.loras, options, loras, &mut taken.skipped);
                    taken.fields.push((field, prompt));
                }
                Field::Negative => taken.fields.push((field, text)),
                Field::Checkpoint => choose(&mut taken, field, "Model", text, &options.checkpoints, options),
                Field::Sampler => choose(&mut taken, field, "Sampler", text, &options.samplers, options),
                Field::Scheduler => choose(&mut taken, field, "Scheduler", text, &options.schedulers, options),
                _ => number(&mut taken, field, text),
            }
        }
        taken.fields.sort_by_key(|(field, _)| *field as usize);
        taken.skipped.extend(self.skipped);
        taken
    }
}

/// A number that the form accepts.
fn number(taken: &mut TakenSettings, field: Field, text: String) {
    let defaults = TextToImage { prompt: "-".into(), checkpoint: "-".into(), ..TextToImage::default() };
    let texts = Field::ALL.map(|other| if other == field { text.clone() } else { defaults.field(other) });
    match TextToImage::from_fields(|field| texts.get(field as usize).map_or("", String::as_str)) {
        Ok(_) => taken.fields.push((field, text)),
        Err(problems) => {
            let why = problems.into_iter().next().map(|problem| problem.message).unwrap_or_default();
            taken.skipped.push(SkippedSetting { name: field.label().to_owned(), value: text, why, instead: Vec::new() });
        }
    }
}

/// A choice that a ComfyUI offers.
fn choose(taken: &mut TakenSettings, field: Field, name: &str, text: String, offered: &[String], options: &FormOptions) {
    let (why, near) = match find_file(&text, offered) {
        FoundFile::One(file) => return taken.fields.push((field, file)),
        FoundFile::Several(files) => ("Several have this name.", files),
        FoundFile::None if !options.known => ("No ComfyUI could be reached yet that may have it.", Vec::new()),
        FoundFile::None => ("No ComfyUI has it. The choice in the form stays.", nearest(&text, offered.iter().map(String::as_str))),
    };
    let instead = near.into_iter().map(|name| SettingChoice { label: name.clone(), field, text: name }).collect();
    taken.skipped.push(SkippedSetting { name: name.to_owned(), value: text, why: why.to_owned(), instead });
}

/// The prompt with the LoRAs that are there.
fn prompt(prompt: String, beside: &[LoraTag], options: &FormOptions, known: &[String], skipped: &mut Vec<SkippedSetting>) -> String {
    let (bare, tags) = take_lora_tags(&prompt);
    let mut missing = false;
    let mut there = Vec::new();
    for (at, tag) in tags.iter().chain(beside).enumerate() {
        let (why, near) = match find_file(&tag.name, known) {
            FoundFile::One(_) if at < tags.len() => {
                there.push(written(tag, &tag.name));
                continue;
            }
            FoundFile::One(file) => {
                there.push(written(tag, &file));
                continue;
            }
            // It is checked when the form is sent.
            FoundFile::None if !options.known => {
                there.push(written(tag, &tag.name));
                continue;
            }
            FoundFile::Several(files) => ("Several have this name.", files),
            FoundFile::None => ("No ComfyUI has it. The prompt goes without it.", nearest(&tag.name, known.iter().map(String::as_str))),
        };
        missing |= at < tags.len();
        let instead = near.into_iter().map(|file| SettingChoice { text: written(tag, &file), label: file, field: Field::Prompt }).collect();
        skipped.push(SkippedSetting {
            name: "LoRA".to_owned(),
            value: format!("{} ({})", tag.name, tag.strength),
            why: why.to_owned(),
            instead,
        });
    }
    // As it was written, if nothing has to be taken out.
    if !missing {
        there.drain(..tags.len().min(there.len()));
        return joined(prompt, there);
    }
    joined(bare, there)
}

fn joined(prompt: String, tags: Vec<String>) -> String {
    std::iter::once(prompt).filter(|prompt| !prompt.is_empty()).chain(tags).collect::<Vec<_>>().join(", ")
}

fn written(tag: &LoraTag, name: &str) -> String {
    let LoraTag { strength, clip_strength, .. } = tag;
    if strength == clip_strength { format!("<lora:{name}:{strength}>") } else { format!("<lora:{name}:{strength}:{clip_strength}>") }
}
