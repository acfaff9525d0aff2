//! What happens in productions becomes messages to webhooks.

use proto::{
    production::{Moment, ProductionEvent, ProductionRecord, ProjectId, Take, TakeReview},
    webhook::ProductionWebhookEvent,
};
use rusqlite::{Transaction, params};

use super::{
    conflict::{ToldAs, at_version},
    refusal::UnitError,
};
use crate::store::{
    Subscriber,
    time::time,
    webhooks::{ProductionNews, announce_production},
};

/// Creates the messages for the events after the number `after`, in the transaction that wrote them. Returns whether there are any.
pub(in crate::store) fn announce_events(transaction: &Transaction, after: i64, subscribers: &[Subscriber]) -> rusqlite::Result<bool> {
    let mut statement =
        transaction.prepare_cached("SELECT number, project, at, event FROM production_log WHERE number > ?1 ORDER BY number")?;
    let mut rows = statement.query(params![after])?;
    let mut has_any = false;
    while let Some(row) = rows.next()? {
        let (number, project, event): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
        let project: Option<ProjectId> = project.parse().ok();
        let at = Moment(time(row, 2)?);
        match message(transaction, number, project, at, &event) {
            Ok(Some((event, body))) => {
                let news = ProductionNews { project, number, at: at.0, event, body: &body };
                has_any |= announce_production(transaction, &news, subscribers)?;
            }
            Ok(None) => {}
            Err(UnitError::Sql(error)) => return Err(error),
            // It is in the log, and said there.
            Err(UnitError::Refused(refusal)) => tracing::error!(%refusal, number, "webhooks are not told of an event"),
        }
    }
    Ok(has_any)
}

/// What webhooks are told of an event, and its JSON.
fn message(
    transaction: &Transaction,
    number: i64,
    project_id: Option<ProjectId>,
    timestamp: Moment,
    event: &str,
) -> Result<Option<(ProductionWebhookEvent, String)>, UnitError> {
    let event: ProductionEvent = serde_json::from_str(event)?;
    let before = match &event {
        ProductionEvent::TakeReviewed { take } => review_before(transaction, take)?,
        _ => None,
    };
    let Some(told) = ProductionWebhookEvent::of(&event, before) else { return Ok(None) };
    let record = ProductionRecord { number: number.cast_unsigned(), timestamp, project_id, event };
    Ok(Some((told, serde_json::to_string(&record)?)))
}

/// What people said of a take before this version of it.
fn review_before(transaction: &Transaction, take: &Take) -> Result<Option<TakeReview>, UnitError> {
    let Some(before) = at_version(transaction, &ToldAs::take(take), take.stamp.version.saturating_sub(1))? else { return Ok(None) };
    Ok(before.get("review").map(|review| serde_json::from_value(review.clone())).transpose()?)
}
