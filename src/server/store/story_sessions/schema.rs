//! The table of sessions.

use rusqlite::Transaction;

/// The table, as the migration creates it. Released, so it never changes.
pub(in crate::store) fn create(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- `places`: the last event that arrived, by the id of its project, as JSON.
        CREATE TABLE story_sessions (
            id TEXT PRIMARY KEY,
            places TEXT NOT NULL,
            seen_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX story_sessions_by_age ON story_sessions (seen_at);",
    )
}
