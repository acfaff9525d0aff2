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
