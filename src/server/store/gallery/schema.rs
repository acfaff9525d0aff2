//! The tables of the gallery, as the migrations create them. Released, so they never change.

use rusqlite::Transaction;

pub(in crate::store) fn create(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- Outputs, and imported files, which have no task. `id`: the time, milliseconds × 2^20, plus a number. The task may have been removed.
        -- `star`, `rating` (0 to 5): what people gave. `deleted_at`: when it was put in the trash. `facts`: what it can be found by, as JSON.
        CREATE TABLE gallery (
            id INTEGER PRIMARY KEY,
            task TEXT,
            output INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            hash TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            star INTEGER NOT NULL DEFAULT 0,
            rating INTEGER NOT NULL DEFAULT 0,
            deleted_at INTEGER,
            facts TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX gallery_by_task ON gallery (task, output) WHERE task IS NOT NULL;
        CREATE INDEX gallery_by_hash ON gallery (hash);
        CREATE INDEX gallery_live ON gallery (id) WHERE deleted_at IS NULL;
        CREATE INDEX gallery_trash ON gallery (deleted_at) WHERE deleted_at IS NOT NULL;
        -- Which pictures an output was made from, by the SHA-256 of their bytes.
        CREATE TABLE gallery_parents (
            child INTEGER NOT NULL REFERENCES gallery (id) ON DELETE CASCADE,
            parent_hash TEXT NOT NULL,
            PRIMARY KEY (child, parent_hash)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX gallery_parents_by_parent ON gallery_parents (parent_hash, child);
        -- All values that outputs have. `folded`: what it is looked up by. `outputs`: how many have it, without those in the trash. An id is never
        -- used again: the index has it.
        CREATE TABLE gallery_values (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            facet TEXT NOT NULL,
            value TEXT NOT NULL,
            folded TEXT NOT NULL,
            outputs INTEGER NOT NULL DEFAULT 0,
            UNIQUE (facet, value)
        ) STRICT;
        CREATE INDEX gallery_values_by_folded ON gallery_values (facet, folded);
        -- The values of each output, 4 bytes each (little-endian). `counted`: they are in the numbers of gallery_values.
        CREATE TABLE gallery_value_lists (
            picture INTEGER PRIMARY KEY REFERENCES gallery (id) ON DELETE CASCADE,
            counted INTEGER NOT NULL,
            value_ids BLOB NOT NULL
        ) STRICT;
        -- Tags and albums that people gave.
        CREATE TABLE gallery_labels (
            picture INTEGER NOT NULL REFERENCES gallery (id) ON DELETE CASCADE,
            value INTEGER NOT NULL REFERENCES gallery_values (id),
            PRIMARY KEY (picture, value)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX gallery_labels_by_value ON gallery_labels (value);
        -- What is searched. `terms`: tokens of values, seeds and marks.
        CREATE VIRTUAL TABLE gallery_text USING fts5 (
            prompt, names, negative, terms,
            content = '', contentless_delete = 1, detail = full, prefix = '2 3', tokenize = 'porter unicode61 remove_diacritics 2'
        );
        -- Changes that people made. `change`: as JSON. `bulk`: of more than one output. `place`: outputs up to this one are done.
        -- `state`: applying, done, undoing, undone. `changed`, `refused`, `restored`: how many outputs so far.
        CREATE TABLE gallery_actions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            change TEXT NOT NULL,
            bulk INTEGER NOT NULL,
            state TEXT NOT NULL,
            place INTEGER NOT NULL DEFAULT -1,
            changed INTEGER NOT NULL DEFAULT 0,
            refused INTEGER NOT NULL DEFAULT 0,
            restored INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX gallery_actions_unfinished ON gallery_actions (id) WHERE state IN ('applying', 'undoing');
        -- `before`: what undoing gives it back. Nothing: it was not changed yet.
        CREATE TABLE gallery_action_items (
            action INTEGER NOT NULL REFERENCES gallery_actions (id) ON DELETE CASCADE,
            picture INTEGER NOT NULL REFERENCES gallery (id) ON DELETE CASCADE,
            before INTEGER,
            PRIMARY KEY (action, picture)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX gallery_action_items_by_picture ON gallery_action_items (picture);
        CREATE TABLE gallery_searches (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            text TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        -- Whether the gallery has it, or cannot have it.
        ALTER TABLE media_outputs ADD COLUMN in_gallery INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX media_outputs_to_index ON media_outputs (task, output) WHERE state = 'kept' AND in_gallery = 0;",
    )
}

pub(in crate::store) fn list_in_portions(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- Of an action whose list of outputs is not complete yet: what is looked for, as JSON; `place`: up to which output it was looked.
        ALTER TABLE gallery_actions ADD COLUMN to_list TEXT;",
    )
}
