//! Agents: what they tell, and how they do now.

use proto::{
    limits,
    production::{AgentActivity, AgentHandoff, AgentReport, ProjectId, VramStatus},
};
use tokio::time::{MissedTickBehavior, interval};

use super::library::{Productions, moment};
use crate::store::ProductionError;

/// The agents of a project, or those that work for none.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentsNow {
    /// By their types; each with whether it has been silent for too long.
    pub agents: Vec<(AgentActivity, bool)>,
    /// The oldest first.
    pub handoffs: Vec<AgentHandoff>,
    pub vram: VramStatus,
}

/// Errors of all of these: see [`crate::store::ProductionRefusal`], and the database cannot be read or written.
impl Productions {
    /// Takes in what an agent tells.
    pub async fn report_agent(
        &self,
        project: Option<ProjectId>,
        agent_type: String,
        report: AgentReport,
    ) -> Result<AgentActivity, ProductionError> {
        let reported = self.store.report_agent(project, agent_type, report, moment()).await?;
        if let Some(progress) = reported.progress {
            self.tell_progress(project, progress);
        }
        Ok(reported.activity)
    }

    pub async fn agents(&self, project: Option<ProjectId>) -> Result<AgentsNow, ProductionError> {
        let (agents, handoffs) = self.store.agents(project).await?;
        Ok(self.agents_now(agents, handoffs))
    }

    /// The agents of all projects, and those of none.
    pub async fn all_agents(&self) -> Result<AgentsNow, ProductionError> {
        let (agents, handoffs) = self.store.all_agents().await?;
        Ok(self.agents_now(agents, handoffs))
    }

    /// Tells of agents that are silent, for ever.
    pub async fn watch_agents(&self) {
        let mut ticks = interval(limits::AGENT_WATCH);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.store.tell_silent_agents(moment()).await {
                tracing::warn!(%error, "whether agents are silent is told later");
            }
        }
    }

    fn agents_now(&self, agents: Vec<AgentActivity>, handoffs: Vec<AgentHandoff>) -> AgentsNow {
        let measured: Vec<(u64, u64)> = self.tracker.backends().iter().filter_map(|backend| backend.vram).collect();
        let vram = VramStatus::of(&measured, &agents);
        let now = moment();
        let agents = agents.into_iter().map(|agent| (agent.is_stale(now), agent)).map(|(is_stale, agent)| (agent, is_stale)).collect();
        AgentsNow { agents, handoffs, vram }
    }
}
