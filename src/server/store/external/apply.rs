//! Writing what was heard.

use proto::{
    external::{ExternalTask, ExternalWorker, TaskFact, WorkerFact},
    limits,
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::de::DeserializeOwned;

use super::{
    model::{ExternalApplied, ExternalPart, KeptEvent},
    project,
};
use crate::store::time::ms;

pub(super) fn apply(transaction: &Transaction, parts: &[ExternalPart]) -> rusqlite::Result<ExternalApplied> {
    let mut applied = ExternalApplied::default();
    for part in parts {
        if let Some(event) = &part.event
            && !add_event(transaction, event, part.at)?
        {
            applied.repeated += 1;
            continue;
        }
        applied.taken += 1;
        for fact in &part.tasks {
            apply_task(transaction, fact, part.at)?;
        }
        for fact in &part.workers {
            apply_worker(transaction, fact, part.at)?;
        }
        if let Some(report) = &part.project {
            project::apply(transaction, report, part.at, &mut applied)?;
        }
    }
    forget_old(transaction)?;
    applied.newest = newest(transaction)?;
    Ok(applied)
}

/// Returns whether it is new.
fn add_event(transaction: &Transaction, event: &KeptEvent, at: Timestamp) -> rusqlite::Result<bool> {
    let KeptEvent { source, id, kind, json, within } = event;
    if let Some(within) = within {
        let oldest = ms(at).saturating_sub(i64::try_from(within.as_millis()).unwrap_or(i64::MAX));
        transaction
            .prepare_cached("DELETE FROM external_events WHERE source = ?1 AND id = ?2 AND at < ?3")?
            .execute(params![source, id, oldest])?;
    }
    let added = transaction
        .prepare_cached("INSERT INTO external_events (source, id, kind, at, event) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING")?
        .execute(params![source, id, kind, ms(at), json])?;
    Ok(added > 0)
}

fn apply_task(transaction: &Transaction, fact: &TaskFact, at: Timestamp) -> rusqlite::Result<()> {
    let row: Option<(i64, String)> = transaction
        .prepare_cached("SELECT number, task FROM external_tasks WHERE id = ?1")?
        .query_row([&fact.id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let known: Option<ExternalTask> = row.as_ref().and_then(|(_, json)| readable(json));
    let is_new = known.is_none();
    let (task, is_news) = match known {
        Some(mut task) => {
            let is_news = task.apply(fact, at);
            (task, is_news)
        }
        None => (ExternalTask::first(fact, at), true),
    };
    let number = match row {
        Some((number, _)) if !is_new => {
            update(transaction, number, &task)?;
            number
        }
        _ => insert(transaction, &task)?,
    };
    if is_news {
        note(transaction, number)?;
    }
    Ok(())
}

fn insert(transaction: &Transaction, task: &ExternalTask) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO external_tasks (id, state, source, final, stale, task) VALUES (?1, '', ?2, 0, 0, '')")?
        .execute(params![task.id, task.source])?;
    let number = transaction.last_insert_rowid();
    update(transaction, number, task)?;
    Ok(number)
}

fn update(transaction: &Transaction, number: i64, task: &ExternalTask) -> rusqlite::Result<()> {
    let join = [&task.join.project, &task.join.shot, &task.join.node].map(|joined| joined.as_ref().map(|joined| joined.id.as_str()));
    let [project, shot, node] = join;
    transaction
        .prepare_cached(
            "UPDATE external_tasks SET state = ?2, worker = ?3, project = ?4, shot = ?5, node = ?6, final = ?7, stale = ?8, task = ?9
                WHERE number = ?1",
        )?
        .execute(params![
            number,
            task.state.as_str(),
            task.worker,
            project,
            shot,
            node,
            task.state.is_final(),
            task.stale,
            serde_json::to_string(task).unwrap_or_default()
        ])
        .map(drop)
}

/// It has the newest number now.
fn note(transaction: &Transaction, number: i64) -> rusqlite::Result<()> {
    transaction.prepare_cached("INSERT OR REPLACE INTO external_news (task) VALUES (?1)")?.execute([number]).map(drop)
}

fn apply_worker(transaction: &Transaction, fact: &WorkerFact, at: Timestamp) -> rusqlite::Result<()> {
    let known: Option<String> = transaction
        .prepare_cached("SELECT worker FROM external_workers WHERE hostname = ?1")?
        .query_row([&fact.hostname], |row| row.get(0))
        .optional()?;
    let worker = match known.as_deref().and_then(readable) {
        Some(mut worker) => {
            ExternalWorker::apply(&mut worker, fact, at);
            worker
        }
        None => ExternalWorker::first(fact, at),
    };
    transaction
        .prepare_cached("INSERT OR REPLACE INTO external_workers (hostname, last_seen, worker) VALUES (?1, ?2, ?3)")?
        .execute(params![worker.hostname, ms(worker.last_seen), serde_json::to_string(&worker).unwrap_or_default()])
        .map(drop)
}

/// The unfinished tasks of these workers are stale, and those of others, which are seen again, are not. Returns the number of the newest change.
pub(super) fn mark_stale(transaction: &Transaction, silent: &[String], heard: &[String]) -> rusqlite::Result<u64> {
    for (workers, stale) in [(silent, true), (heard, false)] {
        for worker in workers {
            let rows = transaction
                .prepare_cached("SELECT number, task FROM external_tasks WHERE worker = ?1 AND final = 0 AND stale = ?2")?
                .query_map(params![worker, !stale], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<Vec<(i64, String)>, _>>()?;
            for (number, json) in rows {
                if let Some(task) = readable::<ExternalTask>(&json) {
                    update(transaction, number, &ExternalTask { stale, ..task })?;
                    note(transaction, number)?;
                }
            }
        }
    }
    newest(transaction)
}

/// Keeps the newest tasks, workers and events.
fn forget_old(transaction: &Transaction) -> rusqlite::Result<()> {
    for (is_final, most) in [(true, limits::EXTERNAL_FINISHED), (false, limits::EXTERNAL_UNFINISHED)] {
        transaction
            .prepare_cached(
                "DELETE FROM external_tasks WHERE final = ?1 AND number <=
                    (SELECT number FROM external_tasks WHERE final = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
            )?
            .execute(params![is_final, most])?;
    }
    transaction
        .prepare_cached(
            "DELETE FROM external_workers WHERE hostname IN (SELECT hostname FROM external_workers ORDER BY last_seen DESC LIMIT -1 OFFSET ?1)",
        )?
        .execute([limits::EXTERNAL_WORKERS])?;
    transaction
        .prepare_cached("DELETE FROM external_events WHERE seq <= (SELECT seq FROM external_events ORDER BY seq DESC LIMIT 1 OFFSET ?1)")?
        .execute([limits::EXTERNAL_EVENTS])
        .map(drop)
}

/// The number of the newest change; 0: there was none yet.
pub(super) fn newest(connection: &Connection) -> rusqlite::Result<u64> {
    let newest: Option<i64> = connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'external_news'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(newest.unwrap_or_default().cast_unsigned())
}

/// `None`: it was changed by hand, and cannot be read.
pub(super) fn readable<T: DeserializeOwned>(json: &str) -> Option<T> {
    serde_json::from_str(json).inspect_err(|error| tracing::error!(%error, "what is stored of another program cannot be read")).ok()
}
