//! Finds the outputs of tasks that an earlier Darkroom stored without copying them.

use rusqlite::{OptionalExtension, Transaction, params};

use super::write::{EARLIER, add};
use crate::store::batch::set_meta;
use proto::task::{OutputContent, Task};

/// The value in the metadata: the age and id of the last task that was looked at, or `done`.
const PLACE: &str = "media_backfill";
const DONE: &str = "done";

/// Adds rows for the outputs of the next tasks, newest first, and remembers the place. Returns whether there may be more.
pub(super) fn portion(transaction: &Transaction, limit: usize) -> rusqlite::Result<bool> {
    let place: Option<String> =
        transaction.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([PLACE], |row| row.get(0)).optional()?;
    if place.as_deref() == Some(DONE) {
        return Ok(false);
    }
    let (at, id) = place
        .and_then(|place| place.split_once(' ').and_then(|(at, id)| Some((at.parse::<i64>().ok()?, id.to_owned()))))
        .unwrap_or((i64::MAX, String::new()));
    let mut statement = transaction.prepare_cached(
        "SELECT created_at, id, CAST(task AS BLOB) FROM tasks WHERE (created_at, id) < (?1, ?2) ORDER BY created_at DESC, id DESC LIMIT ?3",
    )?;
    let mut rows = statement.query(params![at, id, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut last = None;
    while let Some(row) = rows.next()? {
        let (at, id, json): (i64, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        last = Some(format!("{at} {id}"));
        let Ok(task) = serde_json::from_slice::<Task>(&json) else { continue };
        let Some(backend) = &task.backend else { continue };
        for output in task.outputs.iter().filter(|output| is_at_comfyui(&output.content)) {
            add(transaction, &task, backend, output, EARLIER)?;
        }
    }
    set_meta(transaction, PLACE, last.as_deref().unwrap_or(DONE))?;
    Ok(last.is_some())
}

fn is_at_comfyui(content: &OutputContent) -> bool {
    matches!(content, OutputContent::File { .. }) && !content.came_over_socket()
}

/// So that all tasks are looked at again when outputs are to be kept again.
pub(super) fn reset(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM meta WHERE key = ?1", [PLACE])?;
    Ok(())
}
