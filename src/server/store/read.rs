//! Queries: the state at startup, one task, a page of tasks, the events of a task.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;

use super::{
    CommandRecord, Cursor, Event, EventKind, Filter, Origin, Page, StoreError, Stored,
    media::overlay_stored,
    model::state_word,
    schema::CLIENT_ID,
    seal::{Sealer, StoredExtra},
    webhooks,
    writer::PROBE,
};
use proto::{
    comfy::Workflow,
    ids::{Epoch, TaskId},
    limits,
    task::{Durations, Task},
    time::Timestamp,
};

/// The state loaded at startup, as the previous process left it.
#[derive(Default)]
pub struct Kept {
    /// All unfinished tasks and the newest finished ones ([`limits::SNAPSHOT_TASKS`]), oldest first.
    pub tasks: Vec<Task>,
    /// Of the unfinished tasks that have some.
    pub extra_data: HashMap<TaskId, StoredExtra>,
    /// Of the unfinished tasks.
    pub workflows: HashMap<TaskId, Arc<Workflow>>,
    pub durations: Durations,
    /// Our client id at ComfyUI: reused, so that prompts that still run there keep sending their events to us.
    pub client_id: String,
    /// The values stored with [`super::Store::set_meta`].
    pub meta: BTreeMap<String, String>,
    /// The newest epoch that anybody began, where several Darkrooms share the database.
    pub newest_epoch: Epoch,
    /// The newest commands, oldest first, at most [`limits::REMEMBERED_COMMANDS`].
    pub commands: Vec<CommandRecord>,
}

/// # Errors
/// The database cannot be read. An invalid row is skipped and logged.
pub(super) fn kept(connection: &Connection, sealer: &Sealer) -> Result<Kept, StoreError> {
    let mut kept = Kept::default();
    let mut statement = connection.prepare(
        "SELECT tasks.id, CAST(tasks.task AS BLOB), CAST(workflow AS BLOB) FROM tasks LEFT JOIN workflows ON workflows.task = id AND final = 0
            WHERE final = 0 OR id IN (SELECT id FROM tasks WHERE final = 1 ORDER BY created_at DESC, id DESC LIMIT ?1)
            ORDER BY created_at, id",
    )?;
    let mut rows = statement.query([i64::try_from(limits::SNAPSHOT_TASKS).unwrap_or(i64::MAX)])?;
    while let Some(row) = rows.next()? {
        match live(row) {
            Ok((mut task, workflow)) => {
                overlay_stored(connection, &mut task)?;
                kept.workflows.extend(workflow.map(|workflow| (task.id, Arc::new(workflow))));
                kept.tasks.push(task);
            }
            Err(error) => {
                let id: String = row.get(0).unwrap_or_default();
                tracing::error!(%error, task = id, "a task on disk cannot be read; it is left as it is, and does not run");
            }
        }
    }
    let mut statement =
        connection.prepare("SELECT extra_data.task, sealed FROM extra_data JOIN tasks ON tasks.id = extra_data.task WHERE final = 0")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, sealed): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let Ok(task) = id.parse() else { continue };
        let extra_data = sealer.unseal(task, &sealed);
        if extra_data == StoredExtra::Lost {
            tracing::error!(
                task = id,
                "the extra data of a task cannot be decrypted: secret-key in the data folder is missing or another one"
            );
        }
        kept.extra_data.insert(task, extra_data);
    }
    kept.meta = connection
        .prepare("SELECT key, value FROM meta")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    kept.meta.remove(PROBE);
    if let Some(json) = kept.meta.remove("durations") {
        kept.durations = serde_json::from_str(&json).unwrap_or_else(|error| {
            tracing::warn!(%error, "what was learned about durations cannot be read; it is learned anew");
            Durations::default()
        });
    }
    let mut newest = connection
        .prepare("SELECT id, error, at FROM commands ORDER BY at DESC LIMIT ?1")?
        .query_map([i64::try_from(limits::REMEMBERED_COMMANDS).unwrap_or(i64::MAX)], |row| {
            let (id, error, at): (String, Option<String>, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(id.parse().ok().map(|id| CommandRecord { id, error, at: Timestamp(at.cast_unsigned()) }))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    newest.reverse();
    kept.commands = newest.into_iter().flatten().collect();
    kept.client_id = kept.meta.remove(CLIENT_ID).ok_or(StoreError::Damaged)?;
    Ok(kept)
}

pub(super) fn meta(connection: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    let value = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()?;
    Ok(value)
}

fn live(row: &Row) -> Result<(Task, Option<Workflow>), StoreError> {
    let task: Task = json(row, 1)?;
    // Without its workflow the task could never be sent.
    let workflow = if task.state.is_final() { None } else { Some(json(row, 2)?) };
    Ok((task, workflow))
}

fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T, StoreError> {
    let bytes = row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(serde_json::from_slice(bytes)?)
}

fn origin(row: &Row, column: usize) -> Result<Option<Origin>, StoreError> {
    Ok(match row.get_ref(column)?.as_blob_or_null().map_err(rusqlite::Error::from)? {
        Some(bytes) => Some(serde_json::from_slice(bytes)?),
        None => None,
    })
}

pub(super) fn stored(connection: &Connection, sealer: &Sealer, task: TaskId) -> Result<Option<Stored>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT CAST(tasks.task AS BLOB), CAST(workflow AS BLOB), CAST(origin AS BLOB), sealed FROM tasks
            JOIN workflows ON workflows.task = id LEFT JOIN origins ON origins.task = id
            LEFT JOIN extra_data ON extra_data.task = id WHERE id = ?1",
    )?;
    let mut rows = statement.query([task.to_string()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let origin = Origin { webhook: webhooks::own(connection, task)?, ..origin(row, 2)?.unwrap_or_default() };
    let sealed = row.get_ref(3)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
    let extra_data = sealed.map(|sealed| sealer.unseal(task, sealed)).unwrap_or_default();
    let mut stored = json(row, 0)?;
    overlay_stored(connection, &mut stored)?;
    Ok(Some(Stored { task: stored, workflow: Arc::new(json(row, 1)?), origin, extra_data }))
}

/// `?6`: pairs of name and value, as JSON. The tasks with the first pair are found by their index, and each has at most a few pairs.
const BY_METADATA: &str =
    "tasks.id IN (SELECT task FROM task_metadata WHERE name = json_extract(?6, '$[0][0]') AND value = json_extract(?6, '$[0][1]'))
    AND NOT EXISTS (SELECT 1 FROM json_each(?6) AS pair WHERE NOT EXISTS (SELECT 1 FROM task_metadata
        WHERE task = tasks.id AND name = json_extract(pair.value, '$[0]') AND task_metadata.value = json_extract(pair.value, '$[1]')))";

pub(super) fn page(connection: &Connection, filter: &Filter, cursor: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
    let limit = limit.clamp(1, limits::STORE_PAGE);
    // Omit an unused condition instead of making it always true, so that SQLite picks the right index.
    // The state words are constants: no injection.
    let states: Vec<String> = filter.states.iter().map(|state| format!("'{}'", state_word(*state))).collect();
    let by_state = if states.is_empty() { String::new() } else { format!("state IN ({}) AND", states.join(", ")) };
    let by_text = if filter.text.is_some() { "instr(words, ?1) > 0" } else { "?1 IS NULL" };
    let by_submitter = if filter.submitter.is_some() { "json_extract(origin, '$.submitter') = ?7" } else { "?7 IS NULL" };
    let by_metadata = if filter.metadata.is_empty() { "?6 IS NOT NULL" } else { BY_METADATA };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT CAST(tasks.task AS BLOB), created_at, id, CAST(origin AS BLOB) FROM tasks LEFT JOIN origins ON origins.task = id
            WHERE {by_state} {by_text} AND {by_metadata} AND {by_submitter} AND created_at > ?2 AND (created_at, id) < (?3, ?4) ORDER BY created_at DESC, id DESC LIMIT ?5"
    ))?;
    let number = |at: Timestamp| i64::try_from(at.0).unwrap_or(i64::MAX);
    // An empty id sorts before all others with the same time.
    let before = filter.before.map(|before| (number(before), String::new()));
    let cursor = cursor.map(|cursor| (number(cursor.created_at), cursor.task.to_string()));
    let (at, id) = before.into_iter().chain(cursor).min().unwrap_or((i64::MAX, String::new()));
    let mut rows = statement.query(params![
        filter.text.as_deref().map(str::to_lowercase),
        filter.after.map_or(-1, number),
        at,
        id,
        i64::try_from(limit + 1).unwrap_or(i64::MAX),
        serde_json::to_string(&filter.metadata)?,
        filter.submitter
    ])?;
    let mut page = Page::default();
    let mut last = None;
    for _ in 0..limit {
        let Some(row) = rows.next()? else { return Ok(page) };
        let (created_at, id): (i64, String) = (row.get(1)?, row.get(2)?);
        match json::<Task>(row, 0) {
            Ok(mut task) => {
                overlay_stored(connection, &mut task)?;
                page.origins.extend(origin(row, 3)?.map(|origin| (task.id, origin)));
                page.tasks.push(task.summary());
            }
            Err(error) => tracing::error!(%error, task = id, "a task on disk cannot be read"),
        }
        last = id.parse().ok().map(|task| Cursor { created_at: Timestamp(created_at.cast_unsigned()), task });
    }
    page.next = rows.next()?.and(last);
    Ok(page)
}

pub(super) fn events(connection: &Connection, task: TaskId) -> Result<Vec<Event>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT at, kind, text FROM events WHERE task = ?1 ORDER BY number")?;
    let rows = statement.query_map([task.to_string()], |row| {
        let (at, kind, text): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(EventKind::parse(&kind).map(|kind| Event { at: Timestamp(at.cast_unsigned()), kind, text }))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}
