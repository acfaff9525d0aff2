//! The commits of the owner in PostgreSQL: each is there before the same transaction is committed to SQLite.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Statement, types::ToSql};

use super::{
    ReplicaError,
    database::{CHANNEL, Database},
    lease::Lease,
    live_rows::LiveRow,
};
use proto::limits;

/// Used by the writing thread alone, which it blocks.
pub(in crate::store) struct CommitLog {
    /// Of the writing thread, so that a commit needs no other thread: also while the server ends. Made by that thread.
    runtime: Option<Runtime>,
    database: Database,
    lease: Lease,
    client: Option<Client>,
    /// For what need not survive a crash of PostgreSQL.
    quick_client: Option<Client>,
    /// The number of migrations of the database that is written.
    format: i32,
    /// Of the newest commit.
    seq: i64,
    /// Bytes of changesets since a checkpoint was last asked for.
    unsaved: u64,
    checkpoint_after: u64,
}

/// The fence and the commit are one statement, and so one message and one transaction: a process that is stopped anywhere in between holds no lock.
/// `FOR SHARE` waits for an owner that takes over at the same moment, and then sees its term. What becomes known of a commit is in it.
const APPEND: &str = "
    WITH fence AS (SELECT 1 FROM darkroom.owner WHERE term = $1 AND holder = $2 FOR SHARE),
        added AS (
            INSERT INTO darkroom.commits (seq, term, format, changeset) SELECT $3, $1, $4, $5 FROM fence
            ON CONFLICT (seq) DO NOTHING RETURNING 1
        ),
        told AS (
            INSERT INTO darkroom.live (epoch, seq, after, term, changes) SELECT $6, $7, $8, $1, $9 FROM added WHERE $9::text IS NOT NULL
            ON CONFLICT DO NOTHING
        )
    SELECT (SELECT count(*) FROM fence), (SELECT count(*) FROM added), (SELECT term FROM darkroom.commits WHERE seq = $3),
        (SELECT count(pg_notify($10, '')) FROM added)";

/// The same for what changed nothing in the database.
const TELL: &str = "
    WITH fence AS (SELECT 1 FROM darkroom.owner WHERE term = $1 AND holder = $2 FOR SHARE),
        told AS (
            INSERT INTO darkroom.live (epoch, seq, after, term, changes) SELECT $3, $4, $5, $1, $6 FROM fence
            ON CONFLICT DO NOTHING RETURNING 1
        )
    SELECT (SELECT count(*) FROM fence), (SELECT count(pg_notify($7, '')) FROM told)";

enum Appended {
    Yes,
    /// An earlier statement of ours, whose answer was lost, may be at work with the same number.
    Unclear,
    TakenOver,
}

impl CommitLog {
    pub(super) fn new(database: Database, lease: Lease, format: i32, seq: i64, checkpoint_after: u64) -> Self {
        Self { runtime: None, database, lease, client: None, quick_client: None, format, seq, unsaved: 0, checkpoint_after }
    }

    pub(in crate::store) fn term(&self) -> i64 {
        self.lease.term
    }

    /// The number of the next commit.
    pub(in crate::store) fn next(&self) -> i64 {
        self.seq + 1
    }

    /// Whether there is so much since the last checkpoint that the next is due. True once.
    pub(in crate::store) fn is_checkpoint_due(&mut self) -> bool {
        let is_due = self.unsaved >= self.checkpoint_after;
        if is_due {
            self.unsaved = 0;
        }
        is_due
    }

    /// SQLite did not take what PostgreSQL has, or it is not known whether PostgreSQL has it: this process must write nothing more. The next one finds out.
    pub(in crate::store) fn give_up(&self) {
        self.lease.lost.cancel();
    }

    /// Commits this changeset as [`CommitLog::next`], and returns when that is certain. `gives_up` is asked, and may tell others, while it is not known
    /// whether PostgreSQL has it; when it returns true, that stays open, and this process must write nothing more.
    ///
    /// # Errors
    /// It is certain that PostgreSQL does not have it, or `gives_up`.
    pub(in crate::store) fn append(
        &mut self,
        changeset: &[u8],
        live: Option<&LiveRow>,
        mut gives_up: impl FnMut(&ReplicaError) -> bool,
    ) -> Result<(), ReplicaError> {
        if self.lease.lost.is_cancelled() {
            return Err(ReplicaError::TakenOver);
        }
        let mut may_be_there = false;
        loop {
            let error = match self.block_on(async |log| log.try_append(changeset, live, &mut may_be_there).await) {
                Ok(Appended::Yes) => {
                    self.seq += 1;
                    self.unsaved += changeset.len() as u64;
                    return Ok(());
                }
                Ok(Appended::TakenOver) => {
                    self.lease.lost.cancel();
                    return Err(ReplicaError::TakenOver);
                }
                Ok(Appended::Unclear) => self.database.no_answer(),
                Err(error) if !may_be_there => return Err(error),
                Err(error) => error,
            };
            if gives_up(&error) {
                self.give_up();
                return Err(error);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Commits what changed nothing in the database, such as progress. It may be lost when PostgreSQL crashes right after; if an error leaves open whether
    /// it is there, it does no harm to commit it once more, with what came since.
    ///
    /// # Errors
    /// PostgreSQL did not answer, or another Darkroom has taken over.
    pub(in crate::store) fn tell(&mut self, live: &LiveRow) -> Result<(), ReplicaError> {
        if self.lease.lost.is_cancelled() {
            return Err(ReplicaError::TakenOver);
        }
        let has_fence = self.block_on(async |log| log.try_tell(live).await)?;
        if !has_fence {
            self.lease.lost.cancel();
            return Err(ReplicaError::TakenOver);
        }
        Ok(())
    }

    fn block_on<T>(&mut self, work: impl AsyncFnOnce(&mut Self) -> Result<T, ReplicaError>) -> Result<T, ReplicaError> {
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => Builder::new_current_thread().enable_all().build().map_err(|error| ReplicaError::Damaged(error.to_string()))?,
        };
        let done = runtime.block_on(work(self));
        self.runtime = Some(runtime);
        done
    }

    async fn try_tell(&mut self, live: &LiveRow) -> Result<bool, ReplicaError> {
        let telling = async {
            let used = self.quick_client.take();
            let (client, statement) = self.prepare(used, "SET synchronous_commit = off", TELL).await?;
            let values: [&(dyn ToSql + Sync); 7] =
                [&self.lease.term, &&*self.lease.holder, &live.epoch, &live.seq, &live.after, &live.changes, &CHANNEL];
            let row = client.query_one(&statement, &values).await.map_err(|error| self.database.error(&error))?;
            Ok((row.get::<_, i64>(0) > 0, client))
        };
        let (has_fence, client) = tokio::time::timeout(limits::REPLICA_ANSWER, telling).await.map_err(|_| self.database.no_answer())??;
        self.quick_client = Some(client);
        Ok(has_fence)
    }

    /// The statement on the connection that was `used` last, or, if that is gone, on a new one after `settings`. Preparing changes nothing, so it may fail
    /// without a doubt.
    async fn prepare(&self, used: Option<Client>, settings: &str, statement: &str) -> Result<(Client, Statement), ReplicaError> {
        if let Some(client) = used
            && let Ok(prepared) = client.prepare(statement).await
        {
            return Ok((client, prepared));
        }
        let client = self.database.connect().await?;
        client.batch_execute(settings).await.map_err(|error| self.database.error(&error))?;
        let prepared = client.prepare(statement).await.map_err(|error| self.database.error(&error))?;
        Ok((client, prepared))
    }

    /// `may_be_there` becomes true when the statement was sent and its end is not known.
    async fn try_append(&mut self, changeset: &[u8], live: Option<&LiveRow>, may_be_there: &mut bool) -> Result<Appended, ReplicaError> {
        let used = self.client.take();
        let (client, statement) = match tokio::time::timeout(limits::REPLICA_ANSWER, self.prepare(used, "", APPEND)).await {
            Ok(prepared) => prepared?,
            Err(_) => return Err(self.database.no_answer()),
        };
        let (term, holder, seq, format) = (self.lease.term, &*self.lease.holder, self.seq + 1, self.format);
        let (epoch, last, after) = live.map_or_else(Default::default, |live| (live.epoch, live.seq, live.after));
        let changes = live.map(|live| &*live.changes);
        let answer = tokio::time::timeout(limits::REPLICA_ANSWER, async {
            let known = *may_be_there;
            *may_be_there = true;
            let values: [&(dyn ToSql + Sync); 10] = [&term, &holder, &seq, &format, &changeset, &epoch, &last, &after, &changes, &CHANNEL];
            let answer = client.query_one(&statement, &values).await;
            let row = answer.map_err(|error| {
                // What PostgreSQL refuses it has not done, unless it refuses because it stops.
                let stops = error.code().is_none_or(|code| code.code().starts_with("57") || code.code().starts_with("08"));
                *may_be_there = known || stops;
                self.database.error(&error)
            })?;
            let (fence, added, there): (i64, i64, Option<i64>) = (row.get(0), row.get(1), row.get(2));
            Ok(match (fence, added, there) {
                (_, 1, _) => Appended::Yes,
                (_, _, Some(other)) if other == term && known => Appended::Yes,
                (0, ..) => Appended::TakenOver,
                (_, _, Some(_)) => return Err(ReplicaError::Damaged(format!("the commit {seq} is there already"))),
                _ => Appended::Unclear,
            })
        });
        let appended = answer.await.map_err(|_| self.database.no_answer())?;
        if appended.is_ok() {
            self.client = Some(client);
        }
        appended
    }
}

/// Between two tries to find out whether a commit is there.
const PAUSE: Duration = Duration::from_millis(100);
