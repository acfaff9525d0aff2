//! Changes of many outputs, a portion in each transaction, so that the writes of tasks never wait long. What is left to do is on disk: an action that
//! was interrupted goes on at the next start.

use proto::{
    gallery::{GalleryActionResult, GalleryChange},
    limits,
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    apply::{Applied, apply, as_spelled},
    indexing,
    listing::{BEFORE_ALL, ResultsToList, list_portion, note_place},
    model::GalleryTarget,
    news::{self, GalleryNewsKind},
    results,
    undo::{Undoing, undo_portion},
    values::ValueCounts,
};
use crate::store::time::{ms, time};

const PORTION: i64 = limits::GALLERY_PORTION as i64;

/// An action that is not finished.
struct UnfinishedAction {
    change: GalleryChange,
    at: Timestamp,
    is_bulk: bool,
    is_undone: bool,
    /// Outputs up to this one are done; or listed, as long as there are some to list.
    place: i64,
    /// The list of outputs is not complete.
    to_list: Option<ResultsToList>,
}

/// Notes which outputs are to be changed, and how. Returns the action.
pub(super) fn begin(transaction: &Transaction, target: &GalleryTarget, change: &GalleryChange, now: Timestamp) -> rusqlite::Result<i64> {
    let change = as_spelled(transaction, change)?;
    let json = serde_json::to_string(&change).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let is_bulk = !matches!(target, GalleryTarget::Ids(ids) if ids.len() == 1);
    transaction
        .prepare_cached("INSERT INTO gallery_actions (at, change, bulk, state) VALUES (?1, ?2, ?3, 'applying')")?
        .execute(params![ms(now), json, is_bulk])?;
    let action = transaction.last_insert_rowid();
    match target {
        GalleryTarget::Ids(ids) => {
            let mut statement = transaction
                .prepare_cached("INSERT OR IGNORE INTO gallery_action_items (action, picture) SELECT ?1, id FROM gallery WHERE id = ?2")?;
            for id in ids {
                statement.execute([action, results::raw(*id)])?;
            }
        }
        GalleryTarget::Results { search, upto, except } => {
            if let Some(wanted) = ResultsToList::new(transaction, search, *upto, except)? {
                list_more(transaction, action, &wanted, BEFORE_ALL)?;
            }
        }
    }
    Ok(action)
}

fn list_more(transaction: &Transaction, action: i64, wanted: &ResultsToList, place: i64) -> rusqlite::Result<()> {
    let place = list_portion(transaction, action, wanted, place)?;
    note_place(transaction, action, wanted, place)
}

/// Goes on with an action. Returns whether there may be more to do.
pub(super) fn portion(transaction: &Transaction, action: i64) -> rusqlite::Result<bool> {
    let Some(unfinished) = unfinished(transaction, action)? else { return Ok(false) };
    if unfinished.is_undone {
        return undo_portion(transaction, &Undoing { action, change: &unfinished.change, at: unfinished.at });
    }
    if let Some(wanted) = &unfinished.to_list {
        list_more(transaction, action, wanted, unfinished.place)?;
        return Ok(true);
    }
    let mut statement = transaction
        .prepare_cached("SELECT picture FROM gallery_action_items WHERE action = ?1 AND picture > ?2 ORDER BY picture LIMIT ?3")?;
    let pictures = statement.query_map([action, unfinished.place, PORTION], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let mut counts = ValueCounts::default();
    let (mut changed, mut refused) = (0_i64, 0_i64);
    for picture in &pictures {
        match apply(transaction, *picture, &unfinished.change, unfinished.is_bulk, unfinished.at)? {
            Applied::Changed { before } => {
                changed += 1;
                transaction
                    .prepare_cached("UPDATE gallery_action_items SET before = ?3 WHERE action = ?1 AND picture = ?2")?
                    .execute([action, *picture, before])?;
                indexing::index(transaction, &mut counts, *picture)?;
                news::note(transaction, *picture, GalleryNewsKind::of(&unfinished.change, false))?;
                continue;
            }
            Applied::Refused => refused += 1,
            Applied::Unchanged => {}
        }
        transaction.prepare_cached("DELETE FROM gallery_action_items WHERE action = ?1 AND picture = ?2")?.execute([action, *picture])?;
    }
    counts.write(transaction)?;
    let more = pictures.len() >= limits::GALLERY_PORTION;
    transaction
        .prepare_cached("UPDATE gallery_actions SET place = ?2, changed = changed + ?3, refused = refused + ?4, state = ?5 WHERE id = ?1")?
        .execute(params![
            action,
            pictures.last().copied().unwrap_or(unfinished.place),
            changed,
            refused,
            if more { "applying" } else { "done" }
        ])?;
    Ok(more)
}

/// `None`: it is finished, or not there, or cannot be read.
fn unfinished(transaction: &Transaction, action: i64) -> rusqlite::Result<Option<UnfinishedAction>> {
    let found: Option<(String, Timestamp, bool, String, i64, Option<String>)> = transaction
        .prepare_cached(
            "SELECT change, at, bulk, state, place, to_list FROM gallery_actions WHERE id = ?1 AND state IN ('applying', 'undoing')",
        )?
        .query_row([action], |row| Ok((row.get(0)?, time(row, 1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))
        .optional()?;
    let Some((json, at, is_bulk, state, place, to_list)) = found else { return Ok(None) };
    let to_list = to_list.map(|json| serde_json::from_str(&json)).transpose();
    match serde_json::from_str(&json).and_then(|change| Ok((change, to_list?))) {
        Ok((change, to_list)) => Ok(Some(UnfinishedAction { change, at, is_bulk, is_undone: state == "undoing", place, to_list })),
        Err(error) => {
            tracing::error!(%error, action, "a change of the gallery cannot be read, and is given up");
            transaction.execute("UPDATE gallery_actions SET state = 'undone' WHERE id = ?1", [action])?;
            Ok(None)
        }
    }
}

/// The actions that an earlier process did not finish, the oldest first.
pub(super) fn all_unfinished(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT id FROM gallery_actions WHERE state IN ('applying', 'undoing') ORDER BY id")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// `None`: there is no such action any more. Of one that was undone, `changed` is how many outputs were changed back.
pub(super) fn result(connection: &Connection, action: i64) -> rusqlite::Result<Option<GalleryActionResult>> {
    connection
        .prepare_cached(
            "SELECT CASE WHEN state IN ('undoing', 'undone') THEN restored ELSE changed END, refused FROM gallery_actions WHERE id = ?1",
        )?
        .query_row([action], |row| {
            let (changed, refused): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok(GalleryActionResult {
                action: action.cast_unsigned(),
                changed: changed.cast_unsigned(),
                refused: refused.cast_unsigned(),
                also_at: Vec::new(),
            })
        })
        .optional()
}

/// Forgets a portion of the actions that are too old to be undone. Returns whether there may be more.
pub(super) fn forget_old(transaction: &Transaction) -> rusqlite::Result<bool> {
    let oldest: Option<i64> = transaction
        .prepare_cached(
            "SELECT MIN(id) FROM gallery_actions WHERE id <= (SELECT MAX(id) FROM gallery_actions) - ?1 AND state IN ('done', 'undone')",
        )?
        .query_row([limits::GALLERY_ACTIONS], |row| row.get(0))?;
    let Some(action) = oldest else { return Ok(false) };
    let removed = transaction
        .prepare_cached(
            "DELETE FROM gallery_action_items WHERE action = ?1 AND picture IN
                (SELECT picture FROM gallery_action_items WHERE action = ?1 ORDER BY picture LIMIT ?2)",
        )?
        .execute([action, PORTION * 10])?;
    if removed == 0 {
        transaction.prepare_cached("DELETE FROM gallery_actions WHERE id = ?1")?.execute([action])?;
    }
    Ok(true)
}
