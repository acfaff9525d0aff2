//! Reading and writing assets. Errors of all of these: the database cannot be read or written.

use std::collections::HashMap;

use proto::{limits, time::Timestamp};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::model::{AssetAdded, AssetRemoved, NewAsset, StoredAsset};
use crate::store::{MediaFile, Store, StoreError, media, retention::KEY_LIFE_MS, time::ms};

const COLUMNS: &str = "assets.id, blake3, assets.hash, content_type, file_path, created_at, expires_at, bytes, mime";
/// Whether a task that is not over loads these bytes.
const IN_USE: &str =
    "EXISTS (SELECT 1 FROM task_assets JOIN tasks ON tasks.id = task_assets.task WHERE task_assets.hash = assets.hash AND tasks.final = 0)";

fn asset(row: &Row) -> rusqlite::Result<Option<StoredAsset>> {
    let time = |at: i64| Timestamp(at.cast_unsigned());
    let (id, bytes, mime): (String, i64, String) = (row.get(0)?, row.get(7)?, row.get(8)?);
    let Ok(id) = id.parse() else { return Ok(None) };
    Ok(Some(StoredAsset {
        id,
        blake3: row.get(1)?,
        file: MediaFile { hash: row.get(2)?, bytes: bytes.cast_unsigned(), mime: Some(mime).filter(|mime| !mime.is_empty()) },
        content_type: row.get(3)?,
        file_path: row.get(4)?,
        created_at: time(row.get(5)?),
        expires_at: row.get::<_, Option<i64>>(6)?.map(time),
    }))
}

fn insert(transaction: &Transaction, new: &NewAsset, now: Timestamp) -> rusqlite::Result<StoredAsset> {
    let NewAsset { id, blake3, file, content_type, file_path, expires_at, key: _ } = new.clone();
    transaction
        .prepare_cached(
            "INSERT INTO assets (id, blake3, hash, content_type, file_path, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![id.to_string(), blake3, file.hash, content_type, file_path.as_str(), ms(now), expires_at.map(ms)])?;
    Ok(StoredAsset { id, blake3, file, content_type, file_path: Some(file_path.to_string()), created_at: now, expires_at })
}

impl Store {
    /// Records a file of the media store that nothing refers to yet, so that it is found and removed if nothing ever does.
    pub async fn note_file(&self, file: MediaFile, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |transaction| media::add_file(transaction, &file, now)).await
    }

    /// Whether this `Idempotency-Key` of an upload was used in the last day.
    pub async fn is_asset_key_used(&self, key: String, now: Timestamp) -> Result<bool, StoreError> {
        self.reading(move |connection| {
            let mut found = connection.prepare_cached("SELECT 1 FROM asset_keys WHERE key = ?1 AND at > ?2")?;
            Ok(found.exists(params![key, ms(now).saturating_sub(KEY_LIFE_MS)])?)
        })
        .await
    }

    /// Adds an asset whose bytes are in the media store.
    pub async fn add_asset(&self, new: NewAsset, now: Timestamp) -> Result<AssetAdded, StoreError> {
        self.write(move |transaction| {
            let oldest = ms(now).saturating_sub(KEY_LIFE_MS);
            transaction.prepare_cached("DELETE FROM asset_keys WHERE at <= ?1")?.execute([oldest])?;
            if let Some(key) = &new.key {
                let added = transaction
                    .prepare_cached("INSERT INTO asset_keys (key, at) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING")?
                    .execute(params![key, ms(now)])?;
                if added == 0 {
                    return Ok(AssetAdded::KeyReused);
                }
            }
            let is_known = transaction.prepare_cached("SELECT 1 FROM assets WHERE blake3 = ?1")?.exists([&new.blake3])?;
            media::add_file(transaction, &new.file, now)?;
            Ok(AssetAdded::Added { asset: insert(transaction, &new, now)?, is_new: !is_known })
        })
        .await
    }

    /// An asset. `None`: there is none, it is over, or its bytes are gone.
    pub async fn asset(&self, id: uuid::Uuid, now: Timestamp) -> Result<Option<StoredAsset>, StoreError> {
        self.reading(move |connection| {
            let mut found = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM assets JOIN media_files ON media_files.hash = assets.hash
                    WHERE id = ?1 AND (expires_at IS NULL OR expires_at > ?2)"
            ))?;
            Ok(found.query_row(params![id.to_string(), ms(now)], asset).optional()?.flatten())
        })
        .await
    }

    /// The newest asset with these bytes, preferably one of this path.
    pub async fn asset_of_hash(&self, blake3: String, path: Option<String>, now: Timestamp) -> Result<Option<StoredAsset>, StoreError> {
        self.reading(move |connection| {
            let mut found = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM assets JOIN media_files ON media_files.hash = assets.hash
                    WHERE blake3 = ?1 AND (expires_at IS NULL OR expires_at > ?2) ORDER BY file_path IS ?3 DESC, created_at DESC, id DESC LIMIT 1"
            ))?;
            Ok(found.query_row(params![blake3, ms(now), path], asset).optional()?.flatten())
        })
        .await
    }

    /// Lets an asset stay until `expires_at`, if that is later than it would.
    pub async fn prolong_asset(&self, id: uuid::Uuid, expires_at: Option<Timestamp>) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction
                .prepare_cached("UPDATE assets SET expires_at = CASE WHEN ?2 IS NULL THEN NULL ELSE MAX(expires_at, ?2) END WHERE id = ?1")?
                .execute(params![id.to_string(), expires_at.map(ms)])
                .map(drop)
        })
        .await
    }

    /// The newest asset of each of these paths, by its path.
    pub async fn assets_by_path(&self, paths: Vec<String>, now: Timestamp) -> Result<HashMap<String, StoredAsset>, StoreError> {
        let paths = serde_json::to_string(&paths)?;
        self.reading(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM assets JOIN media_files ON media_files.hash = assets.hash
                    WHERE file_path IN (SELECT value FROM json_each(?1)) AND (expires_at IS NULL OR expires_at > ?2)
                    ORDER BY created_at, id"
            ))?;
            let rows = statement.query_map(params![paths, ms(now)], asset)?;
            let mut found = HashMap::new();
            for asset in rows {
                if let Some(asset) = asset?
                    && let Some(path) = asset.file_path.clone()
                {
                    found.insert(path, asset);
                }
            }
            Ok(found)
        })
        .await
    }

    pub async fn remove_asset(&self, id: uuid::Uuid, now: Timestamp) -> Result<AssetRemoved, StoreError> {
        self.write(move |transaction| {
            let in_use: Option<bool> = transaction
                .prepare_cached(&format!("SELECT {IN_USE} FROM assets WHERE id = ?1 AND (expires_at IS NULL OR expires_at > ?2)"))?
                .query_row(params![id.to_string(), ms(now)], |row| row.get(0))
                .optional()?;
            Ok(match in_use {
                None => AssetRemoved::Unknown,
                Some(true) => AssetRemoved::InUse,
                Some(false) => {
                    transaction.prepare_cached("DELETE FROM assets WHERE id = ?1")?.execute([id.to_string()])?;
                    AssetRemoved::Removed
                }
            })
        })
        .await
    }

    /// Removes some assets whose time is over, and that no unfinished task loads. Returns whether there may be more.
    pub async fn expire_assets(&self, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |transaction| {
            let removed = transaction
                .prepare_cached(&format!(
                    "DELETE FROM assets WHERE id IN (SELECT id FROM assets WHERE expires_at <= ?1 AND NOT {IN_USE} LIMIT ?2)"
                ))?
                .execute(params![ms(now), i64::try_from(limits::RETENTION_PORTION).unwrap_or(i64::MAX)])?;
            Ok(removed >= limits::RETENTION_PORTION)
        })
        .await
    }
}
