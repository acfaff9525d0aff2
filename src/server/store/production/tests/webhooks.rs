//! Messages to webhooks, written with the events that they tell.

use std::{collections::BTreeSet, sync::Arc};

use proto::{
    limits,
    webhook::{AttemptOutcome, DeliveryState, ProductionWebhookEvent, WebhookEvents},
};

use super::*;
use crate::store::{Attempted, DeliverySubject, ReachedBeat, Replayed, Subscriber, tests::open};

fn subscriber(url: &str, project: Option<ProjectId>) -> Subscriber {
    Subscriber {
        url: url.into(),
        host: "cut.example:443".into(),
        events: [].into_iter().collect::<WebhookEvents>(),
        productions: Arc::new(BTreeSet::from([ProductionWebhookEvent::NarrativeBeat, ProductionWebhookEvent::AgentAssigned])),
        project,
    }
}

async fn reach(store: &Store, film: &Film, beat: &str, ms: u64) {
    let beat = ReachedBeat { beat_name: beat.into(), scene_id: None, keywords: None };
    store.reach_beat(film.project.id, beat, at(ms)).await.unwrap();
}

#[tokio::test]
async fn each_webhook_gets_the_events_of_its_project_that_it_wants_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let (film, other) = (store.film("Told").await, store.film("Other").await);
    let project = film.project.id;
    store.subscribe(vec![subscriber("https://a.example/", None), subscriber("https://b.example/", Some(project))]).await.unwrap();
    reach(&store, &film, "dawn", 2_000).await;
    // Its time is before that of the one before it: the changes came to the disk in this order.
    reach(&store, &film, "storm", 1_000).await;
    reach(&store, &other, "calm", 3_000).await;
    let agent = serde_json::from_value(json!({"type": "agent.assigned", "task_id": "e1", "task_description": "cut"})).unwrap();
    store.report_agent(None, "Editor".into(), agent, at(5_000)).await.unwrap();
    let due = store.due(Timestamp(9_000), Vec::new(), Vec::new()).await.unwrap();
    let mut told: Vec<(String, DeliverySubject, &str)> =
        due.iter().map(|due| (due.target.url.clone(), due.target.subject, due.event.as_str())).collect();
    told.sort_by(|a, b| a.0.cmp(&b.0));
    let (of_film, of_other) = (DeliverySubject::Project(Some(project)), DeliverySubject::Project(Some(other.project.id)));
    let (a, b) = ("https://a.example/".to_owned(), "https://b.example/".to_owned());
    let expected = [
        (a.clone(), of_film, "narrative.beat"),
        (a.clone(), of_film, "narrative.beat"),
        (a.clone(), of_other, "narrative.beat"),
        (a, DeliverySubject::Project(None), "agent.assigned"),
        (b.clone(), of_film, "narrative.beat"),
        (b, of_film, "narrative.beat"),
    ];
    assert_eq!(told, expected);
    assert!(due.iter().all(|due| due.has_body));
    let beats = async |due: &crate::store::Due| -> String {
        let claimed = store.claim(due.clone(), None, Timestamp(9_000), None).await.unwrap().unwrap();
        let body: ProductionRecord = serde_json::from_str(&claimed.body).unwrap();
        let ProductionEvent::NarrativeBeat { beat_name, .. } = body.event else { panic!() };
        beat_name
    };
    let of_b: Vec<_> = due.iter().filter(|due| due.target.url == "https://b.example/").collect();
    assert_eq!((beats(of_b[0]).await, beats(of_b[1]).await), ("dawn".into(), "storm".into()));
}

#[tokio::test]
async fn messages_that_are_over_are_forgotten_but_the_newest_and_those_that_wait() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Many").await;
    let project = film.project.id;
    store.subscribe(vec![subscriber("https://a.example/", None)]).await.unwrap();
    reach(&store, &film, "first", 1).await;
    let first = store.due(Timestamp(9), Vec::new(), Vec::new()).await.unwrap().remove(0);
    let claimed = store.claim(first.clone(), None, Timestamp(9), None).await.unwrap().unwrap();
    let gone = Attempted { outcome: AttemptOutcome::Gone, took_ms: 1, status: Some(410), error: None, answer: None };
    store.attempted(&first.id, claimed.number, first.target.clone(), gone, Timestamp(9)).await.unwrap();
    // Nothing goes there any more; that it would have is kept.
    for number in 0..=limits::PROJECT_MESSAGES {
        reach(&store, &film, &number.to_string(), 10).await;
    }
    assert!(store.due(Timestamp(99), Vec::new(), Vec::new()).await.unwrap().is_empty());
    let listed = async || store.project_deliveries(project, 5_000).await.unwrap();
    assert_eq!(listed().await.len() as u32, limits::PROJECT_MESSAGES + 2);
    store.write(|transaction| crate::store::webhooks::forget_productions(transaction)).await.unwrap();
    let left = listed().await;
    assert_eq!(left.len() as u32, limits::PROJECT_MESSAGES);
    assert!(left.iter().all(|one| one.id != first.id && one.state == DeliveryState::Disabled), "the oldest are gone");
    let subject = DeliverySubject::Project(Some(project));
    assert_eq!(store.replay(subject, left[0].id.clone(), Timestamp(50)).await.unwrap(), Replayed::Done);
    assert_eq!(store.due(Timestamp(99), Vec::new(), Vec::new()).await.unwrap().len(), 1);
    assert_eq!(store.replay(DeliverySubject::Project(None), left[0].id.clone(), Timestamp(50)).await.unwrap(), Replayed::Unknown);
}
