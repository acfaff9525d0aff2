//! Searches of the gallery that people keep under a name.

use proto::{gallery::SavedSearch, limits, time::Timestamp};
use rusqlite::params;

use crate::store::{Store, StoreError, time::ms};

/// Errors of all of these: the database cannot be read or written.
impl Store {
    /// `Ok(None)`: there are [`limits::GALLERY_SEARCHES`] already.
    pub async fn add_gallery_search(&self, name: String, text: String, now: Timestamp) -> Result<Option<SavedSearch>, StoreError> {
        self.write(move |transaction| {
            let count: i64 = transaction.query_row("SELECT count(*) FROM gallery_searches", [], |row| row.get(0))?;
            if count >= limits::GALLERY_SEARCHES {
                return Ok(None);
            }
            transaction.prepare_cached("INSERT INTO gallery_searches (name, text, created_at) VALUES (?1, ?2, ?3)")?.execute(params![
                name,
                text,
                ms(now)
            ])?;
            let id = transaction.last_insert_rowid();
            Ok(Some(SavedSearch { id, name: name.clone(), text: text.clone() }))
        })
        .await
    }

    /// All of them, the oldest first.
    pub async fn gallery_searches(&self) -> Result<Vec<SavedSearch>, StoreError> {
        self.reading(|connection| {
            let mut statement = connection.prepare_cached("SELECT id, name, text FROM gallery_searches ORDER BY id")?;
            let rows = statement.query_map([], |row| Ok(SavedSearch { id: row.get(0)?, name: row.get(1)?, text: row.get(2)? }))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Returns whether there is such a search.
    pub async fn rename_gallery_search(&self, id: i64, name: String) -> Result<bool, StoreError> {
        self.write(move |transaction| {
            Ok(transaction.prepare_cached("UPDATE gallery_searches SET name = ?2 WHERE id = ?1")?.execute(params![id, name])? > 0)
        })
        .await
    }

    /// Returns whether there was such a search.
    pub async fn remove_gallery_search(&self, id: i64) -> Result<bool, StoreError> {
        self.write(move |transaction| Ok(transaction.prepare_cached("DELETE FROM gallery_searches WHERE id = ?1")?.execute([id])? > 0))
            .await
    }
}
