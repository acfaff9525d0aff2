//! The writing thread. It takes all queued writes, writes them in one transaction and then answers every waiter: a hundred new tasks cost
//! about as many disk flushes as one.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{
    Added, Event, Key, Origin, StoreError, Stored, Subscriber,
    inbox::{Add, InboxHandle, TaskWrite, Wake, WriteBatch},
    lock::FolderLock,
    media,
    model::state_word,
    retention, webhooks,
};
use crate::{clock::now, config::Retention};
use proto::{ids::TaskId, limits, task::Task, webhook::WebhookEvent};

pub(super) struct Writer {
    pub shared: Arc<InboxHandle>,
    pub connection: Connection,
    pub retention: Retention,
    /// Released when the thread ends, after the connection is closed.
    pub lock: FolderLock,
}

/// Key written while writing fails, to test whether it works again.
pub(super) const PROBE: &str = "probed_at";
/// Delay between portions of retention.
const SOON: Duration = limits::STORE_RETRY;

impl Writer {
    pub fn run(mut self) {
        let mut tidy_at = Instant::now();
        let mut retry_at = None;
        loop {
            let failing = retry_at.is_some();
            if !failing && Instant::now() >= tidy_at {
                tidy_at = Instant::now() + if self.tidy() { SOON } else { limits::RETENTION_EVERY };
            }
            let (batch, last) = match self.shared.next(retry_at.unwrap_or(tidy_at)) {
                Wake::Write(batch) => (batch, false),
                Wake::Close(batch) => (batch, true),
                // Also with an empty batch: test whether the disk is writable again.
                Wake::Time(batch) if failing || !batch.is_empty() => (batch, false),
                Wake::Time(_) => continue,
            };
            let well = if failing { self.write_probe(batch) } else { self.write(batch) };
            retry_at = (!well).then(|| Instant::now() + limits::STORE_RETRY);
            if last {
                let lost = self.shared.health().waiting;
                if lost > 0 {
                    tracing::error!(lost, "the database is closed, and not everything could be written");
                }
                drop(self.connection);
                drop(self.lock);
                return;
            }
        }
    }

    /// Removes a portion of expired rows. Returns whether there may be more.
    fn tidy(&self) -> bool {
        retention::tidy(&self.connection, self.retention, now()).unwrap_or_else(|error| {
            tracing::warn!(error = %StoreError::from(error), "old tasks could not be removed");
            false
        })
    }

    /// Writes a new value, so that success proves a write.
    fn write_probe(&mut self, mut batch: WriteBatch) -> bool {
        batch.meta.insert(PROBE.into(), now().0.to_string());
        self.write(batch)
    }

    /// Returns whether the whole batch is on disk.
    pub fn write(&mut self, mut batch: WriteBatch) -> bool {
        let subscribers = self.shared.subscribers();
        let error = match write_all(&mut self.connection, &batch, &subscribers) {
            Ok(answers) => {
                if let Some(since) = self.shared.recovered() {
                    tracing::info!(after_ms = now().since(since), "the database is written again");
                }
                self.done(batch, answers);
                return true;
            }
            Err(error) => StoreError::from(error),
        };
        if self.shared.failed(now()) {
            tracing::error!(%error, "the database cannot be written; what is known is kept in memory and tried again every second");
        }
        // A new task may be too large for the disk. The rest is small.
        if batch.refuse_adds(&error)
            && matches!(error, StoreError::Full)
            && let Ok(answers) = write_all(&mut self.connection, &batch, &subscribers)
        {
            self.done(batch, answers);
            return false;
        }
        batch.refuse_waiting(&error);
        self.shared.put_back(batch);
        false
    }

    fn done(&self, batch: WriteBatch, answers: Answers) {
        self.shared.written(&batch);
        if batch.orders.iter().any(|order| matches!(order, TaskWrite::Forget(_))) {
            self.shared.unreferenced.notify_one();
        }
        if answers.has_deliveries {
            self.shared.messages.notify_one();
        }
        if answers.has_copies {
            self.shared.copies.notify_one();
        }
        batch.answer(answers);
    }
}

/// The answers to the waiters, sent once the transaction is on disk.
struct Answers {
    /// Of each add, in order.
    added: VecDeque<Result<Added, StoreError>>,
    /// Of each state to store.
    kept: HashMap<TaskId, Result<(), StoreError>>,
    /// Some webhook has new messages.
    has_deliveries: bool,
    /// There are new outputs to copy.
    has_copies: bool,
}

impl WriteBatch {
    fn answer(self, mut answers: Answers) {
        for order in self.orders {
            if let TaskWrite::Add(add) = order
                && let Some(answer) = answers.added.pop_front()
            {
                let _ = add.done.send(answer);
            }
        }
        for (task, done) in self.kept {
            let _ = done.send(answers.kept.get(&task).cloned().unwrap_or(Err(StoreError::Unknown(task))));
        }
        for job in self.jobs {
            let _ = job.done.send(Ok(()));
        }
        for done in self.flushed {
            let _ = done.send(Ok(()));
        }
    }

    /// Returns whether there were any.
    fn refuse_adds(&mut self, error: &StoreError) -> bool {
        let (adds, rest): (VecDeque<_>, VecDeque<_>) = self.orders.drain(..).partition(|order| matches!(order, TaskWrite::Add(_)));
        self.orders = rest;
        let any = !adds.is_empty();
        for order in adds {
            if let TaskWrite::Add(add) = order {
                let _ = add.done.send(Err(error.clone()));
            }
        }
        any
    }

    fn refuse_waiting(&mut self, error: &StoreError) {
        let waiting =
            self.kept.drain(..).map(|(_, done)| done).chain(self.flushed.drain(..)).chain(self.jobs.drain(..).map(|job| job.done));
        for done in waiting {
            let _ = done.send(Err(error.clone()));
        }
    }
}

/// An error means that nothing was written. Errors of single orders are among the answers.
fn write_all(connection: &mut Connection, batch: &WriteBatch, subscribers: &[Subscriber]) -> rusqlite::Result<Answers> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut answers = Answers { added: VecDeque::new(), kept: HashMap::new(), has_deliveries: false, has_copies: false };
    for order in &batch.orders {
        match order {
            TaskWrite::Add(add) => {
                let added = insert(&transaction, add)?;
                if matches!(added, Ok(Added::New)) {
                    let (task, webhook) = (&add.new.task, &add.new.origin.webhook);
                    if let Some(webhook) = webhook {
                        webhooks::keep_own(&transaction, task.id, webhook)?;
                    }
                    let queued = [(WebhookEvent::Queued, task.created_at)];
                    answers.has_deliveries |= webhooks::announce(&transaction, task.id, queued.into_iter(), subscribers)?;
                }
                answers.added.push_back(added);
            }
            TaskWrite::Forget(task) => {
                transaction.prepare_cached("DELETE FROM tasks WHERE id = ?1")?.execute([task.to_string()])?;
            }
        }
    }
    for task in &batch.keeps {
        let kept = update(&transaction, task)?;
        if kept.is_ok() {
            answers.has_deliveries |= webhooks::announce(&transaction, task.id, WebhookEvent::of(task), subscribers)?;
            answers.has_copies |= media::keep_copies(&transaction, task)?;
        }
        answers.kept.insert(task.id, kept);
    }
    for (task, event) in &batch.events {
        append(&transaction, *task, event)?;
    }
    for (key, value) in &batch.meta {
        set_meta(&transaction, key, value)?;
    }
    for command in &batch.commands {
        transaction.prepare_cached("INSERT OR REPLACE INTO commands (id, error, at) VALUES (?1, ?2, ?3)")?.execute(params![
            command.id.to_string(),
            command.error,
            command.at.0.cast_signed()
        ])?;
    }
    for job in &batch.jobs {
        (job.work)(&transaction)?;
    }
    if let Some(durations) = &batch.durations {
        match serde_json::to_string(durations) {
            Ok(json) => set_meta(&transaction, "durations", &json)?,
            Err(error) => tracing::error!(%error, "what was learned about durations cannot be written as JSON"),
        }
    }
    transaction.commit()?;
    Ok(answers)
}

fn insert(transaction: &Transaction, add: &Add) -> rusqlite::Result<Result<Added, StoreError>> {
    // The client disconnected: nobody would learn of the task.
    if add.done.is_closed() {
        return Ok(Err(StoreError::Closed));
    }
    let Stored { task, workflow, origin, .. } = &add.new;
    let texts = [serde_json::to_string(task), serde_json::to_string(&**workflow), serde_json::to_string(origin)];
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
    format!("{}\n{prompt}", task.name).to_lowercase()
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
