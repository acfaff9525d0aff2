//! What is thrown away can be restored for a month.

use proto::{
    limits,
    production::{EmotionalBeat, ProductionObject},
};

use super::*;
use crate::store::{
    TakeQuery,
    tests::{open, other_connection, task},
};

#[tokio::test]
async fn what_is_in_the_trash_is_not_listed_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Trash").await;
    let project = film.project.id;
    let scene = store.trash_object::<Scene>(project, film.scene.id.to_string(), None, at(2)).await;
    assert!(matches!(refusal(scene), ProductionRefusal::WrongState(why) if why.contains("shots")));
    let after = store.newest().await;
    let shot: Shot = store.trash_object(project, film.shot.id.to_string(), Some(1), at(3)).await.unwrap();
    assert_eq!((shot.stamp.deleted_at, shot.stamp.version), (Some(at(3)), 2));
    assert_eq!(store.names(project, after).await, ["shot.changed", "structure.changed"]);
    let again: Shot = store.trash_object(project, film.shot.id.to_string(), None, at(4)).await.unwrap();
    assert_eq!(again, shot, "twice is once");
    assert!(store.all::<Shot>(project).await.is_empty());
    let trash = ObjectQuery { in_trash: true, limit: 10, ..ObjectQuery::default() };
    assert_eq!(store.objects::<Shot>(project, trash).await.unwrap().objects, vec![shot.clone()]);
    let change = store.change_object::<Shot>(project, shot.key(), None, Map::new(), at(5)).await;
    assert_eq!(refusal(change), ProductionRefusal::Unknown("shot"));
    store.trash_object::<Scene>(project, film.scene.id.to_string(), None, at(6)).await.unwrap();
    let orphan = store.restore_object::<Shot>(project, shot.key(), at(7)).await;
    assert!(matches!(refusal(orphan), ProductionRefusal::WrongState(why) if why.contains("scene")));
    store.restore_object::<Scene>(project, film.scene.id.to_string(), at(8)).await.unwrap();
    let back: Shot = store.restore_object(project, shot.key(), at(9)).await.unwrap();
    assert_eq!((back.code, back.stamp.deleted_at, back.fields), (film.shot.code, None, film.shot.fields));
}

#[tokio::test]
async fn a_project_in_the_trash_takes_no_changes_and_comes_back_with_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Project").await;
    let project = film.project.id;
    let late = store.trash_project(project, Some(7), true, at(2)).await;
    assert!(matches!(refusal(late), ProductionRefusal::Conflict { version: 1, .. }));
    store.trash_project(project, None, true, at(2)).await.unwrap();
    assert_eq!(store.events_of(project, 0).await.last().unwrap().event.name(), "project.deleted");
    assert!(store.projects(None, false, None, 10).await.unwrap().is_empty());
    assert_eq!(store.projects(None, true, None, 10).await.unwrap().len(), 1);
    let change = store.change_object::<Shot>(project, film.shot.id.to_string(), None, Map::new(), at(3)).await;
    assert_eq!(refusal(change), ProductionRefusal::Unknown("project"));
    let restored = store.trash_project(project, None, false, at(4)).await.unwrap();
    assert_eq!((restored.stamp.version, restored.stamp.deleted_at), (3, None));
    assert_eq!(store.all::<Shot>(project).await.len(), 1);
}

#[tokio::test]
async fn after_a_month_it_is_gone_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let (film, kept) = (store.film("Gone").await, store.film("Kept").await);
    let project = kept.project.id;
    store.attach_task(task("t", 1).id, new_take(&kept), at(2)).await.unwrap();
    store.one::<EmotionalBeat>(project, ObjectDraft { fields: fields(json!({"beat": "dawn"})), ..ObjectDraft::default() }).await;
    store.trash_object::<ProductionNode>(project, "render".into(), None, at(3)).await.unwrap();
    store.trash_project(film.project.id, None, true, at(3)).await.unwrap();
    let connection = other_connection(folder.path());
    connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    let month = u64::try_from(limits::PRODUCTION_TRASH.as_millis()).unwrap();
    let tidy = |now: u64| while super::super::purge(&connection, Timestamp(now)).unwrap() > 0 {};
    tidy(month + 2);
    assert!(store.project(film.project.id).await.is_ok());
    tidy(month + 3);
    assert_eq!(refusal(store.project(film.project.id).await), ProductionRefusal::Unknown("project"));
    assert!(store.all::<ProductionNode>(project).await.is_empty());
    assert!(store.takes(project, TakeQuery { limit: 9, ..TakeQuery::default() }).await.unwrap().takes.is_empty());
    assert_eq!((store.all::<Shot>(project).await.len(), store.all::<EmotionalBeat>(project).await.len()), (1, 1));
    for table in ["projects", "production_objects", "production_log"] {
        let column = if table == "projects" { "id" } else { "project" };
        let sql = format!("SELECT count(*) FROM {table} WHERE {column} = ?1");
        let left: i64 = connection.query_row(&sql, [film.project.id.to_string()], |row| row.get(0)).unwrap();
        assert_eq!(left, 0, "{table}");
    }
}
