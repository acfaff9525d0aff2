//! Outputs of tasks, and what becomes of them when tasks and files go.

use proto::{
    ids::{BackendId, NodeId},
    limits,
    task::{Output, OutputContent, OutputStorage, Task},
};

use super::*;
use crate::{
    config::Retention,
    store::{
        CopyKey, CopyResult, MediaFile,
        tests::{FOR_EVER, over, stored, task},
    },
};

fn key(task: &Task, output: u32) -> CopyKey {
    CopyKey { task: task.id, attempt: task.attempt, output }
}

fn file(number: u32) -> MediaFile {
    MediaFile { hash: hash(number), bytes: 10, mime: Some("image/png".into()) }
}

/// A finished task whose outputs are kept, as files of these numbers.
async fn kept(store: &Store, name: &str, at: u64, files: &[u32]) -> Task {
    let mut new = task(name, at);
    new.backend = Some(BackendId::from("127.0.0.1:8188"));
    let content = |id: u32| OutputContent::File { filename: format!("{id}.png"), subfolder: String::new(), folder: "output".into() };
    new.outputs = (0..)
        .zip(files)
        .map(|(id, _)| Output {
            id,
            node: NodeId::from("9"),
            kind: OutputKind::Image,
            temporary: false,
            content: content(id),
            storage: OutputStorage::Copying { delay: None },
            outside: None,
        })
        .collect();
    store.add(stored(new.clone()), None).await.unwrap();
    store.keep_now(&new).await.unwrap();
    for (id, number) in (0..).zip(files) {
        assert!(store.copied(key(&new, id), CopyResult::Kept(file(*number)), Timestamp(at)).await.unwrap());
    }
    let done = over(new, at);
    store.keep_now(&done).await.unwrap();
    done
}

/// Adds all that are waiting for it.
async fn index_all(store: &Store) -> u64 {
    let mut added = 0;
    loop {
        let tasks = store.outputs_to_index(3).await.unwrap();
        if tasks.is_empty() {
            return added;
        }
        let of = |to_index: &super::super::TaskToIndex| {
            let task = to_index.task.as_ref().map(|(task, _)| task.clone());
            let item = |output: &super::super::OutputToIndex| NewGalleryItem {
                key: Some(output.key),
                created_at: task.as_ref().map_or(Timestamp(0), |task| task.created_at),
                hash: output.file.hash.clone(),
                facts: task.as_ref().map(|task| facts(&task.name)),
            };
            to_index.outputs.iter().map(item).collect::<Vec<_>>()
        };
        added += store.add_to_gallery(tasks.iter().flat_map(of).collect()).await.unwrap();
    }
}

fn reopened(folder: &std::path::Path, retention: Retention) -> Store {
    Store::open(folder, retention).unwrap().0
}

#[tokio::test]
async fn kept_outputs_of_finished_tasks_are_offered_until_they_are_in_the_gallery() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let old = kept(&store, "old", 1, &[1, 2]).await;
    let new = kept(&store, "new", 2, &[3, 4]).await;
    let running = Task { state: proto::task::TaskState::Running, ended_at: None, ..kept(&store, "running", 3, &[5]).await };
    store.keep_now(&running).await.unwrap();
    let offered = store.outputs_to_index(3).await.unwrap();
    let keys: Vec<Vec<CopyKey>> = offered.iter().map(|task| task.outputs.iter().map(|output| output.key).collect()).collect();
    assert_eq!(keys, [vec![key(&new, 0), key(&new, 1)], vec![key(&old, 0)]], "the newest first");
    let (task, workflow) = offered[0].task.clone().unwrap();
    assert_eq!((&task.name, workflow), (&new.name, stored(new.clone()).workflow));
    assert_eq!(task.outputs[0].storage, OutputStorage::Kept);
    assert_eq!(offered[0].outputs[0].file, file(3));
    // An output that cannot be in the gallery is not offered again.
    let cannot = NewGalleryItem { key: Some(key(&new, 1)), created_at: Timestamp(2), hash: hash(4), facts: None };
    assert_eq!(store.add_to_gallery(vec![cannot]).await.unwrap(), 0);
    assert_eq!(index_all(&store).await, 3);
    assert_eq!(store.prompts(Search::default()).await, ["new", "old", "old"]);
    let found = store.found(Search::default()).await;
    assert_eq!((found[0].task, found[0].output, found[0].attempt, &found[0].file), (Some(new.id), 0, 1, &file(3)));
}

#[tokio::test]
async fn another_attempt_takes_the_place_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut task = kept(&store, "a cat", 1, &[1]).await;
    index_all(&store).await;
    let first = store.found(Search::default()).await[0].clone();
    store.change_one(first.id, GalleryChange::Star(true), 1).await;
    task.attempt = 2;
    task.name = "a dog".into();
    store.keep_now(&task).await.unwrap();
    assert!(store.copied(key(&task, 0), CopyResult::Kept(file(2)), Timestamp(5)).await.unwrap());
    assert_eq!(index_all(&store).await, 1);
    let second = store.found(Search::default()).await;
    assert_eq!(
        second.iter().map(|item| (item.id, item.attempt, item.star, item.file.hash.clone())).collect::<Vec<_>>(),
        [(first.id, 2, true, hash(2))]
    );
    assert_eq!(store.prompts(search([words("dog")])).await.len(), 1);
    assert_eq!(store.prompts(search([words("cat")])).await.len(), 0);
    let late = NewGalleryItem { key: Some(CopyKey { attempt: 1, ..key(&task, 0) }), ..imported(1, 1, facts("late")) };
    assert_eq!(store.add_to_gallery(vec![late]).await.unwrap(), 0);
}

#[tokio::test]
async fn removing_a_task_takes_its_outputs_along_but_not_starred_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let task = kept(&store, "a cat", 1, &[1, 2]).await;
    index_all(&store).await;
    let starred = store.found(Search::default()).await[0].clone();
    store.change_one(starred.id, GalleryChange::Star(true), 1).await;
    store.forget(task.id);
    store.flush().await.unwrap();
    let left = store.found(Search::default()).await;
    assert_eq!(left.iter().map(|item| item.id).collect::<Vec<_>>(), [starred.id]);
    let gone = if starred.file.hash == hash(1) { hash(2) } else { hash(1) };
    assert_eq!(store.unreferenced_files().await.unwrap(), std::slice::from_ref(&gone));
    assert!(store.is_file_referenced(starred.file.hash).await.unwrap() && !store.is_file_referenced(gone).await.unwrap());
    // It was on its way to the gallery when its task was removed.
    let late = NewGalleryItem { key: Some(key(&task, 0)), ..imported(1, 1, facts("late")) };
    assert_eq!(store.add_to_gallery(vec![late]).await.unwrap(), 0);
    assert_eq!(store.gallery_values(Facet::Type, String::new(), 9).await.unwrap(), [("image".to_owned(), 1)]);
}

/// Waits until retention has removed this task.
async fn until_gone(store: &Store, task: &Task) {
    for _ in 0..1_000 {
        if store.read(task.id).await.unwrap().is_none() {
            return;
        }
        store.flush().await.unwrap();
    }
    panic!("the task is still there");
}

#[tokio::test]
async fn outputs_and_their_files_outlive_tasks_that_retention_removes() {
    let folder = tempfile::tempdir().unwrap();
    let store = reopened(folder.path(), FOR_EVER);
    let task = kept(&store, "a cat", 1, &[1]).await;
    index_all(&store).await;
    let waiting = kept(&store, "not indexed yet", 2, &[2]).await;
    drop(store);
    let store = reopened(folder.path(), Retention { keep_tasks: 0, keep_days: 1 });
    until_gone(&store, &task).await;
    assert!(store.read(waiting.id).await.unwrap().is_some(), "its output would be lost");
    assert_eq!(store.prompts(Search::default()).await, ["a cat"]);
    assert_eq!(store.unreferenced_files().await.unwrap(), Vec::<String>::new());
    // In the trash its file is still needed; after that it is not.
    let id = store.found(Search::default()).await[0].id;
    store.change_one(id, GalleryChange::Trash, 5).await;
    assert_eq!(store.unreferenced_files().await.unwrap(), Vec::<String>::new());
    store.purge_gallery(Timestamp(6)).await.unwrap();
    assert_eq!(store.unreferenced_files().await.unwrap(), [hash(1)]);
    index_all(&store).await;
    drop(store);
    let store = reopened(folder.path(), Retention { keep_tasks: 0, keep_days: 1 });
    until_gone(&store, &waiting).await;
    assert_eq!(store.prompts(Search::default()).await, ["not indexed yet"]);
}

#[tokio::test]
async fn files_that_are_given_up_leave_the_gallery_unless_they_have_a_star() {
    let folder = tempfile::tempdir().unwrap();
    let store = reopened(folder.path(), FOR_EVER);
    let task = kept(&store, "starred", 1, &[1]).await;
    let other = kept(&store, "plain", 2, &[2]).await;
    let young = kept(&store, "young", 3, &[3]).await;
    index_all(&store).await;
    let starred = store.found(search([words("starred")])).await[0].id;
    store.change_one(starred, GalleryChange::Star(true), 1).await;
    assert_eq!(store.expire_media(None, 25).await.unwrap(), [key(&other, 0)], "the oldest without a star");
    assert_eq!(store.prompts(Search::default()).await, ["young", "starred"]);
    assert_eq!(store.unreferenced_files().await.unwrap(), [hash(2)]);
    drop(store);
    // Also when the tasks are gone.
    let store = reopened(folder.path(), Retention { keep_tasks: 0, keep_days: 1 });
    until_gone(&store, &young).await;
    until_gone(&store, &task).await;
    assert_eq!(store.expire_media(Some(Timestamp(100)), 0).await.unwrap(), [key(&young, 0)]);
    assert_eq!(store.prompts(Search::default()).await, ["starred"]);
    assert_eq!(store.expire_media(Some(Timestamp(100)), 1).await.unwrap(), []);
}

#[tokio::test]
async fn an_output_whose_file_is_missing_stays_and_gets_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let task = kept(&store, "a cat", 1, &[1]).await;
    index_all(&store).await;
    store.media_missing(hash(1), Timestamp(6)).await.unwrap();
    assert_eq!(store.found(Search::default()).await[0].file, MediaFile { hash: hash(1), bytes: 0, mime: None });
    assert!(store.copied(key(&task, 0), CopyResult::Kept(file(2)), Timestamp(7)).await.unwrap());
    assert_eq!(store.found(Search::default()).await[0].file, file(2));
    assert!(store.outputs_to_index(9).await.unwrap().is_empty(), "it is in the gallery already");
}

#[tokio::test]
async fn outputs_of_a_task_that_cannot_be_read_are_offered_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let task = kept(&store, "a cat", 1, &[1]).await;
    crate::store::tests::other_connection(folder.path())
        .execute("UPDATE tasks SET task = '{' WHERE id = ?1", [task.id.to_string()])
        .unwrap();
    let offered = store.outputs_to_index(limits::GALLERY_PORTION).await.unwrap();
    assert_eq!((offered.len(), offered[0].task.is_none(), offered[0].outputs[0].key), (1, true, key(&task, 0)));
    assert_eq!(index_all(&store).await, 0);
    assert!(store.outputs_to_index(9).await.unwrap().is_empty());
}
