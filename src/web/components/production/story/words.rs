//! Words of the page. Pure.

use proto::production::views::{StoryPage, StoryPlace};

/// Where the story is: "Chapter 1 · S002 The pier · P003 · beat “Hope”".
pub(super) fn place_words(page: &StoryPage) -> String {
    let StoryPlace { chapter, scene, shot, beat, .. } = &page.place;
    let mut parts = Vec::new();
    if let Some(number) = chapter {
        let title = usize::try_from(*number).ok().and_then(|number| page.chapters.get(number.checked_sub(1)?));
        parts.push(title.map_or_else(|| format!("Chapter {number}"), |chapter| format!("Chapter {number}, {}", chapter.title)));
    }
    if let Some(code) = scene {
        let known = page.chapters.iter().flat_map(|chapter| &chapter.scenes).find(|scene| scene.code == *code);
        parts.push(known.map_or_else(|| code.to_string(), |scene| format!("{code} {}", scene.title)));
    }
    if !shot.is_empty() {
        parts.push(shot.clone());
    }
    if !beat.is_empty() {
        parts.push(format!("beat \u{201c}{beat}\u{201d}"));
    }
    if parts.is_empty() { "Nobody told yet where the story is.".into() } else { format!("The story is at: {}", parts.join(" · ")) }
}

/// Keywords as people write them: with commas between.
pub(super) fn keywords(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The steps of the structure, by their keys.
pub(super) fn step_choices(page: &StoryPage) -> Vec<(String, String)> {
    page.structure.steps.iter().map(|step| (step.key.clone(), step.title.clone())).collect()
}

/// The scenes of the project, by their ids.
pub(super) fn scene_choices(page: &StoryPage) -> Vec<(String, String)> {
    let scenes = page.chapters.iter().flat_map(|chapter| &chapter.scenes);
    scenes.map(|scene| (scene.id.to_string(), format!("{} {}", scene.code, scene.title))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_between_commas() {
        assert_eq!(keywords(" fog,, long  shadows ,"), ["fog", "long  shadows"]);
        assert!(keywords(" , ").is_empty());
    }
}
