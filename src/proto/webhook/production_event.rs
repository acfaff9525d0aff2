//! What happens in productions, as webhooks are told.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::WebhookEvent;
use crate::production::{ProductionEvent, Take, TakeReview, TakeState};

/// Something that happened in a production, and that webhooks can subscribe to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ProductionWebhookEvent {
    #[serde(rename = "take.completed")]
    #[strum(serialize = "take.completed")]
    TakeCompleted,
    #[serde(rename = "take.failed")]
    #[strum(serialize = "take.failed")]
    TakeFailed,
    #[serde(rename = "take.cancelled")]
    #[strum(serialize = "take.cancelled")]
    TakeCancelled,
    #[serde(rename = "take.approved")]
    #[strum(serialize = "take.approved")]
    TakeApproved,
    #[serde(rename = "take.rejected")]
    #[strum(serialize = "take.rejected")]
    TakeRejected,
    /// Another take is wanted.
    #[serde(rename = "take.retake")]
    #[strum(serialize = "take.retake")]
    TakeRetake,
    #[serde(rename = "node.state_changed")]
    #[strum(serialize = "node.state_changed")]
    NodeStateChanged,
    #[serde(rename = "agent.assigned")]
    #[strum(serialize = "agent.assigned")]
    AgentAssigned,
    #[serde(rename = "agent.completed")]
    #[strum(serialize = "agent.completed")]
    AgentCompleted,
    #[serde(rename = "agent.handoff")]
    #[strum(serialize = "agent.handoff")]
    AgentHandoff,
    /// It works, and told nothing for [`crate::limits::AGENT_SILENCE`].
    #[serde(rename = "agent.stale")]
    #[strum(serialize = "agent.stale")]
    AgentStale,
    /// A beat was reached.
    #[serde(rename = "narrative.beat")]
    #[strum(serialize = "narrative.beat")]
    NarrativeBeat,
}

impl ProductionWebhookEvent {
    pub const ALL: [Self; 12] = [
        Self::TakeCompleted,
        Self::TakeFailed,
        Self::TakeCancelled,
        Self::TakeApproved,
        Self::TakeRejected,
        Self::TakeRetake,
        Self::NodeStateChanged,
        Self::AgentAssigned,
        Self::AgentCompleted,
        Self::AgentHandoff,
        Self::AgentStale,
        Self::NarrativeBeat,
    ];

    /// The name in the settings, the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// What webhooks are told of an event; `None`: nothing. `reviewed_before`: of a review, what people said of the take before: a review that only changes the
    /// rating or the note is not told.
    #[must_use]
    pub fn of(event: &ProductionEvent, reviewed_before: Option<TakeReview>) -> Option<Self> {
        Some(match event {
            ProductionEvent::TakeUpdated { take } => Self::of_end(take)?,
            ProductionEvent::TakeReviewed { take } if reviewed_before != Some(take.fields.review) => match take.fields.review {
                TakeReview::Approved => Self::TakeApproved,
                TakeReview::Rejected => Self::TakeRejected,
                TakeReview::Retake => Self::TakeRetake,
                TakeReview::Neutral => return None,
            },
            ProductionEvent::NodeStateChanged { .. } => Self::NodeStateChanged,
            ProductionEvent::AgentAssigned { .. } => Self::AgentAssigned,
            ProductionEvent::AgentCompleted { .. } => Self::AgentCompleted,
            ProductionEvent::AgentHandedOff { .. } => Self::AgentHandoff,
            ProductionEvent::AgentStale { .. } => Self::AgentStale,
            ProductionEvent::NarrativeBeat { .. } => Self::NarrativeBeat,
            _ => return None,
        })
    }

    fn of_end(take: &Take) -> Option<Self> {
        match take.state {
            TakeState::Completed => Some(Self::TakeCompleted),
            TakeState::Failed => Some(Self::TakeFailed),
            TakeState::Cancelled => Some(Self::TakeCancelled),
            TakeState::Generating => None,
        }
    }
}

/// What a message tells: something about a task, or about a production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageEvent {
    Task(WebhookEvent),
    Production(ProductionWebhookEvent),
}

impl MessageEvent {
    /// The name in the database, and in the header `darkroom-event`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Task(event) => event.as_str(),
            Self::Production(event) => event.as_str(),
        }
    }

    /// The event of a name: those of productions have a dot, those of tasks have none.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.parse().map(Self::Task).or_else(|_| name.parse().map(Self::Production)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_back_from_the_database() {
        let production = ProductionWebhookEvent::ALL.into_iter().map(MessageEvent::Production);
        for event in WebhookEvent::ALL.into_iter().map(MessageEvent::Task).chain(production) {
            assert_eq!(MessageEvent::named(event.as_str()), Some(event));
        }
        assert_eq!(MessageEvent::named("take.exploded"), None);
        for event in ProductionWebhookEvent::ALL {
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
    }
}
