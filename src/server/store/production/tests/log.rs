//! The log of events.

use proto::{
    limits,
    production::{GitReport, ToldObject},
};

use super::*;
use crate::store::tests::{open, other_connection};

#[tokio::test]
async fn two_projects_do_not_hear_of_one_another() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let (one, other) = (store.film("One").await, store.film("Other").await);
    let after = store.newest().await;
    store.change_object::<Shot>(one.project.id, one.shot.id.to_string(), None, fields(json!({"title": "x"})), at(2)).await.unwrap();
    store.attach_task(crate::store::tests::task("t", 1).id, new_take(&other), at(3)).await.unwrap();
    assert_eq!(store.names(one.project.id, after).await, ["shot.changed"]);
    assert!(store.events_of(other.project.id, after).await.iter().all(|record| record.project_id == Some(other.project.id)));
    assert_eq!(store.names(other.project.id, after).await, ["take.created", "generation.started", "node.state_changed"]);
    // What belongs to one is not found in the other.
    let lost = store.object::<Shot>(other.project.id, one.shot.id.to_string()).await;
    assert_eq!(refusal(lost), ProductionRefusal::Unknown("shot"));
    let all = store.production_news(NewsFilter::default(), after, 100).await.unwrap();
    assert_eq!(all.records.len(), 4);
    let of_node = NewsFilter { project: Some(other.project.id), subject: Some("node/render".into()) };
    assert_eq!(store.production_news(of_node, after, 100).await.unwrap().records.len(), 2);
}

#[tokio::test]
async fn an_event_has_the_whole_state_and_pages_lead_on() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Whole").await;
    let project = film.project.id;
    let changed: Shot =
        store.change_object(project, film.shot.id.to_string(), None, fields(json!({"camera": "35 mm"})), at(7)).await.unwrap();
    let last = store.events_of(project, 0).await.pop().unwrap();
    assert_eq!((last.timestamp, last.event), (at(7), changed.changed()));
    let filter = || NewsFilter { project: Some(project), subject: None };
    let (mut seen, mut after) = (Vec::new(), 0);
    loop {
        let page = store.production_news(filter(), after, 2).await.unwrap();
        assert!(page.is_complete);
        seen.extend(page.records);
        after = page.next;
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, store.events_of(project, 0).await);
    drop(store);
    let (store, _) = open(folder.path());
    assert_eq!(store.events_of(project, 0).await, seen);
    let lost = store.production_news(filter(), 9_999, 2).await.unwrap();
    assert!(!lost.is_complete, "a number that is not there yet");
}

#[tokio::test]
async fn events_of_other_programs_are_told_and_watchers_are_woken() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Git").await;
    let mut watch = store.watch_productions();
    let before = *watch.borrow_and_update();
    let commit = ProductionEvent::GitCommit(GitReport { message: Some("First cut".into()), ..GitReport::default() });
    store.tell_production(Some(film.project.id), commit.clone(), at(3)).await.unwrap();
    watch.changed().await.unwrap();
    assert!(*watch.borrow_and_update() > before);
    assert_eq!(store.events_of(film.project.id, before).await.pop().unwrap().event, commit);
}

#[tokio::test]
async fn the_log_is_bounded_and_says_what_it_forgot() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let (film, other) = (store.film("Long").await, store.film("Short").await);
    let first = store.newest().await;
    let connection = other_connection(folder.path());
    let (many, id) = (limits::PROJECT_EVENTS, film.project.id);
    let event = r#"{"type":"git.commit"}"#;
    let add = |count: i64, at: i64| {
        let sql = format!(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})
                INSERT INTO production_log (project, type, subject, at, event) SELECT '{id}', 'git.commit', '', {at}, '{event}' FROM n"
        );
        connection.execute_batch(&sql).unwrap();
    };
    let count = || -> i64 {
        connection.query_row("SELECT count(*) FROM production_log WHERE project = ?1", [id.to_string()], |row| row.get(0)).unwrap()
    };
    let day = i64::try_from(limits::PROJECT_EVENT_AGE.as_millis()).unwrap();
    add(many, 5);
    let tidy = |now: i64| while super::super::purge(&connection, Timestamp(now.cast_unsigned())).unwrap() > 0 {};
    tidy(1);
    assert!(count() > many, "they are too young");
    tidy(day + 100);
    assert_eq!(count(), many);
    let filter = |project| NewsFilter { project: Some(project), subject: None };
    assert!(!store.production_news(filter(id), 0, 10).await.unwrap().is_complete);
    assert!(store.production_news(filter(id), first, 10).await.unwrap().is_complete);
    assert!(store.production_news(filter(other.project.id), 0, 10).await.unwrap().is_complete, "nothing was forgotten there");
    assert!(!store.production_news(NewsFilter::default(), 0, 10).await.unwrap().is_complete);
}
