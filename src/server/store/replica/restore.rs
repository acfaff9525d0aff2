//! Brings the database in a folder to what is in PostgreSQL.

use std::{io::Write, path::Path};

use rusqlite::{
    Connection, TransactionBehavior,
    config::DbConfig,
    session::{ChangesetItem, ConflictAction, ConflictType},
};
use tokio_postgres::Client;

use super::{
    ReplicaError,
    checkpoint::decompress,
    database::Database,
    position::{self, Position},
};
use crate::store::schema;

/// Where the folder's database is now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Local {
    /// A copy of what is in PostgreSQL, up to the newest commit at the time.
    Copy(Position),
    /// PostgreSQL has nothing yet, and this database is no copy: it may become the first.
    Original { cluster: String },
}

/// What PostgreSQL has.
struct Remote {
    cluster: String,
    newest_checkpoint: Option<i64>,
    /// Commits that are there; what is older is in the checkpoint.
    oldest_commit: Option<i64>,
    newest_commit: Option<i64>,
    format: i32,
}

impl Remote {
    async fn read(database: &Database, client: &Client) -> Result<Self, ReplicaError> {
        let row = client
            .query_one(
                "SELECT cluster, (SELECT max(seq) FROM darkroom.checkpoints), (SELECT min(seq) FROM darkroom.commits),
                    (SELECT max(seq) FROM darkroom.commits),
                    greatest((SELECT max(format) FROM darkroom.checkpoints), (SELECT max(format) FROM darkroom.commits), 0)
                    FROM darkroom.owner",
                &[],
            )
            .await
            .map_err(|error| database.error(&error))?;
        Ok(Self {
            cluster: row.get(0),
            newest_checkpoint: row.get(1),
            oldest_commit: row.get(2),
            newest_commit: row.get(3),
            format: row.get(4),
        })
    }

    fn newest(&self) -> i64 {
        self.newest_commit.max(self.newest_checkpoint).unwrap_or(0)
    }

    /// Whether all commits after `seq` are there.
    fn has_all_after(&self, seq: i64) -> bool {
        seq >= self.newest() || self.oldest_commit.is_some_and(|oldest| oldest <= seq + 1)
    }
}

/// How many commits are applied in one transaction.
const AT_ONCE: i64 = 64;

/// Applies what is missing, or puts a checkpoint in the place of the file. The caller holds the folder's lock.
pub(super) async fn catch_up(database: &Database, client: &Client, path: &Path) -> Result<Local, ReplicaError> {
    let remote = Remote::read(database, client).await?;
    if remote.format > schema::format() {
        return Err(ReplicaError::Newer { found: remote.format, known: schema::format() });
    }
    let folder = |why: rusqlite::Error| ReplicaError::Folder { folder: path.into(), why: why.to_string().into() };
    let local = local_position(path).map_err(folder)?;
    let position = match local {
        LocalFile::Unrelated if remote.newest_checkpoint.is_some() => return Err(ReplicaError::Unrelated { folder: path.into() }),
        LocalFile::Absent | LocalFile::Unrelated if remote.newest_checkpoint.is_none() => {
            return Ok(Local::Original { cluster: remote.cluster });
        }
        LocalFile::Copy(position, _) if position.cluster != remote.cluster => return Err(ReplicaError::Foreign { folder: path.into() }),
        // Before its first checkpoint.
        LocalFile::Copy(_, _) if remote.newest_checkpoint.is_none() => return Ok(Local::Original { cluster: remote.cluster }),
        LocalFile::Copy(position, _) if position.seq > remote.newest() => {
            return Err(ReplicaError::Ahead { folder: path.into(), missing: position.seq - remote.newest() });
        }
        LocalFile::Copy(position, format) if format == remote.format && remote.has_all_after(position.seq) => Some(position),
        _ => None,
    };
    if let Some(position) = position {
        match apply_all(database, client, path, position).await {
            Err(ReplicaError::Damaged(why)) => tracing::warn!(why, "the copy in the folder is made anew"),
            done => return done.map(Local::Copy),
        }
    }
    let position = take_checkpoint(database, client, path).await?;
    apply_all(database, client, path, position).await.map(Local::Copy)
}

enum LocalFile {
    Absent,
    /// With the number of its migrations.
    Copy(Position, i32),
    Unrelated,
}

fn local_position(path: &Path) -> rusqlite::Result<LocalFile> {
    if !path.exists() {
        return Ok(LocalFile::Absent);
    }
    let connection = Connection::open(path)?;
    let format = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let has_table = connection.table_exists(None, "replica_position")?;
    let position = if has_table { position::read(&connection)? } else { None };
    Ok(position.map_or(LocalFile::Unrelated, |position| LocalFile::Copy(position, format)))
}

/// Applies the commits after `position`, which the caller read from the folder's database.
pub(super) async fn apply_all(database: &Database, client: &Client, path: &Path, mut position: Position) -> Result<Position, ReplicaError> {
    loop {
        let rows = client
            .query(
                // The last that it has, too: to see whether it is the same.
                "SELECT seq, term, CASE WHEN seq > $1 THEN changeset END FROM darkroom.commits WHERE seq >= $1 ORDER BY seq LIMIT $2",
                &[&position.seq, &(AT_ONCE + 1)],
            )
            .await
            .map_err(|error| database.error(&error))?;
        let mut changesets = Vec::new();
        for row in &rows {
            let (seq, term): (i64, i64) = (row.get(0), row.get(1));
            if seq == position.seq {
                if term != position.term {
                    return Err(ReplicaError::Damaged(format!("the commit {seq} is another than the one in the folder")));
                }
                continue;
            }
            if seq != position.seq + 1 {
                return Err(ReplicaError::Damaged(format!("the commit {} is missing", position.seq + 1)));
            }
            (position.seq, position.term) = (seq, term);
            changesets.push(row.get::<_, Vec<u8>>(2));
        }
        if changesets.is_empty() {
            return Ok(position);
        }
        let (path, at) = (path.to_owned(), position.clone());
        let applied = tokio::task::spawn_blocking(move || apply(&path, &changesets, &at)).await;
        applied.map_err(|error| ReplicaError::Damaged(error.to_string()))??;
    }
}

/// Applies changesets in one transaction.
fn apply(path: &Path, changesets: &[Vec<u8>], end: &Position) -> Result<(), ReplicaError> {
    let damaged = |error: rusqlite::Error| ReplicaError::Damaged(format!("a commit does not fit: {error}"));
    let applying = || -> rusqlite::Result<bool> {
        let mut connection = Connection::open(path)?;
        // What triggers and foreign keys did is in the changesets already.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for changeset in changesets {
            let refuse = |_: ConflictType, _: ChangesetItem| ConflictAction::SQLITE_CHANGESET_ABORT;
            transaction.apply_strm(&mut changeset.as_slice(), None::<fn(&str) -> bool>, refuse)?;
        }
        let is_there = position::read(&transaction)?.as_ref() == Some(end);
        transaction.commit()?;
        Ok(is_there)
    };
    match applying().map_err(damaged)? {
        true => Ok(()),
        false => Err(ReplicaError::Damaged(format!("the commits up to {} do not say so", end.seq))),
    }
}

/// Puts the newest checkpoint in the place of the file.
async fn take_checkpoint(database: &Database, client: &Client, path: &Path) -> Result<Position, ReplicaError> {
    let failed = |why: std::io::Error| ReplicaError::Folder { folder: path.into(), why: why.to_string().into() };
    let newest = "SELECT seq, term, pieces, (SELECT cluster FROM darkroom.owner) FROM darkroom.checkpoints ORDER BY seq DESC LIMIT 1";
    let row = client.query_one(newest, &[]).await.map_err(|error| database.error(&error))?;
    let position = Position { seq: row.get(0), term: row.get(1), cluster: row.get(3) };
    let pieces: Vec<Vec<u8>> = row.get(2);
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    for hash in pieces {
        let piece = client.query_opt("SELECT compressed FROM darkroom.pieces WHERE hash = $1", &[&hash]).await;
        let row = piece.map_err(|error| database.error(&error))?;
        let compressed: Vec<u8> =
            row.map(|row| row.get(0)).ok_or_else(|| ReplicaError::Damaged("a piece of the checkpoint is missing".into()))?;
        file.write_all(&decompress(&hash, &compressed)?).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    // The log of the old file does not fit the new one.
    for ending in ["-wal", "-shm"] {
        let mut log = path.as_os_str().to_owned();
        log.push(ending);
        match std::fs::remove_file(&log) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(position)
}
