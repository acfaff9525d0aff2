//! Writes what an output is found by: its row of the full-text index, its list of values, and the numbers in the dictionary.

use proto::gallery::{Facet, OutputFacts};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    buckets,
    keys::{self, GalleryMarks},
    model_path::without_extension,
    values::{self, ValueCounts},
    words::{WordKind, push},
};

/// A tag or an album of an output.
struct GalleryLabel {
    id: i64,
    value: String,
    is_tag: bool,
}

/// Writes the index of an output anew, by its rows. Without such an output: does nothing.
pub(super) fn index(transaction: &Transaction, counts: &mut ValueCounts, picture: i64) -> rusqlite::Result<()> {
    let found = transaction
        .prepare_cached("SELECT facts, star, rating, deleted_at IS NOT NULL FROM gallery WHERE id = ?1")?
        .query_row([picture], |row| {
            let marks = GalleryMarks { star: row.get(1)?, rating: row.get(2)?, is_in_trash: row.get(3)?, has_tag: false };
            Ok((row.get::<_, String>(0)?, marks))
        })
        .optional()?;
    let Some((facts, marks)) = found else { return Ok(()) };
    uncount(transaction, counts, picture)?;
    transaction.prepare_cached("DELETE FROM gallery_text WHERE rowid = ?1")?.execute([picture])?;
    index_new(transaction, counts, picture, &facts_of(picture, &facts), marks)
}

/// Writes the index of an output that has none.
pub(super) fn index_new(
    transaction: &Transaction,
    counts: &mut ValueCounts,
    picture: i64,
    facts: &OutputFacts,
    marks: GalleryMarks,
) -> rusqlite::Result<()> {
    let labels = labels_of(transaction, picture)?;
    let marks = GalleryMarks { has_tag: labels.iter().any(|label| label.is_tag), ..marks };
    let mut ids = Vec::new();
    for (facet, value) in keys::values_of(facts) {
        ids.push(values::id_of(transaction, facet, &value)?);
    }
    ids.extend(labels.iter().map(|label| label.id));
    let (mut prompt, mut names, mut negative) = (String::new(), String::new(), String::new());
    push(&mut prompt, &facts.prompt, WordKind::Wanted);
    push(&mut negative, &facts.negative, WordKind::Negative);
    let models = facts.models.iter().chain(facts.loras.iter().map(|lora| &lora.name)).map(|name| without_extension(name));
    let tags = labels.iter().filter(|label| label.is_tag).map(|label| label.value.as_str());
    let all = [facts.name.as_str(), &facts.workflow, &facts.filename].into_iter().chain(models).chain(tags);
    all.filter(|name| !name.is_empty()).for_each(|name| push(&mut names, name, WordKind::Wanted));
    transaction
        .prepare_cached("INSERT INTO gallery_text (rowid, prompt, names, negative, terms) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![picture, prompt, names, negative, keys::terms(facts, marks, &ids, &buckets::tokens_of(facts))])?;
    let counted = !marks.is_in_trash;
    counts.add(&ids, i64::from(counted));
    transaction
        .prepare_cached("INSERT OR REPLACE INTO gallery_value_lists (picture, counted, value_ids) VALUES (?1, ?2, ?3)")?
        .execute(params![picture, counted, packed(&ids)])?;
    Ok(())
}

/// Removes an output with its index.
pub(super) fn remove(transaction: &Transaction, counts: &mut ValueCounts, picture: i64) -> rusqlite::Result<()> {
    uncount(transaction, counts, picture)?;
    let labels = labels_of(transaction, picture)?;
    transaction.prepare_cached("DELETE FROM gallery_text WHERE rowid = ?1")?.execute([picture])?;
    transaction.prepare_cached("DELETE FROM gallery WHERE id = ?1")?.execute([picture])?;
    labels.iter().try_for_each(|label| values::forget_label(transaction, label.id))
}

fn uncount(transaction: &Transaction, counts: &mut ValueCounts, picture: i64) -> rusqlite::Result<()> {
    let ids: Option<Vec<u8>> = transaction
        .prepare_cached("SELECT value_ids FROM gallery_value_lists WHERE picture = ?1 AND counted = 1")?
        .query_row([picture], |row| row.get(0))
        .optional()?;
    if let Some(ids) = ids {
        counts.add(&unpacked(&ids).collect::<Vec<_>>(), -1);
    }
    Ok(())
}

fn labels_of(transaction: &Transaction, picture: i64) -> rusqlite::Result<Vec<GalleryLabel>> {
    let tag: &str = Facet::Tag.into();
    let mut statement = transaction.prepare_cached(
        "SELECT id, gallery_values.value, facet = ?2 FROM gallery_labels JOIN gallery_values ON id = gallery_labels.value
            WHERE picture = ?1 ORDER BY id",
    )?;
    let rows =
        statement.query_map(params![picture, tag], |row| Ok(GalleryLabel { id: row.get(0)?, value: row.get(1)?, is_tag: row.get(2)? }))?;
    rows.collect()
}

/// What was stored of an output. If it cannot be read, nothing is known.
pub(super) fn facts_of(picture: i64, json: &str) -> OutputFacts {
    serde_json::from_str(json).unwrap_or_else(|error| {
        tracing::error!(%error, picture, "what is known of an output of the gallery cannot be read");
        OutputFacts::default()
    })
}

/// Ids count from 1, so that they fit for four billion values.
fn packed(ids: &[i64]) -> Vec<u8> {
    ids.iter().flat_map(|id| u32::try_from(*id).unwrap_or_default().to_le_bytes()).collect()
}

pub(super) fn unpacked(bytes: &[u8]) -> impl Iterator<Item = i64> {
    bytes.chunks_exact(4).map(|chunk| i64::from(u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]])))
}
