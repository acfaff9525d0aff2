//! Queries for webhook deliveries.

use std::{str::FromStr, time::Duration};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{DeliverySubject, DeliveryTarget, Due, OwnWebhook, model::Listener};
use crate::{config::Secret, store::StoreError};
use proto::{
    ids::TaskId,
    limits,
    production::ProjectId,
    time::Timestamp,
    webhook::{AttemptState, Delivery, DeliveryAttempt, DeliveryState, MessageEvent, ProductionWebhookEvent, WebhookEvent, WebhookEvents},
};
use webhook::{excerpt, redacted_url};

/// Fetches more than needed: some may have to wait, because of their task or a busy host.
const DUE_ROWS: i64 = 8 * limits::WEBHOOKS as i64;

pub(super) fn at(row: &Row, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(|ms| Timestamp(ms.cast_unsigned())))
}

/// The webhook given with a task.
pub(in crate::store) fn own(connection: &Connection, task: TaskId) -> rusqlite::Result<Option<OwnWebhook>> {
    connection
        .prepare_cached("SELECT url, host, events, secret, progress_ms, disabled_at FROM webhooks WHERE task = ?1")?
        .query_row([task.to_string()], |row| {
            Ok(OwnWebhook {
                url: row.get(0)?,
                host: row.get(1)?,
                events: WebhookEvents::from_bits(row.get(2)?),
                secret: row.get::<_, Option<String>>(3)?.map(Secret::new),
                progress_every: Duration::from_millis(row.get::<_, i64>(4)?.cast_unsigned()),
                disabled_at: at(row, 5)?,
            })
        })
        .optional()
}

pub(super) fn secret(connection: &Connection, task: TaskId) -> rusqlite::Result<Option<Secret>> {
    Ok(own(connection, task)?.and_then(|webhook| webhook.secret))
}

pub(super) fn due(connection: &Connection, now: Timestamp, hosts: &[String], urls: &[String]) -> Result<Vec<Due>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, task, own, url, host, event, slot, by_hand, body IS NOT NULL, project FROM deliveries
            WHERE due_at <= ?1 AND host NOT IN (SELECT value FROM json_each(?2))
                AND (by_hand = 1 OR url NOT IN (SELECT value FROM json_each(?3)))
            ORDER BY due_at, rowid LIMIT ?4",
    )?;
    let now = i64::try_from(now.0).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![now, serde_json::to_string(hosts)?, serde_json::to_string(urls)?, DUE_ROWS], |row| {
        let (task, project): (Option<String>, Option<String>) = (row.get(1)?, row.get(9)?);
        let subject = match (task, project) {
            (Some(task), _) => task.parse().ok().map(DeliverySubject::Task),
            (None, project) => Some(DeliverySubject::Project(project.and_then(|project| project.parse().ok()))),
        };
        let Some((subject, event)) = subject.zip(MessageEvent::named(&row.get::<_, String>(5)?)) else { return Ok(None) };
        let target = DeliveryTarget { subject, is_own: row.get(2)?, url: row.get(3)?, host: row.get(4)? };
        Ok(Some(Due { id: row.get(0)?, target, event, slot: row.get(6)?, by_hand: row.get(7)?, has_body: row.get(8)? }))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

pub(super) fn next_due(connection: &Connection, now: Timestamp) -> Result<(Option<Timestamp>, usize), StoreError> {
    let now = i64::try_from(now.0).unwrap_or(i64::MAX);
    let next = connection.prepare_cached("SELECT MIN(due_at) FROM deliveries WHERE due_at > ?1")?.query_row([now], |row| at(row, 0))?;
    let waiting: i64 =
        connection.prepare_cached("SELECT COUNT(*) FROM deliveries WHERE due_at IS NOT NULL")?.query_row([], |row| row.get(0))?;
    Ok((next, usize::try_from(waiting).unwrap_or_default()))
}

pub(super) fn progress_listeners(connection: &Connection) -> Result<(Vec<Listener>, Vec<String>), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT webhooks.task, url, host, events, progress_ms FROM tasks JOIN webhooks ON webhooks.task = tasks.id
            WHERE final = 0 AND disabled_at IS NULL",
    )?;
    let rows = statement.query_map([], |row| {
        let (task, url, host): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let wants = WebhookEvents::from_bits(row.get(3)?).contains(WebhookEvent::Progress);
        let every = Duration::from_millis(row.get::<_, i64>(4)?.cast_unsigned());
        Ok(task
            .parse()
            .ok()
            .filter(|_| wants)
            .map(|task| (DeliveryTarget { subject: DeliverySubject::Task(task), is_own: true, url, host }, every)))
    })?;
    let own = rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let mut statement = connection.prepare_cached("SELECT url FROM disabled_webhooks")?;
    let disabled = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok((own, disabled))
}

/// Those about a task, oldest first.
pub(super) fn deliveries(connection: &Connection, task: TaskId) -> Result<Vec<Delivery>, StoreError> {
    let sql = "SELECT id, event, url, own, state, created_at, due_at FROM deliveries WHERE task = ?1 ORDER BY created_at, rowid LIMIT ?2";
    listed::<WebhookEvent>(connection, sql, &task.to_string(), u32::MAX)
}

/// Those about a project, newest first, at most `limit`.
pub(super) fn project_deliveries(
    connection: &Connection,
    project: ProjectId,
    limit: u32,
) -> Result<Vec<Delivery<ProductionWebhookEvent>>, StoreError> {
    let sql = "SELECT id, event, url, own, state, created_at, due_at FROM deliveries WHERE project = ?1 ORDER BY rowid DESC LIMIT ?2";
    listed(connection, sql, &project.to_string(), limit)
}

fn listed<E: FromStr>(connection: &Connection, sql: &str, subject: &str, limit: u32) -> Result<Vec<Delivery<E>>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![subject, limit])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, event, url, state): (String, String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(4)?);
        let Some((event, state)) = event.parse::<E>().ok().zip(state.parse::<DeliveryState>().ok()) else { continue };
        let attempts = attempts(connection, &id)?;
        all.push(Delivery {
            id,
            event,
            address: redacted_url(&url),
            is_own: row.get(3)?,
            state,
            created_at: at(row, 5)?.unwrap_or_default(),
            next_at: at(row, 6)?,
            attempts,
        });
    }
    Ok(all)
}

fn attempts(connection: &Connection, delivery: &str) -> Result<Vec<DeliveryAttempt>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT number, state, by_hand, at, took_ms, status, error, answer FROM delivery_attempts WHERE delivery = ?1 ORDER BY number",
    )?;
    let rows = statement.query_map([delivery], |row| {
        let state: String = row.get(1)?;
        Ok(state.parse::<AttemptState>().ok().map(|state| DeliveryAttempt {
            number: row.get(0).unwrap_or_default(),
            state,
            by_hand: row.get(2).unwrap_or_default(),
            at: at(row, 3).ok().flatten().unwrap_or_default(),
            took_ms: row.get(4).unwrap_or_default(),
            status: row.get(5).unwrap_or_default(),
            error: row.get(6).unwrap_or_default(),
            answer: row.get::<_, Option<String>>(7).unwrap_or_default().map(|text| excerpt(&text)),
        }))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}
