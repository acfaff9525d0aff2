//! Agents of a production.

use proto::production::{AgentReport, AgentStatus};

use super::*;
use crate::store::tests::open;

fn report(json: Value) -> AgentReport {
    serde_json::from_value(json).unwrap()
}

#[tokio::test]
async fn agents_tell_what_they_do_and_hand_on_their_work_once() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let (film, other) = (store.film("Agents").await, store.film("Other").await);
    let project = Some(film.project.id);
    let after = store.newest().await;
    let tell = async |agent: &str, json: Value, ms: u64| store.report_agent(project, agent.into(), report(json), at(ms)).await.unwrap();
    tell("Screenwriter", json!({"type": "agent.assigned", "task_id": "s1", "task_description": "write"}), 10).await;
    let progress = tell("Screenwriter", json!({"type": "agent.progress", "task_id": "s1", "progress": 40}), 20).await;
    assert!(progress.progress.is_some(), "progress is told, not stored");
    assert_eq!(progress.activity.last_seen, at(20));
    let completed = json!({"type": "agent.completed", "task_id": "s1", "handoff_to": "ArtDirector"});
    tell("Screenwriter", completed.clone(), 30).await;
    tell("Screenwriter", completed, 31).await;
    tell("Gardener", json!({"type": "agent.handoff", "task_id": "g1", "handoff_to": "Editor"}), 40).await;
    assert_eq!(store.names(film.project.id, after).await, ["agent.assigned", "agent.completed", "agent.handoff", "agent.handoff"]);
    drop(store);
    let (store, _) = open(folder.path());
    let (agents, handoffs) = store.agents(project).await.unwrap();
    let states: Vec<_> = agents.iter().map(|agent| (agent.agent_type.as_str(), agent.status)).collect();
    assert_eq!(states, [("Gardener", AgentStatus::Completed), ("Screenwriter", AgentStatus::Completed)]);
    let links: Vec<_> = handoffs.iter().map(|handoff| (handoff.from.as_str(), handoff.to.as_str())).collect();
    assert_eq!(links, [("Screenwriter", "ArtDirector"), ("Gardener", "Editor")]);
    assert!(store.agents(Some(other.project.id)).await.unwrap().0.is_empty());
    let nobody =
        store.report_agent(None, "Editor".into(), report(json!({"type": "agent.handoff", "task_id": "x", "handoff_to": "A"})), at(50));
    assert_eq!(nobody.await.unwrap().activity.project_id, None);
    assert_eq!(store.agents(None).await.unwrap().0.len(), 1);
    let wrong =
        store.report_agent(project, " ".into(), report(json!({"type": "agent.handoff", "task_id": "x", "handoff_to": "A"})), at(50));
    assert_eq!(wrong_field(wrong.await), "agent_type");
}

#[tokio::test]
async fn that_an_agent_is_silent_is_told_once_until_it_says_something() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Silence").await;
    let project = film.project.id;
    let tell =
        async |agent: &str, json: Value, ms: u64| store.report_agent(Some(project), agent.into(), report(json), at(ms)).await.unwrap();
    tell("Editor", json!({"type": "agent.assigned", "task_id": "e1", "task_description": "cut"}), 1_000).await;
    tell("Producer", json!({"type": "agent.completed", "task_id": "p1"}), 1_000).await;
    let after = store.newest().await;
    let silence = u64::try_from(proto::limits::AGENT_SILENCE.as_millis()).unwrap();
    for (ms, stale) in [(1_000 + silence, 0), (1_001 + silence, 1), (2_000 + silence, 1)] {
        store.tell_silent_agents(at(ms)).await.unwrap();
        assert_eq!(store.names(project, after).await, vec!["agent.stale"; stale], "{ms}");
    }
    drop(store);
    let (store, _) = open(folder.path());
    store.tell_silent_agents(at(9 * silence)).await.unwrap();
    assert_eq!(store.names(project, after).await.len(), 1, "not again after a restart");
    let tell = store.report_agent(
        Some(project),
        "Editor".into(),
        report(json!({"type": "agent.progress", "task_id": "e1", "progress": 5})),
        at(9 * silence),
    );
    tell.await.unwrap();
    store.tell_silent_agents(at(11 * silence)).await.unwrap();
    assert_eq!(store.names(project, after).await, ["agent.stale"; 2], "it was silent anew");
}
