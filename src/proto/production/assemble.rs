//! Assembles prompts, and tells which parts of an assembled one are older than those of today.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{AgentNote, Asset, AssetId, AssetKind, CompositePart, CompositePrompt, CompositeSpan, LoraModel, PartSource};

/// Between two parts.
const SEPARATOR: &str = ", ";

/// What the prompt of a shot is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PromptIngredients {
    pub base: String,
    /// The assets of the shot in the order of its cast. Characters, locations and styles become parts; of several locations the first.
    pub assets: Vec<Asset>,
    /// Of the emotional beat.
    pub keywords: Vec<String>,
    /// By the types of their agents, in order.
    pub notes: Vec<(String, AgentNote)>,
}

/// A part before it is known whether it is in the text.
struct RawPart<'a> {
    source: PartSource,
    text: String,
    asset: Option<&'a Asset>,
}

/// The prompt: base, characters (trigger word and fragment), location, styles, keywords of the beat, and the notes of agents that are marked for it. Without the
/// parts in `off`. Parts without a text are left out.
#[must_use]
pub fn assemble(ingredients: &PromptIngredients, off: &BTreeSet<PartSource>) -> CompositePrompt {
    let mut prompt = CompositePrompt { base_prompt: ingredients.base.trim().to_owned(), ..CompositePrompt::default() };
    let mut length = 0;
    for RawPart { source, text, asset } in raw_parts(ingredients) {
        let on = !off.contains(&source);
        if on {
            if !prompt.final_prompt.is_empty() {
                prompt.final_prompt.push_str(SEPARATOR);
                length += count(SEPARATOR);
            }
            let start = length;
            prompt.final_prompt.push_str(&text);
            length += count(&text);
            prompt.spans.push(CompositeSpan { start, end: length, source: source.clone() });
            note_reference(&mut prompt, &source);
            prompt.lora_models.extend(asset.and_then(lora));
        }
        prompt.parts.push(CompositePart { source, text, on });
    }
    prompt.agent_notes = ingredients.notes.iter().map(|(agent, note)| (agent.clone(), note.text.clone())).collect();
    prompt
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

fn raw_parts(ingredients: &PromptIngredients) -> Vec<RawPart<'_>> {
    let of_kind = |kind: AssetKind| ingredients.assets.iter().filter(move |asset| asset.fields.kind == kind);
    let base = RawPart { source: PartSource::Base, text: ingredients.base.trim().to_owned(), asset: None };
    let keyword = |word: &String| RawPart { source: PartSource::Keyword(word.clone()), text: word.trim().to_owned(), asset: None };
    let note = |(agent, note): &(String, AgentNote)| RawPart {
        source: PartSource::Agent(agent.clone()),
        text: note.text.trim().to_owned(),
        asset: None,
    };
    let parts = std::iter::once(base)
        .chain(of_kind(AssetKind::Character).map(|asset| asset_part(PartSource::Character, asset)))
        .chain(of_kind(AssetKind::Location).take(1).map(|asset| asset_part(PartSource::Location, asset)))
        .chain(of_kind(AssetKind::Style).map(|asset| asset_part(PartSource::Style, asset)))
        .chain(ingredients.keywords.iter().map(keyword))
        .chain(ingredients.notes.iter().filter(|(_, note)| note.in_prompt).map(note));
    // What is there twice, such as a keyword, counts once: its source is its name.
    let mut seen = BTreeSet::new();
    parts.filter(|part| !part.text.is_empty() && seen.insert(part.source.clone())).collect()
}

fn asset_part(source: fn(AssetId) -> PartSource, asset: &Asset) -> RawPart<'_> {
    RawPart { source: source(asset.id), text: asset_text(asset), asset: Some(asset) }
}

fn asset_text(asset: &Asset) -> String {
    let texts = [asset.fields.trigger_word.trim(), asset.fields.prompt_fragment.trim()];
    texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(SEPARATOR)
}

fn note_reference(prompt: &mut CompositePrompt, source: &PartSource) {
    match source {
        PartSource::Character(id) => prompt.character_refs.push(*id),
        PartSource::Location(id) => prompt.location_ref = Some(*id),
        PartSource::Style(id) => prompt.style_refs.push(*id),
        PartSource::Keyword(word) => prompt.emotional_keywords.push(word.clone()),
        PartSource::Base | PartSource::Agent(_) => {}
    }
}

fn lora(asset: &Asset) -> Option<LoraModel> {
    let lora = asset.fields.lora.as_ref()?;
    Some(LoraModel { model_path: lora.model_path.clone(), weight: lora.weight, trigger_word: asset.fields.trigger_word.clone() })
}

/// A part that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StalePart {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub source: PartSource,
    pub change: PromptPartChange,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PromptPartChange {
    /// It says something else now.
    Changed,
    /// It is there no more.
    Removed,
    /// It was not there.
    Added,
}

/// In what a prompt that was assembled before differs from what it would be made of today. A part that was switched off is not missed, whatever it says now.
/// `today`: assembled with nothing switched off.
#[must_use]
pub fn stale_parts(frozen: &CompositePrompt, today: &CompositePrompt) -> Vec<StalePart> {
    let now = |source: &PartSource| today.parts.iter().find(|part| part.source == *source);
    let older = frozen.parts.iter().filter(|part| part.on).filter_map(|part| {
        let change = match now(&part.source) {
            None => PromptPartChange::Removed,
            Some(now) if now.text != part.text => PromptPartChange::Changed,
            Some(_) => return None,
        };
        Some(StalePart { source: part.source.clone(), change })
    });
    let is_new = |part: &&CompositePart| frozen.parts.iter().all(|known| known.source != part.source);
    let added = today.parts.iter().filter(is_new).map(|part| StalePart { source: part.source.clone(), change: PromptPartChange::Added });
    older.chain(added).collect()
}
