//! Commands to workers of Celery.

use proto::external::{ExternalTask, celery::control};
use redis::{RedisError, aio::MultiplexedConnection};
use uuid::Uuid;

use super::{
    error::ExternalRequestError,
    programs::{ExternalPrograms, Redis},
};

impl ExternalPrograms {
    /// Tells all workers that a task is not to run; with `terminate` also the one that runs it. Returns how many workers heard it; what becomes of it is told by
    /// Celery.
    ///
    /// # Errors
    /// There is no such task, or it has ended, or nobody reads revocations of it; or Redis is not there.
    pub async fn revoke(&self, id: &str, terminate: bool) -> Result<u64, ExternalRequestError> {
        let task = self.task(id).await?.ok_or_else(|| ExternalRequestError::Unknown(id.to_owned()))?;
        let ExternalTask { state, source, .. } = &task;
        if state.is_final() {
            return Err(ExternalRequestError::Ended(state.as_str()));
        }
        if source != "celery" {
            return Err(ExternalRequestError::NotCelery(id.to_owned()));
        }
        let redis = self.redis.as_ref().ok_or(ExternalRequestError::NotConfigured)?;
        let command = control::revoke(id, terminate, &Uuid::now_v7().to_string());
        let away = |why: Option<String>| ExternalRequestError::NotConnected(why.unwrap_or_else(|| "it is being connected".to_owned()));
        let commands = redis.commands().ok_or_else(|| away(self.status.get().why))?;
        redis.tell_workers(commands, command).await.map_err(|error| away(Some(error.to_string())))
    }

    /// Tells all workers to send events. Those that are not there hear nothing of it.
    pub(super) async fn enable_events(&self) -> Result<(), RedisError> {
        let Some((redis, commands)) = self.redis.as_ref().and_then(|redis| Some((redis, redis.commands()?))) else { return Ok(()) };
        redis.tell_workers(commands, control::enable_events(&Uuid::now_v7().to_string())).await.map(drop)
    }
}

impl Redis {
    /// Returns how many heard it.
    async fn tell_workers(&self, mut commands: MultiplexedConnection, command: String) -> Result<u64, RedisError> {
        let channel = format!("{}{}", self.config.key_prefix, control::channel(self.config.celery_database));
        redis::cmd("PUBLISH").arg(channel).arg(command).query_async(&mut commands).await
    }
}
