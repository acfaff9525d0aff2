//! Who may write: a lease in PostgreSQL, by its clock alone.

use std::sync::Arc;

use comfyui::{BootInstant, ChangeRight};
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use super::{OwnerTerm, ReplicaError, ReplicaTimes, database::Database};
use proto::limits;

/// The right to write, while it lasts.
#[derive(Clone)]
pub(super) struct Lease {
    pub term: i64,
    /// A random id of this process's time as owner.
    pub holder: Arc<str>,
    /// Cancelled when it is certain that the lease is lost.
    pub lost: CancellationToken,
    pub owner: OwnerTerm,
}

impl Lease {
    /// `None`: another Darkroom has it. `address`: where others reach this one.
    pub async fn take(database: &Database, client: &Client, times: ReplicaTimes, address: &str) -> Result<Option<Self>, ReplicaError> {
        let holder: Arc<str> = uuid::Uuid::now_v7().to_string().into();
        let take = "UPDATE darkroom.owner
            SET term = term + 1, holder = $1, address = $3, until = clock_timestamp() + $2 * interval '1 millisecond'
            WHERE until < clock_timestamp() RETURNING term, released_term = term - 1";
        let asked = BootInstant::now();
        let taken = client.query_opt(take, &[&&*holder, &times.lease_milliseconds(), &address]).await;
        let row = taken.map_err(|error| database.error(&error))?;
        let lost = CancellationToken::new();
        let right = ChangeRight::new(lost.clone());
        Ok(row.map(|row| {
            let was_released: bool = row.get(1);
            let older_requests_until = (!was_released).then(|| Instant::now() + times.older_requests_for());
            if !was_released {
                let wait_s = times.older_requests_for().as_secs_f64();
                tracing::info!(
                    wait_s,
                    "the owner before did not hand over: what it may have on its way to a ComfyUI is not sent again before that time"
                );
            }
            right.extend_to(asked.plus(times.valid_for()));
            Self { term: row.get(0), holder, lost, owner: OwnerTerm { right, older_requests_until } }
        }))
    }

    /// Renews it until `stop`, and then gives it up, so that another Darkroom can take over at once. Also ends when it is lost.
    ///
    /// While PostgreSQL cannot be reached nobody else can take it either, and it is renewed afterwards if nobody did.
    pub async fn keep(self, database: Database, times: ReplicaTimes, stop: CancellationToken) {
        let mut client = None;
        let mut due = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.lost.cancelled() => return,
                () = tokio::time::sleep_until(due) => {}
            }
            match self.renew(&database, &mut client, times).await {
                Ok(true) => due = Instant::now() + times.renew_every(),
                Ok(false) => {
                    tracing::error!("another Darkroom has taken over");
                    return self.lost.cancel();
                }
                Err(error) => {
                    tracing::warn!(%error, "the lease was not renewed");
                    client = None;
                    due = Instant::now() + limits::STORE_RETRY.min(times.renew_every());
                }
            }
        }
        self.owner.right.end();
        let _ = tokio::time::timeout(limits::REPLICA_ANSWER, self.release(&database, client)).await;
    }

    async fn renew(&self, database: &Database, client: &mut Option<Client>, times: ReplicaTimes) -> Result<bool, ReplicaError> {
        let client = match client {
            Some(client) => client,
            none => none.insert(database.connect().await?),
        };
        let renew = "UPDATE darkroom.owner SET until = clock_timestamp() + $3 * interval '1 millisecond' WHERE term = $1 AND holder = $2";
        let renewing = async { client.execute(renew, &[&self.term, &&*self.holder, &times.lease_milliseconds()]).await };
        let asked = BootInstant::now();
        let answer = tokio::time::timeout(times.renew_every(), renewing).await;
        let renewed = answer.map_err(|_| database.no_answer())?.map_err(|error| database.error(&error))? == 1;
        if renewed {
            self.owner.right.extend_to(asked.plus(times.valid_for()));
        }
        Ok(renewed)
    }

    async fn release(&self, database: &Database, client: Option<Client>) {
        let releasing = async {
            let client = match client {
                Some(client) => client,
                None => database.connect().await?,
            };
            // The next owner need not wait for anything, unless this one would still have to.
            let release =
                "UPDATE darkroom.owner SET until = clock_timestamp(), released_term = CASE WHEN $3 THEN term ELSE released_term END
                WHERE term = $1 AND holder = $2";
            client.execute(release, &[&self.term, &&*self.holder, &self.owner.is_settled()]).await.map_err(|error| database.error(&error))
        };
        if let Err(error) = releasing.await {
            tracing::warn!(%error, "the lease could not be given up; it ends by itself");
        }
    }
}

/// Waits between two attempts to take the lease.
pub(super) async fn wait_for_turn(times: ReplicaTimes) {
    sleep(times.turn()).await;
}
