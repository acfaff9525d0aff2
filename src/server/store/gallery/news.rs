//! What happened to outputs, in the order in which it was stored: the ids of outputs are in the order of their making, so a program that follows the
//! gallery could miss those of tasks that ended late.
//!
//! Each output has at most one entry of each kind, the last one. So the log is as long as the gallery, and a program that comes back after any time gets
//! everything that it missed; only of outputs that were removed for good the newest [`limits::GALLERY_REMOVALS`] are known.

use proto::{
    gallery::{GalleryChange, GalleryId, Search},
    limits,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use strum::{EnumString, IntoStaticStr};

use super::{model::GalleryItem, read, results};

/// The table, as the migration creates it. Released, so it never changes.
pub(in crate::store) fn create_news(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- The last of each kind that happened to an output. `seq`: in the order in which it was stored; a number is never used again.
        CREATE TABLE gallery_news (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            picture INTEGER NOT NULL,
            kind TEXT NOT NULL,
            UNIQUE (picture, kind)
        ) STRICT;
        CREATE INDEX gallery_news_removed ON gallery_news (seq) WHERE kind = 'removed';",
    )
}

/// What happened to an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum GalleryNewsKind {
    /// It is new, or another attempt of its task took its place.
    Added,
    /// Its star, rating, tags or albums.
    Changed,
    Trashed,
    Restored,
    /// For good.
    Removed,
}

impl GalleryNewsKind {
    /// What a change is to an output, or its undoing.
    pub(super) fn of(change: &GalleryChange, is_undone: bool) -> Self {
        match (change, is_undone) {
            (GalleryChange::Trash, false) | (GalleryChange::Restore, true) => Self::Trashed,
            (GalleryChange::Restore, false) | (GalleryChange::Trash, true) => Self::Restored,
            _ => Self::Changed,
        }
    }

    /// The kinds that it makes void.
    fn replaces(self) -> &'static str {
        match self {
            Self::Added => "('changed', 'trashed', 'restored', 'removed')",
            Self::Changed => "()",
            Self::Trashed => "('restored')",
            Self::Restored => "('trashed')",
            Self::Removed => "('added', 'changed', 'trashed', 'restored')",
        }
    }
}

/// Something that happened to an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GalleryNews {
    pub seq: u64,
    pub kind: GalleryNewsKind,
    pub id: GalleryId,
    /// The output as it is now. `None`: it was removed since.
    pub item: Option<Box<GalleryItem>>,
    /// Whether it is a result of the search now.
    pub is_result: bool,
}

/// A part of what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GalleryNewsPage {
    pub news: Vec<GalleryNews>,
    /// Where to read on.
    pub next: u64,
    /// Everything since the place where it was read is there, or will be on the next pages. Otherwise outputs were removed that are not told, or the database
    /// was put back to an earlier state.
    pub is_complete: bool,
}

/// The key of the newest entry of a removed output that was forgotten.
const FORGOTTEN: &str = "gallery_removals_forgotten";

/// Notes that something happened to an output.
pub(super) fn note(transaction: &Transaction, picture: i64, kind: GalleryNewsKind) -> rusqlite::Result<()> {
    let word: &str = kind.into();
    transaction
        .prepare_cached(&format!("DELETE FROM gallery_news WHERE picture = ?1 AND kind IN {}", kind.replaces()))?
        .execute([picture])?;
    // One of this kind is replaced: with a new number.
    transaction.prepare_cached("INSERT OR REPLACE INTO gallery_news (picture, kind) VALUES (?1, ?2)")?.execute(params![picture, word])?;
    Ok(())
}

/// Forgets the oldest removals, if there are too many.
pub(super) fn forget_removals(transaction: &Transaction) -> rusqlite::Result<()> {
    let oldest: Option<i64> = transaction
        .prepare_cached("SELECT seq FROM gallery_news WHERE kind = 'removed' ORDER BY seq DESC LIMIT 1 OFFSET ?1")?
        .query_row([limits::GALLERY_REMOVALS], |row| row.get(0))
        .optional()?;
    if let Some(oldest) = oldest {
        transaction.prepare_cached("DELETE FROM gallery_news WHERE kind = 'removed' AND seq <= ?1")?.execute([oldest])?;
        transaction
            .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
            .execute(params![FORGOTTEN, oldest.to_string()])?;
    }
    Ok(())
}

/// The number of the newest entry; 0: nothing happened yet.
pub(in crate::store) fn newest_news(connection: &Connection) -> rusqlite::Result<i64> {
    let newest = connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'gallery_news'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(newest.unwrap_or_default())
}

/// The newest entry of a removed output that was forgotten; 0: none was.
fn forgotten(connection: &Connection) -> rusqlite::Result<i64> {
    let forgotten: Option<String> =
        connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([FORGOTTEN], |row| row.get(0)).optional()?;
    Ok(forgotten.and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// To which outputs something happened after the entry `seq`, in rising order. `None`: to more than [`limits::GALLERY_CHANGED`], or it is not known.
pub(super) fn changed_since(connection: &Connection, seq: i64) -> rusqlite::Result<Option<Vec<i64>>> {
    if seq > newest_news(connection)? || seq < forgotten(connection)? {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached("SELECT picture FROM gallery_news WHERE seq > ?1 LIMIT ?2")?;
    let limit = i64::try_from(limits::GALLERY_CHANGED + 1).unwrap_or(i64::MAX);
    let mut changed = statement.query_map([seq, limit], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    changed.sort_unstable();
    Ok((changed.len() <= limits::GALLERY_CHANGED).then_some(changed))
}

/// What happened after `after`, at most `limit`. `search`: of which outputs may be results.
pub(super) fn page(connection: &Connection, search: &Search, after: i64, limit: u32) -> rusqlite::Result<GalleryNewsPage> {
    let newest = newest_news(connection)?;
    if after > newest || after < forgotten(connection)? {
        return Ok(GalleryNewsPage { news: Vec::new(), next: newest.cast_unsigned(), is_complete: false });
    }
    let mut statement = connection.prepare_cached("SELECT seq, picture, kind FROM gallery_news WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let rows = statement
        .query_map(params![after, limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(i64, i64, String)>, _>>()?;
    let pictures: Vec<i64> = rows.iter().map(|(_, picture, _)| *picture).collect();
    let found = results::fitting(connection, search, &pictures)?;
    let next = if rows.len() < limit as usize { newest } else { rows.last().map_or(newest, |(seq, ..)| *seq) };
    let mut news = Vec::new();
    for (seq, picture, kind) in rows {
        let Ok(kind) = kind.parse::<GalleryNewsKind>() else { continue };
        let item = if kind == GalleryNewsKind::Removed { None } else { read::item(connection, picture)? };
        let (id, is_result) = (GalleryId(picture.cast_unsigned()), found.contains(&picture));
        news.push(GalleryNews { seq: seq.cast_unsigned(), kind, id, item: item.map(Box::new), is_result });
    }
    Ok(GalleryNewsPage { news, next: next.cast_unsigned(), is_complete: true })
}
