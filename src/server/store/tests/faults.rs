//! Locked databases and full disks: nothing unsaved is acknowledged, and nothing known is lost.

use std::time::Duration;

use super::*;

/// Bounded, so that a hang is a failure.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never came to pass");
}

#[tokio::test]
async fn a_locked_database_is_an_error_and_states_are_written_later() {
    let folder = tempfile::tempdir().unwrap();
    let quickly = |connection: &Connection| connection.busy_timeout(Duration::from_millis(50));
    let (store, _) = Store::open_with(folder.path(), FOR_EVER, quickly).unwrap();
    let known = task("A cat", 1);
    store.add_new(&known).await;
    assert_eq!(store.health(), Health::default());

    let other = other_connection(folder.path());
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let refused = task("A dog", 2);
    let answer = store.add(stored(refused.clone()), None).await;
    assert!(matches!(answer, Err(StoreError::Locked)), "{answer:?}");
    let mut state = known.clone();
    state.attempt = 2;
    let answer = store.keep_now(&state).await;
    assert!(matches!(answer, Err(StoreError::Locked)), "{answer:?}");
    assert!(matches!(store.flush().await, Err(StoreError::Locked)));
    state.attempt = 3;
    store.keep(&state);
    store.event(known.id, Timestamp(3), EventKind::Retried, "because");
    store.set_meta("queue_paused", "true");
    let health = store.health();
    assert!(!health.is_writable());
    assert_eq!(health.waiting, 1, "of one task one state waits");
    // Reads return the newest state although it is not on disk.
    assert_eq!(store.task(known.id).await.unwrap().attempt, 3);

    other.execute_batch("COMMIT").unwrap();
    until(async || store.health() == Health::default()).await;
    assert_eq!(store.events(known.id).await.unwrap().len(), 1);
    assert_eq!(meta(folder.path(), "queue_paused").as_deref(), Some("true"));
    store.close().await;
    assert_eq!(open(folder.path()).1.tasks, [state], "and the refused one is not there");
}

#[tokio::test]
async fn a_removed_task_is_gone_at_once_and_later_from_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let quickly = |connection: &Connection| connection.busy_timeout(Duration::from_millis(50));
    let (store, _) = Store::open_with(folder.path(), FOR_EVER, quickly).unwrap();
    let task = task("A cat", 1);
    store.add_new(&task).await;
    let other = other_connection(folder.path());
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    store.forget(task.id);
    assert!(store.flush().await.is_err());
    assert_eq!(store.task(task.id).await, None);
    other.execute_batch("COMMIT").unwrap();
    until(async || store.health() == Health::default()).await;
    store.close().await;
    assert_eq!(open(folder.path()).1.tasks, []);
}

/// Adds until the disk is full; returns the refused task last.
async fn fill(store: &Store) -> Vec<Task> {
    let mut tasks = Vec::new();
    loop {
        tasks.push(task("A cat", tasks.len() as u64));
        match store.add(stored(tasks.last().unwrap().clone()), None).await {
            Ok(added) => assert_eq!(added, Added::New),
            Err(StoreError::Full) => return tasks,
            Err(other) => panic!("{other}"),
        }
        assert!(tasks.len() < 10_000, "never full");
    }
}

/// A state that needs more space than is left.
fn grown(task: &Task) -> Task {
    Task { note: Some("x".repeat(200_000)), ..task.clone() }
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_with_room_again_everything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    // Space to be freed later, within a file limited to 1 MiB.
    other_connection(folder.path()).execute_batch("CREATE TABLE ballast (x BLOB); INSERT INTO ballast VALUES (zeroblob(600000))").unwrap();
    let small = |connection: &Connection| connection.query_row("PRAGMA max_page_count = 256", [], |_| Ok(()));
    let (store, _) = Store::open_with(folder.path(), FOR_EVER, small).unwrap();
    let mut tasks = fill(&store).await;
    let refused = tasks.pop().unwrap();
    assert!(!store.health().is_writable());
    let last = tasks.last_mut().unwrap();
    *last = grown(last);
    let answer = store.keep_now(last).await;
    assert!(matches!(answer, Err(StoreError::Full)), "{answer:?}");
    assert_eq!(store.health().waiting, 1);

    other_connection(folder.path()).execute_batch("DELETE FROM ballast").unwrap();
    until(async || store.health() == Health::default()).await;
    assert_eq!(store.task(refused.id).await, None);
    tasks.push(refused);
    store.add_new(tasks.last().unwrap()).await;
    store.close().await;
    let (store, kept) = open(folder.path());
    assert_eq!(kept.tasks.len(), tasks.len());
    for task in &tasks {
        assert_eq!(store.task(task.id).await.as_ref(), Some(task));
    }
}

#[tokio::test]
async fn new_tasks_are_refused_when_too_many_wait() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let other = other_connection(folder.path());
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let template = task("A cat", 1);
    // The writer holds the first batch and waits for the lock.
    let adds = (0..limits::STORE_ADDS * 2 + 2).map(|_| {
        let task = Task { id: TaskId(Uuid::now_v7()), ..template.clone() };
        store.add(stored(task), None)
    });
    let answers = futures::future::join_all(adds).await;
    assert!(answers.iter().all(Result::is_err));
    assert!(answers.iter().any(|answer| matches!(answer, Err(StoreError::Overloaded))));
}

/// The same on a disk that is really full.
#[tokio::test]
#[ignore = "mounts a file system of 1 MiB, which only root may"]
async fn a_full_file_system_is_an_error_and_with_room_again_everything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let run = |command: &mut std::process::Command| assert!(command.status().unwrap().success());
    run(std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(folder.path()));
    let (store, _) = open(folder.path());
    std::fs::write(folder.path().join("ballast"), vec![1; 400_000]).unwrap();
    let mut tasks = fill(&store).await;
    tasks.pop();
    let last = tasks.last_mut().unwrap();
    *last = grown(last);
    assert!(matches!(store.keep_now(last).await, Err(StoreError::Full)));
    std::fs::remove_file(folder.path().join("ballast")).unwrap();
    until(async || store.health() == Health::default()).await;
    for task in &tasks {
        assert_eq!(store.task(task.id).await.as_ref(), Some(task));
    }
    store.close().await;
    run(std::process::Command::new("umount").arg(folder.path()));
}
