//! The rows of kept outputs.

use proto::{
    ids::{BackendId, NodeId},
    task::{CopyDelay, NotKeptReason, Output, OutputContent, OutputKind, OutputStorage},
};

use super::{super::media::MediaTotals, *};

const A: &str = "127.0.0.1:8188";

fn output(id: u32, temporary: bool) -> Output {
    Output {
        id,
        node: NodeId::from("9"),
        kind: OutputKind::Image,
        temporary,
        content: OutputContent::File {
            filename: format!("a_{id}.png"),
            subfolder: String::new(),
            folder: if temporary { "temp" } else { "output" }.into(),
        },
        storage: OutputStorage::Copying { delay: None },
        outside: None,
    }
}

/// A task that runs at `A` and has put these out.
async fn running(store: &Store, name: &str, at: u64, outputs: Vec<Output>) -> Task {
    let mut task = task(name, at);
    store.add_new(&task).await;
    task.state = TaskState::Running;
    task.backend = Some(BackendId::from(A));
    task.outputs = outputs;
    store.keep_now(&task).await.unwrap();
    task
}

fn key(task: &Task, output: u32) -> CopyKey {
    CopyKey { task: task.id, attempt: task.attempt, output }
}

fn file(hash: &str) -> MediaFile {
    MediaFile { hash: hash.into(), bytes: 10, mime: Some("image/png".into()) }
}

async fn due(store: &Store) -> Vec<(TaskId, u32)> {
    let due = store.copies_due(Timestamp(1_000_000), Vec::new(), Vec::new(), 100).await.unwrap();
    due.into_iter().map(|due| (due.key.task, due.key.output)).collect()
}

async fn storage(store: &Store, task: &Task) -> Vec<OutputStorage> {
    store.task(task.id).await.unwrap().outputs.iter().map(|output| output.storage).collect()
}

#[tokio::test]
async fn outputs_wait_to_be_copied_over_restarts_temporary_ones_first() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let task = running(&store, "A cat", 1, vec![output(0, false), output(1, true)]).await;
    drop(store);
    let (store, kept) = open(folder.path());
    assert_eq!(due(&store).await, [(task.id, 1), (task.id, 0)]);
    assert_eq!(kept.tasks[0].outputs, task.outputs);
    let busy = store.copies_due(Timestamp(9), vec![A.into()], Vec::new(), 9).await.unwrap();
    assert!(busy.is_empty(), "{busy:?}");
    let under_way = store.copies_due(Timestamp(9), Vec::new(), vec![key(&task, 1)], 9).await.unwrap();
    assert_eq!(under_way.iter().map(|due| due.key.output).collect::<Vec<_>>(), [0]);
}

#[tokio::test]
async fn the_result_of_a_copy_is_read_with_the_task() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let task = running(&store, "A cat", 1, vec![output(0, false), output(1, false), output(2, false)]).await;
    let results = [
        CopyResult::Kept(file("aa")),
        CopyResult::Delayed { delay: CopyDelay::StoreFull, due_at: Timestamp(50) },
        CopyResult::Failed(NotKeptReason::Gone),
    ];
    for (output, result) in (0..).zip(results) {
        assert!(store.copied(key(&task, output), result, Timestamp(5)).await.unwrap());
    }
    let expected = [
        OutputStorage::Kept,
        OutputStorage::Copying { delay: Some(CopyDelay::StoreFull) },
        OutputStorage::NotKept { reason: NotKeptReason::Gone },
    ];
    assert_eq!(storage(&store, &task).await, expected);
    assert_eq!(store.next_copy(Timestamp(5)).await.unwrap(), (Some(Timestamp(50)), 1));
    assert_eq!(store.kept_file(key(&task, 0)).await.unwrap(), Some(file("aa")));
    // The task is written again, as it was: what is kept stays so.
    store.keep_now(&task).await.unwrap();
    drop(store);
    let (store, kept) = open(folder.path());
    assert_eq!(kept.tasks[0].outputs.iter().map(|output| output.storage).collect::<Vec<_>>(), expected);
    assert_eq!(store.list(Filter::default(), None, 9).await.unwrap().tasks[0].outputs[0].storage, OutputStorage::Kept);
}

#[tokio::test]
async fn another_attempt_has_outputs_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut task = running(&store, "A cat", 1, vec![output(0, false), output(1, false)]).await;
    let first = key(&task, 0);
    assert!(store.copied(key(&task, 1), CopyResult::Kept(file("aa")), Timestamp(5)).await.unwrap());
    task.attempt = 2;
    task.outputs = vec![output(0, false)];
    store.keep_now(&task).await.unwrap();
    assert!(!store.copied(first, CopyResult::Kept(file("bb")), Timestamp(5)).await.unwrap(), "of the first attempt");
    assert_eq!(due(&store).await, [(task.id, 0)]);
    assert_eq!(storage(&store, &task).await, [OutputStorage::Copying { delay: None }]);
    // Nobody refers to what was kept of the first.
    assert_eq!(store.unreferenced_files().await.unwrap(), ["aa", "bb"]);
    store.forget_file("aa".into()).await.unwrap();
    assert_eq!(store.unreferenced_files().await.unwrap(), ["bb"]);
}

#[tokio::test]
async fn a_file_is_needed_until_the_last_task_with_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut tasks = Vec::new();
    for at in 0..2 {
        let task = running(&store, "A cat", at, vec![output(0, false)]).await;
        store.copied(key(&task, 0), CopyResult::Kept(file("aa")), Timestamp(5)).await.unwrap();
        tasks.push(task);
    }
    assert_eq!(store.media_totals().await.unwrap(), MediaTotals { files: 1, bytes: 10 });
    for (task, unreferenced) in tasks.iter().zip([&[][..], &["aa"]]) {
        store.forget(task.id);
        store.flush().await.unwrap();
        assert_eq!(store.unreferenced_files().await.unwrap(), unreferenced);
    }
}

#[tokio::test]
async fn the_oldest_files_of_finished_tasks_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut tasks = Vec::new();
    for at in 0..4 {
        let task = running(&store, "A cat", at, vec![output(0, false)]).await;
        store.copied(key(&task, 0), CopyResult::Kept(file(&format!("{at}{at}"))), Timestamp(at)).await.unwrap();
        // The oldest still runs.
        if at > 0 {
            store.keep_now(&over(task.clone(), at)).await.unwrap();
        }
        tasks.push(task);
    }
    assert_eq!(store.expire_media(None, 40).await.unwrap(), []);
    assert_eq!(store.expire_media(None, 25).await.unwrap(), [key(&tasks[1], 0), key(&tasks[2], 0)]);
    assert_eq!(storage(&store, &tasks[1]).await, [OutputStorage::NotKept { reason: NotKeptReason::Expired }]);
    assert_eq!(store.unreferenced_files().await.unwrap(), ["11", "22"]);
    assert_eq!(store.expire_media(None, 25).await.unwrap(), [], "what is given up counts no more");
    assert_eq!(store.expire_media(Some(Timestamp(4)), 0).await.unwrap(), [key(&tasks[3], 0)]);
}

#[tokio::test]
async fn copies_wait_for_their_comfyui_and_for_the_media_store() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let task = running(&store, "A cat", 1, vec![output(0, false)]).await;
    let shown_storage = async || storage(&store, &task).await[0];
    let waits_for = |delay| OutputStorage::Copying { delay: Some(delay) };
    let at = Timestamp(10);
    store.set_copies_reachable(BackendId::from("another"), false, at).await.unwrap();
    assert_eq!(shown_storage().await, OutputStorage::Copying { delay: None });
    store.set_copies_reachable(BackendId::from(A), false, at).await.unwrap();
    assert_eq!(shown_storage().await, waits_for(CopyDelay::ComfyuiUnreachable));
    store.set_media_store_delay(Some(CopyDelay::StoreFull), at).await.unwrap();
    assert_eq!(shown_storage().await, waits_for(CopyDelay::ComfyuiUnreachable), "the first of both is shown");
    store.set_copies_reachable(BackendId::from(A), true, at).await.unwrap();
    store.set_media_store_delay(Some(CopyDelay::StoreFull), at).await.unwrap();
    assert_eq!(shown_storage().await, waits_for(CopyDelay::StoreFull));
    store.set_media_store_delay(None, at).await.unwrap();
    assert_eq!(shown_storage().await, OutputStorage::Copying { delay: None });
    store.begin_copying(vec![BackendId::from("another")]).await.unwrap();
    assert_eq!(shown_storage().await, OutputStorage::NotKept { reason: NotKeptReason::NotConfigured });
    store.begin_copying(vec![BackendId::from(A)]).await.unwrap();
    assert_eq!(shown_storage().await, OutputStorage::Copying { delay: None }, "it is configured again");
}

#[tokio::test]
async fn a_missing_file_is_copied_again() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let task = running(&store, "A cat", 1, vec![output(0, false)]).await;
    store.copied(key(&task, 0), CopyResult::Kept(file("aa")), Timestamp(5)).await.unwrap();
    assert_eq!(store.media_missing("aa".into(), Timestamp(6)).await.unwrap(), [key(&task, 0)]);
    assert_eq!(due(&store).await, [(task.id, 0)]);
    assert_eq!(store.media_totals().await.unwrap(), MediaTotals::default());
}

#[tokio::test]
async fn outputs_of_an_earlier_darkroom_are_found_once_and_again_when_keeping_was_off() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut tasks = Vec::new();
    // As an earlier Darkroom wrote them.
    for at in 0..limits::BACKFILL_TASKS as u64 + 5 {
        let remote = Output { storage: OutputStorage::Remote, ..output(0, false) };
        tasks.push(running(&store, "A cat", at, vec![remote]).await);
    }
    assert_eq!(due(&store).await, []);
    assert_eq!(storage(&store, &tasks[0]).await, [OutputStorage::Remote]);
    for more in [true, true, false, false] {
        assert_eq!(store.backfill().await.unwrap(), more);
    }
    let newer = running(&store, "A dog", 1_000, vec![output(0, false)]).await;
    let first = due(&store).await;
    assert_eq!((first.len(), first[0]), (100, (newer.id, 0)), "new ones before those of earlier versions");
    store.copied(key(&tasks[0], 0), CopyResult::Kept(file("aa")), Timestamp(5)).await.unwrap();
    // Keeping is turned off, and on again.
    store.stop_copying().await.unwrap();
    assert_eq!(due(&store).await, []);
    drop(store);
    let (store, _) = open(folder.path());
    assert_eq!(storage(&store, &tasks[1]).await, [OutputStorage::Remote]);
    assert_eq!(storage(&store, &tasks[0]).await, [OutputStorage::Kept]);
    while store.backfill().await.unwrap() {}
    assert_eq!(store.next_copy(Timestamp(5)).await.unwrap().1, limits::BACKFILL_TASKS as u64 + 5);
}
