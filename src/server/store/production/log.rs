//! What happened in productions, in order: written in the transaction of each change, only added to, and bounded.

use proto::{
    limits,
    production::{Moment, ProductionEvent, ProjectId},
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::refusal::UnitError;
use crate::store::time::ms;

/// The word for a project in the log; empty: none.
pub(super) fn project_word(project: Option<ProjectId>) -> String {
    project.map(|project| project.to_string()).unwrap_or_default()
}

pub(super) fn append(transaction: &Transaction, project: Option<ProjectId>, event: &ProductionEvent, now: Moment) -> Result<(), UnitError> {
    transaction
        .prepare_cached("INSERT INTO production_log (project, type, subject, at, event) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![project_word(project), event.name(), event.subject(), ms(now.0), serde_json::to_string(event)?])?;
    Ok(())
}

/// The number of the newest event; 0: nothing happened yet.
pub(in crate::store) fn newest_event(connection: &Connection) -> rusqlite::Result<i64> {
    let newest = connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'production_log'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(newest.unwrap_or_default())
}

/// Removes a portion of the events over [`limits::PROJECT_EVENTS`] that are old enough. Returns how many.
pub(super) fn forget_events(connection: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    let age = i64::try_from(limits::PROJECT_EVENT_AGE.as_millis()).unwrap_or(i64::MAX);
    // Also those of no project. Reading them from the log would mean to read all of it.
    let projects: Vec<String> = connection
        .prepare_cached("SELECT id FROM projects UNION ALL SELECT ''")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut removed = 0;
    for project in projects {
        let newest_over: Option<i64> = connection
            .prepare_cached("SELECT number FROM production_log WHERE project = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2")?
            .query_row(params![project, limits::PROJECT_EVENTS], |row| row.get(0))
            .optional()?;
        let Some(newest_over) = newest_over else { continue };
        let last: Option<i64> = connection
            .prepare_cached(
                "SELECT max(number) FROM (SELECT number, at FROM production_log WHERE project = ?1 AND number <= ?2 ORDER BY number LIMIT ?4)
                    WHERE at <= ?3",
            )?
            .query_row(
                params![project, newest_over, ms(now).saturating_sub(age), i64::try_from(limits::RETENTION_PORTION).unwrap_or(i64::MAX)],
                |row| row.get(0),
            )?;
        let Some(last) = last else { continue };
        removed +=
            connection.prepare_cached("DELETE FROM production_log WHERE project = ?1 AND number <= ?2")?.execute(params![project, last])?;
        connection
            .prepare_cached("INSERT OR REPLACE INTO production_log_forgotten (project, number) VALUES (?1, ?2)")?
            .execute(params![project, last])?;
    }
    Ok(removed)
}
