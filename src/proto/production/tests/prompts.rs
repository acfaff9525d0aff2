//! Composite prompts.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::support::asset;
use crate::production::{
    AgentNote, AssetKind, AssetLora, CompositePrompt, PartSource, PromptIngredients, PromptPartChange, StalePart, assemble, stale_parts,
};

fn note(text: &str, in_prompt: bool) -> AgentNote {
    AgentNote { text: text.into(), in_prompt }
}

fn ingredients() -> PromptIngredients {
    let mut anna = asset(10, AssetKind::Character, "ohwx", "a woman with grey hair");
    anna.fields.lora = Some(AssetLora { model_path: "anna.safetensors".into(), weight: 0.8 });
    PromptIngredients {
        base: " Anna at the rail ".into(),
        assets: vec![
            asset(30, AssetKind::Style, "", "16mm, grain"),
            anna,
            asset(20, AssetKind::Location, "", "a lighthouse at dusk"),
            asset(40, AssetKind::Sound, "", "wind"),
        ],
        keywords: vec!["longing".into(), "fog".into(), "longing".into()],
        notes: vec![("ArtDirector".into(), note("muted blues", true)), ("Producer".into(), note("cheap, please", false))],
    }
}

fn texts(prompt: &CompositePrompt) -> Vec<String> {
    let characters: Vec<char> = prompt.final_prompt.chars().collect();
    prompt.spans.iter().map(|span| characters[span.start as usize..span.end as usize].iter().collect()).collect()
}

#[test]
fn parts_come_in_their_order_and_notes_only_where_marked() {
    let prompt = assemble(&ingredients(), &BTreeSet::new());
    assert_eq!(
        prompt.final_prompt,
        "Anna at the rail, ohwx, a woman with grey hair, a lighthouse at dusk, 16mm, grain, longing, fog, muted blues"
    );
    let sources: Vec<String> = prompt.spans.iter().map(|span| span.source.to_string()).collect();
    let id = |number: u32| format!("00000000-0000-0000-0000-0000000000{number:02x}");
    let expected = [
        "base".to_owned(),
        format!("character:{}", id(10)),
        format!("location:{}", id(20)),
        format!("style:{}", id(30)),
        "keyword:longing".into(),
        "keyword:fog".into(),
        "agent:ArtDirector".into(),
    ];
    assert_eq!(sources, expected);
    assert_eq!(prompt.base_prompt, "Anna at the rail");
    assert_eq!(prompt.agent_notes["Producer"], "cheap, please", "all notes are kept beside the text");
    assert_eq!(prompt.lora_models[0].model_path, "anna.safetensors");
    for source in &sources {
        assert_eq!(source.parse::<PartSource>().unwrap().to_string(), *source);
    }
    for wrong in ["", "base:x", "character:anna", "keyword:", "prop:1", "agent"] {
        assert!(wrong.parse::<PartSource>().is_err(), "{wrong}");
    }
}

#[test]
fn a_part_that_is_switched_off_leaves_the_text_and_its_references() {
    let all = assemble(&ingredients(), &BTreeSet::new());
    let off = [all.parts[1].source.clone(), PartSource::Keyword("fog".into())].into();
    let prompt = assemble(&ingredients(), &off);
    assert_eq!(prompt.final_prompt, "Anna at the rail, a lighthouse at dusk, 16mm, grain, longing, muted blues");
    assert!(prompt.character_refs.is_empty() && prompt.lora_models.is_empty());
    assert_eq!(prompt.emotional_keywords, ["longing"]);
    assert_eq!(prompt.parts.len(), all.parts.len(), "it can be switched on again");
}

#[test]
fn a_take_is_stale_when_a_part_of_it_says_something_else_now() {
    let all = assemble(&ingredients(), &BTreeSet::new());
    let without_fog = assemble(&ingredients(), &[PartSource::Keyword("fog".into())].into());
    assert!(stale_parts(&all, &all).is_empty());
    assert!(stale_parts(&without_fog, &all).is_empty(), "what was switched off is not missed");
    let mut later = ingredients();
    later.assets[2].fields.prompt_fragment = "a lighthouse at noon".into();
    later.keywords = vec!["longing".into(), "hope".into()];
    let today = assemble(&later, &BTreeSet::new());
    let part = |source: PartSource, change| StalePart { source, change };
    let location = part(PartSource::Location(later.assets[2].id), PromptPartChange::Changed);
    let fog = part(PartSource::Keyword("fog".into()), PromptPartChange::Removed);
    let hope = part(PartSource::Keyword("hope".into()), PromptPartChange::Added);
    assert_eq!(stale_parts(&all, &today), [location.clone(), fog, hope.clone()]);
    assert_eq!(stale_parts(&without_fog, &today), [location, hope]);
    // A note that is for people only is no part.
    later = ingredients();
    later.notes[1].1.text = "now it may cost".into();
    assert!(stale_parts(&all, &assemble(&later, &BTreeSet::new())).is_empty());
}

proptest! {
    /// Every span is where its part is in the text, whatever the parts are and whichever are off.
    #[test]
    fn spans_cover_the_parts_that_are_on(
        base in "\\PC{0,12}",
        words in proptest::collection::vec("[a-zäöü🎬]{0,5}", 0..6),
        fragment in "\\PC{0,12}",
        off in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let given = PromptIngredients {
            base,
            assets: vec![asset(1, AssetKind::Character, "tok", &fragment), asset(2, AssetKind::Style, "", &fragment)],
            keywords: words,
            notes: vec![("Editor".into(), note("cut", true))],
        };
        let all = assemble(&given, &BTreeSet::new());
        let off: BTreeSet<PartSource> = off.iter().map(|at| at.get(&all.parts).source.clone()).collect();
        let prompt = assemble(&given, &off);
        let on: Vec<String> = prompt.parts.iter().filter(|part| part.on).map(|part| part.text.clone()).collect();
        prop_assert_eq!(texts(&prompt), on.clone());
        prop_assert_eq!(prompt.final_prompt.clone(), on.join(", "));
        prop_assert!(prompt.parts.iter().all(|part| part.on != off.contains(&part.source)));
        prop_assert!(stale_parts(&prompt, &all).is_empty());
        let json = serde_json::to_string(&prompt).unwrap();
        prop_assert_eq!(serde_json::from_str::<CompositePrompt>(&json).unwrap(), prompt);
    }
}
