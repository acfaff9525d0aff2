//! Writes a batch of changes in one transaction.

use std::collections::{HashMap, VecDeque};

use proto::{edit::StartLine, ids::TaskId, limits, prompts::TaskPrompts, task::Task, webhook::WebhookEvent};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    Added, Event, Key, Origin, StoreError, Stored, Subscriber, assets, client_prompts, gallery, grids,
    inbox::{Add, TaskWrite, WriteBatch},
    media,
    model::state_word,
    picture_uses, production, retention, webhooks,
};

/// The answers to the waiters, sent once the transaction is on disk.
pub(super) struct Answers {
    /// Of each add, in order.
    pub added: VecDeque<Result<Added, StoreError>>,
    /// Of each state to store.
    pub kept: HashMap<TaskId, Result<(), StoreError>>,
    /// Some webhook has new messages.
    pub has_deliveries: bool,
    /// There are new outputs to copy.
    pub has_copies: bool,
    /// A task with outputs has ended.
    pub has_results: bool,
}

/// An error means that nothing can be committed. Errors of single orders are among the answers.
pub(super) fn write_batch(transaction: &Transaction, batch: &WriteBatch, subscribers: &[Subscriber]) -> rusqlite::Result<Answers> {
    let mut answers =
        Answers { added: VecDeque::new(), kept: HashMap::new(), has_deliveries: false, has_copies: false, has_results: false };
    let wants_productions = subscribers.iter().any(|subscriber| !subscriber.productions.is_empty());
    let newest_event = if wants_productions { production::newest_event(transaction)? } else { i64::MAX };
    for order in &batch.orders {
        match order {
            TaskWrite::Add(add) => {
                let added = insert(transaction, add)?;
                if matches!(added, Ok(Added::New)) {
                    let (task, webhook) = (&add.new.task, &add.new.origin.webhook);
                    if let Some(webhook) = webhook {
                        webhooks::keep_own(transaction, task.id, webhook)?;
                    }
                    if let Some(cell) = add.new.origin.cell {
                        grids::link(transaction, cell, task.id)?;
                    }
                    if let Some(take) = &add.new.origin.take {
                        production::attach_new(transaction, task, &add.new.workflow, take)?;
                    }
                    if let Some(prompt) = &add.new.origin.prompt {
                        client_prompts::add(transaction, prompt)?;
                    }
                    let queued = [(WebhookEvent::Queued, task.created_at)];
                    answers.has_deliveries |= webhooks::announce(transaction, task.id, queued.into_iter(), subscribers)?;
                }
                answers.added.push_back(added);
            }
            TaskWrite::Forget(task) => {
                gallery::forget_task(transaction, *task)?;
                production::withdraw_refused(transaction, *task)?;
                transaction.prepare_cached("DELETE FROM tasks WHERE id = ?1")?.execute([task.to_string()])?;
            }
        }
    }
    for task in &batch.keeps {
        let kept = update(transaction, task)?;
        if kept.is_ok() {
            answers.has_deliveries |= webhooks::announce(transaction, task.id, WebhookEvent::of(task), subscribers)?;
            answers.has_copies |= media::keep_copies(transaction, task)?;
            production::complete_ended(transaction, task)?;
            answers.has_results |= task.state.is_final() && !task.outputs.is_empty();
        }
        answers.kept.insert(task.id, kept);
    }
    for (task, event) in &batch.events {
        append(transaction, *task, event)?;
    }
    for (key, value) in &batch.meta {
        set_meta(transaction, key, value)?;
    }
    for command in &batch.commands {
        transaction.prepare_cached("INSERT OR REPLACE INTO commands (id, error, at) VALUES (?1, ?2, ?3)")?.execute(params![
            command.id.to_string(),
            command.error,
            command.at.0.cast_signed()
        ])?;
    }
    for job in &batch.jobs {
        (job.work)(transaction)?;
    }
    if let Some(durations) = &batch.durations {
        match serde_json::to_string(durations) {
            Ok(json) => set_meta(transaction, "durations", &json)?,
            Err(error) => tracing::error!(%error, "what was learned about durations cannot be written as JSON"),
        }
    }
    if wants_productions {
        answers.has_deliveries |= production::announce_events(transaction, newest_event, subscribers)?;
    }
    Ok(answers)
}

fn insert(transaction: &Transaction, add: &Add) -> rusqlite::Result<Result<Added, StoreError>> {
    // The client disconnected: it would never get the id of the task.
    if add.done.is_closed() {
        return Ok(Err(StoreError::Closed));
    }
    let Stored { task, workflow, origin, .. } = &add.new;
    let texts = [serde_json::to_string(task), serde_json::to_string(&**workflow), serde_json::to_string(origin)];
    let metadata = &origin.metadata;
    let (json, workflow, origin) = match texts {
        [Ok(json), Ok(workflow), Ok(text)] => (json, workflow, (*origin != Origin::default()).then_some(text)),
        [Err(error), ..] | [_, Err(error), _] | [.., Err(error)] => return Ok(Err(error.into())),
    };
    let at = task.created_at.0.cast_signed();
    if let Some(key) = &add.key
        && let Some(known) = find_by_key(transaction, key, at)?
    {
        return Ok(known);
    }
    let id = task.id.to_string();
    let new = transaction
        .prepare_cached(
            "INSERT INTO tasks (id, created_at, final, task, state, words, backend, attempt, ended_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            id,
            at,
            task.state.is_final(),
            json,
            state_word(task.state),
            search_text(task),
            task.backend.as_ref().map(|backend| backend.as_str()),
            task.attempt,
            task.ended_at.map(|at| at.0.cast_signed())
        ])?;
    if new == 0 {
        return Ok(Err(StoreError::Twice(task.id)));
    }
    transaction.prepare_cached("INSERT INTO workflows (task, workflow) VALUES (?1, ?2)")?.execute([&id, &workflow])?;
    picture_uses::note_task(transaction, &id, &workflow, task.start.as_ref().and_then(StartLine::mask))?;
    assets::note_task(transaction, &id, &workflow, metadata)?;
    if let Some(origin) = origin {
        transaction.prepare_cached("INSERT INTO origins (task, origin) VALUES (?1, ?2)")?.execute([&id, &origin])?;
    }
    if let Some(sealed) = &add.sealed {
        transaction.prepare_cached("INSERT INTO extra_data (task, sealed) VALUES (?1, ?2)")?.execute(params![id, sealed])?;
    }
    if let Some(key) = &add.key {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO keys (key, fingerprint, task, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![key.text(), key.fingerprint().cast_signed(), id, at])?;
    }
    Ok(Ok(Added::New))
}

/// The task of a known key; an expired key is ignored.
fn find_by_key(transaction: &Transaction, key: &Key, at: i64) -> rusqlite::Result<Option<Result<Added, StoreError>>> {
    let oldest = at.saturating_sub(retention::KEY_LIFE_MS);
    let known: Option<(i64, String)> = transaction
        .prepare_cached("SELECT fingerprint, task FROM keys WHERE key = ?1 AND at > ?2")?
        .query_row(params![key.text(), oldest], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(known.map(|(fingerprint, task)| match task.parse() {
        _ if fingerprint != key.fingerprint().cast_signed() => Ok(Added::Conflict),
        Ok(task) => Ok(Added::Known(task)),
        Err(_) => Err(StoreError::Damaged),
    }))
}

fn update(transaction: &Transaction, task: &Task) -> rusqlite::Result<Result<(), StoreError>> {
    let json = match serde_json::to_string(task) {
        Ok(json) => json,
        Err(error) => {
            tracing::error!(%error, task = %task.id, "a task cannot be written as JSON");
            return Ok(Err(error.into()));
        }
    };
    let found = transaction
        .prepare_cached(
            "UPDATE tasks SET task = ?2, final = ?3, state = ?4, words = ?5, backend = ?6, attempt = ?7, ended_at = ?8 WHERE id = ?1",
        )?
        .execute(params![
            task.id.to_string(),
            json,
            task.state.is_final(),
            state_word(task.state),
            search_text(task),
            task.backend.as_ref().map(|backend| backend.as_str()),
            task.attempt,
            task.ended_at.map(|at| at.0.cast_signed())
        ])?;
    Ok(if found == 0 { Err(StoreError::Unknown(task.id)) } else { Ok(()) })
}

/// Searchable text: name and prompt, in lower case.
fn search_text(task: &Task) -> String {
    let prompt = task.recipe.as_ref().map_or("", |recipe| &recipe.prompt);
    let mut words = format!("{}\n{prompt}", task.name);
    for resolved in task.prompts.iter().flat_map(TaskPrompts::prompts) {
        words.push('\n');
        words.push_str(&resolved.text);
    }
    words.to_lowercase()
}

/// Keeps only the newest events of each task.
fn append(transaction: &Transaction, task: TaskId, event: &Event) -> rusqlite::Result<()> {
    let id = task.to_string();
    transaction
        .prepare_cached(
            "INSERT INTO events (task, number, at, kind, text)
                SELECT id, (SELECT COALESCE(MAX(number), 0) + 1 FROM events WHERE task = ?1), ?2, ?3, ?4 FROM tasks WHERE id = ?1",
        )?
        .execute(params![id, event.at.0.cast_signed(), event.kind.as_str(), event.text])?;
    transaction
        .prepare_cached("DELETE FROM events WHERE task = ?1 AND number <= (SELECT MAX(number) FROM events WHERE task = ?1) - ?2")?
        .execute(params![id, i64::try_from(limits::TASK_EVENTS).unwrap_or(i64::MAX)])?;
    Ok(())
}

pub(super) fn set_meta(connection: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?.execute([key, value])?;
    Ok(())
}
