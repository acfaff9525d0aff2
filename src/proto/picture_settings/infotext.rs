//! The text that Stable Diffusion WebUI, Forge and programs after them write: the prompt, `Negative prompt: …`, and a last line of `Key: value, …`.

use super::{samplers, settings::PictureSettings, why};
use crate::recipe::Field;

const NEGATIVE: &str = "Negative prompt:";
/// A line with fewer settings belongs to a prompt.
const FEWEST: usize = 3;

pub(super) fn read(text: &str) -> Option<PictureSettings> {
    let lines: Vec<&str> = text.trim().lines().map(str::trim).collect();
    let at = lines.iter().rposition(|line| settings_in(line).len() >= FEWEST)?;
    let settings = settings_in(lines.get(at)?);
    // Without it, it is a prompt with many colons.
    settings.iter().find(|(name, _)| ["Steps", "Seed", "Sampler", "CFG scale", "Size", "Model"].contains(&name.as_str()))?;
    let prompts = lines.get(..at).unwrap_or_default();
    let negative_at = prompts.iter().position(|line| line.starts_with(NEGATIVE)).unwrap_or(prompts.len());
    let (prompt, negative) = prompts.split_at_checked(negative_at)?;
    let negative = negative.join("\n");
    let negative = negative.strip_prefix(NEGATIVE).unwrap_or(&negative).trim();
    let mut read = PictureSettings { program: "Stable Diffusion WebUI", ..PictureSettings::default() };
    read.set(Field::Prompt, prompt.join("\n"));
    read.set(Field::Negative, negative);
    let value = |name: &str| settings.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if value("Version").is_some_and(|version| version.starts_with('f')) {
        read.program = "Forge";
    }
    if let Some(label) = value("Sampler") {
        samplers::of_infotext(&mut read, label, value("Schedule type"));
    }
    let is_upscaled = value("Hires upscale").or(value("Hires resize")).is_some();
    for (name, value) in &settings {
        take(&mut read, name, value, is_upscaled);
    }
    Some(read)
}

fn take(read: &mut PictureSettings, name: &str, value: &str, is_upscaled: bool) {
    let field = match name {
        "Steps" => Field::Steps,
        "CFG scale" => Field::Cfg,
        "Seed" => Field::Seed,
        "Model" => Field::Checkpoint,
        "Size" => {
            if let Some((width, height)) = value.split_once('x') {
                read.set(Field::Width, width);
                read.set(Field::Height, height);
            }
            return;
        }
        // They identify what was used, or where the picture is in its batch.
        "Sampler" | "Schedule type" | "Model hash" | "VAE hash" | "Lora hashes" | "Hashes" | "Version" | "User" | "Batch size"
        | "Batch pos" => return,
        "TI hashes" => {
            let names: Vec<&str> = value.split(',').filter_map(|one| one.split(':').next()).map(str::trim).collect();
            return read.skip("Embeddings", names.join(", "), why::EMBEDDING);
        }
        _ => {
            let why = match name {
                "Clip skip" if value == "1" => return,
                "VAE" if ["None", "Automatic"].contains(&value) => return,
                "Clip skip" => why::CLIP_SKIP,
                "VAE" => why::VAE,
                "Denoising strength" if is_upscaled => why::UPSCALE,
                "Denoising strength"
                | "Mask blur"
                | "Mask mode"
                | "Masked content"
                | "Inpaint area"
                | "Masked area padding"
                | "Init image hash" => why::START,
                _ if name.starts_with("Hires") || name.starts_with("First pass") => why::UPSCALE,
                _ if name.starts_with("Variation seed") || name == "Seed resize from" => why::VARIATION,
                _ if name.starts_with("ControlNet") => why::CONTROL,
                _ if name.starts_with("ADetailer") => why::EXTENSION,
                _ => why::NO_FIELD,
            };
            return read.skip(name, value, why);
        }
    };
    read.set(field, value);
}

/// The settings of a line. A value with commas, colons or line breaks is a JSON text.
fn settings_in(line: &str) -> Vec<(String, String)> {
    let mut settings = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        // A name has no comma, so that the text is read once, whatever is in it.
        let named = rest.find([':', ',']).and_then(|at| rest.split_at_checked(at));
        let named = named.and_then(|(name, after)| Some((name, after.strip_prefix(':')?)));
        let Some((name, after)) = named.filter(|(name, _)| is_name(name.trim())) else {
            // No setting begins here: the next part may be one.
            rest = rest.split_once(',').map_or("", |(_, after)| after);
            continue;
        };
        let after = after.trim_start();
        let end = value_end(after);
        let written = after.get(..end).unwrap_or_default().trim();
        let value = if written.starts_with('"') {
            serde_json::from_str(written).unwrap_or_else(|_| written.to_owned())
        } else {
            written.to_owned()
        };
        settings.push((name.trim().to_owned(), value));
        rest = after.get(end..).unwrap_or_default().trim_start_matches(',');
    }
    settings
}

fn is_name(name: &str) -> bool {
    name.chars().next().is_some_and(|first| first.is_alphanumeric() || first == '_')
        && name.chars().nth(1).is_some()
        && name.chars().all(|c| c.is_alphanumeric() || " _-/".contains(c))
}

/// Where a value ends: at a comma that is neither in a text nor in brackets.
fn value_end(text: &str) -> usize {
    let is_json = text.starts_with(['"', '[', '{']);
    let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' if is_json => in_text = !in_text,
            '[' | '{' if is_json && !in_text => depth += 1,
            ']' | '}' if is_json && !in_text => depth = depth.saturating_sub(1),
            ',' if !in_text && depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}
