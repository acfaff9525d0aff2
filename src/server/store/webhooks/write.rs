//! Writes webhook deliveries.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    Attempted, Claimed, DeliveryTarget, Due, OwnWebhook, Replayed, Subscriber,
    read::{own, secret},
};
use proto::{
    ids::TaskId,
    limits,
    time::Timestamp,
    webhook::{AttemptOutcome, DeliveryState, WebhookEvent, message_id},
};

fn ms(at: Timestamp) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

/// Cleans up after the previous process: attempts without a recorded result, and messages for webhooks that no longer exist.
pub(super) fn begin(transaction: &Transaction, subscribers: &[Subscriber]) -> rusqlite::Result<()> {
    transaction.execute("UPDATE delivery_attempts SET state = 'interrupted' WHERE state = 'sending'", [])?;
    transaction.execute(
        "UPDATE deliveries SET due_at = next_at,
            state = CASE WHEN next_at IS NOT NULL THEN 'waiting' WHEN delivered = 1 THEN 'delivered' ELSE 'failed' END
            WHERE state = 'sending'",
        [],
    )?;
    let urls: Vec<&str> = subscribers.iter().map(|subscriber| subscriber.url.as_str()).collect();
    let urls = serde_json::Value::from(urls).to_string();
    transaction.execute(
        "UPDATE deliveries SET state = 'disabled', next_at = NULL, due_at = NULL, by_hand = 0
            WHERE own = 0 AND due_at IS NOT NULL AND url NOT IN (SELECT value FROM json_each(?1))",
        [&urls],
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
    let mut insert = transaction.prepare_cached(
        "INSERT OR IGNORE INTO deliveries (id, task, own, url, host, event, state, created_at, next_at, due_at)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, state, ?7, at, at
            FROM (SELECT IIF(off, 'disabled', 'waiting') AS state, IIF(off, NULL, ?7) AS at
                FROM (SELECT ?8 OR EXISTS (SELECT 1 FROM disabled_webhooks WHERE ?3 = 0 AND url = ?4) AS off))",
    )?;
    for (event, at) in events {
        if let Some(own) = own.as_ref().filter(|own| own.events.contains(event)) {
            let (message, off) = (message_id(task, event, ""), own.disabled_at.is_some());
            insert.execute(params![message, id, true, own.url, own.host, event.as_str(), ms(at), off])?;
        }
        for subscriber in subscribers.iter().filter(|subscriber| subscriber.events.contains(event)) {
            let message = message_id(task, event, &webhook_tag(&subscriber.url));
            insert.execute(params![message, id, false, subscriber.url, subscriber.host, event.as_str(), ms(at), false])?;
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
    // A requested replay does not change the schedule.
    let claimed = if due.by_hand {
        transaction
            .prepare_cached(
                "UPDATE deliveries SET state = 'sending', by_hand = 0, due_at = NULL, body = COALESCE(body, ?2)
                    WHERE id = ?1 AND by_hand = 1 AND due_at IS NOT NULL",
            )?
            .execute(params![due.id, body])?
    } else {
        transaction
            .prepare_cached(
                "UPDATE deliveries SET state = 'sending', slot = slot + 1, next_at = ?3, due_at = NULL, body = COALESCE(body, ?2)
                    WHERE id = ?1 AND by_hand = 0 AND due_at IS NOT NULL AND slot = ?4",
            )?
            .execute(params![due.id, body, next_at.map(ms), due.slot])?
    };
    if claimed == 0 { Ok(None) } else { begin_attempt(transaction, &due.id, &due.line, due.by_hand, at).map(Some) }
}

fn begin_attempt(transaction: &Transaction, id: &str, line: &DeliveryTarget, by_hand: bool, at: Timestamp) -> rusqlite::Result<Claimed> {
    let number: u32 = transaction
        .prepare_cached("SELECT COALESCE(MAX(number), 0) + 1 FROM delivery_attempts WHERE delivery = ?1")?
        .query_row([id], |row| row.get(0))?;
    transaction
        .prepare_cached("INSERT INTO delivery_attempts (delivery, number, at, by_hand, state) VALUES (?1, ?2, ?3, ?4, 'sending')")?
        .execute(params![id, number, ms(at), by_hand])?;
    transaction
        .prepare_cached("DELETE FROM delivery_attempts WHERE delivery = ?1 AND number <= ?2")?
        .execute(params![id, i64::from(number) - i64::try_from(limits::WEBHOOK_ATTEMPTS).unwrap_or(i64::MAX)])?;
    let body = transaction
        .prepare_cached("SELECT body FROM deliveries WHERE id = ?1")?
        .query_row([id], |row| row.get::<_, Option<String>>(0))?
        .unwrap_or_default();
    let secret = if line.is_own { secret(transaction, line.task)? } else { None };
    Ok(Claimed { number, body, secret })
}

pub(super) fn attempted(
    transaction: &Transaction,
    id: &str,
    number: u32,
    line: &DeliveryTarget,
    attempted: &Attempted,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let Attempted { outcome, took_ms, status, error, answer } = attempted;
    let state = if *outcome == AttemptOutcome::Delivered { "delivered" } else { "failed" };
    transaction
        .prepare_cached(
            "UPDATE delivery_attempts SET state = ?3, took_ms = ?4, status = ?5, error = ?6, answer = ?7 WHERE delivery = ?1 AND number = ?2",
        )?
        .execute(params![id, number, state, took_ms, status, error, answer])?;
    match outcome {
        AttemptOutcome::Delivered => {
            transaction
                .prepare_cached("UPDATE deliveries SET state = 'delivered', delivered = 1, next_at = NULL, due_at = NULL WHERE id = ?1")?
                .execute([id])?;
        }
        AttemptOutcome::Again { not_before } => {
            transaction
                .prepare_cached(
                    "UPDATE deliveries SET next_at = MAX(next_at, ?2), due_at = MAX(next_at, ?2),
                        state = CASE WHEN next_at IS NOT NULL THEN 'waiting' WHEN delivered = 1 THEN 'delivered' ELSE 'failed' END
                        WHERE id = ?1",
                )?
                .execute(params![id, not_before.map_or(0, ms)])?;
        }
        AttemptOutcome::Gone => disable(transaction, id, line, now)?,
    }
    Ok(())
}

/// The receiver answered 410: disables it for this message and all others.
fn disable(transaction: &Transaction, id: &str, line: &DeliveryTarget, now: Timestamp) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE deliveries SET state = IIF(delivered = 1, 'delivered', 'disabled'), next_at = NULL, due_at = NULL WHERE id = ?1",
        [id],
    )?;
    if line.is_own {
        transaction.execute("UPDATE webhooks SET disabled_at = ?2 WHERE task = ?1", params![line.task.to_string(), ms(now)])?;
    } else {
        transaction.execute("INSERT OR REPLACE INTO disabled_webhooks (url, at) VALUES (?1, ?2)", params![line.url, ms(now)])?;
    }
    // Calls in progress finish, and are not retried.
    transaction.execute(
        "UPDATE deliveries SET state = IIF(state = 'waiting', 'disabled', state), next_at = NULL, due_at = NULL, by_hand = 0
            WHERE own = ?1 AND url = ?2 AND (own = 0 OR task = ?3) AND state IN ('waiting', 'sending')",
        params![line.is_own, line.url, line.task.to_string()],
    )?;
    Ok(())
}

pub(super) fn replay(
    transaction: &Transaction,
    task: TaskId,
    id: &str,
    subscribers: &[Subscriber],
    now: Timestamp,
) -> rusqlite::Result<Replayed> {
    let task = task.to_string();
    let found: Option<(String, bool, String)> = transaction
        .query_row("SELECT state, own, url FROM deliveries WHERE id = ?1 AND task = ?2", [id, &task], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((state, own, url)) = found else { return Ok(Replayed::Unknown) };
    if state.parse::<DeliveryState>().ok() == Some(DeliveryState::Sending) {
        return Ok(Replayed::Sending);
    }
    if own {
        transaction.execute("UPDATE webhooks SET disabled_at = NULL WHERE task = ?1", [&task])?;
    } else if subscribers.iter().any(|subscriber| subscriber.url == url) {
        transaction.execute("DELETE FROM disabled_webhooks WHERE url = ?1", [&url])?;
    } else {
        return Ok(Replayed::NoWebhook);
    }
    transaction.execute("UPDATE deliveries SET state = 'waiting', by_hand = 1, due_at = ?2 WHERE id = ?1", params![id, ms(now)])?;
    Ok(Replayed::Done)
}

pub(super) fn claim_progress(
    transaction: &Transaction,
    line: &DeliveryTarget,
    id: &str,
    body: &str,
    at: Timestamp,
) -> rusqlite::Result<Option<Claimed>> {
    let task = line.task.to_string();
    transaction.execute(
        "DELETE FROM deliveries WHERE task = ?1 AND own = ?2 AND url = ?3 AND event = 'progress' AND state <> 'sending'",
        params![task, line.is_own, line.url],
    )?;
    let made = transaction.execute(
        "INSERT OR IGNORE INTO deliveries (id, task, own, url, host, event, body, state, created_at, slot)
            SELECT ?1, id, ?3, ?4, ?5, 'progress', ?6, 'sending', ?7, 1 FROM tasks WHERE id = ?2 AND final = 0",
        params![id, task, line.is_own, line.url, line.host, body, ms(at)],
    )?;
    if made == 0 { Ok(None) } else { begin_attempt(transaction, id, line, false, at).map(Some) }
}
