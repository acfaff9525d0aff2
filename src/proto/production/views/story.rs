//! What the page of the story shows: the steps of its structure, what is told in them, and the beats with their intensity.

use serde::{Deserialize, Serialize};

use super::project::PageProject;
use crate::production::{
    BeatFields, BeatId, Chapter, ChapterId, EmotionalBeat, NarrativeProgress, NarrativeStructure, ReviewState, Scene, SceneCode, SceneId,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoryPage {
    pub project: PageProject,
    /// The one that the project has.
    pub structure: NarrativeStructure,
    /// All that a project can have: their ids and titles.
    pub structures: Vec<(String, String)>,
    pub place: StoryPlace,
    /// In order.
    pub chapters: Vec<StoryChapter>,
    /// In order.
    pub beats: Vec<StoryBeat>,
}

/// Where the story is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryPlace {
    /// From 1.
    pub chapter: Option<u32>,
    pub scene: Option<SceneCode>,
    /// Its code.
    pub shot: String,
    /// The name of the beat that was reached last.
    pub beat: String,
    /// Names of beats that were reached.
    pub completed: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryChapter {
    pub id: ChapterId,
    pub title: String,
    /// The steps that are told in it.
    pub steps: Vec<String>,
    /// In order.
    pub scenes: Vec<StoryScene>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryScene {
    pub id: SceneId,
    pub code: SceneCode,
    pub title: String,
    /// The name of its emotional beat. Empty: none.
    pub beat: String,
    pub status: ReviewState,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoryBeat {
    pub id: BeatId,
    pub version: u32,
    pub name: String,
    pub scene: Option<SceneId>,
    pub keywords: Vec<String>,
    /// −1 (down) to 1 (up).
    pub intensity: f64,
    /// The key of its step. Empty: none.
    pub step: String,
    pub is_reached: bool,
}

impl StoryPlace {
    #[must_use]
    pub fn of(progress: &NarrativeProgress) -> Self {
        let place = &progress.place;
        Self {
            chapter: place.current_chapter,
            scene: place.current_scene,
            shot: place.current_shot.map(|shot| shot.to_string()).unwrap_or_default(),
            beat: place.current_beat.clone().unwrap_or_default(),
            completed: progress.completed_beats.iter().cloned().collect(),
        }
    }
}

impl StoryChapter {
    /// `scenes`: of all chapters, in order.
    #[must_use]
    pub fn of(chapter: &Chapter, scenes: &[Scene]) -> Self {
        let own = scenes.iter().filter(|scene| scene.chapter == chapter.id).map(|scene| StoryScene {
            id: scene.id,
            code: scene.code,
            title: scene.fields.title.clone(),
            beat: scene.fields.emotional_beat.clone().unwrap_or_default(),
            status: scene.fields.status,
        });
        Self { id: chapter.id, title: chapter.fields.title.clone(), steps: chapter.fields.beat_keys.clone(), scenes: own.collect() }
    }
}

impl StoryBeat {
    #[must_use]
    pub fn of(beat: EmotionalBeat, place: &StoryPlace) -> Self {
        let BeatFields { beat: name, scene, keywords, intensity, step, .. } = beat.fields;
        let is_reached = place.completed.contains(&name);
        Self { id: beat.id, version: beat.stamp.version, name, scene, keywords, intensity, step: step.unwrap_or_default(), is_reached }
    }
}

/// What is told in a step: its chapters and its beats, by their places in the lists of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoryStep {
    /// Its key. Empty: what is in no step of the structure.
    pub key: String,
    pub title: String,
    pub chapters: Vec<usize>,
    pub beats: Vec<usize>,
}

impl StoryPage {
    /// The steps in order, and at the end what is in none of them, if there is anything. A chapter that is in several steps is in the first.
    #[must_use]
    pub fn steps(&self) -> Vec<StoryStep> {
        let mut steps: Vec<StoryStep> = self
            .structure
            .steps
            .iter()
            .map(|step| StoryStep { key: step.key.clone(), title: step.title.clone(), ..StoryStep::default() })
            .collect();
        let mut rest = StoryStep { title: "In no step".into(), ..StoryStep::default() };
        for (at, chapter) in self.chapters.iter().enumerate() {
            let step = steps.iter_mut().find(|step| chapter.steps.contains(&step.key));
            step.unwrap_or(&mut rest).chapters.push(at);
        }
        for (at, beat) in self.beats.iter().enumerate() {
            let step = steps.iter_mut().find(|step| step.key == beat.step);
            step.unwrap_or(&mut rest).beats.push(at);
        }
        if !rest.chapters.is_empty() || !rest.beats.is_empty() {
            steps.push(rest);
        }
        steps
    }

    /// Beats in the order of the story: by their steps, within a step in their own order.
    #[must_use]
    pub fn beats_in_order(&self) -> Vec<usize> {
        self.steps().into_iter().flat_map(|step| step.beats).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::production::{ProjectId, builtin_structure};

    fn beat(number: u128, step: &str) -> StoryBeat {
        StoryBeat {
            id: BeatId(Uuid::from_u128(number)),
            version: 1,
            name: format!("beat {number}"),
            scene: None,
            keywords: Vec::new(),
            intensity: 0.0,
            step: step.into(),
            is_reached: false,
        }
    }

    fn chapter(number: u128, steps: &[&str]) -> StoryChapter {
        let steps = steps.iter().map(|step| (*step).to_owned()).collect();
        StoryChapter { id: ChapterId(Uuid::from_u128(number)), title: String::new(), steps, scenes: Vec::new() }
    }

    fn page(chapters: Vec<StoryChapter>, beats: Vec<StoryBeat>) -> StoryPage {
        StoryPage {
            project: PageProject { id: ProjectId(Uuid::nil()), title: "Fog".into(), version: 1, is_trashed: false },
            structure: builtin_structure("three-act").unwrap(),
            structures: Vec::new(),
            place: StoryPlace::default(),
            chapters,
            beats,
        }
    }

    #[test]
    fn every_chapter_and_every_beat_is_in_one_step() {
        let page = page(
            vec![chapter(1, &["act-2", "act-3"]), chapter(2, &[]), chapter(3, &["of-another-structure"])],
            vec![beat(1, "act-3"), beat(2, ""), beat(3, "act-1"), beat(4, "gone")],
        );
        let steps = page.steps();
        let shown: Vec<_> = steps.iter().map(|step| (step.key.as_str(), step.chapters.clone(), step.beats.clone())).collect();
        assert_eq!(
            shown,
            [("act-1", vec![], vec![2]), ("act-2", vec![0], vec![]), ("act-3", vec![], vec![0]), ("", vec![1, 2], vec![1, 3])]
        );
        assert_eq!(page.beats_in_order(), [2, 0, 1, 3]);
    }

    #[test]
    fn an_empty_story_has_the_steps_of_its_structure_alone() {
        assert_eq!(page(Vec::new(), Vec::new()).steps().len(), 3);
    }
}
