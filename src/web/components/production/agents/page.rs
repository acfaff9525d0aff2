//! `/projects/{project}/agents`, and `/agents` for those of all projects.

use leptos::prelude::*;

use super::super::page_data::{NewsStream, PageData, frame};
use super::{
    card::{agent_card, key_of},
    chains::chains,
    vram::vram_card,
};
use crate::{
    api::fetch_agents,
    base_path::with_base,
    components::{
        reactive::{When, memo, part},
        words::count,
    },
};
use proto::production::{AgentStatus, ProjectId, views::AgentsPage};

const EVENTS: &[&str] = &["agent.assigned", "agent.progress", "agent.completed", "agent.handoff", "project.reset"];

/// `project` `None`: the agents of all.
pub(in crate::components::production) fn agents_view(project: Option<ProjectId>) -> AnyView {
    let news = match project {
        Some(project) => NewsStream::Project(project, EVENTS),
        None => NewsStream::Path("/api/projects/events/stream", EVENTS),
    };
    let data = PageData::<AgentsPage>::follow(news, move || Box::pin(fetch_agents(project)));
    let title = memo(move || data.with(|page| page.project.as_ref().map(|project| project.title.clone()).unwrap_or_default()));
    let about = move || {
        let (working, stale) = data.with(|page| {
            let now = data.live.now();
            let working = page.agents.iter().filter(|agent| agent.status == AgentStatus::Working);
            (working.clone().count(), working.filter(|agent| agent.is_stale(now)).count())
        });
        let silent = if stale > 0 { format!(", {} silent", count(stale, "is", "are")) } else { String::new() };
        let agents = if working == 0 { "No agent".into() } else { count(working, "agent", "agents") };
        match project {
            Some(_) => format!("{agents} at work{silent}"),
            None => format!("{agents} at work in all projects{silent}"),
        }
    };
    frame("Agents", about, project.map(|project| (project, title)), data.stage, move || body(data))
}

fn body(data: PageData<AgentsPage>) -> AnyView {
    let keys = memo(move || data.with(|page| page.agents.iter().map(key_of).collect::<Vec<_>>()));
    let none = memo(move || keys.with(Vec::is_empty));
    let has_chains = memo(move || data.with(|page| !page.chains.is_empty()));
    view! {
        <When holds=none>
            <section class="card view-empty">
                <h2>"No agent told anything yet"</h2>
                <p class="note">
                    "Any program may report what it does: with "<code>"POST /api/agents/{type}/events"</code>
                    ", or over Redis. "<a href=with_base("/api/docs") rel="external">"How"</a>
                </p>
            </section>
        </When>
        <ul class="agent-grid" aria-label="Agents">
            {part(move || keys.get().into_iter().map(|key| agent_card(data, key)).collect_view().into_any())}
        </ul>
        {vram_card(data)}
        <When holds=has_chains>{chains(data)}</When>
    }
    .into_any()
}
