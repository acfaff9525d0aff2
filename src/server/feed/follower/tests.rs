use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::{
    clock::now,
    config::{Config, Retention},
    meters::Meters,
    pool::Pool,
    store::{Origin, Store, Stored, StoredExtra},
    task_archive::TaskArchive,
    tracker::Tracker,
};
use proto::{
    comfy::Catalog,
    ids::{BackendId, Epoch},
    recipe::TextToImage,
    task::{Change, Durations},
};

/// A program that comes from another Darkroom, or from before a restart, at the moment at which a task ends.
#[tokio::test]
async fn an_end_that_comes_while_a_stream_begins_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let backend: BackendId = "gpu".into();
    let workflow = TextToImage::default().workflow();
    let mut task = Task::new(TaskId(Uuid::now_v7()), "A cat", &workflow, &Catalog::default(), &Durations::default(), now());
    (task.state, task.backend, task.started_at) = (TaskState::Running, Some(backend.clone()), Some(now()));
    let id = task.id;
    let (store, _) = Store::open(folder.path(), Retention::default()).unwrap();
    let new = Stored { task, workflow: workflow.into(), origin: Origin::default(), extra_data: StoredExtra::default() };
    store.add(new, None).await.unwrap();
    store.close().await;
    let (store, kept) = Store::open(folder.path(), Retention::default()).unwrap();
    let tracker = Arc::new(Tracker::new(store.clone(), kept, Meters::default()));
    let config = Config { data: folder.path().to_str().unwrap().into(), ..Config::default() };
    let pool = Arc::new(Pool::new(Vec::new(), tracker.clone(), &config));
    let archive = Arc::new(TaskArchive::new(tracker.clone(), store.clone(), pool));
    let streams = Arc::new(EventStreams::new(tracker.clone(), store.clone(), archive, Arc::default(), Duration::from_secs(300), None));
    let feeding = streams.clone();
    tokio::spawn(async move { feeding.run().await });
    while streams.log.entry(id).is_none() {
        tokio::task::yield_now().await;
    }

    let cancelled = |task: &Task| vec![Change::cancelled(task.id, now())];
    tracker.keep_end(&backend, id, cancelled).await;
    tracker.decide_at(&backend, id, cancelled);
    // The feed has not read this yet.
    let known = EventId { epoch: Epoch(1), place: None };
    let Ok(FollowStart::Events(begin, mut follower)) = streams.follow(&[Topic::All], Some(known)).await else { panic!("no stream") };
    let rest = follower.next().await.unwrap();
    let told = [begin, rest].concat();
    let told = String::from_utf8_lossy(&told);
    assert_eq!(told.matches(r#""status":"cancelled""#).count(), 1, "{told}");
}
