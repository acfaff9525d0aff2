//! Changes back what an action changed.

use proto::{gallery::GalleryChange, limits, time::Timestamp};
use rusqlite::{Transaction, params};

use super::{
    apply::restore,
    indexing,
    news::{self, GalleryNewsKind},
    values::ValueCounts,
};

pub(super) struct Undoing<'a> {
    pub action: i64,
    pub change: &'a GalleryChange,
    /// When it was begun.
    pub at: Timestamp,
}

/// From now on the action is undone; what it has not changed yet stays as it is. Of one that is undone already: nothing happens.
pub(super) fn begin_undo(transaction: &Transaction, action: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE gallery_actions SET state = 'undoing', to_list = NULL WHERE id = ?1 AND state IN ('applying', 'done')")?
        .execute([action])
        .map(drop)
}

/// Returns whether there may be more to do.
pub(super) fn undo_portion(transaction: &Transaction, undoing: &Undoing) -> rusqlite::Result<bool> {
    let mut statement =
        transaction.prepare_cached("SELECT picture, before FROM gallery_action_items WHERE action = ?1 ORDER BY picture LIMIT ?2")?;
    let limit = i64::try_from(limits::GALLERY_PORTION).unwrap_or(i64::MAX);
    let items = statement
        .query_map([undoing.action, limit], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(i64, Option<i64>)>, _>>()?;
    let mut counts = ValueCounts::default();
    let mut restored = 0_i64;
    for (picture, before) in &items {
        let is_restored = before.map_or(Ok(false), |before| restore(transaction, *picture, undoing.change, before, undoing.at))?;
        if is_restored {
            restored += 1;
            indexing::index(transaction, &mut counts, *picture)?;
            news::note(transaction, *picture, GalleryNewsKind::of(undoing.change, true))?;
        }
        transaction
            .prepare_cached("DELETE FROM gallery_action_items WHERE action = ?1 AND picture = ?2")?
            .execute([undoing.action, *picture])?;
    }
    counts.write(transaction)?;
    let more = items.len() >= limits::GALLERY_PORTION;
    transaction.prepare_cached("UPDATE gallery_actions SET restored = restored + ?2, state = ?3 WHERE id = ?1")?.execute(params![
        undoing.action,
        restored,
        if more { "undoing" } else { "undone" }
    ])?;
    Ok(more)
}
