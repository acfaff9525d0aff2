//! Which kept outputs are not in the gallery yet.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::model::{OutputToIndex, TaskToIndex};
use crate::store::{CopyKey, MediaFile, StoreError, media::overlay_stored};
use proto::{comfy::Workflow, ids::TaskId, task::Task};

/// At most `limit` outputs of finished tasks, those of the newest tasks first.
pub(super) fn outputs(connection: &Connection, limit: usize) -> Result<Vec<TaskToIndex>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT media_outputs.task, output, media_outputs.attempt, hash, bytes, mime FROM media_outputs INDEXED BY media_outputs_to_index
            JOIN tasks ON tasks.id = media_outputs.task JOIN media_files USING (hash)
            WHERE media_outputs.state = 'kept' AND in_gallery = 0 AND final = 1 ORDER BY media_outputs.task DESC, output LIMIT ?1",
    )?;
    let mut rows = statement.query(params![i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut found: Vec<(TaskId, TaskToIndex)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (text, bytes, mime): (String, i64, String) = (row.get(0)?, row.get(4)?, row.get(5)?);
        let Ok(task) = text.parse::<TaskId>() else { continue };
        let key = CopyKey { task, output: row.get(1)?, attempt: row.get(2)? };
        let file = MediaFile { hash: row.get(3)?, bytes: bytes.cast_unsigned(), mime: Some(mime).filter(|mime| !mime.is_empty()) };
        let output = OutputToIndex { key, file };
        match found.last_mut() {
            Some((known, of_task)) if *known == task => of_task.outputs.push(output),
            _ => found.push((task, TaskToIndex { task: read(connection, &text)?, outputs: vec![output] })),
        }
    }
    Ok(found.into_iter().map(|(_, task)| task).collect())
}

/// `None`: what is stored is not what it should be, which is logged.
fn read(connection: &Connection, task: &str) -> Result<Option<(Task, Arc<Workflow>)>, StoreError> {
    let stored: Option<(Vec<u8>, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT CAST(tasks.task AS BLOB), CAST(workflow AS BLOB) FROM tasks JOIN workflows ON workflows.task = id WHERE id = ?1",
        )?
        .query_row([task], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((json, workflow)) = stored else { return Ok(None) };
    match (serde_json::from_slice::<Task>(&json), serde_json::from_slice::<Workflow>(&workflow)) {
        (Ok(mut parsed), Ok(workflow)) => {
            overlay_stored(connection, &mut parsed)?;
            Ok(Some((parsed, Arc::new(workflow))))
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, task, "a task on disk cannot be read; its outputs cannot be in the gallery");
            Ok(None)
        }
    }
}
