//! Chapters, scenes, shots, nodes, assets and casts.

use proto::production::{Asset, Cast, ProductionObject, ReviewState};
use uuid::Uuid;

use super::*;
use crate::store::{ObjectMove, ProjectChange, tests::open};

#[tokio::test]
async fn codes_are_given_once_and_a_restart_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("The Lighthouse").await;
    assert_eq!((film.scene.code.to_string(), film.shot.code.to_string()), ("S001".into(), "P001".into()));
    assert_eq!((film.project.fields.slug.as_str(), film.node.shot_id), ("the-lighthouse", Some(film.shot.code)));
    let drafts = (0..3).map(|number| draft(film.scene.id, json!({"title": format!("shot {number}")}))).collect();
    let shots: Vec<Shot> = store.add_objects(film.project.id, drafts, at(2)).await.unwrap();
    let codes: Vec<String> = shots.iter().map(|shot| shot.code.to_string()).collect();
    assert_eq!(codes, ["P002", "P003", "P004"]);
    store.trash_object::<Shot>(film.project.id, shots[2].id.to_string(), None, at(3)).await.unwrap();
    drop(store);
    let (store, _) = open(folder.path());
    assert_eq!(store.project(film.project.id).await.unwrap(), film.project);
    assert_eq!(store.all::<Shot>(film.project.id).await.len(), 3);
    let next: Shot = store.one(film.project.id, draft(film.scene.id, json!({}))).await;
    assert_eq!(next.code.to_string(), "P005", "that of a shot in the trash is not used again");
    let own = ObjectDraft { name: Some("P020".into()), ..draft(film.scene.id, json!({})) };
    assert_eq!(store.one::<Shot>(film.project.id, own.clone()).await.code.to_string(), "P020");
    assert_eq!(wrong_field(store.add_objects::<Shot>(film.project.id, vec![own], at(4)).await), "code");
    let next: Shot = store.one(film.project.id, draft(film.scene.id, json!({}))).await;
    assert_eq!(next.code.to_string(), "P021");
}

#[tokio::test]
async fn shots_are_put_in_order_without_new_codes() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Order").await;
    let project = film.project.id;
    for _ in 0..3 {
        store.one::<Shot>(project, draft(film.scene.id, json!({}))).await;
    }
    let order = async || -> Vec<String> { store.all::<Shot>(project).await.iter().map(|shot| shot.code.to_string()).collect() };
    let id =
        async |code: &str| store.all::<Shot>(project).await.into_iter().find(|shot| shot.code.to_string() == code).unwrap().id.to_string();
    let to = async |before: Option<&str>| ObjectMove {
        before: match before {
            Some(code) => Some(id(code).await),
            None => None,
        },
        ..ObjectMove::default()
    };
    store.move_object::<Shot>(project, id("P004").await, to(Some("P001")).await, at(2)).await.unwrap();
    assert_eq!(order().await, ["P004", "P001", "P002", "P003"]);
    store.move_object::<Shot>(project, id("P001").await, to(None).await, at(3)).await.unwrap();
    assert_eq!(order().await, ["P004", "P002", "P003", "P001"]);
    // Until there is no room between two, and all get new places.
    for _ in 0..50 {
        for code in ["P001", "P003"] {
            store.move_object::<Shot>(project, id(code).await, to(Some("P002")).await, at(4)).await.unwrap();
        }
    }
    assert_eq!(order().await, ["P004", "P001", "P003", "P002"]);
    let nowhere = ObjectMove { before: Some(Uuid::nil().to_string()), ..ObjectMove::default() };
    assert_eq!(wrong_field(store.move_object::<Shot>(project, id("P001").await, nowhere, at(5)).await), "before");
}

#[tokio::test]
async fn a_shot_in_another_scene_has_a_free_code_there_and_so_do_its_nodes() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Scenes").await;
    let project = film.project.id;
    let other: Scene = store.one(project, draft(film.chapter.id, json!({"title": "The house"}))).await;
    store.one::<Shot>(project, draft(other.id, json!({}))).await;
    let to = ObjectMove { parent: Some(other.id.to_string()), ..ObjectMove::default() };
    let after = store.newest().await;
    let moved: Shot = store.move_object(project, film.shot.id.to_string(), to.clone(), at(2)).await.unwrap();
    assert_eq!((moved.scene_id.to_string(), moved.code.to_string()), ("S002".into(), "P002".into()));
    let node = store.node(&film).await;
    assert_eq!((node.scene_id, node.shot_id), (Some(moved.scene_id), Some(moved.code)));
    assert_eq!(store.names(project, after).await, ["shot.changed", "node.state_changed", "structure.changed"]);
    let ProductionEvent::StructureChanged { changes } = store.events_of(project, after).await.remove(2).event else { panic!() };
    assert_eq!((changes.added, changes.deleted), (vec!["S002/P002".to_owned()], vec!["S001/P001".to_owned()]));
    // Back again: its code was not given to another one there.
    let to = ObjectMove { parent: Some(film.scene.id.to_string()), ..ObjectMove::default() };
    let back: Shot = store.move_object(project, film.shot.id.to_string(), to, at(3)).await.unwrap();
    assert_eq!(back.code.to_string(), "P002", "it keeps the one that it has, where that is free");
    let nowhere = ObjectMove { parent: Some(Uuid::nil().to_string()), ..ObjectMove::default() };
    assert_eq!(wrong_field(store.move_object::<Shot>(project, film.shot.id.to_string(), nowhere, at(4)).await), "parent");
    let chapter = ObjectMove { parent: Some(other.id.to_string()), ..ObjectMove::default() };
    assert_eq!(wrong_field(store.move_object::<Chapter>(project, film.chapter.id.to_string(), chapter, at(5)).await), "parent");
}

#[tokio::test]
async fn bad_input_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Input").await;
    let (project, after) = (film.project.id, store.newest().await);
    assert_eq!(wrong_field(store.add_project(fields(json!({"title": " "})), at(2)).await), "title");
    assert_eq!(wrong_field(store.add_project(fields(json!({"title": "x", "slug": "input"})), at(2)).await), "slug");
    let added = async |draft: ObjectDraft| wrong_field(store.add_objects::<Shot>(project, vec![draft], at(2)).await);
    assert_eq!(added(draft(film.chapter.id, json!({}))).await, "scene", "a chapter is no scene");
    assert_eq!(added(ObjectDraft::default()).await, "scene");
    assert_eq!(added(draft(film.scene.id, json!({"status": "done"}))).await, "status");
    assert_eq!(added(ObjectDraft { name: Some("S001".into()), ..draft(film.scene.id, json!({})) }).await, "code");
    let several = vec![draft(film.scene.id, json!({})), draft(film.scene.id, json!({"duration_frames": -1}))];
    assert_eq!(wrong_field(store.add_objects::<Shot>(project, several, at(2)).await), "1/duration_frames");
    assert_eq!(store.all::<Shot>(project).await.len(), 1, "all of them or none");
    let next: Shot = store.one(project, draft(film.scene.id, json!({}))).await;
    assert_eq!(next.code.to_string(), "P002", "no number was used up");
    let node = ObjectDraft { name: Some("render".into()), ..ObjectDraft::default() };
    assert_eq!(wrong_field(store.add_objects::<ProductionNode>(project, vec![node], at(2)).await), "node_id");
    let lost = fields(json!({"shot": Uuid::nil()}));
    assert_eq!(wrong_field(store.change_object::<ProductionNode>(project, "render".into(), None, lost, at(2)).await), "shot");
    let nobody = ProjectId(Uuid::nil());
    assert_eq!(
        refusal(store.add_objects::<Chapter>(nobody, vec![ObjectDraft::default()], at(2)).await),
        ProductionRefusal::Unknown("project")
    );
    assert_eq!(store.names(project, after).await, ["shot.changed", "structure.changed"], "only what was done is told");
}

#[tokio::test]
async fn an_asset_is_in_a_shot_once_and_knows_its_shots() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Cast").await;
    let project = film.project.id;
    let anna: Asset = store.one(project, ObjectDraft { fields: fields(json!({"name": "Anna"})), ..ObjectDraft::default() }).await;
    let cast = || ObjectDraft { name: Some(anna.id.to_string()), ..draft(film.shot.id, json!({"nb_occurences": 2})) };
    let first: Cast = store.one(project, cast()).await;
    assert_eq!(wrong_field(store.add_objects::<Cast>(project, vec![cast()], at(2)).await), "asset");
    let usage = store.asset_usage(project, anna.id, 10).await.unwrap();
    assert_eq!(usage.iter().map(|shot| shot.id).collect::<Vec<_>>(), [film.shot.id]);
    store.trash_object::<Cast>(project, first.id.to_string(), None, at(3)).await.unwrap();
    assert!(store.asset_usage(project, anna.id, 10).await.unwrap().is_empty());
    let second: Cast = store.one(project, cast()).await;
    let twice = store.restore_object::<Cast>(project, first.id.to_string(), at(4)).await;
    assert!(matches!(refusal(twice), ProductionRefusal::WrongState(_)));
    store.trash_object::<Cast>(project, second.id.to_string(), None, at(5)).await.unwrap();
    assert!(store.restore_object::<Cast>(project, first.id.to_string(), at(6)).await.is_ok());
}

#[tokio::test]
async fn lists_go_on_where_they_stopped_and_are_searched() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Lists").await;
    let project = film.project.id;
    let other: Scene = store.one(project, draft(film.chapter.id, json!({"title": "The house"}))).await;
    for number in 0..25 {
        let scene = if number % 2 == 0 { film.scene.id } else { other.id };
        store.one::<Shot>(project, draft(scene, json!({"title": format!("Tür {number}")}))).await;
    }
    let all: Vec<String> = store.all::<Shot>(project).await.iter().map(ProductionObject::key).collect();
    assert_eq!(all.len(), 26);
    let mut seen = Vec::new();
    let mut query = ObjectQuery { limit: 7, ..ObjectQuery::default() };
    loop {
        let page = store.objects::<Shot>(project, query.clone()).await.unwrap();
        seen.extend(page.objects.iter().map(ProductionObject::key));
        let Some(next) = page.next else { break };
        assert_eq!(next.to_string().parse(), Ok(next.clone()));
        query.after = Some(next);
    }
    assert_eq!(seen, all);
    let in_scene = ObjectQuery { parent: Some(other.id.to_string()), limit: 100, ..ObjectQuery::default() };
    assert_eq!(store.objects::<Shot>(project, in_scene).await.unwrap().objects.len(), 12);
    let found = ObjectQuery { text: Some("TÜR 24".into()), limit: 100, ..ObjectQuery::default() };
    assert_eq!(store.objects::<Shot>(project, found).await.unwrap().objects.len(), 1);
    let by_code = ObjectQuery { text: Some("s002_p003".into()), limit: 100, ..ObjectQuery::default() };
    assert_eq!(store.objects::<Shot>(project, by_code).await.unwrap().objects.len(), 1);
}

#[tokio::test]
async fn projects_are_put_away_and_have_slugs_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let first = store.add_project(fields(json!({"title": "Fog"})), at(1)).await.unwrap();
    let second = store.add_project(fields(json!({"title": "Fog!", "fps": 23.976})), at(2)).await.unwrap();
    assert_eq!((first.fields.slug.as_str(), second.fields.slug.as_str()), ("fog", "fog-2"));
    let away = ProjectChange { archived: Some(true), ..ProjectChange::default() };
    let first = store.change_project(first.id, away, at(3)).await.unwrap();
    assert_eq!((first.archived_at, first.stamp.version), (Some(at(3)), 2));
    let listed = async |archived| store.projects(archived, false, None, 10).await.unwrap();
    assert_eq!(listed(Some(true)).await, vec![first.clone()]);
    assert_eq!(listed(Some(false)).await, vec![second.clone()]);
    assert_eq!(listed(None).await, [second.clone(), first.clone()], "the newest first");
    assert_eq!(store.projects(None, false, Some(second.id), 10).await.unwrap(), [first]);
    for (wrong, field) in [
        (json!({"fps": 0}), "fps"),
        (json!({"resolution": "big"}), "resolution"),
        (json!({"aspect_ratio": "wide"}), "aspect_ratio"),
        (json!({"slug": "fog"}), "slug"),
        (json!({"output_format": ".png"}), "output_format"),
        (json!({"default_quality": "best"}), "default_quality"),
    ] {
        let change = ProjectChange { fields: fields(wrong), ..ProjectChange::default() };
        assert_eq!(wrong_field(store.change_project(second.id, change, at(4)).await), field);
    }
}

#[tokio::test]
async fn a_change_names_the_version_that_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Versions").await;
    let change = async |version: u32, json: Value| {
        store.change_object::<Shot>(film.project.id, film.shot.id.to_string(), Some(version), fields(json), at(9)).await
    };
    let approved = change(1, json!({"status": "approved"})).await.unwrap();
    assert_eq!((approved.stamp.version, approved.fields.status, approved.stamp.updated_at), (2, ReviewState::Approved, at(9)));
    assert_eq!(approved.fields.base_prompt, "Anna at the rail");
    let late = refusal(change(1, json!({"status": "retake"})).await);
    assert!(late.to_string().starts_with("Somebody else changed: status. It is at version 2 now"), "{late}");
    let ProductionRefusal::Conflict { version, current, changed } = late else { panic!() };
    assert_eq!((version, *current, changed), (2, serde_json::to_value(&approved).unwrap(), Some(vec!["status".to_owned()])));
    assert_eq!(change(2, json!({"status": "retake"})).await.unwrap().fields.status, ReviewState::Retake);
}

#[tokio::test]
async fn what_changed_in_a_node_is_named_and_what_is_too_old_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Versions").await;
    let change = async |version: Option<u32>, json: Value| {
        store.change_object::<ProductionNode>(film.project.id, "render".into(), version, fields(json), at(9)).await
    };
    let read = store.node(&film).await.stamp.version;
    change(None, json!({"title": "Hero", "follow_latest": true})).await.unwrap();
    change(None, json!({"title": "Heroine"})).await.unwrap();
    let changed = async |version| match refusal(change(Some(version), json!({"kind": "image"})).await) {
        ProductionRefusal::Conflict { changed, .. } => changed,
        other => panic!("{other}"),
    };
    assert_eq!(changed(read).await, Some(vec!["title".to_owned(), "follow_latest".to_owned()]));
    assert_eq!(changed(read + 1).await, Some(vec!["title".to_owned()]));
    assert_eq!(changed(0).await, None, "no event has it");
}
