//! Messages about tasks to webhooks.
//!
//! A message is stored together with the change that it reports (`store/webhooks`). [`deliver`] takes it from the store when its attempt is due,
//! [`compose`] writes its body, and [`call`] sends it. [`progress`] sends progress, which is not stored in advance. [`webhook::AllowList`] says
//! which addresses may be called.

mod call;
mod compose;
mod deliver;
mod deliveries;
mod in_flight;
mod progress;
mod running_calls;
mod settings;
mod shared_secret;

pub use self::{
    deliveries::{Deliveries, RedeliveryError},
    settings::{WebhookError, WebhookSettings},
    shared_secret::share_secret,
};
