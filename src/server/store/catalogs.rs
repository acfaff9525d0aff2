//! What `/object_info` of each ComfyUI said when it was last read, so that forms can be shown while a ComfyUI is away, and after a restart.

use std::io::{Read, Write};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use rusqlite::{OptionalExtension, params};

use super::{Store, StoreError, time::ms};
use proto::{ids::BackendId, limits, time::Timestamp};

impl Store {
    /// Stores the text, in place of the earlier one of this ComfyUI.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn keep_object_info(&self, backend: BackendId, text: String, read_at: Timestamp) -> Result<(), StoreError> {
        let bytes = tokio::task::spawn_blocking(move || compress(&text)).await.map_err(|_| StoreError::Closed)??;
        self.write(move |transaction| {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO object_infos (backend, read_at, object_info) VALUES (?1, ?2, ?3)")?
                .execute(params![backend.as_str(), ms(read_at), bytes])
                .map(drop)
        })
        .await
    }

    /// The stored text. `None`: this ComfyUI was never read, or its text is damaged.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn object_info(&self, backend: BackendId) -> Result<Option<String>, StoreError> {
        self.reading(move |connection| {
            let mut statement = connection.prepare_cached("SELECT object_info FROM object_infos WHERE backend = ?1")?;
            let bytes: Option<Vec<u8>> = statement.query_row([backend.as_str()], |row| row.get(0)).optional()?;
            Ok(bytes.and_then(|bytes| decompress(&bytes)))
        })
        .await
    }
}

fn compress(text: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

fn decompress(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    GzDecoder::new(bytes).take(limits::OBJECT_INFO).read_to_string(&mut text).ok()?;
    Some(text)
}
