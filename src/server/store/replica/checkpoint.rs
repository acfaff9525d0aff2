//! Checkpoints: the whole database in PostgreSQL, so that a Darkroom with an empty folder need not repeat every commit there ever was.
//!
//! The file is cut into pieces that are stored by their hash: a piece that did not change since the last checkpoint is there already.

use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use rusqlite::Connection;
use tokio::{runtime::Handle, sync::Notify};
use tokio_postgres::Client;

use super::{ReplicaError, database::Database, lease::Lease, position};
use crate::store::StoreError;
use proto::limits;

/// Makes checkpoints, one at a time.
#[derive(Clone)]
pub(in crate::store) struct Checkpoints {
    pub(super) database: Database,
    pub(super) lease: Lease,
    /// The database in the data folder.
    pub(super) path: PathBuf,
    pub(super) format: i32,
    due: Arc<Notify>,
    is_working: Arc<AtomicBool>,
}

impl Checkpoints {
    pub(super) fn new(database: Database, lease: Lease, path: PathBuf, format: i32) -> Self {
        Self { database, lease, path, format, due: Arc::default(), is_working: Arc::default() }
    }

    /// A checkpoint is due. Does not wait for it.
    pub(in crate::store) fn request(&self) {
        if !self.is_working.load(Ordering::Relaxed) {
            self.due.notify_one();
        }
    }

    /// Makes those that are requested, until the lease is lost or this is dropped.
    pub(super) async fn run(self) {
        loop {
            tokio::select! {
                () = self.lease.lost.cancelled() => return,
                () = self.due.notified() => {}
            }
            self.is_working.store(true, Ordering::Relaxed);
            match self.make().await {
                Ok(seq) => tracing::debug!(seq, "a checkpoint is in PostgreSQL"),
                Err(error) => tracing::warn!(%error, "no checkpoint could be made; the next is made later"),
            }
            self.is_working.store(false, Ordering::Relaxed);
        }
    }

    /// Makes one now, and removes what is older than the last but one. Returns its number.
    pub(super) async fn make(&self) -> Result<i64, ReplicaError> {
        let (path, this) = (self.path.clone(), self.clone());
        let handle = Handle::current();
        let made = tokio::task::spawn_blocking(move || this.copy_and_upload(&path, &handle)).await;
        made.map_err(|error| ReplicaError::Damaged(error.to_string()))?
    }

    /// Works on a copy of the file: the writing thread goes on meanwhile.
    fn copy_and_upload(&self, path: &Path, handle: &Handle) -> Result<i64, ReplicaError> {
        let failed = |why: &dyn std::fmt::Display| ReplicaError::Folder { folder: path.into(), why: why.to_string().into() };
        let folder = path.parent().unwrap_or(Path::new("."));
        let copy = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
        let copied = || -> Result<position::Position, StoreError> {
            let from = crate::store::schema::open_reader(path)?;
            let mut to = Connection::open(copy.path())?;
            rusqlite::backup::Backup::new(&from, &mut to)?.run_to_completion(i32::MAX, std::time::Duration::ZERO, None)?;
            // One file, without a log beside it.
            to.pragma_update(None, "journal_mode", "DELETE")?;
            position::read(&to)?.ok_or(StoreError::Damaged)
        };
        let position = copied().map_err(|error| failed(&error))?;
        let mut file = copy.reopen().map_err(|error| failed(&error))?;
        handle.block_on(async {
            let mut client = self.database.connect().await?;
            let (mut pieces, mut bytes) = (Vec::new(), 0);
            loop {
                let piece = read_piece(&mut file).map_err(|error| failed(&error))?;
                if piece.is_empty() {
                    break;
                }
                bytes += i64::try_from(piece.len()).unwrap_or(i64::MAX);
                pieces.push(self.upload(&client, &piece).await?);
            }
            self.enter(&mut client, &position, bytes, pieces).await
        })?;
        Ok(position.seq)
    }

    /// Returns the hash.
    async fn upload(&self, client: &Client, piece: &[u8]) -> Result<Vec<u8>, ReplicaError> {
        let hash = blake3::hash(piece).as_bytes().to_vec();
        let known = client.query_opt("SELECT 1 FROM darkroom.pieces WHERE hash = $1", &[&hash]).await;
        if known.map_err(|error| self.database.error(&error))?.is_none() {
            let compressed = compress(piece).map_err(|error| ReplicaError::Damaged(error.to_string()))?;
            let add = "INSERT INTO darkroom.pieces (hash, compressed) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            client.execute(add, &[&hash, &compressed]).await.map_err(|error| self.database.error(&error))?;
        }
        Ok(hash)
    }

    /// Only now it is a checkpoint. The one before stays, with the commits after it: for Darkrooms that wait and are a little behind.
    async fn enter(
        &self,
        client: &mut Client,
        position: &position::Position,
        bytes: i64,
        pieces: Vec<Vec<u8>>,
    ) -> Result<(), ReplicaError> {
        let entering = async {
            let transaction = client.transaction().await?;
            let fence = "SELECT 1 FROM darkroom.owner WHERE term = $1 AND holder = $2 FOR SHARE";
            if transaction.query_opt(fence, &[&self.lease.term, &&*self.lease.holder]).await?.is_none() {
                return Ok(false);
            }
            let add = "INSERT INTO darkroom.checkpoints (seq, term, format, bytes, pieces) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (seq) DO UPDATE SET term = $2, format = $3, bytes = $4, pieces = $5, made_at = clock_timestamp()";
            transaction.execute(add, &[&position.seq, &position.term, &self.format, &bytes, &pieces]).await?;
            let remove = "
                DELETE FROM darkroom.checkpoints WHERE seq NOT IN (SELECT seq FROM darkroom.checkpoints ORDER BY seq DESC LIMIT 2);
                DELETE FROM darkroom.commits WHERE seq <= (SELECT min(seq) FROM darkroom.checkpoints);
                DELETE FROM darkroom.pieces WHERE NOT EXISTS
                    (SELECT 1 FROM darkroom.checkpoints WHERE darkroom.pieces.hash = ANY (darkroom.checkpoints.pieces));";
            transaction.batch_execute(remove).await?;
            transaction.commit().await?;
            Ok(true)
        };
        match entering.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(ReplicaError::TakenOver),
            Err(error) => Err(self.database.error(&error)),
        }
    }
}

/// Up to [`limits::REPLICA_PIECE`] bytes; empty at the end.
fn read_piece(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut piece = Vec::new();
    file.take(limits::REPLICA_PIECE).read_to_end(&mut piece)?;
    Ok(piece)
}

fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// # Errors
/// They are not what was compressed, or not what the hash says.
pub(super) fn decompress(hash: &[u8], compressed: &[u8]) -> Result<Vec<u8>, ReplicaError> {
    let mut bytes = Vec::new();
    let read = ZlibDecoder::new(compressed).take(limits::REPLICA_PIECE + 1).read_to_end(&mut bytes);
    match read {
        Ok(_) if blake3::hash(&bytes).as_bytes() == hash => Ok(bytes),
        _ => Err(ReplicaError::Damaged("a piece of a checkpoint is not what it was".into())),
    }
}
