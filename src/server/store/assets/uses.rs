//! What of a new task assets and lists of jobs need: which bytes it loads, and its metadata.

use proto::comfy_v2::{asset_hashes_in, metadata_pairs};
use rusqlite::Transaction;
use serde_json::{Map, Value};

pub(in crate::store) fn note_task(
    transaction: &Transaction,
    task: &str,
    workflow: &str,
    metadata: &Map<String, Value>,
) -> rusqlite::Result<()> {
    for hash in asset_hashes_in(workflow) {
        transaction.prepare_cached("INSERT OR IGNORE INTO task_assets (task, hash) VALUES (?1, ?2)")?.execute([task, hash])?;
    }
    for (name, value) in metadata_pairs(metadata) {
        transaction.prepare_cached("INSERT INTO task_metadata (task, name, value) VALUES (?1, ?2, ?3)")?.execute([task, name, value])?;
    }
    Ok(())
}
