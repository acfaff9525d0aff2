//! What the page of the agents shows.

use serde::{Deserialize, Serialize};

use super::project::PageProject;
use crate::{
    limits,
    production::{AgentActivity, AgentHandoff, AgentStatus, ProjectId, VramStatus, handoff_chain},
    time::Timestamp,
};

/// The agents of a project, or of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentsPage {
    /// `None`: of all projects, and those that work for none.
    pub project: Option<PageProject>,
    /// Those that work first, then by their types.
    pub agents: Vec<AgentCard>,
    /// The newest first.
    pub chains: Vec<HandoffChain>,
    pub vram: VramStatus,
}

/// An agent, as far as it told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentCard {
    pub agent_type: String,
    /// The project that it works for, where the page is about several: its id and its title.
    pub project: Option<(ProjectId, String)>,
    pub status: AgentStatus,
    /// What it does, in its own words.
    pub current_task: String,
    /// Percent.
    pub progress: Option<f64>,
    /// What it claims to use, GB.
    pub claimed_vram: Option<f64>,
    /// Seconds that it expects its work to take.
    pub estimated_seconds: Option<f64>,
    pub handoff_to: Option<String>,
    /// What it made, as JSON, at most [`limits::AGENT_TEXT`] characters. Empty: nothing.
    pub output: String,
    pub last_seen: Timestamp,
}

/// The way of one work through agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoffChain {
    pub task_id: String,
    /// From the first that had it to the last that got it.
    pub agents: Vec<String>,
    /// When it was given on the last time.
    pub at: Timestamp,
}

impl AgentCard {
    #[must_use]
    pub fn of(activity: AgentActivity, project: Option<(ProjectId, String)>) -> Self {
        let output = activity.output.as_ref().map(|output| match output.as_str() {
            Some(text) => text.to_owned(),
            None => output.to_string(),
        });
        Self {
            agent_type: activity.agent_type,
            project,
            status: activity.status,
            current_task: activity.current_task.unwrap_or_default(),
            progress: activity.progress,
            claimed_vram: activity.vram_usage,
            estimated_seconds: activity.estimated_duration,
            handoff_to: activity.handoff_to,
            output: output.unwrap_or_default().chars().take(limits::AGENT_TEXT).collect(),
            last_seen: activity.last_seen.0,
        }
    }

    /// It works, and told nothing for [`limits::AGENT_SILENCE`]. It may still be working: it did not fail.
    #[must_use]
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.status == AgentStatus::Working && u128::from(now.since(self.last_seen)) > limits::AGENT_SILENCE.as_millis()
    }
}

impl HandoffChain {
    /// The chains of these handoffs, which are in order of time: at most [`limits::AGENT_CHAINS`], the newest first.
    #[must_use]
    pub fn newest(handoffs: &[AgentHandoff]) -> Vec<Self> {
        let mut chains: Vec<Self> = Vec::new();
        for handoff in handoffs.iter().rev() {
            if chains.len() == limits::AGENT_CHAINS {
                break;
            }
            if !chains.iter().any(|chain| chain.task_id == handoff.task_id) {
                let agents = handoff_chain(handoffs, &handoff.task_id).into_iter().map(str::to_owned).collect();
                chains.push(Self { task_id: handoff.task_id.clone(), agents, at: handoff.at.0 });
            }
        }
        chains
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::production::{AgentReport, Moment};

    fn handoff(task: &str, from: &str, to: &str, at: u64) -> AgentHandoff {
        AgentHandoff { task_id: task.into(), from: from.into(), to: to.into(), at: Moment(Timestamp(at)) }
    }

    #[test]
    fn the_chain_that_went_on_last_comes_first() {
        let handoffs = [
            handoff("a", "Producer", "Screenwriter", 1),
            handoff("b", "Producer", "Editor", 2),
            handoff("a", "Screenwriter", "ArtDirector", 3),
        ];
        let chains = HandoffChain::newest(&handoffs);
        let words: Vec<_> = chains.iter().map(|chain| (chain.task_id.as_str(), chain.agents.join(" "), chain.at.0)).collect();
        assert_eq!(words, [("a", "Producer Screenwriter ArtDirector".into(), 3), ("b", "Producer Editor".into(), 2)]);
    }

    #[test]
    fn of_very_many_chains_the_newest_are_shown() {
        let handoffs: Vec<_> = (0..100).map(|at| handoff(&format!("task-{at}"), "Producer", "Editor", at)).collect();
        let chains = HandoffChain::newest(&handoffs);
        assert_eq!((chains.len(), chains[0].task_id.as_str()), (limits::AGENT_CHAINS, "task-99"));
    }

    #[test]
    fn only_an_agent_that_works_goes_stale() {
        let mut activity = AgentActivity::new("Editor", None, Moment(Timestamp(1_000)));
        let late = Timestamp(1_000).plus(limits::AGENT_SILENCE).plus_ms(1);
        assert!(!AgentCard::of(activity.clone(), None).is_stale(late));
        activity.apply(
            &AgentReport::Assigned { task_id: "cut".into(), task_description: "Cut it".into(), estimated_duration: None },
            Moment(Timestamp(1_000)),
        );
        let card = AgentCard::of(activity, None);
        assert!(card.is_stale(late) && !card.is_stale(Timestamp(2_000)));
    }
}
