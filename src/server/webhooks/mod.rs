//! Calls that tell other programs of tasks (webhooks): whom, when again, and whereto not.
//!
//! What is to be told is in the store (`store/webhooks`), made together with the change it tells of. [`deliver`] takes it from there when its time has
//! come; [`call`] makes the call; [`networks`] says where none goes.

mod call;
mod compose;
mod deliver;
mod in_flight;
mod look;
mod networks;
mod progress;
mod settings;
mod target;

pub use call::{Call, Caller};
pub use look::ReplayError;
pub use networks::{Allowed, Refused};
pub use settings::{WebhookError, Webhooks};
pub use target::{Target, TargetError, address, shown};
