//! The page of the agents.

use std::collections::HashMap;

use proto::{
    limits,
    production::{
        AgentStatus, ProjectId,
        views::{AgentCard, AgentsPage, HandoffChain, PageProject},
    },
};

use crate::{AppState, store::ProductionError};

pub(super) async fn page(state: &AppState, project: Option<ProjectId>) -> Result<AgentsPage, ProductionError> {
    let productions = state.productions();
    let (head, now) = match project {
        Some(id) => (Some(PageProject::from(&productions.project(id).await?)), productions.agents(Some(id)).await?),
        None => (None, productions.all_agents().await?),
    };
    let titles: HashMap<ProjectId, String> = match project {
        Some(_) => HashMap::new(),
        None => {
            let most = u32::try_from(limits::PROJECTS).unwrap_or(u32::MAX - 1);
            let (projects, _) = productions.projects(None, false, None, most).await?;
            projects.into_iter().map(|project| (project.id, project.fields.title)).collect()
        }
    };
    let card = |activity: proto::production::AgentActivity| {
        let named = activity.project_id.and_then(|id| Some((id, titles.get(&id)?.clone())));
        AgentCard::of(activity, named)
    };
    let mut agents: Vec<AgentCard> = now.agents.into_iter().map(|(activity, _)| card(activity)).collect();
    // The order within stays.
    agents.sort_by_key(|agent| agent.status != AgentStatus::Working);
    Ok(AgentsPage { project: head, agents, chains: HandoffChain::newest(&now.handoffs), vram: now.vram })
}
