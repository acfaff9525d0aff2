//! The ids of the results of a search.

use std::collections::BTreeSet;

use proto::{
    gallery::{GalleryId, GalleryOrder, Search},
    limits,
};
use rusqlite::{Connection, Transaction, params};

use super::{
    compile::IndexQuery,
    model::GalleryRange,
    values,
    walk::{CountedPart, Walk, walk},
};

/// As the database has it.
pub(super) fn raw(id: GalleryId) -> i64 {
    i64::try_from(id.0).unwrap_or(i64::MAX)
}

/// A part of the results, in order. `parts`: all results up to `upto`, where they were counted.
pub(super) fn ids(
    connection: &Connection,
    search: &Search,
    order: GalleryOrder,
    range: GalleryRange,
    parts: Option<&[CountedPart]>,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    let mut query = IndexQuery::new(connection, search)?;
    if let Some(upto) = range.upto {
        query = query.older_than(raw(upto).saturating_add(1));
    }
    if let Some(after) = range.after.map(raw) {
        query = match order {
            GalleryOrder::Newest => query.older_than(after),
            GalleryOrder::Oldest => query.newer_than(after),
        };
    }
    if query.is_empty {
        return Ok(Vec::new());
    }
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let from_the_start = Walk { ids: query.ids, order, passed_over: range.offset, read: limit };
    let way = match parts {
        _ if range.offset == 0 || range.after.is_some() => Some(from_the_start),
        Some(parts) => walk(parts, order, range.offset, limit),
        None => match range.total.map_or_else(|| known_total(connection, search, range.upto), |total| Ok(Some(total)))? {
            // What is nearer to the other end is read from there.
            Some(results) => walk(&[CountedPart { ids: query.ids, results }], order, range.offset, limit),
            None => Some(from_the_start),
        },
    };
    let Some(way) = way else { return Ok(Vec::new()) };
    let mut ids = part(connection, &query.newer_than(way.ids.0 - 1).older_than(way.ids.1), way)?;
    if way.order != order {
        ids.reverse();
    }
    Ok(ids)
}

fn part(connection: &Connection, query: &IndexQuery, way: Walk) -> rusqlite::Result<Vec<i64>> {
    let direction = match way.order {
        GalleryOrder::Newest => "DESC",
        GalleryOrder::Oldest => "ASC",
    };
    let limit = i64::try_from(way.read).unwrap_or(i64::MAX);
    let offset = i64::try_from(way.passed_over).unwrap_or(i64::MAX);
    let sql = format!("{} ORDER BY 1 {direction} LIMIT ?2 OFFSET ?3", select(query, ID));
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![query.expression, limit, offset], |row| row.get(0))?;
    rows.collect()
}

const ID: &str = "rowid AS id";

/// `what` of the results; the expression is the first parameter.
fn select(query: &IndexQuery, what: &str) -> String {
    let range = query.range("rowid");
    match query.expression {
        Some(_) => format!("SELECT {what} FROM gallery_text WHERE gallery_text MATCH ?1 AND {range}"),
        // That index has nothing but the ids: passing over many of them is cheap.
        None => format!("SELECT {what} FROM gallery INDEXED BY gallery_live WHERE deleted_at IS NULL AND ?1 IS NULL AND {range}"),
    }
}

/// Those of these outputs that are results of a search.
pub(super) fn fitting(connection: &Connection, search: &Search, pictures: &[i64]) -> rusqlite::Result<BTreeSet<i64>> {
    let query = IndexQuery::new(connection, search)?;
    let mut found = BTreeSet::new();
    if query.is_empty || pictures.is_empty() {
        return Ok(found);
    }
    let sql = match query.expression {
        Some(_) => format!("SELECT 1 FROM gallery_text WHERE gallery_text MATCH ?1 AND rowid = ?2 AND {}", query.range("rowid")),
        None => format!("SELECT 1 FROM gallery WHERE deleted_at IS NULL AND ?1 IS NULL AND id = ?2 AND {}", query.range("id")),
    };
    let mut statement = connection.prepare_cached(&sql)?;
    for picture in pictures {
        if statement.exists(params![query.expression, picture])? {
            found.insert(*picture);
        }
    }
    Ok(found)
}

/// How many results there are up to `upto`, if the dictionary knows it.
pub(super) fn known_total(connection: &Connection, search: &Search, upto: Option<GalleryId>) -> rusqlite::Result<Option<u64>> {
    let query = IndexQuery::new(connection, search)?;
    let all = match (&query.expression, &query.only_values) {
        _ if query.has_dates() || query.is_empty => return Ok(None),
        (None, _) => values::all_outputs(connection)?,
        (Some(_), Some(ids)) => values::outputs_of(connection, ids)?,
        (Some(_), None) => return Ok(None),
    };
    without_newer(connection, query, all, upto).map(Some)
}

/// Newer ones than `upto` are few: they came while somebody looked at the results.
fn without_newer(connection: &Connection, query: IndexQuery, all: u64, upto: Option<GalleryId>) -> rusqlite::Result<u64> {
    match upto {
        Some(upto) => Ok(all.saturating_sub(count_all(connection, &query.newer_than(raw(upto)))?)),
        None => Ok(all),
    }
}

/// The newer ones, which are few.
fn count_all(connection: &Connection, query: &IndexQuery) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached(&select(query, "count(*)"))?;
    statement.query_row([&query.expression], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

/// The values of the newest results, at most [`limits::GALLERY_TALLY`] of them, by `tally`.
pub(super) fn tally(connection: &Connection, search: &Search, mut tally: impl FnMut(&[u8])) -> rusqlite::Result<()> {
    let query = IndexQuery::new(connection, search)?;
    if query.is_empty {
        return Ok(());
    }
    let newest = format!("{} ORDER BY 1 DESC LIMIT ?2", select(&query, ID));
    let sql = format!("SELECT value_ids FROM ({newest}) AS newest CROSS JOIN gallery_value_lists ON picture = newest.id");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![query.expression, i64::try_from(limits::GALLERY_TALLY).unwrap_or(i64::MAX)])?;
    while let Some(row) = rows.next()? {
        tally(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?);
    }
    Ok(())
}

/// Notes results as outputs that an action is to change: at most `limit`, those with the lowest ids. Returns how many.
pub(super) fn note_for_action(transaction: &Transaction, action: i64, query: &IndexQuery, limit: usize) -> rusqlite::Result<usize> {
    let found = format!("{} ORDER BY 1 LIMIT ?3", select(query, ID));
    let sql = format!("INSERT INTO gallery_action_items (action, picture) SELECT ?2, found.id FROM ({found}) AS found");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    // Not cached: the ids are in its text.
    transaction.prepare(&sql)?.execute(params![query.expression, action, limit])
}
