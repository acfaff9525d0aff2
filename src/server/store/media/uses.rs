//! Which files of the media store something refers to, counted as rows come and go, so that nobody has to look through all files.
//!
//! Triggers do it: also rows that go with others (a removed task takes its outputs along) are counted in the transaction in which they go.

use rusqlite::Transaction;

/// The counters, as the migration creates them. Released, so it never changes.
pub(in crate::store) fn create(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "-- How many outputs (of tasks, and of the gallery) have this file, how many of the gallery with a star, and whether people gave it.
        ALTER TABLE media_files ADD COLUMN output_uses INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE media_files ADD COLUMN stars INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE media_files ADD COLUMN picture_uses INTEGER NOT NULL DEFAULT 0;
        UPDATE media_files SET
            output_uses = (SELECT COUNT(*) FROM media_outputs WHERE media_outputs.hash = media_files.hash)
                + (SELECT COUNT(*) FROM gallery WHERE gallery.hash = media_files.hash),
            stars = (SELECT COUNT(*) FROM gallery WHERE gallery.hash = media_files.hash AND star = 1),
            picture_uses = (SELECT COUNT(*) FROM pictures WHERE pictures.id = media_files.hash);
        CREATE INDEX media_files_unused ON media_files (hash) WHERE output_uses = 0 AND picture_uses = 0;
        CREATE INDEX media_files_to_expire ON media_files (kept_at) WHERE output_uses > 0 AND stars = 0;
        -- One row. `bytes`: with thumbnails. `output_bytes`: of the files that are outputs.
        CREATE TABLE media_totals (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            files INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            output_bytes INTEGER NOT NULL
        ) STRICT;
        INSERT INTO media_totals SELECT 1, COUNT(*), COALESCE(SUM(bytes + thumbnail_bytes), 0),
            COALESCE(SUM((bytes + thumbnail_bytes) * (output_uses > 0)), 0) FROM media_files;

        -- What refers to a file may be there before it: a missing file is copied again.
        CREATE TRIGGER media_file_added AFTER INSERT ON media_files BEGIN
            UPDATE media_totals SET files = files + 1, bytes = bytes + NEW.bytes + NEW.thumbnail_bytes;
            UPDATE media_files SET
                output_uses = (SELECT COUNT(*) FROM media_outputs WHERE media_outputs.hash = NEW.hash)
                    + (SELECT COUNT(*) FROM gallery WHERE gallery.hash = NEW.hash),
                stars = (SELECT COUNT(*) FROM gallery WHERE gallery.hash = NEW.hash AND star = 1),
                picture_uses = (SELECT COUNT(*) FROM pictures WHERE pictures.id = NEW.hash)
                WHERE hash = NEW.hash;
        END;
        CREATE TRIGGER media_file_changed AFTER UPDATE OF bytes, thumbnail_bytes, output_uses ON media_files BEGIN
            UPDATE media_totals SET
                bytes = bytes + NEW.bytes + NEW.thumbnail_bytes - OLD.bytes - OLD.thumbnail_bytes,
                output_bytes = output_bytes + (NEW.bytes + NEW.thumbnail_bytes) * (NEW.output_uses > 0)
                    - (OLD.bytes + OLD.thumbnail_bytes) * (OLD.output_uses > 0);
        END;
        CREATE TRIGGER media_file_removed AFTER DELETE ON media_files BEGIN
            UPDATE media_totals SET files = files - 1, bytes = bytes - OLD.bytes - OLD.thumbnail_bytes,
                output_bytes = output_bytes - (OLD.bytes + OLD.thumbnail_bytes) * (OLD.output_uses > 0);
        END;

        CREATE TRIGGER media_output_added AFTER INSERT ON media_outputs WHEN NEW.hash IS NOT NULL BEGIN
            UPDATE media_files SET output_uses = output_uses + 1 WHERE hash = NEW.hash;
        END;
        CREATE TRIGGER media_output_changed AFTER UPDATE OF hash ON media_outputs WHEN OLD.hash IS NOT NEW.hash BEGIN
            UPDATE media_files SET output_uses = output_uses - 1 WHERE hash = OLD.hash;
            UPDATE media_files SET output_uses = output_uses + 1 WHERE hash = NEW.hash;
        END;
        CREATE TRIGGER media_output_removed AFTER DELETE ON media_outputs WHEN OLD.hash IS NOT NULL BEGIN
            UPDATE media_files SET output_uses = output_uses - 1 WHERE hash = OLD.hash;
        END;

        CREATE TRIGGER gallery_file_added AFTER INSERT ON gallery BEGIN
            UPDATE media_files SET output_uses = output_uses + 1, stars = stars + NEW.star WHERE hash = NEW.hash;
        END;
        CREATE TRIGGER gallery_file_changed AFTER UPDATE OF hash, star ON gallery WHEN OLD.hash <> NEW.hash OR OLD.star <> NEW.star BEGIN
            UPDATE media_files SET output_uses = output_uses - 1, stars = stars - OLD.star WHERE hash = OLD.hash;
            UPDATE media_files SET output_uses = output_uses + 1, stars = stars + NEW.star WHERE hash = NEW.hash;
        END;
        CREATE TRIGGER gallery_file_removed AFTER DELETE ON gallery BEGIN
            UPDATE media_files SET output_uses = output_uses - 1, stars = stars - OLD.star WHERE hash = OLD.hash;
        END;

        CREATE TRIGGER picture_added AFTER INSERT ON pictures BEGIN
            UPDATE media_files SET picture_uses = picture_uses + 1 WHERE hash = NEW.id;
        END;
        CREATE TRIGGER picture_removed AFTER DELETE ON pictures BEGIN
            UPDATE media_files SET picture_uses = picture_uses - 1 WHERE hash = OLD.id;
        END;",
    )
}
