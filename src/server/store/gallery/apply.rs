//! Changes one output, and changes it back.

use proto::{
    gallery::{Facet, GalleryChange},
    time::Timestamp,
};
use rusqlite::{OptionalExtension, Transaction, params};

use super::values;
use crate::store::time::ms;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    /// It was so already, or is not there.
    Unchanged,
    /// It has a star, and does not go to the trash with others.
    Refused,
    /// `before` is what [`restore`] needs.
    Changed { before: i64 },
}

struct PictureState {
    star: bool,
    rating: u8,
    deleted_at: Option<i64>,
}

fn state(transaction: &Transaction, picture: i64) -> rusqlite::Result<Option<PictureState>> {
    transaction
        .prepare_cached("SELECT star, rating, deleted_at FROM gallery WHERE id = ?1")?
        .query_row([picture], |row| Ok(PictureState { star: row.get(0)?, rating: row.get(1)?, deleted_at: row.get(2)? }))
        .optional()
}

/// A tag or an album, and whether it is added.
fn label(change: &GalleryChange) -> Option<(&'static str, &str, bool)> {
    let (facet, value, adds) = match change {
        GalleryChange::AddTag(value) => (Facet::Tag, value, true),
        GalleryChange::RemoveTag(value) => (Facet::Tag, value, false),
        GalleryChange::AddToAlbum(value) => (Facet::Album, value, true),
        GalleryChange::RemoveFromAlbum(value) => (Facet::Album, value, false),
        GalleryChange::Star(_) | GalleryChange::Rating(_) | GalleryChange::Trash | GalleryChange::Restore => return None,
    };
    Some((facet.into(), value, adds))
}

/// The change with its tag or album spelled as it is known, so that undoing gives back that one.
pub(super) fn as_spelled(transaction: &Transaction, change: &GalleryChange) -> rusqlite::Result<GalleryChange> {
    let Some((facet, value, _)) = label(change) else { return Ok(change.clone()) };
    let value = values::label(transaction, facet, value)?.map_or_else(|| value.trim().to_owned(), |(_, known)| known);
    Ok(match change {
        GalleryChange::AddTag(_) => GalleryChange::AddTag(value),
        GalleryChange::RemoveTag(_) => GalleryChange::RemoveTag(value),
        GalleryChange::AddToAlbum(_) => GalleryChange::AddToAlbum(value),
        GalleryChange::RemoveFromAlbum(_) => GalleryChange::RemoveFromAlbum(value),
        other => other.clone(),
    })
}

/// `is_bulk`: with other outputs. The index of a changed output is to be written anew.
pub(super) fn apply(
    transaction: &Transaction,
    picture: i64,
    change: &GalleryChange,
    is_bulk: bool,
    at: Timestamp,
) -> rusqlite::Result<Applied> {
    let Some(state) = state(transaction, picture)? else { return Ok(Applied::Unchanged) };
    let before = match change {
        GalleryChange::Star(star) => (state.star != *star).then(|| i64::from(state.star)),
        GalleryChange::Rating(rating) => (state.rating != *rating).then(|| i64::from(state.rating)),
        GalleryChange::Trash if state.deleted_at.is_none() && state.star && is_bulk => return Ok(Applied::Refused),
        GalleryChange::Trash => state.deleted_at.is_none().then_some(0),
        GalleryChange::Restore => state.deleted_at,
        change => {
            let changed = label(change).map_or(Ok(false), |(facet, value, adds)| set_label(transaction, picture, facet, value, adds))?;
            return Ok(if changed { Applied::Changed { before: 0 } } else { Applied::Unchanged });
        }
    };
    let Some(before) = before else { return Ok(Applied::Unchanged) };
    match change {
        GalleryChange::Star(star) => set(transaction, picture, "star", Some(i64::from(*star))),
        GalleryChange::Rating(rating) => set(transaction, picture, "rating", Some(i64::from(*rating))),
        GalleryChange::Trash => set(transaction, picture, "deleted_at", Some(ms(at))),
        _ => set(transaction, picture, "deleted_at", None),
    }?;
    Ok(Applied::Changed { before })
}

/// Undoes what `apply` did to an output, unless it was changed again since. Returns whether it is different now.
pub(super) fn restore(
    transaction: &Transaction,
    picture: i64,
    change: &GalleryChange,
    before: i64,
    at: Timestamp,
) -> rusqlite::Result<bool> {
    let Some(state) = state(transaction, picture)? else { return Ok(false) };
    let (column, value) = match change {
        GalleryChange::Star(star) if state.star == *star => ("star", Some(before)),
        GalleryChange::Rating(rating) if state.rating == *rating => ("rating", Some(before)),
        GalleryChange::Trash if state.deleted_at == Some(ms(at)) => ("deleted_at", None),
        GalleryChange::Restore if state.deleted_at.is_none() => ("deleted_at", Some(before)),
        change => {
            return label(change).map_or(Ok(false), |(facet, value, adds)| set_label(transaction, picture, facet, value, !adds));
        }
    };
    set(transaction, picture, column, value)?;
    Ok(true)
}

fn set(transaction: &Transaction, picture: i64, column: &str, value: Option<i64>) -> rusqlite::Result<()> {
    transaction.prepare_cached(&format!("UPDATE gallery SET {column} = ?2 WHERE id = ?1"))?.execute(params![picture, value]).map(drop)
}

/// Returns whether it was not so.
fn set_label(transaction: &Transaction, picture: i64, facet: &str, value: &str, adds: bool) -> rusqlite::Result<bool> {
    let known = values::label(transaction, facet, value)?.map(|(id, _)| id);
    let changed = if adds {
        let id = known.map_or_else(|| values::id_of(transaction, facet, value), Ok)?;
        transaction.prepare_cached("INSERT OR IGNORE INTO gallery_labels (picture, value) VALUES (?1, ?2)")?.execute([picture, id])?
    } else {
        let Some(id) = known else { return Ok(false) };
        let removed = transaction.prepare_cached("DELETE FROM gallery_labels WHERE picture = ?1 AND value = ?2")?.execute([picture, id])?;
        values::forget_label(transaction, id)?;
        removed
    };
    Ok(changed > 0)
}
