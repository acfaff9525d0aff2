//! Many at once.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::*;
use crate::store::tests::{open, task};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn numbers_and_codes_are_given_once_to_many_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Many").await;
    let takes = join_all((0..40).map(|number| {
        let (store, new) = (store.clone(), new_take(&film));
        tokio::spawn(async move { store.attach_task(task("t", number).id, new, at(number)).await.unwrap().take_number })
    }))
    .await;
    let numbers: BTreeSet<u32> = takes.into_iter().map(Result::unwrap).collect();
    assert_eq!(numbers, (1..=40).collect());
    let (project, scene) = (film.project.id, film.scene.id);
    let shots = join_all((0..40).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.one::<Shot>(project, draft(scene, json!({}))).await })
    }))
    .await;
    let shots: Vec<Shot> = shots.into_iter().map(Result::unwrap).collect();
    assert_eq!(shots.iter().map(|shot| shot.code).collect::<BTreeSet<_>>().len(), 40);
    assert_eq!(shots.iter().map(|shot| shot.position).collect::<BTreeSet<_>>().len(), 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_changes_of_one_version_one_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("One").await;
    let (project, shot) = (film.project.id, film.shot.id.to_string());
    let after = store.newest().await;
    let changes = join_all((0..20).map(|number| {
        let (store, shot) = (store.clone(), shot.clone());
        tokio::spawn(async move {
            store.change_object::<Shot>(project, shot, Some(1), fields(json!({"title": number.to_string()})), at(2)).await
        })
    }))
    .await;
    let (done, refused): (Vec<_>, Vec<_>) = changes.into_iter().map(Result::unwrap).partition(Result::is_ok);
    assert_eq!((done.len(), refused.len()), (1, 19));
    assert!(refused.into_iter().all(|result| matches!(refusal(result), ProductionRefusal::Conflict { version: 2, .. })));
    assert_eq!(store.names(project, after).await, ["shot.changed"], "what was refused left nothing");
}
