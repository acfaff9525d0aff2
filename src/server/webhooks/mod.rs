//! Webhooks: which receivers are called, when calls are retried, and which addresses are forbidden.
//!
//! Messages are in the store (`store/webhooks`), written together with the change they report. [`deliver`] takes them when they are due;
//! [`call`] makes the call; [`webhook::AllowList`] decides which addresses are allowed.

mod call;
mod calls;
mod compose;
mod deliver;
mod in_flight;
mod look;
mod progress;
mod settings;

pub use call::{WebhookCall, WebhookClient};
pub use look::ReplayError;
pub use settings::{WebhookError, Webhooks};
