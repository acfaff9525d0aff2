//! The service: what is known of other programs, and the jobs that keep it up to date.

use std::sync::Arc;

use parking_lot::Mutex;
use proto::{
    external::{ExternalTask, ExternalWorker, WorkerPresence},
    limits,
    link::LinkConfig,
};
use redis::{Client, TlsCertificates, aio::MultiplexedConnection};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    heard::HeardQueue,
    order_queue::OrderQueue,
    seen::SeenKeys,
    status::{RedisCounters, RedisStatus, StatusCell},
};
use crate::{
    clock::now,
    config::{Config, RedisConfig},
    feed::EventStreams,
    production::Productions,
    store::{ExternalFilter, Store, StoreError, StoredExternal},
    story::StoryGeneration,
};

pub struct ExternalPrograms {
    pub(super) store: Store,
    pub(super) streams: Arc<EventStreams>,
    /// `None`: Redis is not used.
    pub(super) redis: Option<Redis>,
    pub(super) status: StatusCell,
    pub(super) counters: RedisCounters,
    pub(super) heard: HeardQueue,
    pub(super) seen: Mutex<SeenKeys>,
    /// Rung when values of the result backend are to be read once more.
    pub(super) reread: Notify,
    pub(super) productions: Arc<Productions>,
    /// Carries out commands of Redis.
    pub(super) generation: StoryGeneration,
    pub(super) orders: OrderQueue,
}

/// What is needed to talk to Redis.
pub(super) struct Redis {
    pub(super) config: RedisConfig,
    pub(super) link: LinkConfig,
    pub(super) client: Client,
    /// For commands, while the link is connected.
    pub(super) commands: Mutex<Option<MultiplexedConnection>>,
    /// Rung when `commands` is there.
    pub(super) connected: Notify,
}

impl ExternalPrograms {
    /// # Errors
    /// The certificates in `ca_file` cannot be used.
    pub fn new(
        store: Store,
        streams: Arc<EventStreams>,
        productions: Arc<Productions>,
        config: &Config,
    ) -> Result<Self, redis::RedisError> {
        let redis = config.redis.clone().map(|redis| Redis::new(redis, &config.link)).transpose()?;
        Ok(Self {
            store,
            streams,
            status: StatusCell::new(redis.as_ref().map(|redis| redis.config.shown.clone())),
            redis,
            counters: RedisCounters::default(),
            heard: HeardQueue::default(),
            seen: Mutex::default(),
            reread: Notify::new(),
            generation: StoryGeneration::new(productions.clone()),
            productions,
            orders: OrderQueue::default(),
        })
    }

    /// Everything that goes on by itself, until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let Some(redis) = &self.redis else { return };
        let jobs = async {
            tokio::join!(
                self.clone().keep_linked(redis),
                self.keep_writing(),
                self.keep_watch(),
                self.keep_publishing(redis),
                self.keep_publishing_story(redis),
                self.keep_carrying_out(),
            )
        };
        tokio::select! {
            () = stop.cancelled() => {}
            _ = jobs => {}
        }
        // What was heard is not lost with the process.
        self.write_all().await;
    }

    /// Redis is connected, and everything that is published from now on comes.
    pub(super) fn connected(&self, commands: MultiplexedConnection) {
        self.status.listening(true);
        if let Some(redis) = &self.redis {
            *redis.commands.lock() = Some(commands);
            redis.connected.notify_waiters();
        }
    }

    pub(super) fn disconnected(&self) {
        self.status.listening(false);
        if let Some(redis) = &self.redis {
            *redis.commands.lock() = None;
        }
    }

    /// The link to Redis as it is now.
    #[must_use]
    pub fn redis_status(&self) -> RedisStatus {
        self.status.get()
    }

    #[must_use]
    pub fn redis_counters(&self) -> &RedisCounters {
        &self.counters
    }

    /// # Errors
    /// The database cannot be read.
    pub async fn task(&self, id: &str) -> Result<Option<ExternalTask>, StoreError> {
        self.store.external_task(id.to_owned()).await
    }

    /// The newest first, those before the number `before`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn tasks(&self, filter: ExternalFilter, before: Option<u64>, limit: u32) -> Result<Vec<StoredExternal>, StoreError> {
        self.store.external_tasks(filter, before, limit.min(limits::EXTERNAL_PAGE + 1)).await
    }

    /// Workers of Celery, by their names, and whether they are there.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn workers(&self) -> Result<Vec<(ExternalWorker, WorkerPresence)>, StoreError> {
        let (workers, listening_since, now) = (self.store.external_workers().await?, self.status.get().listening_since, now());
        Ok(workers.into_iter().map(|worker| (worker.clone(), worker.presence(now, listening_since))).collect())
    }
}

impl Redis {
    fn new(config: RedisConfig, link: &LinkConfig) -> Result<Self, redis::RedisError> {
        // The provider that the rest of Darkroom uses. An error says that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = config.url.reveal();
        let client = match &config.ca {
            Some(ca) => Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert: Some(ca.clone()) })?,
            None => Client::open(url)?,
        };
        // Silence is normal, and there is no other way to ask than the connection itself.
        let link = LinkConfig { poll_after: u32::MAX, stall_after: None, ..link.clone() };
        Ok(Self { config, link, client, commands: Mutex::default(), connected: Notify::new() })
    }

    /// The connection for commands. `None`: there is none now.
    pub(super) fn commands(&self) -> Option<MultiplexedConnection> {
        self.commands.lock().clone()
    }
}
