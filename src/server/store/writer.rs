//! The writing thread. It takes all queued writes, writes them in one transaction and then answers every waiter: a hundred new tasks cost
//! about as many disk flushes as one.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use rusqlite::{Connection, Transaction};
use tokio::sync::watch;

use super::{
    StoreError,
    batch::{Answers, write_batch},
    commit::commit,
    gallery::newest_news,
    inbox::{InboxHandle, TaskWrite, Wake, WriteBatch},
    live::LiveBatch,
    lock::FolderLock,
    production::newest_event,
    replica::{ReplicaError, Replication},
    retention,
};
use crate::{clock::now, config::Retention};
use proto::limits;

pub(super) struct Writer {
    pub shared: Arc<InboxHandle>,
    pub connection: Connection,
    pub retention: Retention,
    /// `None`: the database is only here.
    pub replication: Option<Replication>,
    /// Released when the thread ends, after the connection is closed.
    pub lock: FolderLock,
}

/// Key written while writing fails, to test whether it works again.
pub(super) const PROBE: &str = "probed_at";
/// Delay between portions of retention.
const SOON: Duration = limits::STORE_RETRY;

impl Writer {
    pub fn run(mut self) {
        self.tell_news();
        let mut tidy_at = Instant::now();
        let mut retry_at = None;
        loop {
            let failing = retry_at.is_some();
            if !failing && Instant::now() >= tidy_at {
                tidy_at = Instant::now() + if self.tidy() { SOON } else { limits::RETENTION_EVERY };
            }
            let (batch, last) = match self.shared.next(retry_at.unwrap_or(tidy_at)) {
                Wake::Write(batch) => (batch, false),
                Wake::Close(batch) => (batch, true),
                // Also with an empty batch: test whether the disk is writable again.
                Wake::Time(batch) if failing || !batch.is_empty() => (batch, false),
                Wake::Time(_) => continue,
            };
            let well = if failing { self.write_probe(batch) } else { self.write(batch) };
            retry_at = (!well).then(|| Instant::now() + limits::STORE_RETRY);
            if last {
                let lost = self.shared.health().waiting;
                if lost > 0 {
                    tracing::error!(lost, "the database is closed, and not everything could be written");
                }
                drop(self.connection);
                drop(self.lock);
                return;
            }
        }
    }

    /// Removes a portion of expired rows. Returns whether there may be more.
    fn tidy(&mut self) -> bool {
        let retention = self.retention;
        self.commit(None, |transaction| retention::tidy(transaction, retention, now())).unwrap_or_else(|error| {
            tracing::warn!(%error, "old tasks could not be removed");
            false
        })
    }

    fn commit<T>(&mut self, live: Option<&LiveBatch>, work: impl FnOnce(&Transaction) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let shared = &self.shared;
        let gives_up = |error: &ReplicaError| {
            if shared.failed(now()) {
                tracing::error!(%error, "it is not known whether PostgreSQL has the last commit; nothing is written until it answers");
            }
            shared.refuse_adds(&StoreError::from(error.clone()));
            shared.is_closed()
        };
        commit(&self.connection, self.replication.as_mut(), live, gives_up, work)
    }

    /// Writes a new value, so that success proves a write.
    fn write_probe(&mut self, mut batch: WriteBatch) -> bool {
        batch.meta.insert(PROBE.into(), now().0.to_string());
        self.write(batch)
    }

    /// Returns whether the whole batch is on disk.
    pub fn write(&mut self, mut batch: WriteBatch) -> bool {
        let subscribers = self.shared.subscribers();
        let error = match self.commit(batch.live.as_ref(), |transaction| write_batch(transaction, &batch, &subscribers)) {
            Ok(answers) => {
                if let Some(since) = self.shared.recovered() {
                    tracing::info!(after_ms = now().since(since), "the database is written again");
                }
                self.tell_news();
                self.done(batch, answers);
                return true;
            }
            Err(error) => error,
        };
        if self.shared.failed(now()) {
            tracing::error!(%error, "the database cannot be written; what is known is kept in memory and tried again every second");
        }
        // A new task may be too large for the disk. The rest is small.
        if batch.refuse_adds(&error)
            && matches!(error, StoreError::Full)
            && let Ok(answers) = self.commit(batch.live.as_ref(), |transaction| write_batch(transaction, &batch, &subscribers))
        {
            self.tell_news();
            self.done(batch, answers);
            return false;
        }
        batch.refuse_waiting(&error);
        self.shared.put_back(batch);
        false
    }

    fn tell_news(&self) {
        tell_news(&self.connection, &self.shared);
    }

    fn done(&self, batch: WriteBatch, answers: Answers) {
        self.shared.written(&batch);
        if batch.orders.iter().any(|order| matches!(order, TaskWrite::Forget(_))) {
            self.shared.unreferenced.notify_one();
        }
        if answers.has_deliveries {
            self.shared.messages.notify_one();
        }
        if answers.has_copies {
            self.shared.copies.notify_one();
        }
        if answers.has_results {
            self.shared.kept_outputs.notify_one();
        }
        batch.answer(answers);
    }
}

/// Wakes programs that follow the gallery or a production, if something happened there.
pub(super) fn tell_news(connection: &Connection, shared: &InboxHandle) {
    let tell = |newest: rusqlite::Result<i64>, sender: &watch::Sender<u64>| match newest.map(i64::cast_unsigned) {
        Ok(newest) => {
            sender.send_if_modified(|known| std::mem::replace(known, newest) != newest);
        }
        Err(error) => tracing::warn!(%error, "programs that follow what happens are told with the next change"),
    };
    tell(newest_news(connection), &shared.gallery_news);
    tell(newest_event(connection), &shared.production_news);
}

impl WriteBatch {
    fn answer(self, mut answers: Answers) {
        for order in self.orders {
            if let TaskWrite::Add(add) = order
                && let Some(answer) = answers.added.pop_front()
            {
                let _ = add.done.send(answer);
            }
        }
        for (task, done) in self.kept {
            let _ = done.send(answers.kept.get(&task).cloned().unwrap_or(Err(StoreError::Unknown(task))));
        }
        for job in self.jobs {
            let _ = job.done.send(Ok(()));
        }
        for done in self.flushed {
            let _ = done.send(Ok(()));
        }
    }

    /// Returns whether there were any.
    fn refuse_adds(&mut self, error: &StoreError) -> bool {
        let (adds, rest): (VecDeque<_>, VecDeque<_>) = self.orders.drain(..).partition(|order| matches!(order, TaskWrite::Add(_)));
        self.orders = rest;
        let any = !adds.is_empty();
        for order in adds {
            if let TaskWrite::Add(add) = order {
                let _ = add.done.send(Err(error.clone()));
            }
        }
        any
    }

    fn refuse_waiting(&mut self, error: &StoreError) {
        let waiting =
            self.kept.drain(..).map(|(_, done)| done).chain(self.flushed.drain(..)).chain(self.jobs.drain(..).map(|job| job.done));
        for done in waiting {
            let _ = done.send(Err(error.clone()));
        }
    }
}
