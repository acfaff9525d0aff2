//! Writes about copies and files.

use rusqlite::{Transaction, params};

use super::model::{CopyKey, CopyResult, MediaFile};
use crate::store::{gallery, time::ms};
use proto::{
    ids::{BackendId, TaskId},
    task::{CopyDelay, NotKeptReason, Output, Task},
    time::Timestamp,
};

/// In which order outputs are copied. Temporary files are gone when ComfyUI restarts; those of earlier versions have waited long already.
const TEMPORARY: u8 = 0;
const NEW: u8 = 1;
pub(super) const EARLIER: u8 = 2;

/// Adds the rows of outputs that are to be copied, in the transaction that stores the task with these outputs. Returns whether there may
/// be new ones.
pub(in crate::store) fn keep_copies(transaction: &Transaction, task: &Task) -> rusqlite::Result<bool> {
    if task.attempt > 1 {
        transaction
            .prepare_cached("DELETE FROM media_outputs WHERE task = ?1 AND attempt <> ?2")?
            .execute(params![task.id.to_string(), task.attempt])?;
    }
    let Some(backend) = &task.backend else { return Ok(false) };
    let nowhere = BackendId(String::new());
    let mut any = false;
    for output in task.outputs.iter().filter(|output| output.storage.is_copying()) {
        // What came over the socket waits for no ComfyUI.
        let (backend, is_urgent) = if output.content.came_over_socket() { (&nowhere, true) } else { (backend, output.temporary) };
        any |= add(transaction, task, backend, output, if is_urgent { TEMPORARY } else { NEW })?;
    }
    Ok(any)
}

/// Returns whether the row is new.
pub(super) fn add(transaction: &Transaction, task: &Task, backend: &BackendId, output: &Output, rank: u8) -> rusqlite::Result<bool> {
    let Ok(content) = serde_json::to_string(&output.content) else { return Ok(false) };
    let added = transaction
        .prepare_cached(
            "INSERT INTO media_outputs (task, output, attempt, backend, content, rank, state, due_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7) ON CONFLICT (task, output) DO NOTHING",
        )?
        .execute(params![task.id.to_string(), output.id, task.attempt, backend.as_str(), content, rank, ms(task.created_at)])?;
    Ok(added > 0)
}

/// Returns whether the output still waited for this result. A file is recorded in any case, so that one that nobody refers to is found and
/// removed.
pub(super) fn copied(transaction: &Transaction, key: CopyKey, result: &CopyResult, now: Timestamp) -> rusqlite::Result<bool> {
    let id = key.task.to_string();
    let changed = match result {
        CopyResult::Kept(file) => {
            add_file(transaction, file, now)?;
            gallery::file_changed(transaction, key, &file.hash)?;
            transaction
                .prepare_cached(
                    "UPDATE media_outputs SET state = 'kept', reason = NULL, hash = ?4
                        WHERE task = ?1 AND output = ?2 AND attempt = ?3 AND state = 'waiting'",
                )?
                .execute(params![id, key.output, key.attempt, file.hash])?
        }
        CopyResult::Delayed { delay, due_at } => transaction
            .prepare_cached(
                "UPDATE media_outputs SET reason = ?4, due_at = ?5, tries = tries + 1
                    WHERE task = ?1 AND output = ?2 AND attempt = ?3 AND state = 'waiting'",
            )?
            .execute(params![id, key.output, key.attempt, delay.as_str(), ms(*due_at)])?,
        CopyResult::Failed(reason) => transaction
            .prepare_cached(
                "UPDATE media_outputs SET state = 'failed', reason = ?4
                    WHERE task = ?1 AND output = ?2 AND attempt = ?3 AND state = 'waiting'",
            )?
            .execute(params![id, key.output, key.attempt, reason.as_str()])?,
    };
    Ok(changed > 0)
}

pub(in crate::store) fn add_file(transaction: &Transaction, file: &MediaFile, now: Timestamp) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO media_files (hash, bytes, mime, kept_at) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (hash) DO UPDATE SET kept_at = MAX(kept_at, ?4)",
        )?
        .execute(params![file.hash, file.bytes.cast_signed(), file.mime.as_deref().unwrap_or_default(), ms(now)])?;
    Ok(())
}

/// Copies from this ComfyUI have to wait, or can go on.
pub(super) fn set_reachable(transaction: &Transaction, backend: &BackendId, is_reachable: bool, now: Timestamp) -> rusqlite::Result<()> {
    if is_reachable {
        transaction.execute(
            "UPDATE media_outputs SET reason = NULL, due_at = MIN(due_at, ?2), tries = 0
                WHERE state = 'waiting' AND backend = ?1 AND reason = 'comfyui_unreachable'",
            params![backend.as_str(), ms(now)],
        )?;
    } else {
        transaction.execute(
            "UPDATE media_outputs SET reason = 'comfyui_unreachable' WHERE state = 'waiting' AND backend = ?1 AND reason IS NULL",
            [backend.as_str()],
        )?;
    }
    Ok(())
}

/// All copies wait for the media store, or can go on.
pub(super) fn set_store_delay(transaction: &Transaction, failing: Option<CopyDelay>, now: Timestamp) -> rusqlite::Result<()> {
    match failing {
        Some(delay) => transaction.execute(
            "UPDATE media_outputs SET reason = ?1
                WHERE state = 'waiting' AND (reason IS NULL OR reason IN ('store_full', 'store_unavailable'))",
            [delay.as_str()],
        )?,
        None => transaction.execute(
            "UPDATE media_outputs SET reason = NULL, due_at = MIN(due_at, ?1)
                WHERE state = 'waiting' AND reason IN ('store_full', 'store_unavailable')",
            [ms(now)],
        )?,
    };
    Ok(())
}

/// At the start: copies from ComfyUIs that are not configured any more are given up, and those of one that is configured again go on.
pub(super) fn set_configured(transaction: &Transaction, backends: &[BackendId]) -> rusqlite::Result<()> {
    let backends: Vec<&str> = backends.iter().map(BackendId::as_str).collect();
    let backends = serde_json::Value::from(backends).to_string();
    let reason = NotKeptReason::NotConfigured.as_str();
    transaction.execute(
        "UPDATE media_outputs SET state = 'waiting', reason = NULL
            WHERE state = 'failed' AND reason = ?2 AND backend IN (SELECT value FROM json_each(?1))",
        [&backends, reason],
    )?;
    transaction.execute(
        "UPDATE media_outputs SET state = 'failed', reason = ?2
            WHERE state = 'waiting' AND backend <> '' AND backend NOT IN (SELECT value FROM json_each(?1))",
        [&backends, reason],
    )?;
    Ok(())
}

/// Nothing is to be copied any more: the setting was turned off.
pub(super) fn stop_copying(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM media_outputs WHERE state = 'waiting'", [])?;
    Ok(())
}

/// The file is not in the media store after all: its outputs are to be copied again. Returns them.
pub(super) fn missing(transaction: &Transaction, hash: &str, now: Timestamp) -> rusqlite::Result<Vec<CopyKey>> {
    let keys = keys_of(transaction, hash)?;
    transaction.execute(
        "UPDATE media_outputs SET state = 'waiting', reason = NULL, hash = NULL, tries = 0, due_at = ?2 WHERE hash = ?1",
        params![hash, ms(now)],
    )?;
    transaction.execute("DELETE FROM media_files WHERE hash = ?1", [hash])?;
    Ok(keys)
}

fn keys_of(transaction: &Transaction, hash: &str) -> rusqlite::Result<Vec<CopyKey>> {
    let mut statement = transaction.prepare_cached("SELECT task, attempt, output FROM media_outputs WHERE hash = ?1")?;
    let rows = statement.query_map([hash], |row| {
        let task: String = row.get(0)?;
        Ok(task.parse::<TaskId>().ok().map(|task| (task, row.get(1), row.get(2))))
    })?;
    let mut keys = Vec::new();
    for row in rows {
        if let Some((task, attempt, output)) = row? {
            keys.push(CopyKey { task, attempt: attempt?, output: output? });
        }
    }
    Ok(keys)
}

/// The oldest files that may be given up: outputs of tasks that are over, none of them with a star.
pub(in crate::store) const TO_EXPIRE: &str =
    "SELECT hash, bytes + thumbnail_bytes, kept_at FROM media_files INDEXED BY media_files_to_expire
        WHERE output_uses > 0 AND stars = 0 AND NOT EXISTS (SELECT 1 FROM media_outputs JOIN tasks ON tasks.id = media_outputs.task
            WHERE media_outputs.hash = media_files.hash AND final = 0)
        ORDER BY kept_at LIMIT ?1";

/// Gives up the oldest files that were kept before `before`, or that are over `max_bytes`: at most `limit`. Their bytes are removed later, as those
/// of all files that nobody refers to. Outputs of tasks that are not over, and those with a star, are left alone; the others go from the gallery, too.
/// Returns the outputs that are not kept any more.
pub(super) fn expire(transaction: &Transaction, before: Option<Timestamp>, max_bytes: u64, limit: usize) -> rusqlite::Result<Vec<CopyKey>> {
    let mut over = 0;
    if max_bytes > 0 {
        let total: i64 = transaction.prepare_cached("SELECT output_bytes FROM media_totals")?.query_row([], |row| row.get(0))?;
        over = total.cast_unsigned().saturating_sub(max_bytes);
    }
    let mut statement = transaction.prepare_cached(TO_EXPIRE)?;
    // Read first: giving a file up changes what is read here.
    let oldest = statement
        .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(String, i64, i64)>, _>>()?;
    let mut expired = Vec::new();
    for (hash, bytes, kept_at) in oldest {
        let is_old = before.is_some_and(|before| kept_at < ms(before));
        if !is_old && over == 0 {
            break;
        }
        over = over.saturating_sub(bytes.cast_unsigned());
        let mut keys = keys_of(transaction, &hash)?;
        let in_gallery = gallery::keys_of_file(transaction, &hash)?;
        keys.extend(in_gallery.into_iter().filter(|key| !keys.contains(key)).collect::<Vec<_>>());
        expired.extend(keys);
        transaction
            .prepare_cached("UPDATE media_outputs SET state = 'failed', reason = ?2, hash = NULL WHERE hash = ?1")?
            .execute([&hash, NotKeptReason::Expired.as_str()])?;
        gallery::expire_file(transaction, &hash)?;
    }
    Ok(expired)
}

pub(super) fn forget_file(transaction: &Transaction, hash: &str) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM media_files WHERE hash = ?1")?.execute([hash])?;
    Ok(())
}

pub(super) fn add_thumbnail(transaction: &Transaction, hash: &str, bytes: u64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE media_files SET thumbnail_bytes = thumbnail_bytes + ?2 WHERE hash = ?1")?
        .execute(params![hash, bytes.cast_signed()])?;
    Ok(())
}
