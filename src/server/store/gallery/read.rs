//! Reads outputs of the gallery.

use proto::{
    gallery::{Facet, GalleryId, GalleryOrder, Search},
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension};

use super::{
    indexing::facts_of,
    model::{GalleryItem, GalleryNeighbours, GalleryRange},
    results,
};
use crate::store::{MediaFile, time::time};

/// Those of these ids that are there, in this order.
pub(super) fn items(connection: &Connection, ids: &[i64]) -> rusqlite::Result<Vec<GalleryItem>> {
    ids.iter().filter_map(|id| item(connection, *id).transpose()).collect()
}

/// The newest output with this file.
pub(super) fn with_file(connection: &Connection, hash: &str) -> rusqlite::Result<Option<GalleryId>> {
    let mut statement = connection.prepare_cached("SELECT MAX(id) FROM gallery WHERE hash = ?1")?;
    let id: Option<i64> = statement.query_row([hash], |row| row.get(0))?;
    Ok(id.map(|id| GalleryId(id.cast_unsigned())))
}

pub(super) fn item(connection: &Connection, id: i64) -> rusqlite::Result<Option<GalleryItem>> {
    let found = connection
        .prepare_cached(
            "SELECT task, output, attempt, hash, bytes, mime, created_at, facts, star, rating, deleted_at
                FROM gallery LEFT JOIN media_files USING (hash) WHERE id = ?1",
        )?
        .query_row([id], |row| {
            let (task, facts): (Option<String>, String) = (row.get(0)?, row.get(7)?);
            let (bytes, mime): (Option<i64>, Option<String>) = (row.get(4)?, row.get(5)?);
            let bytes = bytes.unwrap_or_default().cast_unsigned();
            Ok(GalleryItem {
                id: GalleryId(id.cast_unsigned()),
                task: task.and_then(|task| task.parse().ok()),
                output: row.get(1)?,
                attempt: row.get(2)?,
                file: MediaFile { hash: row.get(3)?, bytes, mime: mime.filter(|mime| !mime.is_empty()) },
                created_at: time(row, 6)?,
                facts: facts_of(id, &facts),
                star: row.get(8)?,
                rating: row.get(9)?,
                tags: Vec::new(),
                albums: Vec::new(),
                deleted_at: row.get::<_, Option<i64>>(10)?.map(|ms| Timestamp(ms.cast_unsigned())),
            })
        })
        .optional()?;
    let Some(mut item) = found else { return Ok(None) };
    let mut statement = connection.prepare_cached(
        "SELECT facet, gallery_values.value FROM gallery_labels JOIN gallery_values ON id = gallery_labels.value WHERE picture = ?1 ORDER BY folded",
    )?;
    let mut labels = statement.query([id])?;
    while let Some(row) = labels.next()? {
        let facet: String = row.get(0)?;
        let list = if facet == <&str>::from(Facet::Tag) { &mut item.tags } else { &mut item.albums };
        list.push(row.get(1)?);
    }
    Ok(Some(item))
}

pub(super) fn neighbours(connection: &Connection, search: &Search, id: GalleryId) -> rusqlite::Result<GalleryNeighbours> {
    let next = |order| -> rusqlite::Result<Option<GalleryId>> {
        let range = GalleryRange { after: Some(id), ..GalleryRange::default() };
        let found = results::ids(connection, search, order, range, None, 1)?;
        Ok(found.first().map(|id| GalleryId(id.cast_unsigned())))
    };
    Ok(GalleryNeighbours { newer: next(GalleryOrder::Oldest)?, older: next(GalleryOrder::Newest)? })
}
