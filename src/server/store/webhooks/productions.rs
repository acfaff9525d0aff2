//! Messages about productions: written with the events that they tell, and forgotten after a while.

use proto::{
    limits,
    production::ProjectId,
    time::Timestamp,
    webhook::{ProductionWebhookEvent, delivery::DeliveryRow},
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Subscriber, write::webhook_tag};
use crate::{clock::now, store::time::ms};

/// Something that happened in a production.
pub(in crate::store) struct ProductionNews<'a> {
    /// `None`: an agent did it that works for none.
    pub project: Option<ProjectId>,
    /// Of the event in the log.
    pub number: i64,
    pub at: Timestamp,
    pub event: ProductionWebhookEvent,
    /// As event streams have it.
    pub body: &'a str,
}

/// Creates the messages for it. Returns whether there are any.
pub(in crate::store) fn announce_production(
    transaction: &Transaction,
    news: &ProductionNews,
    subscribers: &[Subscriber],
) -> rusqlite::Result<bool> {
    let ProductionNews { project, number, at, event, body } = news;
    let project_word = project.map(|project| project.to_string()).unwrap_or_default();
    let mut has_any = false;
    for subscriber in subscribers.iter().filter(|subscriber| subscriber.wants(*project, *event)) {
        let is_disabled = transaction
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM disabled_webhooks WHERE url = ?1)")?
            .query_row([&subscriber.url], |row| row.get(0))?;
        let created_at = in_order(transaction, &project_word, *at)?;
        let row = DeliveryRow::new(created_at, is_disabled);
        transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO deliveries (id, project, own, url, host, event, body, created_at, state, next_at, due_at)
                    VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                message_id(*project, *number, subscriber),
                project_word,
                subscriber.url,
                subscriber.host,
                event.as_str(),
                body,
                ms(created_at),
                row.state.as_str(),
                row.next_at.map(ms),
                row.due_at.map(ms)
            ])?;
        has_any = true;
    }
    Ok(has_any)
}

/// The id of a message, the same for all its attempts: of a project, an event of it, and a webhook.
fn message_id(project: Option<ProjectId>, number: i64, subscriber: &Subscriber) -> String {
    let project = project.map_or_else(|| "agents".to_owned(), |project| project.0.simple().to_string());
    format!("msg_{project}_{number}_{}", webhook_tag(&subscriber.url))
}

/// When a message of a project is first due: not before the one before it, because changes may be stored in another order than that of their times. A clock that was
/// put back delays nothing.
fn in_order(connection: &Connection, project: &str, at: Timestamp) -> rusqlite::Result<Timestamp> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT created_at FROM deliveries WHERE project = ?1 ORDER BY rowid DESC LIMIT 1")?
        .query_row([project], |row| row.get(0))
        .optional()?;
    Ok(at.max(Timestamp(last.unwrap_or_default().cast_unsigned()).min(now())))
}

/// Removes a portion of the messages of each project that are over, but the newest [`limits::PROJECT_MESSAGES`]. Returns how many.
pub(in crate::store) fn forget_productions(connection: &Connection) -> rusqlite::Result<usize> {
    let projects: Vec<String> = connection
        .prepare_cached("SELECT id FROM projects UNION ALL SELECT ''")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut removed = 0;
    for project in projects {
        removed += connection
            .prepare_cached(
                "DELETE FROM deliveries WHERE rowid IN (SELECT rowid FROM deliveries
                    WHERE project = ?1 AND state NOT IN ('waiting', 'sending') ORDER BY rowid DESC LIMIT ?3 OFFSET ?2)",
            )?
            .execute(params![project, limits::PROJECT_MESSAGES, i64::try_from(limits::RETENTION_PORTION).unwrap_or(i64::MAX)])?;
    }
    Ok(removed)
}
