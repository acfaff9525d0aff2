//! Which ComfyUIs made the outputs that a change was about.

use proto::limits;
use rusqlite::Connection;

use crate::store::{Store, StoreError};

impl Store {
    /// How many outputs of a change each ComfyUI made, the most first; counted among [`limits::GALLERY_TALLY`] of them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn gallery_action_backends(&self, action: u64) -> Result<Vec<(String, u64)>, StoreError> {
        let action = i64::try_from(action).unwrap_or(i64::MAX);
        self.reading(move |connection| Ok(backends(connection, action)?)).await
    }
}

fn backends(connection: &Connection, action: i64) -> rusqlite::Result<Vec<(String, u64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT facts ->> '$.backend' AS backend, COUNT(*) AS outputs
            FROM (SELECT facts FROM gallery_action_items JOIN gallery ON id = picture WHERE action = ?1 LIMIT ?2)
            WHERE backend <> '' GROUP BY backend ORDER BY outputs DESC, backend",
    )?;
    let limit = i64::try_from(limits::GALLERY_TALLY).unwrap_or(i64::MAX);
    let rows = statement.query_map([action, limit], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?;
    rows.collect()
}
