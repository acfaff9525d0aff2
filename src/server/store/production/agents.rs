//! What agents told.

use proto::{
    limits,
    production::{AgentActivity, AgentHandoff, AgentReport, Moment, ProductionEvent, ProjectId, check_line},
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    log::project_word,
    projects,
    refusal::{ProductionError, ProductionRefusal, UnitError},
    unit::ProductionUnit,
};
use crate::store::Store;

/// What became of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentReported {
    pub activity: AgentActivity,
    /// Progress, which is told but not stored.
    pub progress: Option<ProductionEvent>,
}

pub(super) fn report(
    unit: &ProductionUnit,
    project: Option<ProjectId>,
    agent_type: &str,
    report: &AgentReport,
) -> Result<AgentReported, UnitError> {
    check_line("agent_type", agent_type, limits::AGENT_TYPE)?;
    report.check()?;
    if let Some(project) = project {
        projects::live(unit.transaction, project)?;
    }
    let word = project_word(project);
    let known: Option<String> = unit
        .transaction
        .prepare_cached("SELECT data FROM agents WHERE project = ?1 AND agent_type = ?2")?
        .query_row([word.as_str(), agent_type], |row| row.get(0))
        .optional()?;
    let mut activity = match known {
        Some(data) => serde_json::from_str(&data)?,
        None => {
            check_room(unit, &word)?;
            AgentActivity::new(agent_type, project, unit.now)
        }
    };
    let is_news = activity.apply(report, unit.now);
    unit.transaction.prepare_cached("INSERT OR REPLACE INTO agents (project, agent_type, data) VALUES (?1, ?2, ?3)")?.execute(params![
        word,
        agent_type,
        serde_json::to_string(&activity)?
    ])?;
    let mut reported = AgentReported { activity, progress: None };
    if is_news {
        let event = event(agent_type, report, &reported.activity);
        if event.merge_key().is_some() {
            reported.progress = Some(event);
        } else {
            unit.tell(project, &event)?;
        }
        if let Some(to) = report.handoff_to() {
            hand_off(unit, project, report, to, &reported.activity)?;
        }
    }
    Ok(reported)
}

fn check_room(unit: &ProductionUnit, project: &str) -> Result<(), UnitError> {
    let count: i64 =
        unit.transaction.prepare_cached("SELECT count(*) FROM agents WHERE project = ?1")?.query_row([project], |row| row.get(0))?;
    let most = limits::AGENTS;
    if count < most {
        return Ok(());
    }
    Err(ProductionRefusal::Full(format!("There are {most} types of agents already, which is the most.")).into())
}

fn event(agent_type: &str, report: &AgentReport, activity: &AgentActivity) -> ProductionEvent {
    let (agent_type, activity) = (agent_type.to_owned(), Box::new(activity.clone()));
    match report.clone() {
        AgentReport::Assigned { task_id, task_description, estimated_duration } => {
            ProductionEvent::AgentAssigned { agent_type, task_id, task_description, estimated_duration, activity }
        }
        AgentReport::Progress { task_id, progress, current_step, vram_usage } => {
            ProductionEvent::AgentProgress { agent_type, task_id, progress, current_step, vram_usage, activity }
        }
        AgentReport::Completed { task_id, output, handoff_to } => {
            ProductionEvent::AgentCompleted { agent_type, task_id, output, handoff_to, activity }
        }
        AgentReport::Handoff { task_id, handoff_to } => ProductionEvent::AgentHandedOff { agent_type, task_id, handoff_to, activity },
    }
}

/// A link of the chain, once: an agent may say it with its completion, and again.
fn hand_off(
    unit: &ProductionUnit,
    project: Option<ProjectId>,
    report: &AgentReport,
    to: &str,
    activity: &AgentActivity,
) -> Result<(), UnitError> {
    let word = project_word(project);
    let from = activity.agent_type.clone();
    let handoff = AgentHandoff { task_id: report.task_id().to_owned(), from, to: to.to_owned(), at: unit.now };
    unit.transaction
        .prepare_cached("INSERT INTO agent_handoffs (project, data) VALUES (?1, ?2)")?
        .execute(params![word, serde_json::to_string(&handoff)?])?;
    unit.transaction
        .prepare_cached(
            "DELETE FROM agent_handoffs WHERE project = ?1 AND number <=
                (SELECT number FROM agent_handoffs WHERE project = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![word, limits::AGENT_HANDOFFS])?;
    if matches!(report, AgentReport::Completed { .. }) {
        let (agent_type, task_id) = (activity.agent_type.clone(), handoff.task_id);
        let event = ProductionEvent::AgentHandedOff { agent_type, task_id, handoff_to: handoff.to, activity: Box::new(activity.clone()) };
        unit.tell(project, &event)?;
    }
    Ok(())
}

fn list<T: serde::de::DeserializeOwned>(connection: &Connection, sql: &str, project: Option<ProjectId>) -> Result<Vec<T>, UnitError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([project_word(project)], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    rows.iter().map(|data| Ok(serde_json::from_str(data)?)).collect()
}

/// Errors of all of these: see [`ProductionRefusal`], and the database cannot be read or written.
impl Store {
    /// Takes in what an agent tells. `project` `None`: it works for none.
    pub async fn report_agent(
        &self,
        project: Option<ProjectId>,
        agent_type: String,
        told: AgentReport,
        now: Moment,
    ) -> Result<AgentReported, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| report(unit, project, &agent_type, &told)).await
    }

    /// The agents of a project, or those of none, and their handoffs, the oldest first.
    pub async fn agents(&self, project: Option<ProjectId>) -> Result<(Vec<AgentActivity>, Vec<AgentHandoff>), ProductionError> {
        self.read_production(move |connection| {
            if let Some(project) = project {
                projects::read(connection, project)?;
            }
            let agents = list(connection, "SELECT data FROM agents WHERE project = ?1 ORDER BY agent_type", project)?;
            let handoffs = list(connection, "SELECT data FROM agent_handoffs WHERE project = ?1 ORDER BY number", project)?;
            Ok((agents, handoffs))
        })
        .await
    }

    /// The agents of all projects that are not in the trash, and those of none, at most [`limits::AGENTS`], with their newest handoffs, the oldest first.
    pub async fn all_agents(&self) -> Result<(Vec<AgentActivity>, Vec<AgentHandoff>), ProductionError> {
        self.read_production(|connection| {
            let of_live = "project = '' OR project IN (SELECT id FROM projects WHERE deleted_at IS NULL)";
            let read = |sql: String, most: i64| -> Result<Vec<String>, UnitError> {
                Ok(connection.prepare_cached(&sql)?.query_map([most], |row| row.get(0))?.collect::<Result<_, _>>()?)
            };
            let agents = read(format!("SELECT data FROM agents WHERE {of_live} ORDER BY agent_type, project LIMIT ?1"), limits::AGENTS)?;
            let handoffs =
                read(format!("SELECT data FROM agent_handoffs WHERE {of_live} ORDER BY number DESC LIMIT ?1"), limits::AGENT_HANDOFFS)?;
            let agents = agents.iter().map(|data| Ok(serde_json::from_str(data)?)).collect::<Result<_, UnitError>>()?;
            let handoffs = handoffs.iter().rev().map(|data| Ok(serde_json::from_str(data)?)).collect::<Result<_, UnitError>>()?;
            Ok((agents, handoffs))
        })
        .await
    }
}
