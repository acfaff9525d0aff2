//! Reads and writes the state of a delivery. What an event changes, and what it causes, is decided by [`step`] alone.

use proto::webhook::{
    DeliveryState,
    delivery::{Action, DeliveryEvent, DeliveryRow, step},
};
use rusqlite::{OptionalExtension, ToSql, Transaction, params};

use super::read::at;
use crate::store::time::ms;

/// `None`: there is no such delivery, or its state is unknown to this version.
pub(super) fn read(transaction: &Transaction, id: &str) -> rusqlite::Result<Option<DeliveryRow>> {
    let row = transaction
        .prepare_cached("SELECT state, slot, next_at, due_at, by_hand, delivered FROM deliveries WHERE id = ?1")?
        .query_row([id], |row| {
            let Ok(state) = row.get::<_, String>(0)?.parse::<DeliveryState>() else { return Ok(None) };
            Ok(Some(DeliveryRow {
                state,
                slot: row.get(1)?,
                next_at: at(row, 2)?,
                due_at: at(row, 3)?,
                by_hand: row.get(4)?,
                delivered: row.get(5)?,
            }))
        })
        .optional()?;
    Ok(row.flatten())
}

pub(super) fn save(transaction: &Transaction, id: &str, row: &DeliveryRow) -> rusqlite::Result<()> {
    let DeliveryRow { state, slot, next_at, due_at, by_hand, delivered } = row;
    transaction
        .prepare_cached(
            "UPDATE deliveries SET state = ?2, slot = ?3, next_at = ?4, due_at = ?5, by_hand = ?6, delivered = ?7 WHERE id = ?1",
        )?
        .execute(params![id, state.as_str(), slot, next_at.map(ms), due_at.map(ms), by_hand, delivered])?;
    Ok(())
}

/// Applies an event to a delivery, and saves the row. `None`: there is no such delivery.
pub(super) fn apply(transaction: &Transaction, id: &str, event: DeliveryEvent) -> rusqlite::Result<Option<Action>> {
    let Some(row) = read(transaction, id)? else { return Ok(None) };
    let (row, action) = step(row, event);
    if action != Action::Ignore {
        save(transaction, id, &row)?;
    }
    Ok(Some(action))
}

/// Applies an event to all deliveries whose ids `select` returns.
pub(super) fn apply_to_all(transaction: &Transaction, select: &str, values: &[&dyn ToSql], event: DeliveryEvent) -> rusqlite::Result<()> {
    let ids: Vec<String> = transaction.prepare_cached(select)?.query_map(values, |row| row.get(0))?.collect::<Result<_, _>>()?;
    for id in ids {
        apply(transaction, &id, event)?;
    }
    Ok(())
}
