//! Events of projects on the channels of the studio, `project:{id}:events`, in the dialect of STORY-009.

use std::sync::Arc;

use proto::{external::project::ORIGIN, limits, production::ProductionRecord};
use redis::{RedisError, aio::MultiplexedConnection};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    programs::{ExternalPrograms, Redis},
    status::count,
};
use crate::production::{FollowedProduction, ProductionFollower};

impl ExternalPrograms {
    /// For ever. What happens while Redis is away is published afterwards, but for progress.
    pub(super) async fn keep_publishing_story(self: &Arc<Self>, redis: &Redis) {
        if !redis.config.publish_story {
            return;
        }
        let mut follower = self.follow_productions().await;
        while let Some(told) = follower.next().await {
            match told {
                FollowedProduction::Records(records) => {
                    for message in records.iter().filter_map(message) {
                        self.publish_for_certain(redis, &message).await;
                    }
                }
                FollowedProduction::Progress(record) => {
                    if let (Some(message), Some(mut commands)) = (message(&record), redis.commands())
                        && publish(&mut commands, &message).await.is_ok()
                    {
                        count(&self.counters.published);
                    }
                }
                // It lies back too far to be told.
                FollowedProduction::Incomplete(_) => {}
            }
        }
    }

    async fn follow_productions(&self) -> ProductionFollower {
        loop {
            match self.productions.follow(None, None).await {
                Ok(follower) => return follower,
                Err(error) => {
                    tracing::warn!(%error, "events of projects are published later");
                    sleep(limits::STORE_RETRY).await;
                }
            }
        }
    }

    async fn publish_for_certain(&self, redis: &Redis, message: &StoryPublication) {
        let mut commands = redis.wait_for_commands().await;
        while let Err(error) = publish(&mut commands, message).await {
            tracing::warn!(%error, "an event of a project waits for Redis");
            sleep(limits::REDIS_RETRY).await;
            commands = redis.wait_for_commands().await;
        }
        count(&self.counters.published);
    }
}

/// A message and its channel.
struct StoryPublication {
    channel: String,
    json: String,
}

/// The JSON that `/ws/story` sends, marked as Darkroom's. `None`: it is of no project.
fn message(record: &ProductionRecord) -> Option<StoryPublication> {
    let project = record.project_id?;
    let mut json = json!(record);
    if let Value::Object(members) = &mut json {
        members.insert("origin".to_owned(), ORIGIN.into());
    }
    Some(StoryPublication { channel: format!("project:{project}:events"), json: json.to_string() })
}

async fn publish(commands: &mut MultiplexedConnection, message: &StoryPublication) -> Result<(), RedisError> {
    redis::cmd("PUBLISH").arg(&message.channel).arg(&message.json).query_async(commands).await
}
