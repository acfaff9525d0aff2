//! What is shown of the tasks, in PostgreSQL: the changes of the last minute, and now and then the whole state, for Darkrooms that are started.

use proto::{
    ids::{Epoch, Resume, Seq},
    limits,
    task::Snapshot,
};
use tokio_postgres::Client;

use super::{ReplicaError, database::Database, lease::Lease};
use crate::store::{
    StoreError,
    live::{LiveBatch, LiveChanges},
};

/// A row of `darkroom.live`.
pub(in crate::store) struct LiveRow {
    pub epoch: i64,
    pub seq: i64,
    pub after: i64,
    /// [`LiveChanges`] as JSON: Darkrooms of the next version read it, too.
    pub changes: String,
}

impl LiveRow {
    pub fn of(batch: &LiveBatch) -> Result<Self, StoreError> {
        Ok(Self {
            epoch: batch.epoch.0.cast_signed(),
            seq: batch.last().0.cast_signed(),
            after: batch.after.0.cast_signed(),
            changes: serde_json::to_string(&batch.live)?,
        })
    }
}

/// What follows a position.
pub(super) enum LiveNext {
    /// Some changes, and the position after them.
    Changes(LiveChanges, Resume),
    Nothing,
    /// Changes are missing, cannot be read, or are of another epoch.
    Hole,
}

/// How many rows are read at once.
const AT_ONCE: i64 = 256;

/// The changes after `known`.
pub(super) async fn read_after(database: &Database, client: &Client, known: Resume) -> Result<LiveNext, ReplicaError> {
    let (epoch, seq) = (known.epoch.0.cast_signed(), known.seq.0.cast_signed());
    let select = "SELECT epoch, seq, after, changes FROM darkroom.live WHERE (epoch, seq) > ($1, $2) ORDER BY epoch, seq LIMIT $3";
    let rows = client.query(select, &[&epoch, &seq, &AT_ONCE]).await.map_err(|error| database.error(&error))?;
    let mut all = LiveChanges::default();
    let mut at = seq;
    for row in &rows {
        let (row_epoch, last, after): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        if row_epoch != epoch {
            // What is left of the old epoch is shown first.
            if at == seq {
                return Ok(LiveNext::Hole);
            }
            break;
        }
        if after > at {
            return Ok(LiveNext::Hole);
        }
        let changes: LiveChanges = match serde_json::from_str(row.get(3)) {
            Ok(changes) => changes,
            Err(error) => {
                tracing::warn!(%error, "what the owner shows cannot be read here; it is probably of another version");
                return Ok(LiveNext::Hole);
            }
        };
        all.changes.extend(changes.changes);
        all.previews.extend(changes.previews);
        at = last;
    }
    Ok(if at == seq { LiveNext::Nothing } else { LiveNext::Changes(all, Resume { epoch: known.epoch, seq: Seq(at.cast_unsigned()) }) })
}

/// A state of the newest epoch: the oldest one, after which all changes are still there; or the `newest`, where some are missing. `None`: there is none that
/// this version can read.
pub(super) async fn read_view(database: &Database, client: &Client, newest: bool) -> Result<Option<Snapshot>, ReplicaError> {
    let order = if newest { "DESC" } else { "ASC" };
    let select = format!(
        "SELECT epoch, seq, snapshot FROM darkroom.views WHERE epoch = (SELECT max(epoch) FROM darkroom.views) ORDER BY seq {order} LIMIT 1"
    );
    let row = client.query_opt(&select, &[]).await.map_err(|error| database.error(&error))?;
    let Some(row) = row else { return Ok(None) };
    let (epoch, seq): (i64, i64) = (row.get(0), row.get(1));
    match serde_json::from_str::<Snapshot>(row.get(2)) {
        Ok(snapshot) => Ok(Some(Snapshot { epoch: Epoch(epoch.cast_unsigned()), seq: Seq(seq.cast_unsigned()), ..snapshot })),
        Err(error) => {
            tracing::warn!(%error, "the state that the owner shows cannot be read here; it is probably of another version");
            Ok(None)
        }
    }
}

/// Writes the shown state, and removes what is too old.
pub(super) async fn write_view(database: &Database, client: &Client, lease: &Lease, snapshot: &Snapshot) -> Result<(), StoreError> {
    let json = serde_json::to_string(snapshot)?;
    let (epoch, seq) = (snapshot.epoch.0.cast_signed(), snapshot.seq.0.cast_signed());
    let insert = "WITH fence AS (SELECT 1 FROM darkroom.owner WHERE term = $1 AND holder = $2 FOR SHARE)
        INSERT INTO darkroom.views (epoch, seq, term, snapshot) SELECT $3, $4, $1, $5 FROM fence ON CONFLICT DO NOTHING";
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [&lease.term, &&*lease.holder, &epoch, &seq, &json];
    client.execute(insert, &values).await.map_err(|error| database.error(&error))?;
    // A state stays while one that is as old as is wanted has none after it; changes stay after the oldest state.
    let old = "DELETE FROM darkroom.views AS old WHERE epoch < $1 OR (epoch = $1 AND EXISTS (
            SELECT FROM darkroom.views AS later WHERE later.epoch = old.epoch AND later.seq > old.seq
                AND later.made_at < clock_timestamp() - $2 * interval '1 second'))";
    client.execute(old, &[&epoch, &limits::LIVE_KEPT.as_secs_f64()]).await.map_err(|error| database.error(&error))?;
    let passed =
        "DELETE FROM darkroom.live WHERE epoch < $1 OR (epoch = $1 AND seq <= (SELECT min(seq) FROM darkroom.views WHERE epoch = $1))";
    client.execute(passed, &[&epoch]).await.map_err(|error| database.error(&error))?;
    Ok(())
}
