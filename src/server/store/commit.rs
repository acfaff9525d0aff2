//! A transaction, from its beginning to its commit, which is the same for all writes.

use rusqlite::{Connection, Transaction, TransactionBehavior, session::Session};

use super::{
    StoreError,
    live::LiveBatch,
    replica::{LiveRow, ReplicaError, Replication, move_to},
};

/// Runs `work` in a transaction and commits it. If the database is also in PostgreSQL, what it changed is committed there first: what PostgreSQL does
/// not have is not here either, and nobody has seen it. `live`: what becomes known of it, committed with it.
///
/// `gives_up`: see [`CommitLog::append`](super::replica::CommitLog::append).
///
/// # Errors
/// Nothing was written; or with `gives_up`, it is not known.
pub(super) fn commit<T>(
    connection: &Connection,
    replication: Option<&mut Replication>,
    live: Option<&LiveBatch>,
    gives_up: impl FnMut(&ReplicaError) -> bool,
    work: impl FnOnce(&Transaction) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let Some(Replication { log, checkpoints, .. }) = replication else {
        let done = work(&transaction)?;
        transaction.commit()?;
        return Ok(done);
    };
    let mut session = Session::new(connection)?;
    session.attach(None::<&str>)?;
    let done = work(&transaction)?;
    let live = live.map(LiveRow::of).transpose()?;
    if session.is_empty() {
        transaction.commit()?;
        if let Some(live) = &live {
            log.tell(live)?;
        }
        return Ok(done);
    }
    move_to(&transaction, log.term(), log.next())?;
    let mut changeset = Vec::new();
    session.changeset_strm(&mut changeset)?;
    drop(session);
    log.append(&changeset, live.as_ref(), gives_up)?;
    if let Err(error) = transaction.commit() {
        tracing::error!(%error, "PostgreSQL has a commit that the data folder does not take: Darkroom stops, and reads it at the next start");
        log.give_up();
        return Err(error.into());
    }
    if log.is_checkpoint_due() {
        checkpoints.request();
    }
    Ok(done)
}
