//! What has been in the trash for long enough is removed for good, in portions.

use proto::{limits, production::ObjectKind, time::Timestamp};
use rusqlite::{Connection, params};

use super::log;
use crate::store::{time::ms, webhooks::forget_productions};

/// Removes a portion. Returns how much.
pub(in crate::store) fn purge(connection: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    let month = i64::try_from(limits::PRODUCTION_TRASH.as_millis()).unwrap_or(i64::MAX);
    let (before, portion) = (ms(now).saturating_sub(month), i64::try_from(limits::RETENTION_PORTION).unwrap_or(i64::MAX));
    let mut removed = log::forget_events(connection, now)? + forget_productions(connection)?;
    removed += connection
        .prepare_cached("DELETE FROM takes WHERE id IN (SELECT id FROM takes WHERE deleted_at <= ?1 LIMIT ?2)")?
        .execute(params![before, portion])?;
    // With a node its takes go, with a shot its casts; its nodes stay.
    for (kind, children) in [
        (ObjectKind::Node, "DELETE FROM takes WHERE project = ?1 AND node = ?2"),
        (ObjectKind::Shot, "DELETE FROM production_objects WHERE project = ?1 AND kind = 'cast' AND parent = ?2"),
    ] {
        for (project, id) in expired(connection, kind, before, portion)? {
            connection.prepare_cached(children)?.execute([&project, &id])?;
        }
    }
    removed += connection
        .prepare_cached(
            "DELETE FROM production_objects WHERE rowid IN (SELECT rowid FROM production_objects WHERE deleted_at <= ?1 LIMIT ?2)",
        )?
        .execute(params![before, portion])?;
    for project in connection
        .prepare_cached("SELECT id FROM projects WHERE deleted_at <= ?1 LIMIT 1")?
        .query_map([before], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?
    {
        for table in ["production_log", "production_log_forgotten", "agents", "agent_handoffs", "deliveries"] {
            connection.execute(&format!("DELETE FROM {table} WHERE project = ?1"), [&project])?;
        }
        removed += connection.prepare_cached("DELETE FROM projects WHERE id = ?1")?.execute([&project])?;
    }
    Ok(removed)
}

fn expired(connection: &Connection, kind: ObjectKind, before: i64, portion: i64) -> rusqlite::Result<Vec<(String, String)>> {
    connection
        .prepare_cached(
            "SELECT project, id FROM production_objects WHERE rowid IN
                (SELECT rowid FROM production_objects WHERE deleted_at <= ?1 LIMIT ?2) AND kind = ?3",
        )?
        .query_map(params![before, portion, kind.word()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
