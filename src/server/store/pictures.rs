//! Pictures that people gave, and what refers to them. Their bytes are in the media store, under the same hash.

use rusqlite::{OptionalExtension, params};

use super::{MediaFile, Store, StoreError, media, time::ms};
use proto::{
    edit::{OutsideCheck, PictureFormat, PictureId, PixelSize, StoredPicture},
    limits,
    time::Timestamp,
};

/// Errors of all of these: the database cannot be read or written.
impl Store {
    /// Adds a picture whose bytes are in the media store, as this file, or uses it once more.
    pub async fn keep_picture(&self, picture: StoredPicture, file: MediaFile, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |transaction| {
            media::add_file(transaction, &file, now)?;
            let StoredPicture { id, size, format } = &picture;
            transaction
                .prepare_cached(
                    "INSERT INTO pictures (id, format, width, height, used_at) VALUES (?1, ?2, ?3, ?4, ?5)
                        ON CONFLICT (id) DO UPDATE SET used_at = MAX(used_at, ?5)",
                )?
                .execute(params![id.as_str(), format.media_type(), size.width, size.height, ms(now)])
                .map(drop)
        })
        .await
    }

    /// A picture, and the file with its bytes. `None`: there is none (any more).
    pub async fn picture(&self, id: PictureId) -> Result<Option<(StoredPicture, MediaFile)>, StoreError> {
        self.reading(move |connection| {
            let found = connection
                .prepare_cached("SELECT format, width, height, bytes FROM pictures JOIN media_files ON hash = id WHERE id = ?1")?
                .query_row([id.as_str()], |row| {
                    let (format, bytes): (String, i64) = (row.get(0)?, row.get(3)?);
                    Ok((format, PixelSize { width: row.get(1)?, height: row.get(2)? }, bytes.cast_unsigned()))
                })
                .optional()?;
            Ok(found.and_then(|(mime, size, bytes)| {
                let format = PictureFormat::of_media_type(&mime)?;
                let file = MediaFile { hash: id.as_str().to_owned(), bytes, mime: Some(mime) };
                Some((StoredPicture { id: id.clone(), size, format }, file))
            }))
        })
        .await
    }

    /// Uses a picture once more, so that it stays for a while. Returns whether it is there.
    pub async fn use_picture(&self, id: PictureId, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |transaction| {
            let used = transaction
                .prepare_cached("UPDATE pictures SET used_at = MAX(used_at, ?2) WHERE id = ?1")?
                .execute(params![id.as_str(), ms(now)])?;
            Ok(used > 0)
        })
        .await
    }

    /// Forgets some pictures that were not used since `before`, and that no task and no saved workflow loads. Their bytes are removed as those of
    /// all files that nothing refers to. Returns whether there may be more.
    pub async fn expire_pictures(&self, before: Timestamp) -> Result<bool, StoreError> {
        self.write(move |transaction| {
            let removed = transaction
                .prepare_cached(
                    "DELETE FROM pictures WHERE id IN (SELECT id FROM pictures WHERE used_at < ?1
                        AND NOT EXISTS (SELECT 1 FROM task_pictures WHERE picture = id)
                        AND NOT EXISTS (SELECT 1 FROM saved_workflow_pictures WHERE picture = id) ORDER BY used_at LIMIT ?2)",
                )?
                .execute(params![ms(before), i64::try_from(limits::RETENTION_PORTION).unwrap_or(i64::MAX)])?;
            Ok(removed >= limits::RETENTION_PORTION)
        })
        .await
    }

    /// Records the comparison of an output with its source.
    pub async fn output_checked(&self, key: media::CopyKey, outside: OutsideCheck) -> Result<(), StoreError> {
        let json = serde_json::to_string(&outside)?;
        self.write(move |transaction| {
            transaction
                .prepare_cached("UPDATE media_outputs SET outside = ?4 WHERE task = ?1 AND output = ?2 AND attempt = ?3")?
                .execute(params![key.task.to_string(), key.output, key.attempt, json])
                .map(drop)
        })
        .await
    }
}
