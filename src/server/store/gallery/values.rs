//! The dictionary: which values there are, and how many outputs have each.

use std::collections::BTreeMap;

use proto::gallery::{Facet, FacetValue};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::model_path::ModelPath;

/// The id of a value, which is added if it is new.
pub(super) fn id_of(transaction: &Transaction, facet: &str, value: &str) -> rusqlite::Result<i64> {
    let known = transaction
        .prepare_cached("SELECT id FROM gallery_values WHERE facet = ?1 AND value = ?2")?
        .query_row([facet, value], |row| row.get(0))
        .optional()?;
    known.map_or_else(|| insert(transaction, facet, value), Ok)
}

fn insert(transaction: &Transaction, facet: &str, value: &str) -> rusqlite::Result<i64> {
    transaction.prepare_cached("INSERT INTO gallery_values (facet, value, folded) VALUES (?1, ?2, ?3)")?.execute([
        facet,
        value,
        &folded(facet, value),
    ])?;
    Ok(transaction.last_insert_rowid())
}

/// A tag or an album, in the spelling that it got first: `Cat` and `cat` are one.
pub(super) fn label(connection: &Connection, facet: &str, value: &str) -> rusqlite::Result<Option<(i64, String)>> {
    connection
        .prepare_cached("SELECT id, value FROM gallery_values WHERE facet = ?1 AND folded = ?2 ORDER BY id LIMIT 1")?
        .query_row([facet, &folded(facet, value)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Forgets a tag or an album that no output has any more.
pub(super) fn forget_label(transaction: &Transaction, id: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "DELETE FROM gallery_values WHERE id = ?1 AND facet IN ('tag', 'album')
                AND NOT EXISTS (SELECT 1 FROM gallery_labels WHERE value = ?1)",
        )?
        .execute([id])?;
    Ok(())
}

fn is_model_file(facet: &str) -> bool {
    facet == <&str>::from(Facet::Model) || facet == <&str>::from(Facet::Lora)
}

/// What a value is looked up by: lower case, and of a model's file its name without folder and extension.
fn folded(facet: &str, value: &str) -> String {
    if is_model_file(facet) { ModelPath::new(value).stem } else { value.trim().to_lowercase() }
}

/// The ids of the values that `asked` means.
pub(super) fn ids_called(connection: &Connection, facet: Facet, asked: &FacetValue) -> rusqlite::Result<Vec<i64>> {
    let facet: &str = facet.into();
    let path = is_model_file(facet).then(|| ModelPath::new(&asked.text));
    let wanted = path.as_ref().map_or_else(|| asked.text.trim().to_lowercase(), |path| path.stem.clone());
    let end = if asked.is_prefix { format!("{wanted}\u{10FFFF}") } else { wanted.clone() };
    let mut statement =
        connection.prepare_cached("SELECT id, value FROM gallery_values WHERE facet = ?1 AND folded >= ?2 AND folded <= ?3")?;
    let mut rows = statement.query([facet, &wanted, &end])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, value): (i64, String) = (row.get(0)?, row.get(1)?);
        if path.as_ref().is_none_or(|path| ModelPath::new(&value).is_called(path, asked.is_prefix)) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The ids of the values of one facet that are wanted.
pub(super) fn ids_where(connection: &Connection, facet: &str, is_wanted: impl Fn(&str) -> bool) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT id, value FROM gallery_values WHERE facet = ?1")?;
    let mut rows = statement.query([facet])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        let value = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        if is_wanted(value) {
            ids.push(row.get(0)?);
        }
    }
    Ok(ids)
}

/// The values of one facet that are numbers, with their ids.
pub(super) fn numbers(connection: &Connection, facet: &str, number: impl Fn(&str) -> Option<u64>) -> rusqlite::Result<Vec<(u64, i64)>> {
    let mut statement = connection.prepare_cached("SELECT id, value FROM gallery_values WHERE facet = ?1")?;
    let mut rows = statement.query([facet])?;
    let mut numbers = Vec::new();
    while let Some(row) = rows.next()? {
        let value = number(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
        if let Some(value) = value {
            numbers.push((value, row.get(0)?));
        }
    }
    Ok(numbers)
}

/// The values of a facet that begin with `prefix`, of outputs that are not in the trash: the most frequent first.
pub(super) fn most_frequent(connection: &Connection, facet: Facet, prefix: &str, limit: usize) -> rusqlite::Result<Vec<(String, u64)>> {
    let facet: &str = facet.into();
    let wanted = folded(facet, prefix);
    let mut statement = connection.prepare_cached(
        "SELECT value, outputs FROM gallery_values WHERE facet = ?1 AND folded >= ?2 AND folded <= ?3 AND outputs > 0
            ORDER BY outputs DESC, folded, value LIMIT ?4",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![facet, wanted, format!("{wanted}\u{10FFFF}"), limit], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
    })?;
    rows.collect()
}

/// How many outputs that are not in the trash have these values, of which each has at most one.
pub(super) fn outputs_of(connection: &Connection, ids: &[i64]) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached("SELECT outputs FROM gallery_values WHERE id = ?1")?;
    ids.iter().map(|id| statement.query_row([id], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)).sum()
}

/// All outputs that are not in the trash: each has one type.
pub(super) fn all_outputs(connection: &Connection) -> rusqlite::Result<u64> {
    let facet: &str = Facet::Type.into();
    let sum: i64 = connection
        .prepare_cached("SELECT COALESCE(SUM(outputs), 0) FROM gallery_values WHERE facet = ?1")?
        .query_row([facet], |row| row.get(0))?;
    Ok(sum.cast_unsigned())
}

/// Changes of the numbers of outputs in one transaction, written once at its end.
#[derive(Default)]
pub(super) struct ValueCounts(BTreeMap<i64, i64>);

impl ValueCounts {
    pub fn add(&mut self, values: &[i64], by: i64) {
        for value in values {
            *self.0.entry(*value).or_default() += by;
        }
    }

    pub fn write(self, transaction: &Transaction) -> rusqlite::Result<()> {
        let mut statement = transaction.prepare_cached("UPDATE gallery_values SET outputs = outputs + ?2 WHERE id = ?1")?;
        for (id, by) in self.0.into_iter().filter(|(_, by)| *by != 0) {
            statement.execute([id, by])?;
        }
        Ok(())
    }
}
