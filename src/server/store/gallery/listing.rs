//! The list of the outputs that an action is to change, of all results of a search: written in portions, so that the writes of tasks never wait long.
//! What is looked for is on disk until the list is complete.

use proto::{
    gallery::{GalleryId, Search},
    limits,
};
use rusqlite::{Transaction, params};
use serde::{Deserialize, Serialize};

use super::{compile::IndexQuery, results};

/// Which outputs are to be listed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ResultsToList {
    /// As in [`IndexQuery`]. It names values by their ids, which are never used again, so that it means the same after a restart.
    expression: Option<String>,
    /// Ids from the first to before the second, without these gaps.
    ids: (i64, i64),
    gaps: Vec<(i64, i64)>,
    /// Results that are left out.
    except: Vec<i64>,
}

impl ResultsToList {
    /// `None`: nothing can match.
    pub fn new(transaction: &Transaction, search: &Search, upto: GalleryId, except: &[GalleryId]) -> rusqlite::Result<Option<Self>> {
        let query = IndexQuery::new(transaction, search)?.older_than(results::raw(upto).saturating_add(1));
        let except = except.iter().map(|id| results::raw(*id)).collect();
        Ok((!query.is_empty).then_some(Self { expression: query.expression, ids: query.ids, gaps: query.gaps, except }))
    }
}

/// Lists some more outputs for an action: at most [`limits::GALLERY_LISTED`], of ids after `place`. Returns up to which output the list is complete;
/// `None`: all of it is.
pub(super) fn list_portion(transaction: &Transaction, action: i64, wanted: &ResultsToList, place: i64) -> rusqlite::Result<Option<i64>> {
    let ResultsToList { expression, ids, gaps, except } = wanted;
    let query = IndexQuery::of_parts(expression.clone(), *ids, gaps.clone()).newer_than(place);
    let listed = results::note_for_action(transaction, action, &query, limits::GALLERY_LISTED)?;
    let last: Option<i64> = transaction
        .prepare_cached("SELECT MAX(picture) FROM gallery_action_items WHERE action = ?1 AND picture > ?2")?
        .query_row([action, place], |row| row.get(0))?;
    let mut leave_out = transaction.prepare_cached("DELETE FROM gallery_action_items WHERE action = ?1 AND picture = ?2")?;
    for id in except.iter().filter(|id| **id > place && last.is_some_and(|last| **id <= last)) {
        leave_out.execute([action, *id])?;
    }
    Ok(last.filter(|_| listed >= limits::GALLERY_LISTED))
}

/// Notes how far the list of an action is.
pub(super) fn note_place(transaction: &Transaction, action: i64, wanted: &ResultsToList, place: Option<i64>) -> rusqlite::Result<()> {
    let json = serde_json::to_string(wanted).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    transaction
        .prepare_cached("UPDATE gallery_actions SET to_list = ?2, place = ?3 WHERE id = ?1")?
        .execute(params![action, place.map(|_| json), place.unwrap_or(BEFORE_ALL)])
        .map(drop)
}

/// The place before the first output.
pub(super) const BEFORE_ALL: i64 = -1;
