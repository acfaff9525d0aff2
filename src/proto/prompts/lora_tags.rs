//! `<lora:name:0.8>` in the prompts of the built-in form.

use super::model_files::{FoundFile, find_file};
use crate::{
    comfy::Workflow,
    form::{LoraEntry, PoolClasses, lora_chains, nearest, set_loras},
    recipe::{Field, TextToImage},
    task::Problem,
};

/// A LoRA that a prompt names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoraTag {
    /// As it is written: a file, perhaps without its folder and its ending.
    pub name: String,
    /// Decimal numbers, as typed.
    pub strength: String,
    pub clip_strength: String,
}

/// Takes the tags out of a prompt: `<lora:name>`, `<lora:name:strength>` or `<lora:name:strength:strength of the text encoder>`. What is written otherwise
/// stays.
#[must_use]
pub fn take_lora_tags(prompt: &str) -> (String, Vec<LoraTag>) {
    const START: &str = "<lora:";
    let mut tags = Vec::new();
    let mut text = String::with_capacity(prompt.len());
    let mut rest = prompt;
    while let Some(at) = rest.find(START) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let inside = from.get(START.len()..).unwrap_or_default();
        // Nothing of a tag can have a "<", so that the text is read once, whatever is in it.
        let end = inside.find(['<', '>']).and_then(|end| inside.split_at_checked(end));
        match end.and_then(|(inside, after)| Some((tag(inside)?, after.strip_prefix('>')?))) {
            Some((tag, after)) => {
                tags.push(tag);
                rest = after;
            }
            None => {
                text.push_str(START);
                rest = inside;
            }
        }
    }
    text.push_str(rest);
    if tags.is_empty() { (text, tags) } else { (tidy(&text), tags) }
}

fn tag(inside: &str) -> Option<LoraTag> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|value| value.is_finite()).map(|_| text.trim().to_owned());
    let mut parts = inside.split(':');
    let name = parts.next()?.trim().to_owned();
    let strength = parts.next().map_or_else(|| Some("1".to_owned()), number)?;
    let clip_strength = parts.next().map_or_else(|| Some(strength.clone()), number)?;
    (!name.is_empty() && !name.contains(['<', '\n']) && parts.next().is_none()).then_some(LoraTag { name, strength, clip_strength })
}

/// Without the commas and spaces that were around the tags.
fn tidy(text: &str) -> String {
    let line = |line: &str| {
        let parts = line.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(", ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The workflow of the built-in form, without the tags in its prompts and with a LoRA node for each. `workflow`: makes it of a form.
///
/// # Errors
/// No ComfyUI has a LoRA of that name, at the prompt.
pub fn add_loras(
    recipe: &TextToImage,
    workflow: impl FnOnce(&TextToImage) -> Workflow,
    classes: &PoolClasses,
) -> Result<Workflow, Vec<Problem>> {
    let (prompt, tags) = take_lora_tags(&recipe.prompt);
    // In a negative prompt they are only taken out, as by other programs.
    let (negative, _) = take_lora_tags(&recipe.negative);
    let workflow = workflow(&TextToImage { prompt, negative, ..recipe.clone() });
    if tags.is_empty() {
        return Ok(workflow);
    }
    let known =
        classes.class("LoraLoader").and_then(|class| class.input("lora_name")).map(|input| input.kind.choices()).unwrap_or_default();
    let mut problems = Vec::new();
    let mut entries = Vec::new();
    for tag in tags {
        match file_of(&tag.name, known) {
            Ok(file) => {
                entries.push(LoraEntry { node: None, file, strength: tag.strength, clip_strength: Some(tag.clip_strength), on: true })
            }
            Err(message) => problems.push(Field::Prompt.problem(message)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    match lora_chains(&workflow, classes).first() {
        Some(chain) => set_loras(&workflow, classes, chain, &entries)
            .map(|rewired| rewired.workflow)
            .map_err(|problems| problems.into_iter().map(|problem| Field::Prompt.problem(problem.message)).collect()),
        None => Err(vec![Field::Prompt.problem("No ComfyUI could be reached yet, whose LoRAs this prompt needs.")]),
    }
}

/// The file of a name, which may lack its folder and its ending.
fn file_of(name: &str, known: &[String]) -> Result<String, String> {
    match find_file(name, known) {
        FoundFile::One(file) => Ok(file),
        FoundFile::Several(files) => {
            let names: Vec<&str> = files.iter().take(4).map(String::as_str).collect();
            Err(format!("Several LoRAs are called \"{name}\": name one with its folder, such as {}.", names.join(", ")))
        }
        FoundFile::None => {
            let near = nearest(name, known.iter().map(String::as_str));
            let near = if near.is_empty() { String::new() } else { format!(" The nearest: {}.", near.join(", ")) };
            Err(format!("No ComfyUI has the LoRA \"{name}\".{near}"))
        }
    }
}
