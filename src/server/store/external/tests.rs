use proto::{
    external::{ExternalState, FactOrigin, TaskFact, WorkerFact},
    limits,
    time::Timestamp,
};

use super::{ExternalFilter, ExternalPart, KeptEvent};
use crate::{config::Retention, store::Store};

fn open(folder: &std::path::Path) -> Store {
    Store::open(folder, Retention::default()).unwrap().0
}

fn fact(id: &str, state: ExternalState) -> TaskFact {
    let worker = Some("gpu@vm".to_owned());
    TaskFact { id: id.into(), source: "celery".into(), origin: FactOrigin::Event, state: Some(state), worker, ..TaskFact::default() }
}

fn part(tasks: Vec<TaskFact>) -> ExternalPart {
    ExternalPart { tasks, at: Timestamp(1_000), ..ExternalPart::default() }
}

fn event(id: &str) -> Option<KeptEvent> {
    Some(KeptEvent { source: "/git".into(), id: id.into(), kind: "git.commit".into(), json: "{}".into(), within: None })
}

#[tokio::test]
async fn reports_are_reduced_on_disk_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.apply_external(vec![part(vec![fact("a", ExternalState::Success)])]).await.unwrap();
    store.close().await;
    let store = open(folder.path());
    store.apply_external(vec![part(vec![fact("a", ExternalState::Started), fact("b", ExternalState::Started)])]).await.unwrap();
    assert_eq!(store.external_task("a".into()).await.unwrap().unwrap().state, ExternalState::Success);
    assert_eq!(store.unfinished_external(10).await.unwrap(), ["b"]);
    assert_eq!(store.count_external().await.unwrap(), [(ExternalState::Started, 1)]);
    assert_eq!(store.external_task("c".into()).await.unwrap(), None);
}

#[tokio::test]
async fn the_list_is_read_in_parts_by_any_of_its_facts() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let facts = (0..5).map(|n| fact(&format!("t{n}"), if n % 2 == 0 { ExternalState::Success } else { ExternalState::Started })).collect();
    store.apply_external(vec![part(facts)]).await.unwrap();
    let list = async |filter: ExternalFilter, before, limit| -> (Vec<String>, Option<u64>) {
        let found = store.external_tasks(filter, before, limit).await.unwrap();
        let last = found.last().map(|found| found.number);
        (found.into_iter().map(|found| found.task.id).collect(), last)
    };
    let (ids, last) = list(ExternalFilter::default(), None, 2).await;
    assert_eq!(ids, ["t4", "t3"]);
    assert_eq!(list(ExternalFilter::default(), last, 9).await.0, ["t2", "t1", "t0"]);
    let finished = ExternalFilter { states: vec![ExternalState::Success, ExternalState::Failure], ..ExternalFilter::default() };
    assert_eq!(list(finished, None, 9).await.0, ["t4", "t2", "t0"]);
    let of_worker =
        ExternalFilter { worker: Some("gpu@vm".into()), source: Some("celery".into()), stale: Some(false), ..ExternalFilter::default() };
    assert_eq!(list(of_worker.clone(), None, 9).await.0.len(), 5);
    assert_eq!(list(ExternalFilter { shot: Some("S1".into()), ..of_worker }, None, 9).await.0.len(), 0);
}

#[tokio::test]
async fn an_event_that_comes_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let parts = |state| vec![ExternalPart { event: event("1"), ..part(vec![fact("a", state)]) }];
    let applied = store.apply_external(parts(ExternalState::Started)).await.unwrap();
    assert_eq!((applied.taken, applied.repeated), (1, 0));
    let applied = store.apply_external(parts(ExternalState::Success)).await.unwrap();
    assert_eq!((applied.taken, applied.repeated), (0, 1));
    assert_eq!(store.external_task("a".into()).await.unwrap().unwrap().state, ExternalState::Started);
}

#[tokio::test]
async fn news_have_each_task_once_as_it_is_now() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut watch = store.watch_external();
    store.apply_external(vec![part(vec![fact("a", ExternalState::Received), fact("b", ExternalState::Received)])]).await.unwrap();
    assert!(watch.has_changed().unwrap());
    watch.mark_unchanged();
    store.apply_external(vec![part(vec![fact("a", ExternalState::Started)])]).await.unwrap();
    let seen = *watch.borrow_and_update();
    let news = store.external_news(0, 10).await.unwrap();
    let told: Vec<_> = news.tasks.iter().map(|(_, task)| (task.id.as_str(), task.state)).collect();
    assert_eq!(told, [("b", ExternalState::Received), ("a", ExternalState::Started)]);
    assert_eq!((news.next, news.is_complete), (seen, true));
    // A report that says nothing new is no news.
    store.apply_external(vec![part(vec![fact("a", ExternalState::Started)])]).await.unwrap();
    assert!(!watch.has_changed().unwrap());
    assert!(!store.external_news(seen + 1, 10).await.unwrap().is_complete);
    assert_eq!(store.external_news(0, 1).await.unwrap().next, news.tasks[0].0);
}

#[tokio::test]
async fn tasks_of_a_silent_worker_are_stale_until_it_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let facts = vec![fact("a", ExternalState::Started), fact("b", ExternalState::Success)];
    let worker = WorkerFact { hostname: "gpu@vm".into(), clock: 1, ..WorkerFact::default() };
    store.apply_external(vec![ExternalPart { workers: vec![worker], ..part(facts) }]).await.unwrap();
    assert_eq!(store.external_workers().await.unwrap()[0].last_seen, Timestamp(1_000));
    let stale = async || {
        let found = store.external_tasks(ExternalFilter { stale: Some(true), ..ExternalFilter::default() }, None, 9).await.unwrap();
        found.into_iter().map(|found| (found.task.id, found.task.state)).collect::<Vec<_>>()
    };
    store.mark_external_stale(vec!["gpu@vm".into()], Vec::new()).await.unwrap();
    assert_eq!(stale().await, [("a".to_owned(), ExternalState::Started)]);
    store.mark_external_stale(Vec::new(), vec!["gpu@vm".into()]).await.unwrap();
    assert_eq!(stale().await, []);
}

#[tokio::test]
async fn the_oldest_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let many = limits::EXTERNAL_FINISHED + 5;
    let facts = (0..many).map(|n| fact(&n.to_string(), ExternalState::Success)).collect();
    let open_one = part(vec![fact("open", ExternalState::Started)]);
    store.apply_external(vec![open_one, part(facts)]).await.unwrap();
    assert_eq!(store.external_task("4".into()).await.unwrap(), None);
    assert!(store.external_task("5".into()).await.unwrap().is_some());
    assert!(store.external_task("open".into()).await.unwrap().is_some());
}
