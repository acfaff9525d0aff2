//! ActiveCalls that tell other programs of tasks (webhooks): whom, when again, and whereto not.
//!
//! What is to be told is in the store (`store/webhooks`), made together with the change it tells of. [`deliver`] takes it from there when its time has
//! come; [`call`] makes the call; [`webhook::AllowList`] says where none goes.

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
