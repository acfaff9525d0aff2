//! The database schema, and its migrations.
//!
//! Earlier attempts of a task are in its JSON: they are few ([`proto::limits::ATTEMPTS`]), always read and written with the task, and so
//! always consistent with it. The columns beside the JSON serve sorting and searching. The workflow never changes, so it has its own table:
//! a task's state is written often, and SQLite writes whole rows. The same holds for data that a program submitted with a task.
//!
//! No `auto_vacuum`: with retention the file stops growing, because new rows reuse the space of removed ones. Returning that space to the
//! disk would move pages at every removal, only to allocate them again. A manual `VACUUM` does it once.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};
use serde_json::Value;

use super::{StoreError, assets, client_prompts, external, gallery, media::count_uses, production, replica, story_sessions, webhooks};
use proto::limits;

type Step = fn(&Transaction) -> rusqlite::Result<()>;

/// `user_version` counts the migrations done. A released migration never changes.
const STEPS: &[Step] = &[
    first,
    columns_events_keys,
    commands,
    origins,
    webhooks,
    extra_data,
    media,
    object_infos,
    saved_workflows,
    pictures,
    grids,
    gallery::create,
    gallery::create_news,
    large_galleries,
    production::create,
    external::create,
    story_sessions::create,
    production::create_shares,
    webhooks::add_productions,
    client_prompts::create,
    assets::create,
    production::key_objects,
    replica::create,
];

/// The key in `meta` of the client id that Darkroom has at its ComfyUIs, made with the database.
pub(super) const CLIENT_ID: &str = "client_id";

/// # Errors
/// Not a database, one of a newer Darkroom, or one that cannot be written.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(limits::STORE_BUSY)?;
    // The WAL file shrinks back to 16 MiB after a burst.
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;")?;
    migrate(&mut connection)?;
    connection.execute_batch("PRAGMA foreign_keys = ON;")?;
    let client_id = format!("darkroom-{}", uuid::Uuid::now_v7().simple());
    connection.execute("INSERT OR IGNORE INTO meta (key, value) VALUES (?1, ?2)", [CLIENT_ID, &client_id])?;
    Ok(connection)
}

/// A second, read-only connection.
///
/// # Errors
/// As [`open`].
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(limits::STORE_BUSY)?;
    connection.execute_batch("PRAGMA query_only = ON;")?;
    Ok(connection)
}

/// The number of migrations of a database that this Darkroom writes.
pub(super) fn format() -> i32 {
    i32::try_from(STEPS.len()).unwrap_or(i32::MAX)
}

/// The same of a file; `None`: it is not there.
pub(super) fn format_of(path: &Path) -> rusqlite::Result<Option<i32>> {
    if !path.exists() {
        return Ok(None);
    }
    Connection::open(path)?.query_row("PRAGMA user_version", [], |row| row.get(0)).map(Some)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let done: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    if done > known {
        return Err(StoreError::Newer { found: done, known });
    }
    for (version, step) in (1..=known).zip(STEPS).skip(done as usize) {
        let transaction = connection.transaction()?;
        step(&transaction)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The first Darkroom's schema, without version numbers: the tables may exist already.
fn first(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS tasks (
            id TEXT PRIMARY KEY,
            created_at INTEGER NOT NULL,
            final INTEGER NOT NULL,
            task TEXT NOT NULL,
            workflow TEXT NOT NULL
        ) STRICT;
        CREATE INDEX IF NOT EXISTS tasks_by_age ON tasks (created_at);
        CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;",
    )
}

fn columns_events_keys(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "CREATE TABLE workflows (
            task TEXT PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
            workflow TEXT NOT NULL
        ) STRICT;
        INSERT INTO workflows SELECT id, workflow FROM tasks;
        ALTER TABLE tasks DROP COLUMN workflow;
        -- Empty where the task cannot be read.
        ALTER TABLE tasks ADD COLUMN state TEXT NOT NULL DEFAULT '';
        -- Name and prompt in lower case: what is searched.
        ALTER TABLE tasks ADD COLUMN words TEXT NOT NULL DEFAULT '';
        ALTER TABLE tasks ADD COLUMN backend TEXT;
        ALTER TABLE tasks ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE tasks ADD COLUMN ended_at INTEGER;
        DROP INDEX tasks_by_age;
        CREATE INDEX tasks_by_age ON tasks (created_at, id);
        CREATE INDEX tasks_by_state ON tasks (state, created_at, id);
        CREATE INDEX tasks_by_end ON tasks (final, created_at);
        CREATE TABLE events (
            task TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (task, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE keys (
            key TEXT PRIMARY KEY,
            fingerprint INTEGER NOT NULL,
            task TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX keys_by_task ON keys (task);
        CREATE INDEX keys_by_age ON keys (at);",
    )?;
    let mut rows = transaction.prepare("SELECT id, CAST(task AS BLOB) FROM tasks")?;
    let mut fill =
        transaction.prepare("UPDATE tasks SET state = ?2, words = ?3, backend = ?4, attempt = ?5, ended_at = ?6 WHERE id = ?1")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let (id, json): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let Ok(task) = serde_json::from_slice::<Value>(&json) else { continue };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
        let words = format!("{}\n{}", text(&task["name"]), text(&task["recipe"]["prompt"]));
        let attempt = task["attempt"].as_i64().unwrap_or(1);
        fill.execute(params![
            id,
            task["state"].as_str().unwrap_or_default(),
            words,
            task["backend"].as_str(),
            attempt,
            task["ended_at"].as_i64()
        ])?;
    }
    Ok(())
}

fn commands(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- `error`: why it was not carried out, in words.
        CREATE TABLE commands (id TEXT PRIMARY KEY, error TEXT, at INTEGER NOT NULL) STRICT;
        CREATE INDEX commands_by_age ON commands (at);",
    )
}

fn origins(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- Only of tasks that have one.
        CREATE TABLE origins (
            task TEXT PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
            origin TEXT NOT NULL
        ) STRICT;",
    )
}

fn webhooks(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- The webhook that was named with a task. `events` is a set of bits.
        CREATE TABLE webhooks (
            task TEXT PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
            url TEXT NOT NULL,
            host TEXT NOT NULL,
            events INTEGER NOT NULL,
            secret TEXT,
            progress_ms INTEGER NOT NULL,
            disabled_at INTEGER
        ) STRICT;
        -- Those of the settings whose receiver wanted no more.
        CREATE TABLE disabled_webhooks (url TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;
        -- Messages to webhooks. `own`: to the task's own webhook. `body`: as first sent. `slot`: started attempts of the schedule.
        -- `next_at`: the next of the schedule. `due_at`: when it is to be sent, by the schedule or by hand; nothing while it is being sent.
        CREATE TABLE deliveries (
            id TEXT PRIMARY KEY,
            task TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
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
            delivered INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX deliveries_by_task ON deliveries (task);
        CREATE INDEX deliveries_by_time ON deliveries (due_at) WHERE due_at IS NOT NULL;
        CREATE TABLE delivery_attempts (
            delivery TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            at INTEGER NOT NULL,
            by_hand INTEGER NOT NULL,
            state TEXT NOT NULL,
            took_ms INTEGER,
            status INTEGER,
            error TEXT,
            answer TEXT,
            PRIMARY KEY (delivery, number)
        ) STRICT, WITHOUT ROWID;",
    )
}

fn extra_data(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- Only of tasks that have some. Encrypted: see `seal.rs`.
        CREATE TABLE extra_data (
            task TEXT PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
            sealed BLOB NOT NULL
        ) STRICT;",
    )
}

fn media(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- Where an output is. `state`: waiting (to be copied), kept, failed. `reason`: why it waits longer, or why it failed. `rank`: the
        -- lowest is copied first. `content`: the file at ComfyUI, as in the task.
        CREATE TABLE media_outputs (
            task TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            output INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            backend TEXT NOT NULL,
            content TEXT NOT NULL,
            rank INTEGER NOT NULL,
            state TEXT NOT NULL,
            reason TEXT,
            hash TEXT,
            tries INTEGER NOT NULL DEFAULT 0,
            due_at INTEGER NOT NULL,
            PRIMARY KEY (task, output)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX media_outputs_by_time ON media_outputs (rank, due_at) WHERE state = 'waiting';
        CREATE INDEX media_outputs_by_hash ON media_outputs (hash) WHERE hash IS NOT NULL;
        -- The files of the media store, by the SHA-256 of their bytes. `mime`: empty where a browser may not show it.
        CREATE TABLE media_files (
            hash TEXT PRIMARY KEY,
            bytes INTEGER NOT NULL,
            thumbnail_bytes INTEGER NOT NULL DEFAULT 0,
            mime TEXT NOT NULL,
            kept_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX media_files_by_age ON media_files (kept_at);",
    )
}

fn object_infos(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- `object_info`: the text of `/object_info`, gzip.
        CREATE TABLE object_infos (
            backend TEXT PRIMARY KEY,
            read_at INTEGER NOT NULL,
            object_info BLOB NOT NULL
        ) STRICT;",
    )
}

fn saved_workflows(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- Workflows that people saved. `revision` counts all changes, `version` those of the workflow itself.
        CREATE TABLE saved_workflows (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            version INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX saved_workflows_by_change ON saved_workflows (changed_at, id);
        -- `workflow`: in API format. `source`: the file in the editor's format that it was made from. `form`: what people changed of its form.
        CREATE TABLE saved_workflow_versions (
            saved_workflow TEXT NOT NULL REFERENCES saved_workflows (id) ON DELETE CASCADE,
            version INTEGER NOT NULL,
            at INTEGER NOT NULL,
            workflow TEXT NOT NULL,
            source TEXT,
            form TEXT NOT NULL,
            PRIMARY KEY (saved_workflow, version)
        ) STRICT;",
    )
}

fn pictures(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- Pictures that people gave, and masks made of them. `id`: the SHA-256 of the bytes, which is also the name in media_files. `used_at`: when it
        -- was given, or used in a task, the last time.
        CREATE TABLE pictures (
            id TEXT PRIMARY KEY,
            format TEXT NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            used_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX pictures_by_use ON pictures (used_at);
        -- Which of them a task loads, and a saved workflow.
        CREATE TABLE task_pictures (
            task TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            picture TEXT NOT NULL,
            PRIMARY KEY (task, picture)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX task_pictures_by_picture ON task_pictures (picture);
        CREATE TABLE saved_workflow_pictures (
            saved_workflow TEXT NOT NULL,
            version INTEGER NOT NULL,
            picture TEXT NOT NULL,
            PRIMARY KEY (saved_workflow, version, picture),
            FOREIGN KEY (saved_workflow, version) REFERENCES saved_workflow_versions (saved_workflow, version) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX saved_workflow_pictures_by_picture ON saved_workflow_pictures (picture);
        -- JSON of a comparison with the source, of a picture of which only a part was painted new.
        ALTER TABLE media_outputs ADD COLUMN outside TEXT;",
    )
}

fn grids(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- `spec`: what its cells have in common, and its axes, as JSON. `paused`: its cells are not submitted. `priority`: of its tasks.
        CREATE TABLE grids (
            id TEXT PRIMARY KEY,
            spec TEXT NOT NULL,
            paused INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        -- `cell_values`: one of each axis, as a JSON list. `state`: waiting (to be submitted), submitted, refused, cancelled. `again`: how often it was
        -- made again. `more`: other fields that are set, as JSON. `task`: its newest task, unless that was removed. `message`: why it was refused.
        CREATE TABLE grid_cells (
            grid TEXT NOT NULL REFERENCES grids (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            cell_values TEXT NOT NULL,
            state TEXT NOT NULL,
            again INTEGER NOT NULL,
            more TEXT NOT NULL,
            task TEXT REFERENCES tasks (id) ON DELETE SET NULL,
            message TEXT,
            PRIMARY KEY (grid, number),
            UNIQUE (grid, cell_values)
        ) STRICT;
        CREATE INDEX grid_cells_by_task ON grid_cells (task) WHERE task IS NOT NULL;
        CREATE INDEX grid_cells_waiting ON grid_cells (grid, number) WHERE state = 'waiting';",
    )
}

/// What a gallery of a million outputs needs: nothing looks through all of it.
fn large_galleries(transaction: &Transaction) -> rusqlite::Result<()> {
    count_uses(transaction)?;
    gallery::list_in_portions(transaction)
}
