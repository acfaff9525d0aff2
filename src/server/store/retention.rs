//! Removes finished tasks over the limits, with their workflows, events and keys; and keys and commands after a day.
//!
//! Outputs stay in the gallery. A task with kept outputs that are not there yet waits for that.
//!
//! Works in small portions, so that no submission has to wait for long. Unfinished tasks are never removed.

use rusqlite::{Connection, params};

use super::production;
use crate::config::Retention;
use proto::{limits, time::Timestamp};

pub(super) const KEY_LIFE_MS: i64 = limits::KEY_LIFE.as_millis() as i64;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const PORTION: i64 = limits::RETENTION_PORTION as i64;
const IS_INDEXED: &str =
    "NOT EXISTS (SELECT 1 FROM media_outputs WHERE media_outputs.task = tasks.id AND media_outputs.state = 'kept' AND in_gallery = 0)";

/// Removes a portion. Returns whether there may be more.
///
/// # Errors
/// The database cannot be written; retrying later loses nothing.
pub(super) fn tidy(connection: &Connection, retention: Retention, now_at: Timestamp) -> rusqlite::Result<bool> {
    let now = now_at.0.cast_signed();
    let mut removed = connection.execute(
        "DELETE FROM keys WHERE key IN (SELECT key FROM keys WHERE at <= ?1 LIMIT ?2)",
        params![now.saturating_sub(KEY_LIFE_MS), PORTION],
    )?;
    removed += connection.execute(
        "DELETE FROM commands WHERE id IN (SELECT id FROM commands WHERE at <= ?1 LIMIT ?2)",
        params![now.saturating_sub(KEY_LIFE_MS), PORTION],
    )?;
    if retention.keep_days > 0 {
        removed += connection.execute(
            &format!(
                "DELETE FROM tasks WHERE id IN
                    (SELECT id FROM tasks WHERE final = 1 AND created_at <= ?1 AND COALESCE(ended_at, created_at) <= ?1 AND {IS_INDEXED}
                    ORDER BY created_at LIMIT ?2)"
            ),
            params![now.saturating_sub(i64::from(retention.keep_days) * DAY_MS), PORTION],
        )?;
    }
    if retention.keep_tasks > 0 {
        let finished: i64 = connection.query_row("SELECT COUNT(*) FROM tasks WHERE final = 1", [], |row| row.get(0))?;
        let over = finished.saturating_sub(i64::try_from(retention.keep_tasks).unwrap_or(i64::MAX));
        if over > 0 {
            removed += connection.execute(
                &format!(
                    "DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE final = 1 AND {IS_INDEXED} ORDER BY created_at LIMIT ?1)"
                ),
                [over.min(PORTION)],
            )?;
        }
    }
    removed += production::purge(connection, now_at)?;
    Ok(removed >= limits::RETENTION_PORTION)
}
