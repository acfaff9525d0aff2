//! Commands that come over Redis, on `project:{id}:commands`: takes are started and cancelled, as clients of STORY-009 do it. Only where the settings allow it, because
//! whoever may publish there may use the ComfyUIs.

use proto::external::project::project_of_channel;

use super::{
    order_queue::HeardOrder,
    programs::{ExternalPrograms, Redis},
    status::count,
};
use crate::story::{StoryMessage, StoryMessageError};

/// Why a command is not carried out.
#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error(transparent)]
    Message(#[from] StoryMessageError),
    #[error("Over Redis only start_generation and cancel_generation are carried out.")]
    Other,
    #[error("Too many commands wait.")]
    Full,
}

impl ExternalPrograms {
    /// Takes a command in. Returns whether the channel is one of commands.
    pub(super) fn hear_order(&self, redis: &Redis, channel: &str, payload: &[u8]) -> bool {
        let Some(project) = project_of_channel(channel, ":commands").filter(|_| redis.config.accept_commands) else { return false };
        let taken = read_order(payload).and_then(|message| {
            let is_room = self.orders.push(HeardOrder { project: project.to_owned(), message });
            if is_room { Ok(()) } else { Err(OrderError::Full) }
        });
        if let Err(error) = taken {
            self.refused(channel, error.to_string());
        }
        true
    }

    /// For ever.
    pub(super) async fn keep_carrying_out(&self) {
        while let Some(HeardOrder { project, message }) = self.orders.next().await {
            let done = match message {
                // The channel says which project it is, whatever the message does.
                StoryMessage::StartGeneration(mut start) => {
                    start.project_id = Some(project.clone());
                    self.generation.start("redis", *start, &[]).await
                }
                StoryMessage::CancelGeneration { node_id, .. } => self.generation.cancel(&node_id, Some(&project), &[]).await,
                _ => Ok(()),
            };
            if let Err(error) = done {
                self.refused(&project, error.to_string());
            }
        }
    }

    /// Something about a project changed nothing there. `place`: a project or a channel.
    pub(super) fn refused(&self, place: &str, why: String) {
        let refused = count(&self.counters.refused);
        // The first ones, and then ever fewer.
        if refused.is_power_of_two() {
            tracing::warn!(%why, %place, refused, "what came over Redis about a project is not done");
        }
        self.status.refused(why);
    }
}

fn read_order(payload: &[u8]) -> Result<StoryMessage, OrderError> {
    let text = std::str::from_utf8(payload).map_err(|error| StoryMessageError::Unreadable(error.to_string()))?;
    match StoryMessage::read(text)? {
        order @ (StoryMessage::StartGeneration(_) | StoryMessage::CancelGeneration { .. }) => Ok(order),
        _ => Err(OrderError::Other),
    }
}
