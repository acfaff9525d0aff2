//! The table of messages since it has those about productions, too. Released, so it never changes.

use rusqlite::Transaction;

pub(in crate::store) fn add_productions(transaction: &Transaction) -> rusqlite::Result<()> {
    // A column cannot lose its NOT NULL, so the tables are made anew. The attempts are copied first: they would go with the messages.
    transaction.execute_batch(
        "-- A message is about a task, or about a project (empty: what agents do that work for none).
        CREATE TABLE messages (
            id TEXT PRIMARY KEY,
            task TEXT REFERENCES tasks (id) ON DELETE CASCADE,
            project TEXT,
            own INTEGER NOT NULL,
            url TEXT NOT NULL,
            host TEXT NOT NULL,
            event TEXT NOT NULL,
            body TEXT,
            state TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            slot INTEGER NOT NULL DEFAULT 0,
            next_at INTEGER,
            due_at INTEGER,
            by_hand INTEGER NOT NULL DEFAULT 0,
            delivered INTEGER NOT NULL DEFAULT 0,
            CHECK ((task IS NULL) <> (project IS NULL))
        ) STRICT;
        INSERT INTO messages (id, task, own, url, host, event, body, state, created_at, slot, next_at, due_at, by_hand, delivered)
            SELECT id, task, own, url, host, event, body, state, created_at, slot, next_at, due_at, by_hand, delivered FROM deliveries ORDER BY rowid;
        CREATE TABLE attempts (
            delivery TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            at INTEGER NOT NULL,
            by_hand INTEGER NOT NULL,
            state TEXT NOT NULL,
            took_ms INTEGER,
            status INTEGER,
            error TEXT,
            answer TEXT,
            PRIMARY KEY (delivery, number)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO attempts SELECT delivery, number, at, by_hand, state, took_ms, status, error, answer FROM delivery_attempts;
        DROP TABLE delivery_attempts;
        DROP TABLE deliveries;
        ALTER TABLE messages RENAME TO deliveries;
        ALTER TABLE attempts RENAME TO delivery_attempts;
        CREATE INDEX deliveries_by_task ON deliveries (task) WHERE task IS NOT NULL;
        CREATE INDEX deliveries_by_project ON deliveries (project) WHERE project IS NOT NULL;
        CREATE INDEX deliveries_by_time ON deliveries (due_at) WHERE due_at IS NOT NULL;
        -- It was told that the agent is silent. A report of the agent sets it back.
        ALTER TABLE agents ADD COLUMN silence_told INTEGER NOT NULL DEFAULT 0;",
    )
}
