//! Queries about copies and files.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::model::{CopyKey, DueCopy, KeptOutput, MediaFile, MediaTotals};
use crate::store::{StoreError, time::ms};
use proto::{ids::TaskId, task::OutputContent, time::Timestamp};

/// Outputs to copy now: temporary files first, new ones before those of earlier versions. `busy`: ComfyUIs that are left out.
/// `under_way`: outputs that are left out, as `task/output`.
pub(super) fn due(
    connection: &Connection,
    now: Timestamp,
    busy: &[String],
    under_way: &[String],
    limit: usize,
) -> Result<Vec<DueCopy>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT task, output, attempt, backend, content, tries FROM media_outputs
            WHERE state = 'waiting' AND due_at <= ?1
                AND backend NOT IN (SELECT value FROM json_each(?2))
                AND task || '/' || output NOT IN (SELECT value FROM json_each(?3))
            ORDER BY rank, due_at LIMIT ?4",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![ms(now), serde_json::to_string(busy)?, serde_json::to_string(under_way)?, limit])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        let (task, backend, content): (String, String, String) = (row.get(0)?, row.get(3)?, row.get(4)?);
        let Ok(task) = task.parse() else { continue };
        let content: OutputContent = serde_json::from_str(&content)?;
        let key = CopyKey { task, attempt: row.get(2)?, output: row.get(1)? };
        due.push(DueCopy { key, backend: backend.as_str().into(), content, tries: row.get(5)? });
    }
    Ok(due)
}

/// When the next copy after `now` is due, and how many outputs are to be copied in all.
pub(super) fn next_due(connection: &Connection, now: Timestamp) -> Result<(Option<Timestamp>, u64), StoreError> {
    let next: Option<i64> = connection
        .prepare_cached("SELECT MIN(due_at) FROM media_outputs WHERE state = 'waiting' AND due_at > ?1")?
        .query_row([ms(now)], |row| row.get(0))?;
    let waiting: i64 =
        connection.prepare_cached("SELECT COUNT(*) FROM media_outputs WHERE state = 'waiting'")?.query_row([], |row| row.get(0))?;
    Ok((next.map(|at| Timestamp(at.cast_unsigned())), waiting.cast_unsigned()))
}

/// The file of a kept output.
pub(super) fn kept(connection: &Connection, key: CopyKey) -> Result<Option<MediaFile>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT hash, bytes, mime FROM media_outputs JOIN media_files USING (hash)
            WHERE task = ?1 AND output = ?2 AND attempt = ?3 AND state = 'kept'",
    )?;
    Ok(statement.query_row(params![key.task.to_string(), key.output, key.attempt], |row| file(row, 0)).optional()?)
}

/// The kept outputs of a task.
pub(super) fn kept_of(connection: &Connection, task: TaskId) -> Result<Vec<KeptOutput>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT output, hash, bytes, mime FROM media_outputs JOIN media_files USING (hash) WHERE task = ?1 AND state = 'kept'",
    )?;
    let rows = statement.query_map([task.to_string()], |row| Ok(KeptOutput { output: row.get(0)?, file: file(row, 1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn file(row: &Row, at: usize) -> rusqlite::Result<MediaFile> {
    let (bytes, mime): (i64, String) = (row.get(at + 1)?, row.get(at + 2)?);
    Ok(MediaFile { hash: row.get(at)?, bytes: bytes.cast_unsigned(), mime: Some(mime).filter(|mime| !mime.is_empty()) })
}

pub(in crate::store) const UNREFERENCED: &str =
    "SELECT hash FROM media_files INDEXED BY media_files_unused WHERE output_uses = 0 AND picture_uses = 0 LIMIT ?1";

/// Files that are neither an output, of a task or of the gallery, nor a picture or an asset that people gave.
pub(super) fn unreferenced(connection: &Connection, limit: usize) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(UNREFERENCED)?;
    let rows = statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn is_referenced(connection: &Connection, hash: &str) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM media_outputs WHERE hash = ?1) OR EXISTS (SELECT 1 FROM gallery WHERE hash = ?1)
            OR EXISTS (SELECT 1 FROM pictures WHERE id = ?1) OR EXISTS (SELECT 1 FROM assets WHERE hash = ?1)",
    )?;
    Ok(statement.query_row([hash], |row| row.get(0))?)
}

/// The names of the results that came over the socket and wait to be moved into the media store.
pub(super) fn spooled(connection: &Connection) -> Result<HashSet<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT content FROM media_outputs WHERE state = 'waiting' AND backend = ''")?;
    let mut rows = statement.query([])?;
    let mut names = HashSet::new();
    while let Some(row) = rows.next()? {
        let content: String = row.get(0)?;
        let content: OutputContent = serde_json::from_str(&content)?;
        names.extend(content.socket_name().map(str::to_owned));
    }
    Ok(names)
}

pub(super) fn totals(connection: &Connection) -> Result<MediaTotals, StoreError> {
    let (files, bytes): (i64, i64) =
        connection.prepare_cached("SELECT files, bytes FROM media_totals")?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(MediaTotals { files: files.cast_unsigned(), bytes: bytes.cast_unsigned() })
}
