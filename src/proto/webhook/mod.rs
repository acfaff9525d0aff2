//! Webhooks: the events, the schedule of retries, the delivery of one message as a state machine, and what is shown of deliveries.

pub mod delivery;
mod event;
mod outcome;
mod production_event;
mod records;
mod schedule;

pub use event::{WebhookEvent, WebhookEvents, message_id};
pub use outcome::AttemptOutcome;
pub use production_event::{MessageEvent, ProductionWebhookEvent};
pub use records::{AttemptState, Delivery, DeliveryAttempt, DeliveryState};
pub use schedule::RETRIES;
