//! The tables of productions, as the migration creates them. Released, so they never change.

use rusqlite::Transaction;

pub(in crate::store) fn create(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- `data` of all of these: the whole object as JSON; the other columns are what it is found by. `last_scene`: the highest number that a scene ever had.
        -- `narrative`: where the story is, as JSON.
        CREATE TABLE projects (
            id TEXT PRIMARY KEY,
            slug TEXT NOT NULL UNIQUE,
            is_archived INTEGER NOT NULL,
            deleted_at INTEGER,
            last_scene INTEGER NOT NULL DEFAULT 0,
            narrative TEXT NOT NULL,
            data TEXT NOT NULL
        ) STRICT;
        -- Chapters, scenes, shots, nodes, assets, casts and beats. `parent`: what it is in. `code`: unique in `scope`. `last_number`: the highest number that a
        -- shot of a scene, or a take of a node, ever had. `words`: what is searched, in lower case.
        CREATE TABLE production_objects (
            project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            parent TEXT NOT NULL,
            scope TEXT NOT NULL,
            code TEXT,
            position INTEGER NOT NULL,
            deleted_at INTEGER,
            last_number INTEGER NOT NULL DEFAULT 0,
            words TEXT NOT NULL,
            data TEXT NOT NULL,
            UNIQUE (project, kind, id)
        ) STRICT;
        CREATE UNIQUE INDEX production_objects_by_code ON production_objects (project, kind, code, scope) WHERE code IS NOT NULL;
        CREATE INDEX production_objects_in_order ON production_objects (project, kind, parent, position, id) WHERE deleted_at IS NULL;
        CREATE INDEX production_objects_trash ON production_objects (deleted_at) WHERE deleted_at IS NOT NULL;
        -- `number`: given once in its node. `task`: which makes it. `output`: the number of its first output there.
        CREATE TABLE takes (
            id TEXT PRIMARY KEY,
            project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
            node TEXT NOT NULL,
            number INTEGER NOT NULL,
            shot TEXT,
            task TEXT NOT NULL,
            output INTEGER,
            state TEXT NOT NULL,
            review TEXT NOT NULL,
            deleted_at INTEGER,
            data TEXT NOT NULL,
            UNIQUE (project, node, number)
        ) STRICT;
        CREATE UNIQUE INDEX takes_by_task ON takes (task);
        CREATE INDEX takes_of_project ON takes (project, id) WHERE deleted_at IS NULL;
        CREATE INDEX takes_of_node ON takes (project, node, id) WHERE deleted_at IS NULL;
        CREATE INDEX takes_of_shot ON takes (project, shot, id) WHERE deleted_at IS NULL;
        CREATE INDEX takes_by_review ON takes (project, review, id) WHERE deleted_at IS NULL;
        CREATE INDEX takes_trash ON takes (deleted_at) WHERE deleted_at IS NOT NULL;
        -- The workflow of a take in API format, as it was sent.
        CREATE TABLE take_workflows (
            take TEXT PRIMARY KEY REFERENCES takes (id) ON DELETE CASCADE,
            workflow TEXT NOT NULL
        ) STRICT;
        -- Structures that people added.
        CREATE TABLE narrative_structures (id TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT;
        -- What agents do. `project`: empty where they named none.
        CREATE TABLE agents (
            project TEXT NOT NULL,
            agent_type TEXT NOT NULL,
            data TEXT NOT NULL,
            PRIMARY KEY (project, agent_type)
        ) STRICT;
        CREATE TABLE agent_handoffs (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            project TEXT NOT NULL,
            data TEXT NOT NULL
        ) STRICT;
        CREATE INDEX agent_handoffs_of_project ON agent_handoffs (project, number);
        -- What happened, in the order in which it was stored; a number is never used again. `type`, `subject`: of the event, which is JSON.
        CREATE TABLE production_log (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            project TEXT NOT NULL,
            type TEXT NOT NULL,
            subject TEXT NOT NULL,
            at INTEGER NOT NULL,
            event TEXT NOT NULL
        ) STRICT;
        CREATE INDEX production_log_of_project ON production_log (project, number);
        CREATE INDEX production_log_of_subject ON production_log (project, subject, number);
        -- Up to which number events of a project were removed.
        CREATE TABLE production_log_forgotten (project TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT;",
    )
}

/// The table of links to dailies.
pub(in crate::store) fn create_shares(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- `token`: the SHA-256 of the token in the link, in hex.
        CREATE TABLE dailies_shares (
            project TEXT PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
            token TEXT NOT NULL UNIQUE,
            created_at INTEGER NOT NULL
        ) STRICT;",
    )
}

/// A migration. Objects get a primary key: a changeset, as the second copy of the database gets it, has no rows of tables without one.
pub(in crate::store) fn key_objects(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "CREATE TABLE keyed_objects (
            project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            parent TEXT NOT NULL,
            scope TEXT NOT NULL,
            code TEXT,
            position INTEGER NOT NULL,
            deleted_at INTEGER,
            last_number INTEGER NOT NULL DEFAULT 0,
            words TEXT NOT NULL,
            data TEXT NOT NULL,
            PRIMARY KEY (project, kind, id)
        ) STRICT;
        INSERT INTO keyed_objects
            SELECT project, kind, id, parent, scope, code, position, deleted_at, last_number, words, data FROM production_objects ORDER BY rowid;
        DROP TABLE production_objects;
        ALTER TABLE keyed_objects RENAME TO production_objects;
        CREATE UNIQUE INDEX production_objects_by_code ON production_objects (project, kind, code, scope) WHERE code IS NOT NULL;
        CREATE INDEX production_objects_in_order ON production_objects (project, kind, parent, position, id) WHERE deleted_at IS NULL;
        CREATE INDEX production_objects_trash ON production_objects (deleted_at) WHERE deleted_at IS NOT NULL;",
    )
}
