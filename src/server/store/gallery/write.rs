//! Adds outputs to the gallery, and removes them.

use std::borrow::Cow;

use proto::{limits, time::Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    indexing,
    keys::{GalleryMarks, IDS_OF_MS, first_id},
    model::NewGalleryItem,
    news::{self, GalleryNewsKind},
    values::ValueCounts,
};
use crate::store::{CopyKey, time::ms};
use proto::gallery::OutputFacts;

/// Adds those that are not there yet. Returns how many there were.
pub(super) fn add(transaction: &Transaction, items: &[NewGalleryItem]) -> rusqlite::Result<u64> {
    let mut counts = ValueCounts::default();
    let mut added = 0;
    for item in items {
        // An output without a row was removed with its task, or is of an earlier attempt.
        let is_there = item.key.map_or(Ok(true), |key| mark(transaction, key))?;
        if let Some(facts) = item.facts.as_ref().filter(|_| is_there) {
            let facts = with_settings_of_source(transaction, facts)?;
            added += u64::from(add_one(transaction, &mut counts, item, &facts)?);
        }
    }
    counts.write(transaction)?;
    Ok(added)
}

/// Notes that the gallery has an output, or cannot have it. Returns whether there is such an output.
fn mark(transaction: &Transaction, key: CopyKey) -> rusqlite::Result<bool> {
    let marked = transaction
        .prepare_cached("UPDATE media_outputs SET in_gallery = 1 WHERE task = ?1 AND output = ?2 AND attempt = ?3")?
        .execute(params![key.task.to_string(), key.output, key.attempt])?;
    Ok(marked > 0)
}

fn add_one(transaction: &Transaction, counts: &mut ValueCounts, item: &NewGalleryItem, facts: &OutputFacts) -> rusqlite::Result<bool> {
    let Ok(json) = serde_json::to_string(facts) else { return Ok(false) };
    let known: Option<(i64, u32)> = match item.key {
        Some(key) => transaction
            .prepare_cached("SELECT id, attempt FROM gallery WHERE task = ?1 AND output = ?2")?
            .query_row(params![key.task.to_string(), key.output], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?,
        None => transaction
            .prepare_cached("SELECT id, attempt FROM gallery WHERE hash = ?1 AND task IS NULL")?
            .query_row([&item.hash], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?,
    };
    let attempt = item.key.map_or(0, |key| key.attempt);
    let id = match known {
        Some((_, known)) if known >= attempt => return Ok(false),
        // Another attempt of the task takes its place.
        Some((id, _)) => {
            transaction
                .prepare_cached("UPDATE gallery SET attempt = ?2, hash = ?3, facts = ?4 WHERE id = ?1")?
                .execute(params![id, attempt, item.hash, json])?;
            transaction.prepare_cached("DELETE FROM gallery_parents WHERE child = ?1")?.execute([id])?;
            add_parents(transaction, id, facts)?;
            indexing::index(transaction, counts, id)?;
            id
        }
        None => {
            let id = free_id(transaction, item.created_at)?;
            let task = item.key.map(|key| key.task.to_string());
            transaction
                .prepare_cached(
                    "INSERT INTO gallery (id, task, output, attempt, hash, created_at, facts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![id, task, item.key.map_or(0, |key| key.output), attempt, item.hash, ms(item.created_at), json])?;
            add_parents(transaction, id, facts)?;
            indexing::index_new(transaction, counts, id, facts, GalleryMarks::default())?;
            id
        }
    };
    news::note(transaction, id, GalleryNewsKind::Added)?;
    Ok(true)
}

/// What is made from one picture alone may have its settings from there.
fn with_settings_of_source<'a>(transaction: &Transaction, facts: &'a OutputFacts) -> rusqlite::Result<Cow<'a, OutputFacts>> {
    let [parent] = facts.parents.as_slice() else { return Ok(Cow::Borrowed(facts)) };
    if facts.has_sampling() {
        return Ok(Cow::Borrowed(facts));
    }
    let json: Option<String> = transaction
        .prepare_cached("SELECT facts FROM gallery WHERE hash = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row([parent], |row| row.get(0))
        .optional()?;
    let mut facts = facts.clone();
    if let Some(source) = json.and_then(|json| serde_json::from_str(&json).ok()) {
        facts.inherit(&source);
    }
    Ok(Cow::Owned(facts))
}

fn add_parents(transaction: &Transaction, id: i64, facts: &OutputFacts) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached("INSERT OR IGNORE INTO gallery_parents (child, parent_hash) VALUES (?1, ?2)")?;
    facts.parents.iter().try_for_each(|parent| statement.execute(params![id, parent]).map(drop))
}

/// The number after the last one of that millisecond. When those are used up, a free one, or one of the next milliseconds.
fn free_id(transaction: &Transaction, at: Timestamp) -> rusqlite::Result<i64> {
    let mut first = first_id(at);
    loop {
        let end = first + IDS_OF_MS;
        let last: Option<i64> = transaction
            .prepare_cached("SELECT MAX(id) FROM gallery WHERE id >= ?1 AND id < ?2")?
            .query_row([first, end], |row| row.get(0))?;
        match last {
            None => return Ok(first),
            Some(last) if last + 1 < end => return Ok(last + 1),
            Some(_) => {}
        }
        let free: Option<i64> = transaction
            .prepare_cached(
                "SELECT id + 1 FROM gallery WHERE id >= ?1 AND id < ?2 - 1
                    AND NOT EXISTS (SELECT 1 FROM gallery AS other WHERE other.id = gallery.id + 1) ORDER BY id LIMIT 1",
            )?
            .query_row([first, end], |row| row.get(0))
            .optional()?;
        if let Some(free) = free {
            return Ok(free);
        }
        first = end;
    }
}

/// Removes some of those that were put in the trash before `before`. Returns how many.
pub(super) fn purge(transaction: &Transaction, before: Timestamp) -> rusqlite::Result<u64> {
    let mut statement = transaction.prepare_cached("SELECT id FROM gallery WHERE deleted_at < ?1 ORDER BY deleted_at LIMIT ?2")?;
    let limit = i64::try_from(limits::GALLERY_PORTION).unwrap_or(i64::MAX);
    let ids = statement.query_map(params![ms(before), limit], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    remove(transaction, &ids)?;
    Ok(ids.len() as u64)
}

/// Removes one of those that are in the trash. Returns whether it was there.
pub(super) fn purge_one(transaction: &Transaction, id: i64) -> rusqlite::Result<bool> {
    let is_in_trash: bool = transaction
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM gallery WHERE id = ?1 AND deleted_at IS NOT NULL)")?
        .query_row([id], |row| row.get(0))?;
    if is_in_trash {
        remove(transaction, &[id])?;
    }
    Ok(is_in_trash)
}

pub(super) fn remove(transaction: &Transaction, ids: &[i64]) -> rusqlite::Result<()> {
    let mut counts = ValueCounts::default();
    for id in ids {
        indexing::remove(transaction, &mut counts, *id)?;
        news::note(transaction, *id, GalleryNewsKind::Removed)?;
    }
    news::forget_removals(transaction)?;
    counts.write(transaction)
}

/// Joins some pages of the full-text index. `begins`: all of its parts are to become one. Returns whether there is more to do.
pub(super) fn merge(transaction: &Transaction, begins: bool) -> rusqlite::Result<bool> {
    let before = transaction.total_changes();
    let pages = if begins { -limits::GALLERY_MERGED_PAGES } else { limits::GALLERY_MERGED_PAGES };
    transaction.prepare_cached("INSERT INTO gallery_text (gallery_text, rank) VALUES ('merge', ?1)")?.execute([pages])?;
    // The statement itself counts as one change.
    Ok(transaction.total_changes() - before >= 2)
}
