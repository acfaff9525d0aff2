//! The tables of the Comfy API v2.

use rusqlite::Transaction;

/// The tables, as the migration creates them. Released, so they never change.
pub(in crate::store) fn create(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- `hash`: the SHA-256 of the bytes, which is their name in media_files. `blake3`: the hash that programs know. `expires_at`: NULL if it stays.
        CREATE TABLE assets (
            id TEXT PRIMARY KEY,
            blake3 TEXT NOT NULL,
            hash TEXT NOT NULL,
            content_type TEXT NOT NULL,
            file_path TEXT,
            created_at INTEGER NOT NULL,
            expires_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX assets_by_blake3 ON assets (blake3);
        CREATE INDEX assets_by_hash ON assets (hash);
        CREATE INDEX assets_by_path ON assets (file_path, created_at);
        CREATE INDEX assets_by_expiry ON assets (expires_at) WHERE expires_at IS NOT NULL;
        -- Which bytes a task loads.
        CREATE TABLE task_assets (
            task TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            hash TEXT NOT NULL,
            PRIMARY KEY (task, hash)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX task_assets_by_hash ON task_assets (hash);
        -- Idempotency-Keys of uploads.
        CREATE TABLE asset_keys (
            key TEXT PRIMARY KEY,
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX asset_keys_by_age ON asset_keys (at);
        -- The metadata by which a list of jobs can be filtered: pairs of texts of a task's metadata.
        CREATE TABLE task_metadata (
            task TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (name, value, task)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX task_metadata_by_task ON task_metadata (task);

        -- An asset is something that people gave: it counts as a picture that they gave.
        DROP TRIGGER media_file_added;
        CREATE TRIGGER media_file_added AFTER INSERT ON media_files BEGIN
            UPDATE media_totals SET files = files + 1, bytes = bytes + NEW.bytes + NEW.thumbnail_bytes;
            UPDATE media_files SET
                output_uses = (SELECT COUNT(*) FROM media_outputs WHERE media_outputs.hash = NEW.hash)
                    + (SELECT COUNT(*) FROM gallery WHERE gallery.hash = NEW.hash),
                stars = (SELECT COUNT(*) FROM gallery WHERE gallery.hash = NEW.hash AND star = 1),
                picture_uses = (SELECT COUNT(*) FROM pictures WHERE pictures.id = NEW.hash)
                    + (SELECT COUNT(*) FROM assets WHERE assets.hash = NEW.hash)
                WHERE hash = NEW.hash;
        END;
        CREATE TRIGGER asset_added AFTER INSERT ON assets BEGIN
            UPDATE media_files SET picture_uses = picture_uses + 1 WHERE hash = NEW.hash;
        END;
        CREATE TRIGGER asset_removed AFTER DELETE ON assets BEGIN
            UPDATE media_files SET picture_uses = picture_uses - 1 WHERE hash = OLD.hash;
        END;",
    )
}
