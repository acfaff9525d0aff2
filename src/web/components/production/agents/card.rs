//! One agent.

use leptos::prelude::*;

use super::super::page_data::PageData;
use crate::{
    base_path::with_base,
    components::{
        bar::Bar,
        icon::{Glyph, Icon},
        reactive::{Erased, memo, part},
        words::{ago, rough},
    },
};
use proto::production::{
    AgentStatus, ProjectId,
    views::{AgentCard, AgentsPage},
};

/// What an agent is found by.
type AgentKey = (Option<ProjectId>, String);

pub(super) fn key_of(agent: &AgentCard) -> AgentKey {
    (agent.project.as_ref().map(|(id, _)| *id), agent.agent_type.clone())
}

/// The state of an agent: its tone, icon and word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Idle,
    Working,
    Stale,
    Completed,
}

impl Doing {
    fn word(self) -> &'static str {
        match self {
            Self::Idle => "Idle",
            Self::Working => "Working",
            Self::Stale => "Silent",
            Self::Completed => "Done",
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Self::Idle => "",
            Self::Working => "accent",
            Self::Stale => "waiting",
            Self::Completed => "good",
        }
    }

    fn glyph(self) -> Glyph {
        match self {
            Self::Idle => Glyph::Minus,
            Self::Working => Glyph::Arc,
            Self::Stale => Glyph::Clock,
            Self::Completed => Glyph::Check,
        }
    }
}

/// Its parts change by themselves: the card stays.
pub(super) fn agent_card(data: PageData<AgentsPage>, key: AgentKey) -> AnyView {
    let id = key.clone();
    let agent = memo(move || data.with(|page| page.agents.iter().find(|agent| key_of(agent) == id).cloned()));
    let of = move |read: fn(&AgentCard) -> String| memo(move || agent.with(|agent| agent.as_ref().map(read).unwrap_or_default()));
    let doing = memo(move || {
        agent.with(|agent| match agent {
            Some(agent) if agent.is_stale(data.live.now()) => Doing::Stale,
            Some(AgentCard { status: AgentStatus::Working, .. }) => Doing::Working,
            Some(AgentCard { status: AgentStatus::Completed, .. }) => Doing::Completed,
            _ => Doing::Idle,
        })
    });
    let percent =
        memo(move || agent.with(|agent| agent.as_ref().and_then(|agent| agent.progress)).map(|percent| percent.clamp(0.0, 100.0)));
    let share = memo(move || (percent.get().unwrap_or_default() * 10.0) as u16);
    let seen = memo(move || {
        let at = agent.with(|agent| agent.as_ref().map(|agent| agent.last_seen)).unwrap_or_default();
        let since = ago(data.live.now().since(at));
        if doing.get() == Doing::Stale {
            format!("Nothing heard since {}. It may still be working.", since.replace(" ago", ""))
        } else {
            format!("Heard {since}")
        }
    });
    let (task, output) = (of(|agent| agent.current_task.clone()), of(|agent| agent.output.clone()));
    let facts = memo(move || {
        agent.with(|agent| {
            let Some(agent) = agent else { return Vec::new() };
            let mut facts = Vec::new();
            if let Some(gb) = agent.claimed_vram {
                facts.push(("Claims", format!("{gb:.1} GB")));
            }
            if let Some(seconds) = agent.estimated_seconds.filter(|_| agent.status == AgentStatus::Working) {
                facts.push(("Expects to take", rough((seconds * 1_000.0) as u64)));
            }
            if let Some(to) = &agent.handoff_to {
                facts.push(("Handed on to", to.clone()));
            }
            facts
        })
    });
    let (project, name) = (key.0, key.1);
    let of_project = of(|agent| agent.project.as_ref().map(|(_, title)| title.clone()).unwrap_or_default());
    view! {
        <li class="card agent" data-tone=memo(move || doing.get().tone())>
            <div class="agent-head">
                <span class="badge"><Icon glyph=memo(move || doing.get().glyph()) /></span>
                <h2>{name}</h2>
                <span class="state-word">{memo(move || doing.get().word())}</span>
            </div>
            {project.map(|id| view! { <p class="note"><a href=with_base(&format!("/projects/{id}/agents"))>{of_project}</a></p> }.erased())}
            {part(move || if task.with(String::is_empty) { ().into_any() } else { view! { <p class="agent-task">{task}</p> }.erased() })}
            {part(move || if percent.get().is_some() && doing.get() != Doing::Idle {
                view! {
                    <div class="agent-progress">
                        <Bar share class="view-bar" />
                        <span>{memo(move || format!("{:.0} %", percent.get().unwrap_or_default()))}</span>
                    </div>
                }.erased()
            } else {
                ().into_any()
            })}
            <p class="note">{seen}</p>
            {part(move || {
                let fact = |(term, value): (&'static str, String)| view! { <div><dt>{term}</dt><dd>{value}</dd></div> }.erased();
                match facts.get() {
                    facts if facts.is_empty() => ().into_any(),
                    facts => view! { <dl class="facts">{facts.into_iter().map(fact).collect_view()}</dl> }.erased(),
                }
            })}
            {part(move || if output.with(String::is_empty) {
                ().into_any()
            } else {
                view! {
                    <details class="view-fold">
                        <summary>"What it made"</summary>
                        <pre>{output}</pre>
                    </details>
                }.erased()
            })}
        </li>
    }
    .erased()
}
