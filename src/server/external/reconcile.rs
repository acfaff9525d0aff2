//! Reading values of the result backend: what was published while nobody listened is still in them.

use std::sync::Arc;

use proto::{
    external::message::{META_PREFIX, read_stored},
    limits,
};
use redis::{RedisError, aio::MultiplexedConnection};

use super::{
    programs::{ExternalPrograms, Redis},
    status::count,
};
use crate::{clock::now, store::ExternalPart};

impl ExternalPrograms {
    /// Reads the values of all unfinished tasks: now, and whenever reports were dropped. Ends only with an error.
    pub(super) async fn keep_rereading(self: &Arc<Self>, redis: &Redis, mut commands: MultiplexedConnection) -> Result<(), RedisError> {
        loop {
            self.reread(redis, &mut commands).await?;
            self.reread.notified().await;
        }
    }

    async fn reread(&self, redis: &Redis, commands: &mut MultiplexedConnection) -> Result<(), RedisError> {
        let ids = match self.store.unfinished_external(limits::EXTERNAL_UNFINISHED).await {
            Ok(ids) => ids,
            Err(error) => {
                tracing::warn!(%error, "it is not known which tasks of other programs to ask for");
                return Ok(());
            }
        };
        for portion in ids.chunks(limits::REDIS_KEYS) {
            let mut ask = redis::cmd("MGET");
            for id in portion {
                ask.arg(format!("{}{META_PREFIX}{id}", redis.config.key_prefix));
            }
            let values: Vec<Option<Vec<u8>>> = ask.query_async(commands).await?;
            for (id, value) in portion.iter().zip(values) {
                // No value: it is waiting, or nobody keeps its result, or it was kept long enough. Nothing is known by that.
                let Some(value) = value else { continue };
                match read_stored(id, &value, redis.config.progress) {
                    Ok(fact) => {
                        self.heard.push(ExternalPart { tasks: vec![fact], at: now(), ..ExternalPart::default() });
                    }
                    Err(error) => {
                        count(&self.counters.unreadable);
                        tracing::debug!(%error, id, "a value of the result backend is left out");
                    }
                }
            }
        }
        Ok(())
    }
}
