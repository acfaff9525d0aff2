//! Structures and beats.

use proto::production::{EmotionalBeat, NarrativeStructure, StructureStep};

use super::*;
use crate::store::{ReachedBeat, tests::open};

fn own() -> NarrativeStructure {
    let step = |key: &str| StructureStep { key: key.into(), title: key.to_uppercase() };
    NarrativeStructure { id: "two".into(), title: "Two halves".into(), steps: vec![step("a"), step("b")], builtin: true }
}

#[tokio::test]
async fn a_project_takes_another_structure_and_takes_the_first_one_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Structure").await;
    let project = film.project.id;
    for (beat, step) in [("dawn", "act-1"), ("storm", "act-2"), ("calm", "act-3")] {
        let beat = ObjectDraft { fields: fields(json!({"beat": beat, "step": step})), ..ObjectDraft::default() };
        store.one::<EmotionalBeat>(project, beat).await;
    }
    let trashed = store.all::<EmotionalBeat>(project).await[1].id.to_string();
    store.trash_object::<EmotionalBeat>(project, trashed.clone(), None, at(2)).await.unwrap();
    let steps = async || -> Vec<(String, Option<String>)> {
        store.all::<EmotionalBeat>(project).await.into_iter().map(|beat| (beat.fields.beat, beat.fields.step)).collect()
    };
    let switch = async |id: &str| store.switch_structure(project, None, id.into(), at(3)).await;
    let before = steps().await;
    assert_eq!(switch("story-circle").await.unwrap().narrative_structure, "story-circle");
    assert_eq!(steps().await, [("dawn".into(), Some("you".into())), ("calm".into(), Some("change".into()))]);
    assert_eq!(store.narrative_progress(project).await.unwrap().structure_type, "story-circle");
    let restored: EmotionalBeat = store.restore_object(project, trashed, at(4)).await.unwrap();
    assert_eq!(restored.fields.step.as_deref(), Some("find"), "what was in the trash went with it");
    assert_eq!(wrong_field(switch("none").await), "structure");
    store.add_structure(own(), at(5)).await.unwrap();
    switch("two").await.unwrap();
    switch("three-act").await.unwrap();
    assert_eq!(steps().await[..1], before[..1]);
    assert_eq!(store.all::<EmotionalBeat>(project).await.len(), 3);
}

#[tokio::test]
async fn structures_of_ones_own_are_kept_while_they_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Own").await;
    let added = store.add_structure(own(), at(2)).await.unwrap();
    assert!(!added.builtin, "nobody but Darkroom adds its own");
    assert_eq!(store.add_structure(own(), at(3)).await.unwrap(), added, "the same once more");
    let other = NarrativeStructure { title: "Other".into(), ..own() };
    assert_eq!(wrong_field(store.add_structure(other, at(4)).await), "id");
    let act = NarrativeStructure { id: "three-act".into(), ..own() };
    assert_eq!(wrong_field(store.add_structure(act, at(4)).await), "id");
    assert_eq!(store.narrative_structures().await.unwrap().len(), 5);
    store.switch_structure(film.project.id, None, "two".into(), at(5)).await.unwrap();
    let remove = async |id: &str| store.remove_structure(id.into(), at(6)).await;
    assert!(matches!(refusal(remove("two").await), ProductionRefusal::WrongState(why) if why.contains("Own")));
    assert!(matches!(refusal(remove("three-act").await), ProductionRefusal::WrongState(_)));
    store.switch_structure(film.project.id, None, "three-act".into(), at(7)).await.unwrap();
    remove("two").await.unwrap();
    assert!(matches!(refusal(remove("two").await), ProductionRefusal::Unknown(_)));
}

#[tokio::test]
async fn a_beat_that_is_told_twice_is_reached_once() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Beats").await;
    let project = film.project.id;
    let beat = ObjectDraft { fields: fields(json!({"beat": "dawn", "keywords": ["gold", "mist"]})), ..ObjectDraft::default() };
    store.one::<EmotionalBeat>(project, beat).await;
    let after = store.newest().await;
    let dawn = ReachedBeat { beat_name: "dawn".into(), scene_id: Some(film.scene.code), keywords: None };
    let first = store.reach_beat(project, dawn.clone(), at(2)).await.unwrap();
    assert_eq!(store.reach_beat(project, dawn, at(3)).await.unwrap(), first);
    assert_eq!(store.names(project, after).await, ["narrative.beat", "narrative.progress"]);
    let ProductionEvent::NarrativeBeat { keywords, .. } = store.events_of(project, after).await.remove(0).event else { panic!() };
    assert_eq!(keywords, ["gold", "mist"], "those of the project's beat");
    assert_eq!(first.completed_beats, ["dawn".to_owned()].into());
    let moved = store.move_narrative(project, Some(first.version), fields(json!({"current_shot": "P001"})), at(4)).await.unwrap();
    assert_eq!((moved.place.current_scene, moved.place.current_shot), (Some(film.scene.code), Some(film.shot.code)));
    let late = store.move_narrative(project, Some(first.version), fields(json!({"current_shot": "P002"})), at(5)).await;
    let ProductionRefusal::Conflict { changed: Some(changed), .. } = refusal(late) else { panic!() };
    assert_eq!(changed, ["current_shot"]);
    assert_eq!(wrong_field(store.move_narrative(project, None, fields(json!({"current_scene": "1"})), at(6)).await), "current_scene");
    drop(store);
    let (store, _) = open(folder.path());
    assert_eq!(store.narrative_progress(project).await.unwrap(), moved);
}
