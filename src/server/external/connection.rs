//! One connection to Redis: it subscribes, reads the values that were missed, and then takes in whatever comes.

use std::sync::Arc;

use futures::StreamExt;
use proto::{
    external::{
        cloud_events::CloudEvent,
        message::{ExternalReport, read_message},
    },
    limits,
    link::Generation,
};
use redis::{
    AsyncConnectionConfig, ErrorKind, RedisError, ServerErrorKind,
    aio::{MultiplexedConnection, PubSubSink},
};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::{
    programs::{ExternalPrograms, Redis},
    status::count,
};
use crate::{
    clock::now,
    store::{ExternalPart, KeptEvent},
};

/// What the link is told.
pub(super) enum ConnectionEvent {
    /// All channels are subscribed to. With a connection for commands.
    Opened(MultiplexedConnection),
    Received,
    Pong,
    Lost {
        why: String,
        is_refusal: bool,
    },
}

pub(super) struct ConnectionJob {
    pub(super) programs: Arc<ExternalPrograms>,
    pub(super) generation: Generation,
    pub(super) events: mpsc::Sender<(Generation, ConnectionEvent)>,
    /// A ping is to be sent.
    pub(super) pings: mpsc::Receiver<()>,
}

impl ConnectionJob {
    pub(super) async fn run(mut self) {
        let Some(redis) = &self.programs.clone().redis else { return };
        let lost = match self.connected(redis).await {
            Ok(()) => ConnectionEvent::Lost { why: "the connection ended".to_owned(), is_refusal: false },
            Err(error) => ConnectionEvent::Lost { why: in_words(&error), is_refusal: is_refusal(&error) },
        };
        let _ = self.events.send((self.generation, lost)).await;
    }

    /// `Ok`: it ended without an error.
    async fn connected(&mut self, redis: &Redis) -> Result<(), RedisError> {
        let (mut sink, mut messages) = redis.client.get_async_pubsub().await?.split();
        // Subscribing first: what changes while values are read is heard.
        sink.psubscribe(&redis.config.patterns).await?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(redis.link.open_within))
            .set_response_timeout(Some(limits::REDIS_ANSWER));
        let commands = redis.client.get_multiplexed_async_connection_with_config(&config).await?;
        let _ = self.events.send((self.generation, ConnectionEvent::Opened(commands.clone()))).await;
        let programs = self.programs.clone();
        let mut reading = std::pin::pin!(programs.keep_rereading(redis, commands));
        loop {
            // Messages are taken in at once: the library would keep them without a limit, and Redis drops readers that are slow.
            tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else { return Ok(()) };
                    self.programs.hear(redis, message.get_channel_name(), message.get_payload_bytes());
                    let _ = self.events.try_send((self.generation, ConnectionEvent::Received));
                }
                Some(()) = self.pings.recv() => self.ping(sink.clone()),
                result = &mut reading => return result,
            }
        }
    }

    fn ping(&self, mut sink: PubSubSink) {
        let (generation, events) = (self.generation, self.events.clone());
        tokio::spawn(async move {
            if sink.ping::<redis::Value>().await.is_ok() {
                let _ = events.send((generation, ConnectionEvent::Pong)).await;
            }
        });
    }
}

impl ExternalPrograms {
    /// Takes a message in.
    fn hear(&self, redis: &Redis, channel: &str, payload: &[u8]) {
        count(&self.counters.messages);
        let channel = channel.strip_prefix(&redis.config.key_prefix).unwrap_or(channel);
        if self.hear_order(redis, channel, payload) {
            return;
        }
        match read_message(channel, payload, redis.config.progress) {
            Ok(report) => {
                let mut seen = self.seen.lock();
                let report = report.without_seen(|key| seen.note(key));
                drop(seen);
                self.note(report, payload);
            }
            Err(error) => {
                let unreadable = count(&self.counters.unreadable);
                // The first ones, and then ever fewer.
                if unreadable.is_power_of_two() {
                    tracing::warn!(%error, %channel, unreadable, "a message of Redis is left out");
                }
            }
        }
    }

    /// `payload`: of its message.
    fn note(&self, report: ExternalReport, payload: &[u8]) {
        let at = now();
        let ExternalReport { tasks, workers, events, project, .. } = report;
        let part = if let [event] = &events[..] {
            // Of messages without an id those that change a project are known by their content, for a while: it is to be changed once. Of others each is kept.
            let (id, within) = match &event.id {
                id if !id.is_empty() => (id.clone(), None),
                _ if project.is_some() => {
                    (Sha256::digest(payload).iter().map(|byte| format!("{byte:02x}")).collect(), Some(limits::EXTERNAL_REPEATED))
                }
                _ => (uuid::Uuid::now_v7().to_string(), None),
            };
            let json = CloudEvent { id: id.clone(), ..event.clone() }.to_json().to_string();
            let event = KeptEvent { source: event.source.clone(), id, kind: event.kind.clone(), json, within };
            ExternalPart { event: Some(event), tasks, workers, project, at }
        } else if tasks.is_empty() && workers.is_empty() && project.is_none() {
            return;
        } else {
            ExternalPart { event: None, tasks, workers, project, at }
        };
        if !self.heard.push(part) {
            count(&self.counters.dropped);
        }
    }
}

/// Not to be cured by trying again soon.
fn is_refusal(error: &RedisError) -> bool {
    let is_denied = matches!(
        error.kind(),
        ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig | ErrorKind::Server(ServerErrorKind::NoPerm)
    );
    is_denied || is_untrusted(error) || matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "NOPERM" | "DENIED"))
}

/// Its certificate is not one that is trusted. The library keeps of the error only its text, in the words of rustls.
fn is_untrusted(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Io && error.to_string().contains("invalid peer certificate")
}

/// In one line. Errors of Redis do not contain its password.
fn in_words(error: &RedisError) -> String {
    let text = error.to_string().replace('\n', " ");
    if !is_untrusted(error) {
        return text;
    }
    format!(
        "Its certificate is not trusted ({text}). [redis] ca_file names the authorities that are; without it, those of the public internet."
    )
}
