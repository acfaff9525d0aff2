use uuid::Uuid;

use super::*;
use crate::{
    config::{Config, Retention},
    pool::Pool,
    store::{Origin, OwnWebhook, Store, Stored, StoredExtra},
    task_archive::TaskArchive,
    tracker::Tracker,
    webhooks::WebhookSettings,
};
use proto::{
    comfy::Catalog,
    ids::{BackendId, TaskId},
    recipe::TextToImage,
    task::{Change, Durations, Task},
    webhook::WebhookEvents,
};

/// A running task whose webhook wants its end. Nobody listens at its address.
fn stored(backend: &BackendId) -> Stored {
    let workflow = TextToImage::default().workflow();
    let mut task = Task::new(TaskId(Uuid::now_v7()), "A cat", &workflow, &Catalog::default(), &Durations::default(), now());
    (task.state, task.backend, task.started_at) = (TaskState::Running, Some(backend.clone()), Some(now()));
    let webhook = OwnWebhook {
        url: "http://127.0.0.1:9/".into(),
        host: "127.0.0.1:9".into(),
        events: WebhookEvents::default(),
        secret: None,
        progress_every: Duration::from_secs(1),
        disabled_at: None,
    };
    let origin = Origin { webhook: Some(webhook), ..Origin::default() };
    Stored { task, workflow: workflow.into(), origin, extra_data: StoredExtra::default() }
}

/// Otherwise its message, which is written once, would say that the task still runs.
#[tokio::test]
async fn an_end_that_is_only_on_disk_is_not_reported_yet() {
    let folder = tempfile::tempdir().unwrap();
    let backend: BackendId = "gpu".into();
    let new = stored(&backend);
    let id = new.task.id;
    let (store, _) = Store::open(folder.path(), Retention::default()).unwrap();
    store.add(new, None).await.unwrap();
    store.close().await;
    let (store, kept) = Store::open(folder.path(), Retention::default()).unwrap();
    let tracker = Arc::new(Tracker::new(store.clone(), kept, crate::meters::Meters::default()));
    let config = Config { data: folder.path().to_str().unwrap().into(), ..Config::default() };
    let pool = Arc::new(Pool::new(Vec::new(), tracker.clone(), &config));
    let archive = Arc::new(TaskArchive::new(tracker.clone(), store.clone(), pool));
    let settings = WebhookSettings::new(&config, ([127, 0, 0, 1], 9).into()).unwrap();
    let deliveries = Arc::new(Deliveries::new(tracker.clone(), store.clone(), archive, settings));
    let cancelled = |task: &Task| vec![Change::cancelled(task.id, now())];

    tracker.keep_end(&backend, id, cancelled).await;
    assert_eq!(store.due(now(), Vec::new(), Vec::new()).await.unwrap().len(), 1, "the message is stored with the end");
    let mut calls = RunningCalls::default();
    deliveries.start_due(&mut calls).await.unwrap();
    assert!(calls.is_empty(), "the task is still shown as running");

    tracker.decide_at(&backend, id, cancelled);
    store.new_deliveries().await;
    deliveries.start_due(&mut calls).await.unwrap();
    assert!(!calls.is_empty());
}
