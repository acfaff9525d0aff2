//! What happens to the gallery when a task or a file goes.

use proto::ids::TaskId;
use rusqlite::{Transaction, params};

use super::write::remove;
use crate::store::CopyKey;

/// A person removed the task: its outputs go with it, except those with a star.
pub(in crate::store) fn forget_task(transaction: &Transaction, task: TaskId) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached("SELECT id FROM gallery WHERE task = ?1 AND star = 0")?;
    let ids = statement.query_map([task.to_string()], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    remove(transaction, &ids)
}

/// A file is given up: its outputs are not in the gallery any more.
pub(in crate::store) fn expire_file(transaction: &Transaction, hash: &str) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached("SELECT id FROM gallery WHERE hash = ?1")?;
    let ids = statement.query_map([hash], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    remove(transaction, &ids)
}

/// The outputs of the gallery with this file whose task may have been removed.
pub(in crate::store) fn keys_of_file(transaction: &Transaction, hash: &str) -> rusqlite::Result<Vec<CopyKey>> {
    let mut statement =
        transaction.prepare_cached("SELECT task, attempt, output FROM gallery WHERE hash = ?1 AND task IS NOT NULL ORDER BY id")?;
    let mut rows = statement.query([hash])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        let task: String = row.get(0)?;
        if let Ok(task) = task.parse() {
            keys.push(CopyKey { task, attempt: row.get(1)?, output: row.get(2)? });
        }
    }
    Ok(keys)
}

/// An output was copied, perhaps once more, because its file was missing: then it may have other bytes now.
pub(in crate::store) fn file_changed(transaction: &Transaction, key: CopyKey, hash: &str) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE gallery SET hash = ?4 WHERE task = ?1 AND output = ?2 AND attempt = ?3 AND hash <> ?4")?
        .execute(params![key.task.to_string(), key.output, key.attempt, hash])
        .map(drop)
}
