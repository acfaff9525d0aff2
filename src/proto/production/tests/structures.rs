//! Narrative structures, beats, and where the story is.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::production::{
    BeatFields, ChapterFields, NarrativePlace, NarrativeProgress, NarrativeStructure, StructureStep, builtin_structure, builtin_structures,
    switch_beat, switch_chapter,
};

fn beat(step: &str) -> BeatFields {
    BeatFields { beat: step.into(), step: Some(step.into()), ..BeatFields::default() }
}

#[test]
fn the_four_structures_are_there() {
    let all: Vec<(String, usize)> = builtin_structures().map(|structure| (structure.id, structure.steps.len())).collect();
    let expected = [("three-act", 3), ("hero-journey", 4), ("beat-sheet", 14), ("story-circle", 8)];
    assert_eq!(all, expected.map(|(id, steps)| (id.to_owned(), steps)));
    assert!(builtin_structures().all(|structure| structure.check().is_ok()));
    assert_eq!(builtin_structure("four-act"), None);
}

#[test]
fn a_structure_that_cannot_be_used_is_refused() {
    let step = |key: &str| StructureStep { key: key.into(), title: "A step".into() };
    let structure = |id: &str, steps: Vec<StructureStep>| NarrativeStructure { id: id.into(), title: "Mine".into(), steps, builtin: false };
    assert!(structure("mine", vec![step("a"), step("b")]).check().is_ok());
    let wrong = |structure: NarrativeStructure| structure.check().unwrap_err().field;
    assert_eq!(wrong(structure("Mine", vec![step("a")])), "id");
    assert_eq!(wrong(structure("mine", vec![])), "steps");
    assert_eq!(wrong(structure("mine", vec![step("a"), step("a")])), "steps/1/key");
    assert_eq!(wrong(structure("mine", vec![step("a b")])), "steps/0/key");
}

#[test]
fn beats_go_to_the_step_at_their_place() {
    let (acts, circle) = (builtin_structure("three-act").unwrap(), builtin_structure("story-circle").unwrap());
    let carried = |step: &str| {
        let mut beat = beat(step);
        switch_beat(&mut beat, &acts, &circle);
        beat.step.unwrap()
    };
    assert_eq!([carried("act-1"), carried("act-2"), carried("act-3")], ["you", "find", "change"]);
    assert_eq!(carried("my own"), "my own", "what is no step stays as it is");
    let mut chapter = ChapterFields { beat_keys: vec!["you".into(), "need".into(), "change".into()], ..ChapterFields::default() };
    switch_chapter(&mut chapter, &circle, &acts);
    assert_eq!(chapter.beat_keys, ["act-1", "act-3"]);
    switch_chapter(&mut chapter, &acts, &circle);
    assert_eq!(chapter.beat_keys, ["you", "need", "change"]);
}

proptest! {
    /// However often a project takes another structure: nothing is lost, beats keep their order, and a switch back restores each step.
    #[test]
    fn switching_never_deletes_and_a_switch_back_restores(
        first in 0usize..4,
        steps in proptest::collection::vec(any::<prop::sample::Index>(), 1..10),
        ways in proptest::collection::vec(0usize..4, 1..6),
    ) {
        let all: Vec<NarrativeStructure> = builtin_structures().collect();
        let mut order: Vec<usize> = steps.iter().map(|at| at.index(all[first].steps.len())).collect();
        order.sort_unstable();
        let before: Vec<BeatFields> = order.iter().map(|at| beat(&all[first].steps[*at].key)).collect();
        let mut beats = before.clone();
        let mut now = first;
        for next in ways.into_iter().chain([first]) {
            if next != now {
                for beat in &mut beats {
                    switch_beat(beat, &all[now], &all[next]);
                }
                now = next;
            }
            let places: Vec<Option<usize>> = beats
                .iter()
                .map(|beat| all[now].steps.iter().position(|step| Some(&step.key) == beat.step.as_ref()))
                .collect();
            prop_assert!(places.iter().all(Option::is_some), "each is a step of the structure");
            prop_assert!(places.windows(2).all(|pair| pair[0] <= pair[1]), "in their order");
        }
        for (beat, before) in beats.iter().zip(&before) {
            prop_assert_eq!((&beat.beat, &beat.step), (&before.beat, &before.step));
        }
    }

    /// A beat that is told twice, or in another order, is there once.
    #[test]
    fn completed_beats_are_a_set(told in proptest::collection::vec(0u8..5, 0..20)) {
        let mut progress = NarrativeProgress::default();
        for beat in &told {
            progress.reach(&format!("beat {beat}"), None);
        }
        let expected: BTreeSet<String> = told.iter().map(|beat| format!("beat {beat}")).collect();
        prop_assert_eq!(&progress.completed_beats, &expected);
        if let Some(last) = told.last() {
            prop_assert!(!progress.reach(&format!("beat {last}"), None), "the same once more changes nothing");
        }
    }
}

#[test]
fn another_scene_leaves_the_shot() {
    let mut progress = NarrativeProgress::default();
    let place = NarrativePlace { current_scene: "S001".parse().ok(), current_shot: "P003".parse().ok(), ..NarrativePlace::default() };
    assert!(progress.go_to(place.clone()) && !progress.go_to(place));
    progress.reach("dawn", "S001".parse().ok());
    assert_eq!(progress.place.current_shot, "P003".parse().ok());
    progress.reach("dusk", "S002".parse().ok());
    assert_eq!((progress.place.current_shot, progress.version), (None, 3));
}
