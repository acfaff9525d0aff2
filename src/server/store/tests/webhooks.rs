//! Webhook deliveries across restarts.

use std::time::Duration;

use super::*;
use proto::webhook::{AttemptOutcome, AttemptState, Delivery, DeliveryState, WebhookEvent, WebhookEvents};

const SHOP: &str = "https://shop.example/hook?key=hush";

fn subscriber() -> Subscriber {
    Subscriber {
        url: SHOP.into(),
        host: "shop.example:443".into(),
        events: WebhookEvent::ALL.into_iter().collect(),
        productions: Arc::default(),
        project: None,
    }
}

fn own() -> OwnWebhook {
    OwnWebhook {
        url: "https://bot.example/".into(),
        host: "bot.example:443".into(),
        events: WebhookEvents::default(),
        secret: None,
        progress_every: Duration::from_secs(5),
        disabled_at: None,
    }
}

async fn add(store: &Store, at: u64) -> Task {
    let task = task("A cat", at);
    let origin = Origin { webhook: Some(own()), ..Origin::default() };
    let added = store.add(Stored { origin, ..stored(task.clone()) }, None).await.unwrap();
    assert_eq!(added, Added::New);
    task
}

async fn end(store: &Store, task: Task, at: u64) -> Task {
    let task = over(task, at);
    store.keep_now(&task).await.unwrap();
    task
}

async fn due(store: &Store, at: u64) -> Vec<Due> {
    store.due(Timestamp(at), Vec::new(), Vec::new()).await.unwrap()
}

fn outcome(outcome: AttemptOutcome) -> Attempted {
    Attempted { outcome, took_ms: 7, status: Some(500), error: Some("Answered 500.".into()), answer: Some("no".into()) }
}

const AGAIN: AttemptOutcome = AttemptOutcome::Retry { not_before: None };

/// Makes the first attempt that is due.
async fn attempt(store: &Store, at: u64, next_at: Option<u64>, came: AttemptOutcome) -> Due {
    let due = due(store, at).await.remove(0);
    let claimed = store.claim(due.clone(), Some("{}".into()), Timestamp(at), next_at.map(Timestamp)).await.unwrap().unwrap();
    store.attempted(&due.id, claimed.number, due.target.clone(), outcome(came), Timestamp(at)).await.unwrap();
    due
}

async fn only(store: &Store, task: TaskId) -> Delivery {
    store.deliveries(task).await.unwrap().remove(0)
}

#[tokio::test]
async fn the_end_of_a_task_and_its_message_are_written_together() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.subscribe(vec![subscriber()]).await.unwrap();
    let mut task = add(&store, 1_000).await;
    task.state = TaskState::Running;
    task.started_at = Some(Timestamp(2_000));
    store.keep_now(&task).await.unwrap();
    let task = end(&store, task, 3_000).await;
    // However often the state is written.
    store.keep_now(&task).await.unwrap();
    let announced: Vec<(bool, WebhookEvent, u64)> =
        store.deliveries(task.id).await.unwrap().iter().map(|one| (one.is_own, one.event, one.created_at.0)).collect();
    let expected = [
        (false, WebhookEvent::Queued, 1_000),
        (false, WebhookEvent::Started, 2_000),
        (true, WebhookEvent::Completed, 3_000),
        (false, WebhookEvent::Completed, 3_000),
    ];
    assert_eq!(announced, expected);
    let ids: Vec<String> = due(&store, 3_000).await.into_iter().map(|due| due.id).collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(ids[2], format!("msg_{}_completed", task.id.0.simple()));
    assert!(ids[3].starts_with(&ids[2]) && ids[3] != ids[2]);
    assert!(due(&store, 999).await.is_empty());
    // The displayed form contains no secret.
    assert_eq!(only(&store, task.id).await.address, "https://shop.example/hook?…");
    // It is removed with its task.
    store.forget(task.id);
    store.flush().await.unwrap();
    assert!(due(&store, 9_000).await.is_empty());
}

#[tokio::test]
async fn a_slot_of_the_schedule_is_used_once() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let task = add(&store, 1).await;
    let task = end(&store, task, 2).await;
    let first = due(&store, 2).await.remove(0);
    let claim = || store.claim(first.clone(), Some("first".into()), Timestamp(2), Some(Timestamp(5_000)));
    assert!(claim().await.unwrap().is_some());
    assert!(claim().await.unwrap().is_none());
    assert!(due(&store, 9_000).await.is_empty());
    // Killed before the result was stored.
    store.close().await;
    let (store, _) = open(folder.path());
    store.subscribe(Vec::new()).await.unwrap();
    let left = only(&store, task.id).await;
    assert_eq!(
        (left.state, left.next_at, left.attempts[0].state),
        (DeliveryState::Waiting, Some(Timestamp(5_000)), AttemptState::Interrupted)
    );
    assert!(due(&store, 4_999).await.is_empty());
    let second = due(&store, 5_000).await.remove(0);
    assert_eq!((second.slot, second.has_body), (1, true));
    // The body of the first attempt is kept.
    let claimed = store.claim(second.clone(), None, Timestamp(5_000), None).await.unwrap().unwrap();
    assert_eq!((claimed.number, claimed.body.as_str()), (2, "first"));
    store.attempted(&second.id, 2, second.target, outcome(AttemptOutcome::Delivered), Timestamp(5_001)).await.unwrap();
    let done = only(&store, task.id).await;
    assert_eq!((done.state, done.next_at, done.attempts[1].took_ms), (DeliveryState::Delivered, None, Some(7)));
}

#[tokio::test]
async fn failed_attempts_follow_the_schedule_and_retry_after() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let task = add(&store, 1).await;
    let task = end(&store, task, 2).await;
    attempt(&store, 2, Some(10), AGAIN).await;
    assert_eq!(only(&store, task.id).await.next_at, Some(Timestamp(10)));
    attempt(&store, 10, Some(20), AttemptOutcome::Retry { not_before: Some(Timestamp(500)) }).await;
    assert_eq!(only(&store, task.id).await.next_at, Some(Timestamp(500)));
    attempt(&store, 500, Some(600), AttemptOutcome::Retry { not_before: Some(Timestamp(550)) }).await;
    assert_eq!(only(&store, task.id).await.next_at, Some(Timestamp(600)));
    attempt(&store, 600, None, AttemptOutcome::Retry { not_before: Some(Timestamp(9_999)) }).await;
    let failed = only(&store, task.id).await;
    assert_eq!((failed.state, failed.next_at, failed.attempts.len()), (DeliveryState::Failed, None, 4));
    // A replay is sent once more and does not count as a scheduled attempt.
    assert_eq!(store.replay(DeliverySubject::Task(task.id), failed.id.clone(), Timestamp(700)).await.unwrap(), Replayed::Done);
    let again = attempt(&store, 700, Some(9), AGAIN).await;
    assert!(again.by_hand);
    let failed = only(&store, task.id).await;
    assert_eq!((failed.state, failed.next_at, failed.attempts[4].by_hand), (DeliveryState::Failed, None, true));
    assert_eq!(store.replay(DeliverySubject::Task(task.id), "msg_x".into(), Timestamp(1)).await.unwrap(), Replayed::Unknown);
    let other = TaskId(Uuid::now_v7());
    assert_eq!(store.replay(DeliverySubject::Task(other), failed.id, Timestamp(1)).await.unwrap(), Replayed::Unknown);
}

#[tokio::test]
async fn a_manual_replay_does_not_change_the_schedule() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let task = add(&store, 1).await;
    let task = end(&store, task, 2).await;
    let first = attempt(&store, 2, Some(1_000), AGAIN).await;
    store.replay(DeliverySubject::Task(task.id), first.id.clone(), Timestamp(50)).await.unwrap();
    let by_hand = due(&store, 50).await.remove(0);
    store.claim(by_hand.clone(), None, Timestamp(50), Some(Timestamp(51))).await.unwrap().unwrap();
    assert_eq!(store.replay(DeliverySubject::Task(task.id), first.id.clone(), Timestamp(51)).await.unwrap(), Replayed::Sending);
    store.attempted(&first.id, 2, by_hand.target, outcome(AGAIN), Timestamp(52)).await.unwrap();
    let waits = only(&store, task.id).await;
    assert_eq!((waits.state, waits.next_at), (DeliveryState::Waiting, Some(Timestamp(1_000))));
    assert_eq!(due(&store, 1_000).await[0].slot, 1);
}

#[tokio::test]
async fn a_410_disables_the_webhook_until_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.subscribe(vec![subscriber()]).await.unwrap();
    let task = task("A cat", 1);
    store.add_new(&task).await;
    let other = super::task("A dog", 1);
    store.add_new(&other).await;
    let queued = attempt(&store, 2, Some(10), AttemptOutcome::Gone).await;
    let states = async |store: &Store| {
        let both = [store.deliveries(task.id).await.unwrap(), store.deliveries(other.id).await.unwrap()].concat();
        both.iter().map(|one| one.state).collect::<Vec<_>>()
    };
    assert_eq!(states(&store).await, [DeliveryState::Disabled; 2]);
    // Also applies to later events, and after a restart.
    end(&store, task.clone(), 5).await;
    store.close().await;
    let (store, _) = open(folder.path());
    store.subscribe(vec![subscriber()]).await.unwrap();
    end(&store, other.clone(), 6).await;
    assert_eq!(states(&store).await, [DeliveryState::Disabled; 4]);
    assert!(due(&store, 9_000).await.is_empty());
    let task_of = queued.target.subject.task().unwrap();
    assert_eq!(store.replay(DeliverySubject::Task(task_of), queued.id, Timestamp(7)).await.unwrap(), Replayed::Done);
    attempt(&store, 7, None, AttemptOutcome::Delivered).await;
    let third = super::task("A bird", 8);
    store.add_new(&third).await;
    assert_eq!(only(&store, third.id).await.state, DeliveryState::Waiting);
}

#[tokio::test]
async fn a_webhook_that_is_no_longer_in_the_settings_is_not_called() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.subscribe(vec![subscriber()]).await.unwrap();
    let task = task("A cat", 1);
    store.add_new(&task).await;
    store.close().await;
    let (store, _) = open(folder.path());
    store.subscribe(Vec::new()).await.unwrap();
    let left = only(&store, task.id).await;
    assert_eq!(left.state, DeliveryState::Disabled);
    assert_eq!(store.replay(DeliverySubject::Task(task.id), left.id, Timestamp(7)).await.unwrap(), Replayed::NoWebhook);
}

#[tokio::test]
async fn only_the_newest_progress_message_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let task = add(&store, 1).await;
    let target = DeliveryTarget { subject: DeliverySubject::Task(task.id), is_own: true, url: own().url, host: own().host };
    for at in [5, 6] {
        let id = format!("msg_{at}");
        let claimed = store.claim_progress(target.clone(), id.clone(), "{}".into(), Timestamp(at)).await.unwrap().unwrap();
        store.attempted(&id, claimed.number, target.clone(), outcome(AGAIN), Timestamp(at)).await.unwrap();
    }
    let deliveries = store.deliveries(task.id).await.unwrap();
    assert_eq!(deliveries.iter().map(|one| (one.id.as_str(), one.state)).collect::<Vec<_>>(), [("msg_6", DeliveryState::Failed)]);
    end(&store, task, 7).await;
    assert!(store.claim_progress(target, "msg_8".into(), "{}".into(), Timestamp(8)).await.unwrap().is_none());
}

#[tokio::test]
async fn full_hosts_and_paused_addresses_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.subscribe(vec![subscriber()]).await.unwrap();
    let task = add(&store, 1).await;
    end(&store, task, 2).await;
    let hosts = async |hosts: &[&str], urls: &[&str]| {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let due = store.due(Timestamp(9), owned(hosts), owned(urls)).await.unwrap();
        due.into_iter().map(|due| due.target.host).collect::<Vec<_>>()
    };
    assert_eq!(hosts(&["shop.example:443"], &[]).await, ["bot.example:443"]);
    assert_eq!(hosts(&[], &["https://bot.example/"]).await, ["shop.example:443"; 2]);
    assert_eq!(store.next_due(Timestamp(1)).await.unwrap(), (Some(Timestamp(2)), 3));
}

/// Deliveries and their attempts are what they were when messages about productions came into the same table.
#[tokio::test]
async fn messages_of_an_earlier_version_stay_with_their_attempts() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.subscribe(vec![subscriber()]).await.unwrap();
    let task = add(&store, 1).await;
    let task = end(&store, task, 2).await;
    attempt(&store, 2, Some(900), AGAIN).await;
    let before = store.deliveries(task.id).await.unwrap();
    assert!(before.len() >= 2 && before.iter().any(|one| !one.attempts.is_empty()));
    store.close().await;
    // As the version before this migration had them.
    other_connection(folder.path())
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
            DROP TRIGGER media_file_added;
            DROP TABLE replica_position; DROP TABLE client_prompts; DROP TABLE asset_keys; DROP TABLE task_metadata; DROP TABLE task_assets; DROP TABLE assets;
            CREATE TABLE old (
                id TEXT PRIMARY KEY, task TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE, own INTEGER NOT NULL, url TEXT NOT NULL, host TEXT NOT NULL,
                event TEXT NOT NULL, body TEXT, state TEXT NOT NULL, created_at INTEGER NOT NULL, slot INTEGER NOT NULL DEFAULT 0, next_at INTEGER,
                due_at INTEGER, by_hand INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0
            ) STRICT;
            INSERT INTO old SELECT id, task, own, url, host, event, body, state, created_at, slot, next_at, due_at, by_hand, delivered
                FROM deliveries ORDER BY rowid;
            CREATE TABLE old_attempts AS SELECT * FROM delivery_attempts;
            DROP TABLE delivery_attempts;
            DROP TABLE deliveries;
            ALTER TABLE old RENAME TO deliveries;
            CREATE INDEX deliveries_by_task ON deliveries (task);
            CREATE INDEX deliveries_by_time ON deliveries (due_at) WHERE due_at IS NOT NULL;
            CREATE TABLE delivery_attempts (
                delivery TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE, number INTEGER NOT NULL, at INTEGER NOT NULL, by_hand INTEGER NOT NULL,
                state TEXT NOT NULL, took_ms INTEGER, status INTEGER, error TEXT, answer TEXT, PRIMARY KEY (delivery, number)
            ) STRICT, WITHOUT ROWID;
            INSERT INTO delivery_attempts SELECT * FROM old_attempts;
            DROP TABLE old_attempts;
            ALTER TABLE agents DROP COLUMN silence_told;
            CREATE TRIGGER media_file_added AFTER INSERT ON media_files BEGIN SELECT 1; END;
            PRAGMA user_version = 18;",
        )
        .unwrap();
    let (store, _) = open(folder.path());
    assert_eq!(store.deliveries(task.id).await.unwrap(), before);
    // Both go with their task, as they did.
    store.forget(task.id);
    store.flush().await.unwrap();
    let left: i64 = other_connection(folder.path()).query_row("SELECT count(*) FROM delivery_attempts", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}
