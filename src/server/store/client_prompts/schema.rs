//! The table of prompts of clients.

use rusqlite::Transaction;

/// The table, as the migration creates it. Released, so it never changes.
pub(in crate::store) fn create(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- `prompt`: JSON, it never changes. `ended`: its place in the history, the oldest first; nothing while it is in the queue. `entry`: its entry
        -- there, as JSON, and `job`: the same for the list of jobs; nothing when a client took it out of the history.
        CREATE TABLE client_prompts (
            task TEXT PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
            prompt_id TEXT NOT NULL UNIQUE,
            prompt TEXT NOT NULL,
            ended INTEGER UNIQUE,
            entry TEXT,
            job TEXT
        ) STRICT;
        CREATE INDEX client_prompts_in_history ON client_prompts (ended) WHERE entry IS NOT NULL;",
    )
}
