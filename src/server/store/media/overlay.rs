//! Sets where the outputs of a task are, by the rows about them.

use std::str::FromStr;

use rusqlite::{Connection, Row};

use crate::store::StoreError;
use proto::task::{CopyDelay, NotKeptReason, OutputContent, OutputStorage, Task};

/// For a task read from the disk: files without a row are at ComfyUI only, or nowhere.
pub(in crate::store) fn overlay_stored(connection: &Connection, task: &mut Task) -> Result<(), StoreError> {
    for output in &mut task.outputs {
        output.storage = match &output.content {
            OutputContent::Text { .. } => OutputStorage::Kept,
            content if content.came_over_socket() => match output.storage {
                OutputStorage::NotKept { reason } => OutputStorage::NotKept { reason },
                // Keeping was turned off while it waited.
                _ => OutputStorage::NotKept { reason: NotKeptReason::KeepingOff },
            },
            OutputContent::File { .. } => OutputStorage::Remote,
        };
    }
    overlay(connection, task)
}

/// For a task that may be newer than the disk: outputs without a row stay as they are.
pub(in crate::store) fn overlay(connection: &Connection, task: &mut Task) -> Result<(), StoreError> {
    if task.outputs.is_empty() {
        return Ok(());
    }
    let mut statement =
        connection.prepare_cached("SELECT output, state, reason, outside FROM media_outputs WHERE task = ?1 AND attempt = ?2")?;
    let mut rows = statement.query((task.id.to_string(), task.attempt))?;
    while let Some(row) = rows.next()? {
        let output: u32 = row.get(0)?;
        if let Some(output) = task.outputs.iter_mut().find(|known| known.id == output) {
            output.storage = match (storage(row)?, output.storage) {
                // What is not in the database, because it cannot be written.
                (OutputStorage::Copying { delay: None }, known @ OutputStorage::Copying { delay: Some(CopyDelay::DatabaseUnwritable) }) => {
                    known
                }
                (stored, _) => stored,
            };
            let outside: Option<String> = row.get(3)?;
            output.outside = outside.and_then(|json| serde_json::from_str(&json).ok()).or(output.outside);
        }
    }
    Ok(())
}

fn storage(row: &Row) -> rusqlite::Result<OutputStorage> {
    let (state, reason): (String, Option<String>) = (row.get(1)?, row.get(2)?);
    Ok(match state.as_str() {
        "kept" => OutputStorage::Kept,
        "failed" => OutputStorage::NotKept { reason: parsed(reason).unwrap_or(NotKeptReason::Refused) },
        _ => OutputStorage::Copying { delay: parsed::<CopyDelay>(reason) },
    })
}

/// A value that only a later version knows is ignored.
fn parsed<T: FromStr>(word: Option<String>) -> Option<T> {
    word?.parse().ok()
}
