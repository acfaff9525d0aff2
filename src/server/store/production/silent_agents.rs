//! Agents that work and say nothing: everybody is told once of each silence.

use proto::production::{AgentActivity, Moment, ProductionEvent};
use rusqlite::Connection;

use super::{
    refusal::{ProductionError, UnitError},
    unit::ProductionUnit,
};
use crate::store::Store;

/// Those of which it was not told yet.
fn silent(connection: &Connection, now: Moment) -> Result<Vec<AgentActivity>, UnitError> {
    let mut statement = connection.prepare_cached(
        "SELECT data FROM agents WHERE silence_told = 0 AND data ->> 'status' = 'working'
            AND (project = '' OR project IN (SELECT id FROM projects WHERE deleted_at IS NULL)) ORDER BY project, agent_type",
    )?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let working = rows.iter().map(|data| Ok(serde_json::from_str(data)?)).collect::<Result<Vec<AgentActivity>, UnitError>>()?;
    Ok(working.into_iter().filter(|agent| agent.is_stale(now)).collect())
}

fn tell(unit: &ProductionUnit) -> Result<(), UnitError> {
    // Read once more: one may have told something meanwhile.
    for activity in silent(unit.transaction, unit.now)? {
        let project = activity.project_id;
        unit.transaction
            .prepare_cached("UPDATE agents SET silence_told = 1 WHERE project = ?1 AND agent_type = ?2")?
            .execute([&super::log::project_word(project), &activity.agent_type])?;
        let (agent_type, task_id) = (activity.agent_type.clone(), activity.task_id.clone());
        unit.tell(project, &ProductionEvent::AgentStale { agent_type, task_id, activity: Box::new(activity) })?;
    }
    Ok(())
}

impl Store {
    /// Tells of all agents that work and were silent for [`proto::limits::AGENT_SILENCE`], once until they tell something again.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub async fn tell_silent_agents(&self, now: Moment) -> Result<(), ProductionError> {
        // Mostly there is none, and nothing is written.
        if self.read_production(move |connection| silent(connection, now)).await?.is_empty() {
            return Ok(());
        }
        self.production(now, tell).await
    }
}
