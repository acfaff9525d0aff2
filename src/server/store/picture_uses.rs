//! Which stored pictures tasks and saved workflows load: read from the names in their JSON.

use proto::edit::{PictureId, picture_ids_in};
use rusqlite::{Connection, Transaction, params};

/// Records which pictures a new task loads, and the mask that was painted for it: what it loads was made of that, and its settings can be used
/// again.
pub(super) fn note_task(transaction: &Transaction, task: &str, workflow: &str, mask: Option<PictureId>) -> rusqlite::Result<()> {
    for id in picture_ids_in(workflow).into_iter().chain(mask) {
        transaction.prepare_cached("INSERT OR IGNORE INTO task_pictures (task, picture) VALUES (?1, ?2)")?.execute([task, id.as_str()])?;
    }
    Ok(())
}

/// Records which pictures a version of a saved workflow loads.
pub(super) fn note_version(connection: &Connection, saved_workflow: &str, version: u32, workflow: &str) -> rusqlite::Result<()> {
    for id in picture_ids_in(workflow) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO saved_workflow_pictures (saved_workflow, version, picture) VALUES (?1, ?2, ?3)")?
            .execute(params![saved_workflow, version, id.as_str()])?;
    }
    Ok(())
}
