//! The tables, as the migration creates them. Released, so they never change.

use rusqlite::Transaction;

pub(in crate::store) fn create(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- Tasks of other programs. The columns beside the JSON serve searching. `number`: in the order in which they were heard of.
        CREATE TABLE external_tasks (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL,
            source TEXT NOT NULL,
            worker TEXT,
            project TEXT,
            shot TEXT,
            node TEXT,
            final INTEGER NOT NULL,
            stale INTEGER NOT NULL,
            task TEXT NOT NULL
        ) STRICT;
        CREATE INDEX external_tasks_by_end ON external_tasks (final, number);
        CREATE INDEX external_tasks_by_state ON external_tasks (state, number);
        CREATE INDEX external_tasks_by_worker ON external_tasks (worker, number) WHERE final = 0;
        CREATE INDEX external_tasks_by_project ON external_tasks (project, number) WHERE project IS NOT NULL;
        CREATE INDEX external_tasks_by_shot ON external_tasks (shot, number) WHERE shot IS NOT NULL;
        CREATE INDEX external_tasks_by_node ON external_tasks (node, number) WHERE node IS NOT NULL;
        -- The last change of each, in the order in which they were stored; a number is never used again.
        CREATE TABLE external_news (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            task INTEGER NOT NULL UNIQUE REFERENCES external_tasks (number) ON DELETE CASCADE
        ) STRICT;
        CREATE TABLE external_workers (
            hostname TEXT PRIMARY KEY,
            last_seen INTEGER NOT NULL,
            worker TEXT NOT NULL
        ) STRICT;
        -- CloudEvents that were accepted: a repetition has the same source and id.
        CREATE TABLE external_events (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL,
            id TEXT NOT NULL,
            kind TEXT NOT NULL,
            at INTEGER NOT NULL,
            event TEXT NOT NULL,
            UNIQUE (source, id)
        ) STRICT;",
    )
}
