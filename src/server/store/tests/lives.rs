//! Persistence across restarts; lists, events, keys, retention, copies.

use std::collections::HashMap;

use futures::future::join_all;

use super::*;

#[tokio::test]
async fn a_reopened_store_has_everything_stored_before() {
    let folder = tempfile::tempdir().unwrap();
    let (store, first) = open(folder.path());
    let mut task = task("A cat", 7);
    store.add_new(&task).await;
    task.state = TaskState::Queued;
    store.keep(&task);
    store.set_meta("queue_paused", "true");
    store.flush().await.unwrap();
    assert_eq!(meta(folder.path(), "queue_paused").as_deref(), Some("true"));
    drop(store);
    let (store, second) = open(folder.path());
    assert_eq!(second.tasks, [task.clone()]);
    assert_eq!(second.workflows[&task.id], workflow());
    assert_eq!(second.client_id, first.client_id);
    assert_eq!(second.meta["queue_paused"], "true");
    assert_eq!(store.read(task.id).await.unwrap(), Some(stored(task.clone())));
    store.forget(task.id);
    assert_eq!(store.read(task.id).await.unwrap(), None);
}

#[tokio::test]
async fn closing_the_store_waits_until_everything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut task = task("A cat", 7);
    store.add_new(&task).await;
    for attempt in 2..50 {
        task.attempt = attempt;
        store.keep(&task);
    }
    drop(store);
    let attempt: u32 = other_connection(folder.path()).query_row("SELECT attempt FROM tasks", [], |row| row.get(0)).unwrap();
    assert_eq!(attempt, 49);
}

#[tokio::test]
async fn a_task_is_not_acknowledged_before_it_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let one = task("A cat", 7);
    store.add_new(&one).await;
    let again = store.add(stored(one.clone()), None).await;
    assert!(matches!(again, Err(StoreError::Twice(id)) if id == one.id), "{again:?}");
    let unknown = store.keep_now(&task("A dog", 7)).await;
    assert!(matches!(unknown, Err(StoreError::Unknown(_))), "{unknown:?}");
    let other = store.clone();
    store.close().await;
    assert!(matches!(other.add(stored(task("A dog", 7)), None).await, Err(StoreError::Closed)));
    assert!(matches!(other.keep_now(&one).await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn a_data_folder_can_be_opened_by_one_darkroom_only() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let Err(refused) = Store::open(folder.path(), FOR_EVER) else { panic!("a second one was let in") };
    let says = refused.to_string();
    assert!(says.contains(&format!("in use by another Darkroom (process {})", std::process::id())) && !says.contains('\n'), "{says}");
    // After closing, another process may open the folder although a handle remains.
    store.close().await;
    open(folder.path());
}

#[tokio::test]
async fn concurrent_adds_with_one_key_make_one_task() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let key = |request: &str| Key::new("from-a-script", request.as_bytes());
    let now = crate::clock::now().0;
    let tasks: Vec<Task> = (0..20).map(|_| task("A cat", now)).collect();
    let answers = join_all(tasks.iter().map(|task| store.add(stored(task.clone()), key("cat")))).await;
    let new = answers.iter().position(|answer| *answer.as_ref().unwrap() == Added::New).unwrap();
    for (at, answer) in answers.iter().enumerate() {
        let expected = if at == new { Added::New } else { Added::Known(tasks[new].id) };
        assert_eq!(*answer.as_ref().unwrap(), expected);
    }
    assert_eq!(store.list(Filter::default(), None, 100).await.unwrap().tasks.len(), 1);
    assert_eq!(store.add(stored(task("A dog", now)), key("dog")).await.unwrap(), Added::Conflict);
    // Forgotten and added again in one transaction: the key must be free for the second.
    store.forget(tasks[new].id);
    assert_eq!(store.add(stored(task("A dog", now)), key("dog")).await.unwrap(), Added::New);
    drop(store);
    let (store, _) = open(folder.path());
    assert_eq!(store.add(stored(task("A cat", now)), key("cat")).await.unwrap(), Added::Conflict);
    let a_day_later = now + limits::KEY_LIFE.as_millis() as u64;
    assert_eq!(store.add(stored(task("A cat", a_day_later)), key("cat")).await.unwrap(), Added::New);
}

#[test]
fn a_key_is_short_and_printable() {
    assert!(Key::new("8f-2 A~", b"").is_some());
    for wrong in ["", "a\nb", "ä", &"k".repeat(limits::KEY + 1)] {
        assert_eq!(Key::new(wrong, b""), None, "{wrong:?}");
    }
    // On disk for a day: must never change.
    assert_eq!(Key::new("k", b"foobar").unwrap().fingerprint(), 0x8594_4171_f739_67e8);
}

#[tokio::test]
async fn lists_page_by_page_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    // Two with each time.
    let tasks: Vec<Task> = (0..10).map(|at| task(&format!("Straße {at}"), at / 2)).collect();
    for task in &tasks {
        store.add_new(task).await;
    }
    let done = over(tasks[4].clone(), 9);
    store.keep_now(&done).await.unwrap();
    let mut expected: Vec<&Task> = tasks.iter().collect();
    expected.sort_by_key(|task| std::cmp::Reverse((task.created_at, task.id)));
    let mut before = None;
    let mut listed = Vec::new();
    loop {
        let page = store.list(Filter::default(), before, 3).await.unwrap();
        listed.extend(page.tasks.iter().map(|task| task.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(listed, expected.iter().map(|task| task.id).collect::<Vec<_>>());
    let completed = Filter { states: vec![TaskState::Completed], ..Filter::default() };
    assert_eq!(store.list(completed, None, 10).await.unwrap().tasks, [done.summary()]);
    let named =
        |text: &str| store.list(Filter { states: vec![TaskState::Accepted], text: Some(text.into()), ..Filter::default() }, None, 10);
    assert_eq!(named("STRAßE 3").await.unwrap().tasks, [tasks[3].summary()]);
    assert_eq!(named("straße 4").await.unwrap().tasks, []);
    assert_eq!(named("%").await.unwrap().tasks, []);
}

#[tokio::test]
async fn the_events_of_a_task_are_ordered_and_limited() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let task = task("A cat", 7);
    store.add_new(&task).await;
    for at in 0..limits::TASK_EVENTS as u64 + 10 {
        store.event(task.id, Timestamp(5), EventKind::Note, &at.to_string());
    }
    store.event(TaskId(Uuid::now_v7()), Timestamp(5), EventKind::Note, "of nobody");
    store.event(task.id, Timestamp(4), EventKind::Finished, &"x".repeat(limits::EVENT_TEXT + 1));
    store.flush().await.unwrap();
    let events = store.events(task.id).await.unwrap();
    assert_eq!(events.len(), limits::TASK_EVENTS);
    assert_eq!((events[0].kind, events[0].text.as_str()), (EventKind::Note, "11"));
    let last = events.last().unwrap();
    assert_eq!((last.at, last.kind, last.text.len()), (Timestamp(4), EventKind::Finished, limits::EVENT_TEXT));
    store.forget(task.id);
    store.flush().await.unwrap();
    assert_eq!(store.events(task.id).await.unwrap(), []);
}

#[tokio::test]
async fn only_finished_tasks_expire() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let now = crate::clock::now().0;
    let day = 24 * 60 * 60 * 1000;
    let waiting = task("waits since long", 1);
    let old = over(task("ended long ago", 2), now - 3 * day);
    let long = over(task("begun long ago, ended just now", 3), now);
    let newest: Vec<Task> = (0..3).map(|at| over(task("new", now + at), now)).collect();
    for task in [&waiting, &old, &long].into_iter().chain(&newest) {
        store.add(stored(task.clone()), Key::new(&task.id.to_string(), b"")).await.unwrap();
        store.event(task.id, Timestamp(4), EventKind::Accepted, "");
    }
    let ids = async |store: &Store| {
        store.list(Filter::default(), None, 10).await.unwrap().tasks.iter().map(|task| task.id).rev().collect::<Vec<_>>()
    };
    store.close().await;

    let (store, _) = Store::open(folder.path(), Retention { keep_tasks: 0, keep_days: 2 }).unwrap();
    store.flush().await.unwrap();
    assert_eq!(ids(&store).await, [waiting.id, long.id, newest[0].id, newest[1].id, newest[2].id]);
    store.close().await;

    let (store, _) = Store::open(folder.path(), Retention { keep_tasks: 2, keep_days: 0 }).unwrap();
    store.flush().await.unwrap();
    assert_eq!(ids(&store).await, [waiting.id, newest[1].id, newest[2].id]);
    let count = |table: &str| -> i64 {
        other_connection(folder.path()).query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("workflows"), count("events")), (3, 3));
    // The waiting task's key is older than a day.
    assert_eq!(count("keys"), 2);
}

#[tokio::test]
async fn a_backup_has_every_task_acknowledged_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let adding = tokio::spawn({
        let store = store.clone();
        async move {
            for at in 0..300 {
                store.add_new(&task("A cat", at)).await;
            }
        }
    });
    for number in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let before = store.list(Filter::default(), None, 100).await.unwrap();
        let copy = copies.path().join(number.to_string());
        std::fs::create_dir(&copy).unwrap();
        let target = copy.join("darkroom.db").display().to_string();
        let source = folder.path().to_owned();
        tokio::task::spawn_blocking(move || other_connection(&source).execute("VACUUM INTO ?1", [target]).unwrap()).await.unwrap();
        let (_, kept) = open(&copy);
        for task in &before.tasks {
            assert!(kept.workflows.contains_key(&task.id));
        }
    }
    adding.await.unwrap();
}

/// Prints the benefit of batched writes; asserts no time.
#[tokio::test]
async fn two_hundred_tasks_are_stored_concurrently_and_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let begun = std::time::Instant::now();
    for at in 0..200 {
        store.add_new(&task("A cat", at)).await;
    }
    let one_by_one = begun.elapsed();
    let tasks: Vec<Task> = (0..200).map(|at| task("A cat", at)).collect();
    let begun = std::time::Instant::now();
    join_all(tasks.iter().map(|task| store.add_new(task))).await;
    let at_once = begun.elapsed();
    println!("200 tasks: one by one {one_by_one:?}, at once {at_once:?}");
    assert_eq!(open_count(folder.path(), store), 400);
}

fn open_count(folder: &Path, store: Store) -> usize {
    drop(store);
    open(folder).1.tasks.len()
}

#[tokio::test]
async fn the_origin_of_a_task_is_stored_and_removed_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let (plain, said) = (task("A cat", 1), task("A dog", 2));
    let metadata = serde_json::Map::from_iter([("order".to_owned(), serde_json::json!(4711))]);
    let origin = Origin { metadata, retry_of: Some(plain.id), ..Origin::default() };
    store.add_new(&plain).await;
    store.add(Stored { origin: origin.clone(), ..stored(said.clone()) }, None).await.unwrap();
    // A later state must not touch it.
    store.keep_now(&over(said.clone(), 9)).await.unwrap();
    drop(store);
    let (store, _) = open(folder.path());
    assert_eq!(store.read(said.id).await.unwrap().unwrap().origin, origin);
    assert_eq!(store.read(plain.id).await.unwrap().unwrap().origin, Origin::default());
    let page = store.list(Filter::default(), None, 10).await.unwrap();
    assert_eq!(page.origins, HashMap::from([(said.id, origin)]));
    store.forget(said.id);
    store.flush().await.unwrap();
    let rows: i64 = other_connection(folder.path()).query_row("SELECT COUNT(*) FROM origins", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn lists_are_filtered_by_time_and_states() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    // Two with each time.
    let tasks: Vec<Task> = (0..10).map(|at| task(&at.to_string(), at / 2)).collect();
    for task in &tasks {
        store.add_new(task).await;
    }
    store.keep_now(&over(tasks[4].clone(), 9)).await.unwrap();
    let named = async |filter: Filter, cursor: Option<Cursor>| {
        let mut names: Vec<String> = store.list(filter, cursor, 10).await.unwrap().tasks.into_iter().map(|task| task.name).collect();
        names.sort();
        names.concat()
    };
    let between = |after: u64, before: u64| Filter { after: Some(Timestamp(after)), before: Some(Timestamp(before)), ..Filter::default() };
    assert_eq!(named(between(1, 4), None).await, "4567");
    assert_eq!(named(between(0, 1), None).await, "");
    assert_eq!(named(between(u64::MAX, u64::MAX), None).await, "");
    // Whichever limit is reached first.
    let cursor = |at: u64, task: TaskId| Some(Cursor { created_at: Timestamp(at), task });
    assert_eq!(named(between(0, 4), cursor(2, tasks[5].id)).await, "234");
    assert_eq!(named(between(0, 2), cursor(4, tasks[9].id)).await, "23");
    let states = vec![TaskState::Completed, TaskState::Failed];
    assert_eq!(named(Filter { states: states.clone(), ..between(0, 9) }, None).await, "4");
    assert_eq!(named(Filter { states: [states, vec![TaskState::Accepted]].concat(), ..between(1, 3) }, None).await, "45");
}
