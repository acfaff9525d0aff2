//! What an output was made from, and what was made from it.

use proto::limits;
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    model::{GallerySource, Lineage},
    read::{item, items},
};

/// Of an output that is not there: nothing.
pub(super) fn lineage(connection: &Connection, id: i64) -> rusqlite::Result<Lineage> {
    let hash: Option<String> =
        connection.prepare_cached("SELECT hash FROM gallery WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()?;
    let Some(hash) = hash else { return Ok(Lineage::default()) };
    let mut statement = connection.prepare_cached("SELECT parent_hash FROM gallery_parents WHERE child = ?1")?;
    let parents = statement.query_map([id], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    let made_from = parents.into_iter().map(|parent| source(connection, parent)).collect::<Result<_, _>>()?;
    let mut statement = connection
        .prepare_cached("SELECT child FROM gallery_parents WHERE parent_hash = ?1 AND child <> ?2 ORDER BY child DESC LIMIT ?3")?;
    let limit = i64::try_from(limits::GALLERY_LINEAGE).unwrap_or(i64::MAX);
    let children = statement.query_map(params![hash, id, limit], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    Ok(Lineage { made_from, led_to: items(connection, &children)? })
}

fn source(connection: &Connection, hash: String) -> rusqlite::Result<GallerySource> {
    let output: Option<i64> = connection
        .prepare_cached("SELECT id FROM gallery WHERE hash = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row([&hash], |row| row.get(0))
        .optional()?;
    if let Some(output) = output.and_then(|id| item(connection, id).transpose()) {
        return Ok(GallerySource::Output(Box::new(output?)));
    }
    let is_picture: bool =
        connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM pictures WHERE id = ?1)")?.query_row([&hash], |row| row.get(0))?;
    Ok(if is_picture { GallerySource::Picture(hash) } else { GallerySource::Gone(hash) })
}
