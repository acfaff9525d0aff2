//! Changes of Darkroom's tasks as CloudEvents on a stream of Redis, which keeps them for those that read later.

use std::sync::Arc;

use proto::external::cloud_events::{CloudEvent, darkroom_type};
use redis::{RedisError, aio::MultiplexedConnection};
use serde_json::json;
use tokio::time::sleep;

use super::{
    programs::{ExternalPrograms, Redis},
    status::count,
};
use crate::{
    feed::FollowedMessage,
    report::{Message, TaskStatus},
};
use proto::limits;

impl ExternalPrograms {
    /// For ever. While Redis is away nothing is collected: of each task its last change is published afterwards.
    pub(super) async fn keep_publishing(self: &Arc<Self>, redis: &Redis) {
        let Some(stream) = &redis.config.stream else { return };
        let mut follower = self.streams.follow_messages();
        loop {
            let mut commands = redis.wait_for_commands().await;
            let event = task_event(&follower.next().await);
            // Until it is there: the connection may have ended while there was nothing to tell.
            while let Err(error) = add(&mut commands, stream, redis.config.stream_length, &event).await {
                tracing::warn!(%error, "an event waits for Redis");
                sleep(limits::REDIS_RETRY).await;
                commands = redis.wait_for_commands().await;
            }
            count(&self.counters.published);
        }
    }
}

impl Redis {
    pub(super) async fn wait_for_commands(&self) -> MultiplexedConnection {
        loop {
            let connected = self.connected.notified();
            if let Some(commands) = self.commands() {
                return commands;
            }
            connected.await;
        }
    }
}

async fn add(commands: &mut MultiplexedConnection, stream: &str, length: usize, event: &CloudEvent) -> Result<(), RedisError> {
    let mut add = redis::cmd("XADD");
    add.arg(stream).arg("MAXLEN").arg("~").arg(length).arg("*").arg("e").arg(event.to_json().to_string());
    add.query_async(commands).await
}

/// The event of a change of a task. Its data are the message that streams and webhooks have, too.
fn task_event(FollowedMessage { id, message }: &FollowedMessage) -> CloudEvent {
    let verb = match message.status {
        TaskStatus::Completed => "success",
        TaskStatus::Error => "failed",
        TaskStatus::Cancelled => "cancelled",
        TaskStatus::Queued | TaskStatus::InProgress if message.queue_position.is_some() => "queued",
        TaskStatus::Queued | TaskStatus::InProgress => "progress",
    };
    let Message { task_id, timestamp, .. } = message;
    CloudEvent {
        id: id.clone(),
        source: "/darkroom".to_owned(),
        kind: darkroom_type(&format!("task.{verb}")),
        subject: Some(format!("task/{task_id}")),
        time: Some(timestamp.clone()),
        datacontenttype: Some("application/json".to_owned()),
        data: Some(json!(message)),
        ..CloudEvent::default()
    }
}
