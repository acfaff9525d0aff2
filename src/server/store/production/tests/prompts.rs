//! Prompts of shots, and takes of older parts.

use std::collections::BTreeSet;

use proto::production::{Asset, AssetId, Cast, EmotionalBeat, PartSource, PromptPartChange};

use super::*;
use crate::store::{
    TakeEnd,
    tests::{open, task},
};

impl Store {
    async fn made_asset(&self, project: ProjectId, json: Value) -> AssetId {
        self.one::<Asset>(project, ObjectDraft { fields: fields(json), ..ObjectDraft::default() }).await.id
    }
}

#[tokio::test]
async fn a_prompt_is_made_of_the_shot_its_cast_its_scene_and_the_beat() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Prompt").await;
    let project = film.project.id;
    let anna = store.made_asset(project, json!({"name": "Anna", "trigger_word": "ohwx", "prompt_fragment": "grey hair"})).await;
    let grain = store.made_asset(project, json!({"name": "Grain", "kind": "style", "prompt_fragment": "16mm"})).await;
    let pier = store.made_asset(project, json!({"name": "Pier", "kind": "location", "prompt_fragment": "a pier"})).await;
    for asset in [grain, anna] {
        let cast = ObjectDraft { name: Some(asset.to_string()), ..draft(film.shot.id, json!({})) };
        store.one::<Cast>(project, cast).await;
    }
    for (scene, word) in [(None, "cold"), (Some(film.scene.id), "warm")] {
        let beat = json!({"beat": "dawn", "keywords": [word], "scene": scene});
        store.one::<EmotionalBeat>(project, ObjectDraft { fields: fields(beat), ..ObjectDraft::default() }).await;
    }
    let scene = fields(json!({"location_ref": pier, "emotional_beat": "dawn"}));
    store.change_object::<Scene>(project, film.scene.id.to_string(), None, scene, at(2)).await.unwrap();
    let prompt = async |off: BTreeSet<PartSource>| store.composite_prompt(project, film.shot.id, off).await.unwrap();
    let all = prompt(BTreeSet::new()).await;
    assert_eq!(all.final_prompt, "Anna at the rail, ohwx, grey hair, a pier, 16mm, warm");
    assert_eq!(prompt([PartSource::Character(anna)].into()).await.final_prompt, "Anna at the rail, a pier, 16mm, warm");

    // A take keeps what it was made of.
    let new = NewTake { composite: Some(all.clone()), ..new_take(&film) };
    let made = task("t", 3).id;
    store.attach_task(made, new, at(3)).await.unwrap();
    let done = TakeEnd { state: proto::production::TakeState::Completed, output: None, has_thumbnail: false, error: None };
    store.task_ended(made, done, at(4)).await.unwrap();
    let stale = async || store.stale_takes(project, film.shot.id).await.unwrap();
    assert!(stale().await.is_empty());
    store.change_object::<Asset>(project, grain.to_string(), None, fields(json!({"prompt_fragment": "35mm"})), at(5)).await.unwrap();
    store.trash_object::<Asset>(project, anna.to_string(), None, at(6)).await.unwrap();
    let [take] = stale().await.try_into().unwrap();
    assert_eq!((take.take_number, take.node_id), (1, film.node.node_id.clone()));
    let changes: Vec<_> = take.parts.into_iter().map(|part| (part.source, part.change)).collect();
    assert_eq!(changes, [(PartSource::Character(anna), PromptPartChange::Removed), (PartSource::Style(grain), PromptPartChange::Changed)]);
    assert_eq!(store.stale_shots(vec![film.shot.clone()]).await.unwrap().len(), 1);
    let kept = store.takes(project, crate::store::TakeQuery { limit: 1, ..Default::default() }).await.unwrap().takes.remove(0);
    assert_eq!(kept.composite_prompt, Some(all.clone()));
    let after = store.newest().await;
    store.tell_prompt(project, film.node.node_id.clone(), all, at(7)).await.unwrap();
    assert_eq!(store.names(project, after).await, ["prompt.composite"]);
}
