//! Writes webhook deliveries.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    Attempted, Claimed, DeliverySubject, DeliveryTarget, Due, OwnWebhook, Replayed, Subscriber,
    read::{own, secret},
    row,
};
use crate::store::time::ms;
use proto::{
    ids::TaskId,
    limits,
    time::Timestamp,
    webhook::{
        AttemptState, WebhookEvent,
        delivery::{Action, DeliveryEvent, DeliveryRow, attempt_state, step},
        message_id,
    },
};

/// Cleans up after the previous process: attempts without a recorded result, and messages for webhooks that no longer exist.
pub(super) fn begin(transaction: &Transaction, subscribers: &[Subscriber]) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE delivery_attempts SET state = ?1 WHERE state = ?2",
        [AttemptState::Interrupted.as_str(), AttemptState::Sending.as_str()],
    )?;
    row::apply_to_all(transaction, "SELECT id FROM deliveries WHERE state = 'sending'", &[], DeliveryEvent::Interrupted)?;
    let urls: Vec<&str> = subscribers.iter().map(|subscriber| subscriber.url.as_str()).collect();
    let urls = serde_json::Value::from(urls).to_string();
    row::apply_to_all(
        transaction,
        "SELECT id FROM deliveries WHERE own = 0 AND due_at IS NOT NULL AND url NOT IN (SELECT value FROM json_each(?1))",
        &[&urls],
        DeliveryEvent::WebhookRemoved,
    )?;
    transaction.execute("DELETE FROM disabled_webhooks WHERE url NOT IN (SELECT value FROM json_each(?1))", [&urls])?;
    Ok(())
}

/// Stores the webhook given with a new task.
pub(in crate::store) fn keep_own(transaction: &Transaction, task: TaskId, webhook: &OwnWebhook) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO webhooks (task, url, host, events, secret, progress_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            task.to_string(),
            webhook.url,
            webhook.host,
            webhook.events.bits(),
            webhook.secret.as_ref().map(|secret| secret.reveal()),
            i64::try_from(webhook.progress_every.as_millis()).unwrap_or(i64::MAX)
        ])?;
    Ok(())
}

/// Creates the messages for a task's events, each once. Returns whether any webhook may receive them.
pub(in crate::store) fn announce(
    transaction: &Transaction,
    task: TaskId,
    events: impl Iterator<Item = (WebhookEvent, Timestamp)>,
    subscribers: &[Subscriber],
) -> rusqlite::Result<bool> {
    let id = task.to_string();
    let own = own(transaction, task)?;
    if own.is_none() && subscribers.is_empty() {
        return Ok(false);
    }
    let is_disabled = |url: &str| {
        transaction.prepare_cached("SELECT EXISTS (SELECT 1 FROM disabled_webhooks WHERE url = ?1)")?.query_row([url], |row| row.get(0))
    };
    let mut insert = transaction.prepare_cached(
        "INSERT OR IGNORE INTO deliveries (id, task, own, url, host, event, created_at, state, next_at, due_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let mut create = |message: String, (is_own, url, host): (bool, &str, &str), event: WebhookEvent, at: Timestamp, is_disabled: bool| {
        let row = DeliveryRow::new(at, is_disabled);
        let (next_at, due_at) = (row.next_at.map(ms), row.due_at.map(ms));
        insert.execute(params![message, id, is_own, url, host, event.as_str(), ms(at), row.state.as_str(), next_at, due_at])
    };
    for (event, at) in events {
        if let Some(own) = own.as_ref().filter(|own| own.events.contains(event)) {
            create(message_id(task, event, ""), (true, &own.url, &own.host), event, at, own.disabled_at.is_some())?;
        }
        for subscriber in subscribers.iter().filter(|subscriber| subscriber.events.contains(event)) {
            let message = message_id(task, event, &webhook_tag(&subscriber.url));
            create(message, (false, &subscriber.url, &subscriber.host), event, at, is_disabled(&subscriber.url)?)?;
        }
    }
    Ok(true)
}

/// Identifies a webhook from the settings.
#[must_use]
pub fn webhook_tag(url: &str) -> String {
    format!("{:016x}", crate::store::model::fnv1a(url.as_bytes()))
}

pub(super) fn claim(
    transaction: &Transaction,
    due: &Due,
    body: Option<&str>,
    at: Timestamp,
    next_at: Option<Timestamp>,
) -> rusqlite::Result<Option<Claimed>> {
    let started = DeliveryEvent::AttemptStarted { slot: due.slot, by_hand: due.by_hand, next_at };
    if row::apply(transaction, &due.id, started)? != Some(Action::Call) {
        return Ok(None);
    }
    // Every attempt sends the same body: that of the first one.
    transaction.prepare_cached("UPDATE deliveries SET body = COALESCE(body, ?2) WHERE id = ?1")?.execute(params![due.id, body])?;
    begin_attempt(transaction, &due.id, &due.target, due.by_hand, at).map(Some)
}

fn begin_attempt(transaction: &Transaction, id: &str, target: &DeliveryTarget, by_hand: bool, at: Timestamp) -> rusqlite::Result<Claimed> {
    let number: u32 = transaction
        .prepare_cached("SELECT COALESCE(MAX(number), 0) + 1 FROM delivery_attempts WHERE delivery = ?1")?
        .query_row([id], |row| row.get(0))?;
    transaction
        .prepare_cached("INSERT INTO delivery_attempts (delivery, number, at, by_hand, state) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![id, number, ms(at), by_hand, AttemptState::Sending.as_str()])?;
    transaction
        .prepare_cached("DELETE FROM delivery_attempts WHERE delivery = ?1 AND number <= ?2")?
        .execute(params![id, i64::from(number) - i64::try_from(limits::WEBHOOK_ATTEMPTS).unwrap_or(i64::MAX)])?;
    let body = transaction
        .prepare_cached("SELECT body FROM deliveries WHERE id = ?1")?
        .query_row([id], |row| row.get::<_, Option<String>>(0))?
        .unwrap_or_default();
    let secret = match target.subject.task().filter(|_| target.is_own) {
        Some(task) => secret(transaction, task)?,
        None => None,
    };
    Ok(Claimed { number, body, secret })
}

pub(super) fn attempted(
    transaction: &Transaction,
    id: &str,
    number: u32,
    target: &DeliveryTarget,
    attempted: &Attempted,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let Attempted { outcome, took_ms, status, error, answer } = attempted;
    transaction
        .prepare_cached(
            "UPDATE delivery_attempts SET state = ?3, took_ms = ?4, status = ?5, error = ?6, answer = ?7 WHERE delivery = ?1 AND number = ?2",
        )?
        .execute(params![id, number, attempt_state(*outcome).as_str(), took_ms, status, error, answer])?;
    let ended = DeliveryEvent::AttemptEnded(*outcome);
    // If the task was removed meanwhile, its delivery was, too. Its receiver's 410 still counts: so any row will do.
    let (row, action) = step(row::read(transaction, id)?.unwrap_or_else(DeliveryRow::new_progress), ended);
    row::save(transaction, id, &row)?;
    if action == Action::DisableWebhook { disable(transaction, target, now) } else { Ok(()) }
}

/// Disables a webhook, and its other messages.
fn disable(transaction: &Transaction, target: &DeliveryTarget, now: Timestamp) -> rusqlite::Result<()> {
    let task = target.subject.task().map(|task| task.to_string());
    if target.is_own {
        transaction.execute("UPDATE webhooks SET disabled_at = ?2 WHERE task = ?1", params![task, ms(now)])?;
    } else {
        transaction.execute("INSERT OR REPLACE INTO disabled_webhooks (url, at) VALUES (?1, ?2)", params![target.url, ms(now)])?;
    }
    row::apply_to_all(
        transaction,
        "SELECT id FROM deliveries WHERE own = ?1 AND url = ?2 AND (own = 0 OR task = ?3) AND state IN ('waiting', 'sending')",
        &[&target.is_own, &target.url, &task],
        DeliveryEvent::WebhookDisabled,
    )
}

pub(super) fn replay(
    transaction: &Transaction,
    subject: DeliverySubject,
    id: &str,
    subscribers: &[Subscriber],
    now: Timestamp,
) -> rusqlite::Result<Replayed> {
    let (task, project) = match subject {
        DeliverySubject::Task(task) => (Some(task.to_string()), None),
        DeliverySubject::Project(project) => (None, Some(project.map(|project| project.to_string()).unwrap_or_default())),
    };
    let found: Option<(bool, String)> = transaction
        .query_row("SELECT own, url FROM deliveries WHERE id = ?1 AND task IS ?2 AND project IS ?3", params![id, task, project], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((own, url)) = found else { return Ok(Replayed::Unknown) };
    let Some(row) = row::read(transaction, id)? else { return Ok(Replayed::Unknown) };
    let (row, action) = step(row, DeliveryEvent::RedeliveryRequested { at: now });
    if action == Action::Ignore {
        return Ok(Replayed::Sending);
    }
    if own {
        transaction.execute("UPDATE webhooks SET disabled_at = NULL WHERE task = ?1", params![task])?;
    } else if subscribers.iter().any(|subscriber| subscriber.url == url) {
        transaction.execute("DELETE FROM disabled_webhooks WHERE url = ?1", [&url])?;
    } else {
        return Ok(Replayed::NoWebhook);
    }
    row::save(transaction, id, &row)?;
    Ok(Replayed::Done)
}

pub(super) fn claim_progress(
    transaction: &Transaction,
    target: &DeliveryTarget,
    id: &str,
    body: &str,
    at: Timestamp,
) -> rusqlite::Result<Option<Claimed>> {
    let Some(task) = target.subject.task().map(|task| task.to_string()) else { return Ok(None) };
    transaction.execute(
        "DELETE FROM deliveries WHERE task = ?1 AND own = ?2 AND url = ?3 AND event = 'progress' AND state <> 'sending'",
        params![task, target.is_own, target.url],
    )?;
    let row = DeliveryRow::new_progress();
    let made = transaction.execute(
        "INSERT OR IGNORE INTO deliveries (id, task, own, url, host, event, body, created_at, state, slot)
            SELECT ?1, id, ?3, ?4, ?5, 'progress', ?6, ?7, ?8, ?9 FROM tasks WHERE id = ?2 AND final = 0",
        params![id, task, target.is_own, target.url, target.host, body, ms(at), row.state.as_str(), row.slot],
    )?;
    if made == 0 { Ok(None) } else { begin_attempt(transaction, id, target, false, at).map(Some) }
}
